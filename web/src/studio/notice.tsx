// What is recorded and who sees it, said before the show; and what the desk stopped, as soon as viewers are told.

import { hhmmss } from "../desk/gauge";
import type { Cut, Show } from "../wire/api";
import { t, tOr } from "../ui";

export function Notice({ show, cuts }: { show: Show; cuts: readonly Cut[] }) {
  return (
    <>
      <details class="s-card s-notice" open={show.status === "planned"}>
        <summary>{t("studio.notice.title")}</summary>
        <ul>
          <li>{t("studio.notice.preview")}</li>
          <li>{t("studio.notice.delay", { seconds: show.delay_s })}</li>
          <li>{t("studio.notice.recorded")}</li>
          <li>{t("studio.notice.sealed")}</li>
          <li>{t("studio.notice.not")}</li>
        </ul>
      </details>
      {cuts.length > 0 ? (
        <section class="s-card" aria-label={t("studio.cuts.title")}>
          <h2 class="s-label">{t("studio.cuts.title")}</h2>
          <ul class="s-cuts num">
            {cuts.map((c) => (
              <li key={c.from_air_ms}><b>{tOr(`desk.kind.${c.kind}`, c.kind)}</b> {hhmmss(c.from_air_ms)}{c.to_air_ms ? `–${hhmmss(c.to_air_ms)}` : ` · ${t("desk.log.on_now")}`}</li>
            ))}
          </ul>
        </section>
      ) : null}
    </>
  );
}
