// The host's own standing: the same figures, at the same time, as operators see.

import { useState } from "preact/hooks";
import { later } from "../ops/business/later";
import { hasRole, session } from "../wire/session";
import { t } from "../ui";

const One = later(() => import("../ops/business/standing").then((page) => page.One));

export function MyStanding({ host }: { host: string }) {
  const [open, setOpen] = useState(false);
  if (session.value?.user.host !== host && !hasRole("operator")) return null;
  return (
    <details class="s-card s-standing" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t("studio.standing.title")}</summary>
      <p class="muted small">{t("studio.standing.text")}</p>
      {open ? <One kind="host" slug={host} /> : null}
    </details>
  );
}
