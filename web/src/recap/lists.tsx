/** The lists of a recap: products, incidents, turns of the room, actions, hours. Each moment leads to its second. */
import type { ComponentChildren } from "preact";
import { Part } from "../insight/figure";
import { plainRule } from "../desk/incidents";
import { otherShifts, secondsOf, turnSentence } from "../desk/roomwords";
import type { Recap, RecapAction, RecapIncident, RecapProduct, RecapStretch, RecapTurn } from "../wire/api";
import { type Column, decimalOf, money, number, t, Table, tOr, utc } from "../ui";
import { byCase, currenciesOf, length, lengthWords, second, soldIn, watchAt } from "./figures";

const ruleName = (rule: string): string => tOr(`rule.${rule}`, plainRule(rule));

/** Local time, and the way to the second where there is a recording. */
function Moment({ slug, time, recording_s }: { slug: string; time: string; recording_s: number | null | undefined }) {
  return (
    <span class="recap-moment num">
      <time dateTime={time} title={utc(time)}>{secondsOf(time)}</time>
      {typeof recording_s === "number" ? <a href={watchAt(slug, recording_s)} aria-label={t("recap.watch", { at: second(recording_s * 1000) })}>▸ {second(recording_s * 1000)}</a> : null}
    </span>
  );
}

function List({ title, intro, none, count, children }: { title: string; intro?: string; none: string; count: number; children: ComponentChildren }) {
  return (
    <Part title={title} {...(intro && count > 0 ? { intro } : {})}>
      {count === 0 ? <p class="muted">{none}</p> : children}
    </Part>
  );
}

/** Each currency has its own column: sums of different ones can be neither added nor compared. */
export function productColumns(products: readonly RecapProduct[]): Column<RecapProduct>[] {
  const sold = currenciesOf(products).map((currency): Column<RecapProduct> => ({
    key: `sold ${currency}`,
    title: t("recap.revenue.in", { currency }),
    numeric: true,
    value: (one) => {
      const sum = soldIn(one, currency);
      return sum && Number(decimalOf(sum));
    },
    cell: (one) => {
      const sum = soldIn(one, currency);
      return sum ? money(sum) : "—";
    },
  }));
  return [
    { key: "title", title: t("recap.product"), value: (one) => one.title || one.sku, cell: (one) => <span class="i-two"><b>{one.title || one.sku}</b><span class="muted small">{one.sku}</span></span> },
    { key: "units", title: t("recap.units"), numeric: true, value: (one) => one.units, cell: (one) => number(one.units) },
    { key: "orders", title: t("recap.orders"), numeric: true, value: (one) => one.orders, cell: (one) => number(one.orders) },
    { key: "returned", title: t("recap.returned"), numeric: true, value: (one) => one.returned, cell: (one) => number(one.returned) },
    ...sold,
  ];
}

export function Products({ recap }: { recap: Recap }) {
  const rows = recap.sales.products;
  const columns = productColumns(rows);
  return (
    <List title={t("recap.products")} none={t("recap.products.none")} count={rows.length}>
      <Table rows={rows} columns={columns} rowKey={(one) => one.sku} caption={t("recap.products")} exportName={`recap-${recap.show.slug}-products`} filter={rows.length > 12} first={20} />
    </List>
  );
}

type IncidentRow = { row: RecapIncident; goes_on: boolean };

export function Incidents({ recap }: { recap: Recap }) {
  const { slug } = recap.show;
  const rows = byCase(recap.incidents);
  const words = ({ row: { incident } }: IncidentRow) => incident.text ?? (incident.from_media_ms < incident.to_media_ms ? t("desk.incident.erased") : "");
  const verdict = ({ row: { incident } }: IncidentRow) => (incident.verdict ? t(`desk.incident.verdict.${incident.verdict}`) : "");
  const columns: Column<IncidentRow>[] = [
    { key: "at", title: t("recap.when"), value: ({ row }) => row.incident.at, cell: ({ row }) => <Moment slug={slug} time={row.incident.at} recording_s={row.recording_s} /> },
    { key: "rule", title: t("recap.rule"), value: ({ row }) => ruleName(row.incident.rule), cell: ({ row, goes_on }) => <span>{goes_on ? <span class="muted" aria-hidden="true">↳ </span> : null}{ruleName(row.incident.rule)}</span> },
    { key: "severity", title: t("recap.severity"), value: ({ row }) => t(`desk.incident.severity.${row.incident.severity}`) },
    { key: "words", title: t("recap.words"), value: words, cell: (one) => <span class="i-words">{one.row.incident.text ? t("crew.quote", { text: one.row.incident.text }) : <span class="muted">{words(one)}</span>}</span> },
    { key: "done", title: t("recap.done"), value: ({ row }) => (row.incident.act ? t(`desk.did.${row.incident.act.kind}`) : ""), cell: ({ row }) => (row.incident.act ? t(`desk.did.${row.incident.act.kind}`) : "—") },
    { key: "state", title: t("recap.state"), value: ({ row }) => t(`desk.incident.state.${row.incident.state}`), cell: ({ row }) => <span class="i-two"><span>{t(`desk.incident.state.${row.incident.state}`)}</span>{row.incident.by ? <span class="muted small">{row.incident.by}</span> : null}</span> },
    { key: "verdict", title: t("recap.verdict"), value: verdict, cell: (one) => verdict(one) || "—" },
  ];
  return (
    <List title={t("recap.incidents")} intro={t("recap.incidents.intro")} none={t("recap.incidents.none")} count={rows.length}>
      <Table rows={rows} columns={columns} rowKey={({ row }) => row.incident.id} caption={t("recap.incidents")} exportName={`recap-${slug}-incidents`} filter={rows.length > 12} first={50} />
    </List>
  );
}

export function Turns({ recap }: { recap: Recap }) {
  const { slug } = recap.show;
  const also = ({ turn }: RecapTurn) => otherShifts(turn);
  const columns: Column<RecapTurn>[] = [
    { key: "since", title: t("recap.when"), value: (one) => one.turn.since, cell: (one) => <Moment slug={slug} time={one.turn.since} recording_s={one.recording_s} /> },
    { key: "why", title: t("recap.turn.why"), value: (one) => turnSentence(one.turn), cell: (one) => <span class="i-words">{turnSentence(one.turn)}</span> },
    { key: "also", title: t("recap.turn.also"), value: also, cell: (turn) => <span class="i-words">{also(turn) || "—"}</span> },
  ];
  return (
    <List title={t("recap.turns")} none={t("recap.turns.none")} count={recap.turns.length}>
      <Table rows={recap.turns} columns={columns} rowKey={(turn) => turn.incident} caption={t("recap.turns")} exportName={`recap-${slug}-turns`} filter={false} first={50} />
    </List>
  );
}

export function Actions({ recap }: { recap: Recap }) {
  const { slug } = recap.show;
  // A rule has a slash in its name, which no account's may have.
  const named = (actor: string) => (actor.includes("/") ? ruleName(actor) : actor);
  const columns: Column<RecapAction>[] = [
    { key: "at", title: t("recap.when"), value: (action) => action.at, cell: (action) => <Moment slug={slug} time={action.at} recording_s={action.state === "undone" ? null : action.recording_s} /> },
    { key: "kind", title: t("recap.action"), value: (action) => t(`desk.kind.${action.kind}`) },
    { key: "actor", title: t("recap.actor"), value: (action) => named(action.actor) },
    { key: "length", title: t("recap.length"), numeric: true, value: (action) => (action.length_ms ?? 0) / 1000, cell: (action) => (typeof action.length_ms === "number" ? t("desk.s", { n: number(action.length_ms / 1000, { maximumFractionDigits: 1 }) }) : "—") },
    { key: "left", title: t("recap.time_to_air"), numeric: true, value: (action) => action.time_to_air_ms / 1000, cell: (action) => (action.late ? t("recap.late") : t("desk.s", { n: number(action.time_to_air_ms / 1000, { maximumFractionDigits: 1 }) })) },
    { key: "state", title: t("recap.state"), value: (action) => t(`recap.action.${action.state}`), cell: (action) => <span class="i-two"><span>{t(`recap.action.${action.state}`)}</span>{action.undone_by ? <span class="muted small">{named(action.undone_by)}</span> : null}</span> },
    { key: "reason", title: t("recap.reason"), value: (action) => action.reason ?? "", cell: (action) => <span class="i-words">{action.reason ?? "—"}</span> },
  ];
  return (
    <List title={t("recap.actions")} none={t("recap.actions.none")} count={recap.actions.length}>
      <Table rows={recap.actions} columns={columns} rowKey={(action) => action.id} caption={t("recap.actions")} exportName={`recap-${slug}-actions`} filter={recap.actions.length > 12} first={50} />
    </List>
  );
}

type HourRow = { kind: "session" | "break" | "hand_over"; stretch: RecapStretch };

export function Hours({ recap }: { recap: Recap }) {
  const { hours, show } = recap;
  const of = (kind: HourRow["kind"], stretches: readonly RecapStretch[]): HourRow[] => stretches.map((stretch) => ({ kind, stretch }));
  const rows = [...of("session", hours.sessions), ...of("break", hours.breaks), ...of("hand_over", hours.hand_overs)].sort((a, b) => a.stretch.from_air_ms - b.stretch.from_air_ms);
  const columns: Column<HourRow>[] = [
    { key: "at", title: t("recap.when"), value: ({ stretch }) => stretch.at, cell: ({ stretch }) => <Moment slug={show.slug} time={stretch.at} recording_s={stretch.recording_s} /> },
    { key: "kind", title: t("recap.hours.what"), value: ({ kind }) => t(`recap.hours.${kind}`) },
    { key: "length", title: t("recap.length"), numeric: true, value: ({ stretch }) => length(stretch) / 1000, cell: ({ stretch }) => lengthWords(length(stretch)) },
  ];
  const sum = t("recap.hours.sum", { host: lengthWords(hours.host_ms), standby: lengthWords(hours.standby_ms), nobody: lengthWords(hours.nobody_ms) });
  return (
    <List title={t("recap.hours")} intro={sum} none={t("recap.hours.none")} count={rows.length}>
      <Table rows={rows} columns={columns} rowKey={({ kind, stretch }) => `${kind} ${stretch.from_air_ms}`} caption={t("recap.hours")} exportName={`recap-${show.slug}-hours`} filter={false} first={50} />
    </List>
  );
}
