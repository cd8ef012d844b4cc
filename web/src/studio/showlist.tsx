// The host's own shows, with start and end.

import type { Show, Studio } from "../wire/api";
import { Badge, Button, notifyError, t, When } from "../ui";
import type { StudioModel } from "./model";

export function ShowList({ studio, model }: { studio: Studio; model: StudioModel }) {
  const current = model.show.value?.slug;
  return (
    <section class="s-card s-setup" aria-label={t("studio.shows.title")}>
      <h2 class="s-label">{t("studio.shows.title")}</h2>
      {studio.shows.length === 0 ? <p class="muted">{t("studio.no_show.hint")}</p> : null}
      <ul class="s-shows">
        {studio.shows.map((show) => (
          <li key={show.slug}>
            <span class="s-show-name"><b>{show.title}</b><span class="muted small"><ShowWhen show={show} />{show.host.slug === studio.host.slug ? "" : ` · ${t("studio.standby_for", { name: show.host.name })}`}</span></span>
            <Badge tone={show.status === "live" ? "program" : "neutral"} dot={show.status === "live"}>{t(`crew.status.${show.status}`)}</Badge>
            {show.status === "ended" && show.host.slug === studio.host.slug ? <a class="btn btn-plain btn-small" href={`/recap/${encodeURIComponent(show.slug)}`}>{t("crew.page.recap")}</a> : null}
            {show.status === "planned" && show.slug !== current && show.host.slug === studio.host.slug ? (
              <Button size="small" onClick={() => model.step(show, "start").catch(notifyError)}>{t("studio.start")}</Button>
            ) : null}
          </li>
        ))}
      </ul>
    </section>
  );
}

function ShowWhen({ show }: { show: Show }) {
  const time = show.ended_at ?? show.started_at ?? show.starts_at;
  return time ? <When time={time} /> : <>{t("studio.shows.no_time")}</>;
}
