// What the room writes, over the last ten minutes: shares of messages in a moving window, what sells beside them,
// where the room turned, and which incidents are one case. Pure.

import type { Incident, RoomChannel, RoomMinute, RoomReading, RoomSecond, RoomTurn, RoomUsual } from "../wire/api";

/** The channels in the order of `hits` and `of`. */
export const CHANNELS: readonly RoomChannel[] = [
  "hostile", "boycott", "complaint", "insult_words", "boycott_words", "unfollow_words", "refund_words", "unfollows", "cancellations", "refunds",
];

export const SPAN_S = 600;
/** A share is that of so many seconds. */
export const WINDOW_S = 30;
/** A curve has a point so often. */
export const STEP_S = 5;

/** What is known of a room: at most ten minutes of it. */
export interface RoomTrace {
  seconds: RoomSecond[];
  minutes: RoomMinute[];
}

export const nothing: RoomTrace = { seconds: [], minutes: [] };

/** Two lists by time: what came later replaces, what is older than the span before `now` goes. */
function joined<T>(known: readonly T[], next: readonly T[], at: (one: T) => number, oldest: number): T[] {
  const all = new Map([...known, ...next].map((one) => [at(one), one]));
  return [...all.values()].filter((one) => at(one) >= oldest).sort((a, b) => at(a) - at(b));
}

/** The trace with a newer answer; its memory is bounded by the span. */
export function merged(trace: RoomTrace, next: Pick<RoomReading, "seconds" | "minutes">): RoomTrace {
  const newest = Math.max(trace.seconds.at(-1)?.at_s ?? 0, ...next.seconds.map((one) => one.at_s));
  const seconds = joined(trace.seconds, next.seconds, (one) => one.at_s, newest - SPAN_S - WINDOW_S);
  // Minutes come whole each time.
  return { seconds, minutes: [...next.minutes].sort((a, b) => a.at_min - b.at_min).slice(-(SPAN_S / 60 + 1)) };
}

/** The share of one channel in the window that ends with `end_s`; null where nothing was written. */
export function shareAt(seconds: readonly RoomSecond[], channel: RoomChannel, end_s: number, window_s: number = WINDOW_S): number | null {
  const at = CHANNELS.indexOf(channel);
  let [hits, of] = [0, 0];
  for (const one of seconds) {
    if (one.at_s <= end_s - window_s || one.at_s > end_s) continue;
    hits += one.hits[at] ?? 0;
    of += one.of[at] ?? 0;
  }
  return of > 0 ? hits / of : null;
}

/** The ends of the windows that a curve has: the last one is now. */
export function places(now_s: number): number[] {
  const count = SPAN_S / STEP_S;
  const last = Math.floor(now_s / STEP_S) * STEP_S;
  return Array.from({ length: count + 1 }, (_, n) => last - (count - n) * STEP_S);
}

/** What each window of a curve has of two counts; seconds are sorted, so each is looked at twice. */
function windows(seconds: readonly RoomSecond[], now_s: number, count: (one: RoomSecond) => readonly [number, number]): [number, number][] {
  let [from, to, a, b] = [0, 0, 0, 0];
  return places(now_s).map((end) => {
    for (let one = seconds[to]; one !== undefined && one.at_s <= end; one = seconds[to]) {
      const [more, of] = count(one);
      [a, b, to] = [a + more, b + of, to + 1];
    }
    for (let one = seconds[from]; one !== undefined && from < to && one.at_s <= end - WINDOW_S; one = seconds[from]) {
      const [less, of] = count(one);
      [a, b, from] = [a - less, b - of, from + 1];
    }
    return [a, b];
  });
}

/** The share of one channel in each window; null where nothing was written. */
export function shareCurve(seconds: readonly RoomSecond[], channel: RoomChannel, now_s: number): (number | null)[] {
  const at = CHANNELS.indexOf(channel);
  return windows(seconds, now_s, (one) => [one.hits[at] ?? 0, one.of[at] ?? 0]).map(([hits, of]) => (of > 0 ? hits / of : null));
}

/** Messages a second in the moving window. */
export function messageCurve(seconds: readonly RoomSecond[], now_s: number): number[] {
  return windows(seconds, now_s, (one) => [one.messages, 0]).map(([messages]) => messages / WINDOW_S);
}

/** Nothing of it was written in the last ten minutes. */
export function isQuiet(seconds: readonly RoomSecond[], channel: RoomChannel, now_s: number): boolean {
  const at = CHANNELS.indexOf(channel);
  return !seconds.some((one) => one.at_s > now_s - SPAN_S && (one.hits[at] ?? 0) > 0);
}

export interface Channels {
  /** Those that are drawn, in the order of the channels. */
  shown: RoomUsual[];
  /** Those that say something and have no room. */
  more: RoomUsual[];
  quiet: RoomUsual[];
}

/** Which channels of chat are drawn: those that say something, those with the most evidence first where room is short. */
export function channelsOf(view: Pick<RoomReading, "channels">, seconds: readonly RoomSecond[], now_s: number, room: number): Channels {
  const chat = view.channels.filter((one) => one.is_chat);
  const quiet = chat.filter((one) => isQuiet(seconds, one.channel, now_s));
  const loud = chat.filter((one) => !quiet.includes(one));
  const first = new Set([...loud].sort((a, b) => b.evidence - a.evidence).slice(0, room));
  return { shown: loud.filter((one) => first.has(one)), more: loud.filter((one) => !first.has(one)), quiet };
}

const FIELDS = ["orders", "cancelled", "refunds", "unfollows"] as const;
export type Sold = (typeof FIELDS)[number];
export const SALES: readonly Sold[] = FIELDS;

/**
 * One value for each of the last ten minutes; a minute that is not listed had none. The minute at hand counts once it has
 * as many as the one before: until then it would look like a fall.
 */
export function salesCurve(minutes: readonly RoomMinute[], field: Sold, now_s: number): number[] {
  const by = new Map(minutes.map((one) => [one.at_min, one[field]]));
  const last = Math.floor(now_s / 60);
  const values = Array.from({ length: SPAN_S / 60 + 1 }, (_, n) => by.get(last - SPAN_S / 60 + n) ?? 0);
  const [before = 0, now = 0] = values.slice(-2);
  return now < before ? values.slice(0, -1) : values.slice(1);
}

/** The newest incident whose room turned within the span, and when that began; none that people took for a mistake. */
export function turnAt(incidents: readonly Incident[], now_s: number): { incident: Incident; room: RoomTurn; since_s: number } | null {
  let newest: { incident: Incident; room: RoomTurn; since_s: number } | null = null;
  for (const incident of incidents) {
    const { room } = incident;
    if (!room?.sure || incident.state === "dismissed" || incident.state === "withdrawn" || incident.verdict === "wrong") continue;
    const [since_s, at_s] = [Date.parse(room.since) / 1000, Date.parse(room.at) / 1000];
    // It is as old as what is known of it; it may have begun before the curves do.
    if (!Number.isFinite(since_s) || !(at_s > now_s - SPAN_S) || at_s > now_s + STEP_S) continue;
    if (newest === null || room.at > newest.room.at) newest = { incident, room, since_s };
  }
  return newest;
}

/** An incident with those that go on with it. */
export interface Case {
  lead: Incident;
  /** The oldest first. */
  more: Incident[];
}

/** Incidents by case, in the order of the list; one whose lead is not listed leads itself. */
export function casesOf(incidents: readonly Incident[]): Case[] {
  const known = new Map(incidents.map((one) => [one.id, one]));
  const leadOf = (one: Incident): Incident => {
    let lead = one;
    // A chain of leads that runs in a circle ends after as many steps as there are incidents.
    for (let step = 0; step < incidents.length; step += 1) {
      const next = lead.of ? known.get(lead.of) : undefined;
      if (next === undefined || next.id === lead.id) break;
      lead = next;
    }
    return lead;
  };
  const cases = new Map<string, Case>();
  for (const one of incidents) {
    const lead = leadOf(one);
    const found = cases.get(lead.id) ?? { lead, more: [] };
    if (lead.id !== one.id) found.more.push(one);
    cases.set(lead.id, found);
  }
  for (const one of cases.values()) one.more.sort((a, b) => a.at.localeCompare(b.at));
  return [...cases.values()];
}

/** The later sentences of the case that an incident leads or belongs to, without itself. */
export function othersOf(cases: readonly Case[], id: string): Incident[] {
  const found = cases.find(({ lead, more }) => lead.id === id || more.some((one) => one.id === id));
  return found ? [found.lead, ...found.more].filter((one) => one.id !== id) : [];
}

/** A sample that is so far from the others means that this page's clock was set. */
const CLOCK_SET_S = 5;

/** The server's second, from the times in its answers. Each is late by its way here: the one that is ahead most is nearest. */
export class RoomClock {
  #ahead_s: number | null = null;

  read(server_s: number, local_s: number): void {
    const ahead_s = server_s - local_s;
    if (this.#ahead_s === null || ahead_s > this.#ahead_s || this.#ahead_s - ahead_s > CLOCK_SET_S) this.#ahead_s = ahead_s;
  }

  now(local_s: number): number {
    return local_s + (this.#ahead_s ?? 0);
  }
}
