/** The front page: what is on, what is next, what was. */
import { useEffect } from "preact/hooks";
import { Badge, Empty, Failed, LanguageSwitch, Loading, localTime, Mark, mount, Portrait, t, tn, useLoad, utc, When } from "../ui";
import type { Front, Show, Time } from "../wire/api";
import { api } from "../wire/http";
import { until } from "./until";
import "./front.css";

const refresh_ms = 15_000;

function FrontPage() {
  const load = useLoad(() => api.get<Front>("/front"), []);
  useEffect(() => {
    const again = () => {
      if (!document.hidden) load.reload();
    };
    const timer = setInterval(again, refresh_ms);
    document.addEventListener("visibilitychange", again);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", again);
    };
  }, [load.reload]);
  return (
    <div class="front">
      <header class="front-head">
        <a class="front-name" href="/"><Mark size={28} /><span>Ringlight</span></a>
        <LanguageSwitch />
      </header>
      <main>
        {load.now.state === "loading" ? <Loading /> : null}
        {load.now.state === "failed" ? <Failed error={load.now.error} retry={load.reload} /> : null}
        {load.now.state === "ready" && load.stale ? <p class="connection" role="status">{t("front.stale")}</p> : null}
        {load.now.state === "ready" ? <Sections front={load.now.data} /> : null}
      </main>
    </div>
  );
}

function Sections({ front }: { front: Front }) {
  const { live, next, past } = front;
  if (live.length + next.length + past.length === 0) {
    return <Empty title={t("front.empty.title")}>{t("front.empty.text")}</Empty>;
  }
  return (
    <>
      <section aria-labelledby="live">
        <h1 id="live">{t("front.live")}</h1>
        {live.length > 0 ? (
          <div class={live.length === 1 ? "cards cards-one" : "cards"}>{live.map((show) => <LiveCard key={show.slug} show={show} />)}</div>
        ) : (
          <p class="front-quiet">{next.length > 0 ? t("front.live.none_but_next") : t("front.live.none")}</p>
        )}
      </section>
      {next.length > 0 ? (
        <section aria-labelledby="next">
          <h2 id="next">{t("front.next")}</h2>
          <ul class="next">{next.map((show) => <NextRow key={show.slug} show={show} />)}</ul>
        </section>
      ) : null}
      {past.length > 0 ? (
        <section aria-labelledby="past">
          <h2 id="past">{t("front.past")}</h2>
          <div class="cards cards-small">{past.map((show) => <PastCard key={show.slug} show={show} />)}</div>
        </section>
      ) : null}
    </>
  );
}

function LiveCard({ show }: { show: Show }) {
  return (
    <a class="card" href={`/watch/${encodeURIComponent(show.slug)}`}>
      <span class="card-picture">
        <Portrait slug={show.host.slug} name={show.host.name} />
        <span class="card-badges">
          {show.on_air ? <Badge tone="program" dot>{t("show.live")}</Badge> : <Badge>{t("show.about_to_start")}</Badge>}
          <Badge>{tn("show.viewers", show.viewers)}</Badge>
        </span>
      </span>
      <span class="card-words">
        <strong>{show.title}</strong>
        <span class="muted">{show.host.name}</span>
      </span>
    </a>
  );
}

function NextRow({ show }: { show: Show }) {
  return (
    <li>
      <a class="next-row" href={`/watch/${encodeURIComponent(show.slug)}`}>
        <Portrait slug={show.host.slug} name={show.host.name} small />
        <span class="next-words">
          <strong class="clip">{show.title}</strong>
          <span class="muted clip">{show.host.name}</span>
        </span>
        <span class="next-when">
          {show.starts_at ? <Starts time={show.starts_at} /> : <span class="muted">{t("front.soon")}</span>}
        </span>
      </a>
    </li>
  );
}

/** Today: the time and how long until then. Later: the time and the day. */
function Starts({ time }: { time: Time }) {
  const today = new Date(time).toDateString() === new Date().toDateString();
  return (
    <>
      <time dateTime={time} title={utc(time)} class="num">{localTime(time)}</time>
      <span class="muted small">{today ? until(time) : localTime(time, { weekday: "short", day: "numeric", month: "short" })}</span>
    </>
  );
}

function PastCard({ show }: { show: Show }) {
  const when = show.started_at ?? show.ended_at;
  const words = (
    <>
      <span class="card-picture">
        <Portrait slug={show.host.slug} name={show.host.name} />
        <span class="card-badges"><Badge>{show.recording ? t("front.replay") : t("front.no_recording")}</Badge></span>
      </span>
      <span class="card-words">
        <strong class="clip">{show.title}</strong>
        <span class="muted clip">{show.host.name}{when ? <> · <When time={when} /></> : null}</span>
      </span>
    </>
  );
  return <a class="card" href={`/watch/${encodeURIComponent(show.slug)}`}>{words}</a>;
}

void mount(FrontPage);
