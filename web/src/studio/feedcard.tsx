// Where to stream to, and what arrives.

import { useState } from "preact/hooks";
import type { Studio } from "../wire/api";
import { Button, cls, notify, notifyError, t } from "../ui";
import { figuresOf, lightOf } from "./feed";

export function FeedCard({ studio }: { studio: Studio }) {
  const { feed } = studio;
  const light = lightOf(feed);
  const figures = figuresOf(feed);
  return (
    <section class="s-card" aria-label={t("studio.feed.title")}>
      <h2 class={cls("feed-light", `feed-${light}`)}><span class="feed-mark" aria-hidden="true" />{t(`studio.feed.${light}`)}</h2>
      {feed?.refused ? <p class="feed-refused" role="alert"><b>{t("studio.feed.why")}</b> {feed.refused.message}</p> : null}
      {figures ? (
        <dl class="feed-figures num">
          <Figure name={t("studio.feed.size")} value={`${figures.size} · ${t("studio.feed.fps", { n: figures.fps })}`} />
          <Figure name={t("studio.feed.rate")} value={figures.rate} />
          <Figure name={t("studio.feed.codecs")} value={`${figures.video} · ${figures.audio}`} />
          <Figure name={t("studio.feed.key")} value={figures.key ? t("studio.feed.key_every", { n: figures.key }) : t("studio.feed.key_unknown")} />
        </dl>
      ) : null}
      {feed?.hints?.length ? <ul class="feed-hints">{feed.hints.map((h) => <li key={h.code}>{h.message}</li>)}</ul> : null}
      <details open={light !== "receiving"} class="feed-setup">
        <summary>{t("studio.setup.title")}</summary>
        <Secret label={t("studio.setup.url")} value={studio.rtmp_url} open />
        <Secret label={t("studio.setup.key")} value={studio.stream_key} />
        <p class="muted small">{t("studio.setup.words")}</p>
      </details>
    </section>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return <div><dt>{name}</dt><dd>{value}</dd></div>;
}

/** A value to paste elsewhere; a key stays hidden until it is asked for, because screens get filmed. */
export function Secret({ label, value, open = false }: { label: string; value: string; open?: boolean }) {
  const [shown, setShown] = useState(open);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(value);
      notify(t("studio.setup.copied", { what: label }));
    } catch {
      setShown(true);
      notifyError(new Error("clipboard"));
    }
  };
  return (
    <div class="secret">
      <span class="secret-name">{label}</span>
      <code class="secret-value">{shown ? value : "•".repeat(12)}</code>
      {open ? null : <Button size="small" look="quiet" aria-pressed={shown} onClick={() => setShown(!shown)}>{t(shown ? "studio.setup.hide" : "studio.setup.show")}</Button>}
      <Button size="small" onClick={() => void copy()}>{t("studio.setup.copy")}</Button>
    </div>
  );
}
