/** What the page says when its socket is away, and what was missed when it is back. */
import type { ReadonlySignal } from "@preact/signals";
import type { Connection } from "../wire/room";
import { t, tn } from "./i18n";
import { Button } from "./parts";

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
  const lost = missed?.value ?? 0;
  return lost > 0 ? <div class="connection" role="status">{tn("ui.missed", lost)}</div> : null;
}
