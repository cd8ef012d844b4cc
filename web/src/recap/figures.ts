/** What the page of a recap draws and lists, from what the server tells. Pure but for the words. */
import type { ChartSpec, Line } from "../insight/spec";
import type { Money, Recap, RecapProduct, RecapStretch } from "../wire/api";
import { localTime, money, number, t } from "../ui";

const minute_ms = 60_000;
/** Ticks of a show's minutes. */
const steps = [1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1440];
/** More upright lines than this hide the curve. */
const marks_max = 6;
/** The words of marks stand above the curve, one under the other. */
const room_per_mark = 0.14;

/** `h:mm` into the show. */
export function intoShow(minutes: number): string {
  const whole = Math.max(0, Math.round(minutes));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** `h:mm:ss` of a moment of the program or the recording. */
export function second(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number) => String(n).padStart(2, "0");
  return `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

/** A length in words: hours and minutes from an hour on, else minutes and seconds. */
export function lengthWords(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 60) return t("recap.length.s", { s });
  if (s < 3600) return t("recap.length.m", { m: Math.floor(s / 60), s: String(s % 60).padStart(2, "0") });
  return t("recap.length.h", { h: Math.floor(s / 3600), m: String(Math.floor(s / 60) % 60).padStart(2, "0") });
}

/** The address of a second of the recording. */
export function watchAt(slug: string, second_s: number): string {
  return `/watch/${encodeURIComponent(slug)}?t=${second_s}`;
}

export const length = (stretch: RecapStretch): number => stretch.to_air_ms - stretch.from_air_ms;

/** What was paid or is still kept for buyers, by currency. */
export function revenue(recap: Pick<Recap, "sales">): Money[] {
  return recap.sales.value.map((value) => ({ minor: value.paid.minor + value.open.minor, currency: value.currency })).filter((sum) => sum.minor !== 0);
}

/** The currencies that a product was ordered in, by name. */
export function currenciesOf(products: readonly RecapProduct[]): string[] {
  return [...new Set(products.flatMap((one) => one.value.map(({ currency }) => currency)))].sort();
}

/** What of a product was paid or is kept, in one currency; null where nobody ordered it in that. */
export function soldIn(product: RecapProduct, currency: string): Money | null {
  const value = product.value.find((one) => one.currency === currency);
  return value ? { minor: value.paid.minor + value.open.minor, currency } : null;
}

export function sums(amounts: readonly Money[]): string {
  return amounts.length === 0 ? "0" : amounts.map((one) => money(one)).join(" · ");
}

/** Where the room turned and what was confirmed: the first few, so that the curve stays visible. */
export function marksOf(recap: Pick<Recap, "minutes" | "turns" | "incidents">): { at: number; label: string }[] {
  const { from } = recap.minutes;
  if (from === null || from === undefined) return [];
  const start = Date.parse(from);
  const minute = (time: string) => (Date.parse(time) - start) / minute_ms;
  const turns = recap.turns.filter(({ turn }) => turn.sure).map(({ turn }) => ({ at: minute(turn.since), label: t("desk.turn.mark") }));
  const said = recap.incidents
    .filter(({ incident }) => !incident.of && incident.state === "confirmed" && incident.verdict !== "wrong")
    .map(({ incident }) => ({ at: minute(incident.at), label: t("recap.mark.incident") }));
  return [...turns, ...said].filter((mark) => mark.at >= 0).slice(0, marks_max).sort((a, b) => a.at - b.at);
}

interface Curve {
  id: string;
  title: string;
  y: string;
  lines: Line[];
}

/** The picture of some lists of the show's minutes; null when there is nothing to draw. */
export function chartOf(recap: Pick<Recap, "minutes" | "turns" | "incidents" | "show">, curve: Curve): ChartSpec | null {
  const { from } = recap.minutes;
  const count = recap.minutes.viewers.length;
  if (from === null || from === undefined || count === 0) return null;
  const start = Date.parse(from);
  const marks = marksOf(recap);
  const clock = (minutes: number) => localTime(new Date(start + minutes * minute_ms), { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return {
    title: curve.title,
    name: `recap-${recap.show.slug}-${curve.id}`,
    x: {
      label: t("recap.minute"),
      values: Array.from({ length: count }, (_, n) => n),
      words: (minutes) => `${intoShow(minutes)} (${clock(minutes)})`,
      tick: (minutes) => intoShow(minutes),
      steps,
    },
    y: { label: curve.y, words: (value) => number(value), zero: true, room: 0.08 + room_per_mark * Math.min(3, marks.length) },
    lines: curve.lines,
    marks,
    source: `${recap.show.title} · ${recap.show.host.name}`,
  };
}

export function curvesOf(recap: Recap): Curve[] {
  const { viewers, said, copies, refused, orders, cancelled, refunds } = recap.minutes;
  const any = (values: readonly number[]) => values.some((value) => value > 0);
  const optional = (line: Line, values: readonly number[]) => (any(values) ? [line] : []);
  return [
    { id: "viewers", title: t("recap.viewers"), y: t("recap.viewers.axis"), lines: [{ label: t("recap.viewers.mean"), values: viewers, ink: "accent" }] },
    {
      id: "messages",
      title: t("recap.talk"),
      y: t("recap.talk.axis"),
      lines: [
        { label: t("recap.said"), values: said, ink: "accent" },
        ...optional({ label: t("recap.copies"), values: copies, ink: "muted", dashed: true }, copies),
        ...optional({ label: t("recap.refused"), values: refused, ink: "text", dashed: true }, refused),
      ],
    },
    {
      id: "orders",
      title: t("recap.sales"),
      y: t("recap.sales.axis"),
      lines: [
        { label: t("recap.orders"), values: orders, ink: "accent" },
        ...optional({ label: t("recap.cancelled"), values: cancelled, ink: "muted", dashed: true }, cancelled),
        ...optional({ label: t("recap.refunds"), values: refunds, ink: "text", dashed: true }, refunds),
      ],
    },
  ];
}

/** Incidents by case: each lead with those that go on with it behind it. */
export function byCase<T extends { incident: { id: string; of?: string | null } }>(incidents: readonly T[]): { row: T; goes_on: boolean }[] {
  const ids = new Set(incidents.map(({ incident }) => incident.id));
  const leads = incidents.filter(({ incident }) => !incident.of || !ids.has(incident.of) || incident.of === incident.id);
  const listed = new Set<T>();
  const rows = leads.flatMap((lead) => {
    const more = incidents.filter((one) => one !== lead && one.incident.of === lead.incident.id);
    return [lead, ...more].map((row) => ({ row, goes_on: row !== lead }));
  });
  for (const { row } of rows) listed.add(row);
  // What goes on with something that itself goes on stays listed all the same.
  return [...rows, ...incidents.filter((one) => !listed.has(one)).map((row) => ({ row, goes_on: true }))];
}
