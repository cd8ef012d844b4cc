// Where to stream to, and what arrives.

import type { Hint, Studio } from "../wire/api";
import { cls, locale, t, tOr } from "../ui";
import { figuresOf, lightOf, refusalKey } from "./feed";
import { Secret } from "./secret";

export function FeedCard({ studio }: { studio: Studio }) {
  const { feed } = studio;
  const light = lightOf(feed);
  const figures = figuresOf(feed);
  return (
    <section class="s-card s-setup" aria-label={t("studio.feed.title")}>
      <h2 class={cls("feed-light", `feed-${light}`)}><span class="feed-mark" aria-hidden="true" />{t(`studio.feed.${light}`)}</h2>
      {feed?.refused ? <p class="feed-refused" role="alert"><b>{t("studio.feed.why")}</b> {refusalWords(feed.refused)}</p> : null}
      {figures ? (
        <dl class="feed-figures num">
          <Figure name={t("studio.feed.size")} value={`${figures.size} · ${t("studio.feed.fps", { n: figures.fps })}`} />
          <Figure name={t("studio.feed.rate")} value={figures.rate} />
          <Figure name={t("studio.feed.codecs")} value={`${figures.video} · ${figures.audio}${figures.channels === 0 ? "" : ` · ${t(figures.channels === 1 ? "studio.feed.mono" : "studio.feed.stereo")}`}`} />
          <Figure name={t("studio.feed.key")} value={figures.key ? t("studio.feed.key_every", { n: figures.key }) : t("studio.feed.key_unknown")} />
        </dl>
      ) : null}
      {feed?.hints?.length ? <ul class="feed-hints">{feed.hints.map((h) => <li key={h.code}>{locale.value === "en" ? h.message : tOr(`studio.hint.${h.code}`, h.message)}</li>)}</ul> : null}
      <details open={light !== "receiving"} class="feed-setup">
        <summary>{t("studio.setup.title")}</summary>
        <Secret label={t("studio.setup.url")} value={studio.rtmp_url} open />
        {studio.stream_key ? <Secret label={t("studio.setup.key")} value={studio.stream_key} /> : <p class="muted small">{t("studio.setup.no_key")}</p>}
        <p class="muted small">{t("studio.setup.words")}</p>
      </details>
    </section>
  );
}

/** The reader's language has one sentence for each kind of refusal; English has the server's exact one. */
function refusalWords(refused: Hint): string {
  return locale.value === "en" ? refused.message : tOr(`studio.refused.${refusalKey(refused.code)}`, refused.message);
}

function Figure({ name, value }: { name: string; value: string }) {
  return <div><dt>{name}</dt><dd>{value}</dd></div>;
}
