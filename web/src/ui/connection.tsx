/** What the page says when its socket is away, and what was missed when it is back. */
import type { ReadonlySignal } from "@preact/signals";
import type { Connection } from "../wire/room";
import { useEffect, useState } from "preact/hooks";
import { t, tn } from "./i18n";
import { Button } from "./parts";

const missed_shown_ms = 10_000;

export function Disconnected({ connection, missed, retry }: { connection: ReadonlySignal<Connection>; missed?: ReadonlySignal<number>; retry?: () => void }) {
  const now = connection.value;
  if (now.phase === "waiting" || (now.phase === "connecting" && now.attempt > 0)) {
    return (
      <div class="connection" role="status">
        <span class="badge-dot" aria-hidden="true" />
        <span>{t("ui.reconnecting")}</span>
        {retry && now.phase === "waiting" ? <Button look="quiet" size="small" onClick={retry}>{t("ui.retry")}</Button> : null}
      </div>
    );
  }
  return <Missed lost={missed?.value ?? 0} />;
}

/** What was missed is said for a while, then it is no news. */
function Missed({ lost }: { lost: number }) {
  const [said, setSaid] = useState(0);
  useEffect(() => {
    if (lost === 0) return undefined;
    const timer = setTimeout(() => setSaid(lost), missed_shown_ms);
    return () => clearTimeout(timer);
  }, [lost]);
  return lost > 0 && lost !== said ? <div class="connection" role="status">{tn("ui.missed", lost)}</div> : null;
}
