/** What a show was: one calm page for its crew, on a screen, a phone or paper. */
import { useEffect } from "preact/hooks";
import { Gate } from "../ops/gate";
import "../insight/insight.css";
import "./recap.css";
import type { Recap } from "../wire/api";
import { ApiError, api, at } from "../wire/http";
import { Badge, Button, Empty, Failed, LanguageSwitch, Loading, localTime, Mark, mount, Notice, number, slugOfPage, t, tn, useLoad, utc } from "../ui";
import { lengthWords, revenue, sums } from "./figures";
import { Actions, Hours, Incidents, Products, Turns } from "./lists";
import { Curves } from "./curves";

function RecapPage() {
  const slug = slugOfPage();
  return <Gate roles={["host", "producer", "operator"]} page="recap"><Loaded slug={slug} /></Gate>;
}

function Loaded({ slug }: { slug: string }) {
  const load = useLoad(() => api.get<Recap>(`/shows${at(slug)}/recap`, { timeout_ms: 30_000 }), [slug]);
  if (load.now.state === "loading") return <Loading what={t("recap.loading")} />;
  if (load.now.state === "failed") {
    const { error } = load.now;
    const planned = error instanceof ApiError && error.code === "not_live";
    return planned ? <Empty title={t("recap.planned")} action={<a class="btn" href="/">{t("recap.home")}</a>}>{t("recap.planned.hint")}</Empty> : <Failed error={error} retry={load.reload} />;
  }
  return <View recap={load.now.data} reload={load.reload} />;
}

function View({ recap, reload }: { recap: Recap; reload: () => void }) {
  const { show } = recap;
  useEffect(() => {
    document.title = `${show.title} · ${t("crew.page.recap")} · Ringlight`;
  }, [show.title]);
  return (
    <div class="recap">
      <header class="recap-top">
        <a class="recap-name" href="/"><Mark /><span>Ringlight</span></a>
        <span class="muted">{t("crew.page.recap")}</span>
        <span class="spring" />
        <Button size="small" look="quiet" class="recap-print" onClick={() => print()}>{t("recap.print")}</Button>
        <LanguageSwitch />
      </header>
      <main class="recap-main insight">
        <Title recap={recap} reload={reload} />
        <Sums recap={recap} />
        <Curves recap={recap} />
        <Products recap={recap} />
        <Incidents recap={recap} />
        <Turns recap={recap} />
        <Actions recap={recap} />
        <Hours recap={recap} />
        <p class="muted small recap-foot">{t("recap.rests", { entries: number(recap.entries), when: whenOf(recap.at) })}</p>
      </main>
    </div>
  );
}

const whenOf = (time: string) => localTime(time, { dateStyle: "medium", timeStyle: "short" });

function Title({ recap, reload }: { recap: Recap; reload: () => void }) {
  const { show, left_out: left } = recap;
  const { started_at: from, ended_at: to } = show;
  const lasted = from ? Date.parse(to ?? recap.at) - Date.parse(from) : null;
  const missing = [
    left.log ? t("recap.left.log") : null,
    left.minutes ? t("recap.left.minutes") : null,
    left.incidents > 0 ? tn("recap.left.incidents", left.incidents) : null,
    left.actions > 0 ? tn("recap.left.actions", left.actions) : null,
    left.facts > 0 ? tn("recap.left.facts", left.facts) : null,
    left.changes > 0 ? tn("recap.left.changes", left.changes) : null,
    left.clock ? t("recap.left.clock") : null,
    left.orders ? t("recap.left.sales", { n: number(recap.sales.orders) }) : null,
    recap.sales.other_products > 0 ? tn("recap.left.orders", recap.sales.other_products) : null,
  ].filter((words) => words !== null);
  return (
    <section class="recap-title">
      <h1>{show.title}</h1>
      <p class="recap-when num">
        {show.host.name}
        {from ? <> · <time dateTime={from} title={utc(from)}>{whenOf(from)}</time></> : null}
        {to ? <> – <time dateTime={to} title={utc(to)}>{localTime(to)}</time></> : null}
        {lasted === null ? null : <> · {lengthWords(lasted)}</>}
        {" "}<Badge tone={show.status === "live" ? "program" : "neutral"} dot={show.status === "live"}>{t(`crew.status.${show.status}`)}</Badge>
      </p>
      <p class="recap-links">
        {show.recording ? <a href={`/watch/${encodeURIComponent(show.slug)}`}>{t("recap.recording")}</a> : <span class="muted">{t(show.status === "live" ? "recap.recording.later" : "recap.recording.none")}</span>}
      </p>
      {show.status === "live" ? <Notice title={t("recap.live")} action={<Button size="small" onClick={reload}>{t("recap.again")}</Button>}>{t("recap.live.until", { when: whenOf(recap.at) })}</Notice> : null}
      {missing.length > 0 ? <Notice kind="error" title={t("recap.left")}><ul>{missing.map((words) => <li key={words}>{words}</li>)}</ul></Notice> : null}
    </section>
  );
}

function Sums({ recap }: { recap: Recap }) {
  const { viewers, talk, sales, hours, incidents } = recap;
  const confirmed = incidents.filter(({ incident }) => incident.state === "confirmed").length;
  const open = sales.value.some((value) => value.open.minor > 0);
  const turned = recap.turns.filter(({ turn }) => turn.sure).length;
  return (
    <div class="i-figures recap-figures">
      <Sum label={t("recap.viewers.peak")} value={number(viewers.peak)} more={t("recap.viewers.median", { n: number(viewers.median) })} />
      <Sum label={t("recap.said")} value={number(talk.said)} more={t("recap.talk.more", { held: number(talk.held), refused: number(talk.refused), copies: number(talk.copies) })} />
      <Sum label={t("recap.orders")} value={number(sales.orders)} more={t("recap.orders.more", { cancelled: number(sales.cancelled), expired: number(sales.expired), refunded: number(sales.refunded) })} />
      <Sum label={t("recap.revenue")} value={sums(revenue(recap))} more={open ? t("recap.revenue.open", { open: sums(sales.value.filter((value) => value.open.minor > 0).map((value) => value.open)) }) : t("recap.revenue.paid")} />
      <Sum label={t("recap.incidents")} value={number(incidents.length)} more={[tn("recap.confirmed", confirmed), turned > 0 ? tn("recap.turned", turned) : ""].filter(Boolean).join(" · ")} />
      <Sum label={t("recap.hours.host")} value={lengthWords(hours.host_ms)} more={[tn("recap.breaks_n", hours.breaks.length), tn("recap.hand_overs_n", hours.hand_overs.length)].join(" · ")} />
    </div>
  );
}

function Sum({ label, value, more }: { label: string; value: string; more: string }) {
  return (
    <div class="i-figure">
      <p class="i-figure-label">{label}</p>
      <p class="i-figure-value num">{value}</p>
      <p class="small muted num">{more}</p>
    </div>
  );
}

void mount(RecapPage, { crew: true, insight: true });
