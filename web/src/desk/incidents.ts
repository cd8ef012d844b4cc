// What the desk makes of incidents: how long each still waits, which one needs a hand first, and what was done. Pure.

import type { Incident, RoomTurn } from "../wire/api";
import { seconds, type Words } from "./words";

/** Where the words are: in the delay, across the air point, or behind it. */
export type Phase = "waits" | "airs" | "aired";

/** The end of the words or of what stops them, whichever is later; a stop without an end counts as the words'. */
export function endMs(incident: Incident): number {
  return Math.max(incident.to_media_ms, incident.act?.to_media_ms ?? incident.to_media_ms);
}

export function phaseOf(incident: Incident, airMs: number): Phase {
  if (incident.from_media_ms > airMs) return "waits";
  return endMs(incident) > airMs ? "airs" : "aired";
}

/** True while the program keeps the words from viewers. */
export function isStopped(incident: Incident): boolean {
  return incident.act !== null && (incident.state === "open" || incident.state === "confirmed");
}

const GRAVITY = { grave: 0, serious: 1, notice: 2 } as const;

/**
 * Open incidents that can still be changed, the most urgent first: what airs if nobody acts, then what airs
 * sooner, then what is graver.
 */
export function urgent(incidents: readonly Incident[], airMs: number): Incident[] {
  const open = incidents.filter((i) => i.state === "open" && phaseOf(i, airMs) !== "aired");
  return open.sort(
    (a, b) =>
      Number(isStopped(a)) - Number(isStopped(b)) ||
      a.from_media_ms - b.from_media_ms ||
      GRAVITY[a.severity] - GRAVITY[b.severity],
  );
}

/** An incident whose moment has passed is held up for a verdict this long. */
const ASK_MS = 45_000;
/** A room turns a minute after what it answers: its incident is held up longer. */
const ASK_TURN_MS = 180_000;

/** What was on air when the evidence for a turn was enough: it may have begun a quarter of an hour before. */
function knownMs(room: RoomTurn): number {
  const late = Date.parse(room.at) - Date.parse(room.since);
  return room.air_media_ms + (late > 0 ? late : 0);
}

/** The newest moment of an incident that a verdict can be asked about. */
function askedMs(incident: Incident): number {
  return incident.room ? Math.max(endMs(incident), knownMs(incident.room)) : endMs(incident);
}

/** The one that the card shows: the chosen one, else the most urgent, else the newest that waits for a verdict. */
export function shownOf(incidents: readonly Incident[], chosen: string | null, airMs: number): Incident | null {
  const picked = incidents.find((i) => i.id === chosen);
  if (picked) return picked;
  const [first] = urgent(incidents, airMs);
  if (first) return first;
  const decided = incidents.filter((i) => i.verdict === null && i.state !== "withdrawn" && airMs - askedMs(i) < (i.room ? ASK_TURN_MS : ASK_MS));
  return decided.reduce<Incident | null>((newest, i) => (newest === null || askedMs(i) > askedMs(newest) ? i : newest), null);
}

/** A newer view with the words of a known one: the desk's message knows only what is in memory, the list reads the store. */
export function withWords(now: Incident, known: Incident | undefined): Incident {
  if (known === undefined) return now;
  const wrote = new Map(known.room?.messages.map((one) => [one.id, one.text]));
  const messages = now.room?.messages.map((one) => ({ ...one, text: one.text ?? wrote.get(one.id) ?? null }));
  return {
    ...now,
    text: now.text ?? known.text ?? null,
    answers: now.answers ?? known.answers ?? null,
    room: now.room && messages ? { ...now.room, messages } : now.room,
  };
}

/** The list with the desk message's newer view of the same incidents; newest first. */
export function mergedIncidents(known: readonly Incident[], now: readonly Incident[]): Incident[] {
  const listed = new Map(known.map((i) => [i.id, i]));
  const fresh = new Set(now.map((i) => i.id));
  const rest = known.filter((i) => !fresh.has(i.id));
  return [...now.map((i) => withWords(i, listed.get(i.id))), ...rest].sort((a, b) => b.at.localeCompare(a.at));
}

/**
 * What the list is asked for again after: a decision, and words that a message no longer has. Those are either forgotten
 * by memory, and the list still has them, or erased, and then it has them no more.
 */
export function listKey(incidents: readonly Incident[]): string {
  const has = (text: string | null | undefined) => (typeof text === "string" ? "1" : "0");
  const words = (i: Incident) => [i.text, i.answers, ...(i.room?.messages ?? []).map((one) => one.text)].map(has).join("");
  return incidents.map((i) => `${i.id}:${i.state}:${i.verdict}:${words(i)}`).join();
}

/** What was done about it, in words with figures. */
export function doneWords(incident: Incident): Words {
  const { act, state } = incident;
  if (state === "withdrawn") return { key: "desk.incident.withdrawn", values: {}, tone: "ok" };
  if (state === "dismissed") return { key: "desk.incident.dismissed", values: { by: incident.by ?? "" }, tone: "ok" };
  if (act === null) return { key: notDone(incident), values: {}, tone: "no" };
  const values: Record<string, string> = { did: `desk.did.${act.kind}` };
  if (act.to_media_ms === null || act.to_media_ms === undefined) return { key: "desk.incident.open_end", values, tone: "ok" };
  values.length = seconds(act.to_media_ms - act.from_media_ms);
  if (act.late) return { key: "desk.incident.late", values, tone: "ok" };
  if (typeof act.time_to_air_ms !== "number") return { key: "desk.incident.stopped", values, tone: "ok" };
  values.before = seconds(act.time_to_air_ms);
  return { key: state === "open" ? "desk.incident.provisional" : "desk.incident.confirmed", values, tone: "ok" };
}

/** A room that turned without words has nothing in the delay that a key could stop. */
export function isTurnAlone(incident: Incident): boolean {
  return incident.from_media_ms >= incident.to_media_ms;
}

function notDone(incident: Incident): Words["key"] {
  if (isTurnAlone(incident)) return "desk.turn.alone";
  return incident.left ? `desk.incident.left.${incident.left}` : "desk.incident.left.advise";
}

/** The answer to a decision, from what the program really applied. */
export function decidedWords(what: "confirm" | "widen" | "dismiss", now: Incident, was: Incident, airMs: number): Words {
  const before = seconds(now.from_media_ms - airMs);
  if (what === "dismiss") {
    const key = was.act === null ? "desk.incident.answer.noted" : was.from_media_ms > airMs ? "desk.incident.answer.airs" : "desk.incident.answer.airs_rest";
    return { key, values: key === "desk.incident.answer.airs" ? { before } : {}, tone: "ok" };
  }
  if (now.act === null) return { key: "desk.incident.answer.confirmed", values: {}, tone: "ok" };
  const values: Record<string, string> = { did: `desk.did.${now.act.kind}` };
  if (typeof now.act.to_media_ms !== "number") return { key: "desk.incident.answer.open_end", values, tone: "ok" };
  values.length = seconds(now.act.to_media_ms - now.act.from_media_ms);
  values.before = seconds(now.act.from_media_ms - airMs);
  return { key: `desk.incident.answer.${what}`, values, tone: "ok" };
}

/** The interval of a "widen": the selection and what is stopped already, or the server's own step without one. */
export function widened(incident: Incident, selection: { fromMs: number; toMs: number } | null): { from_media_ms?: number; to_media_ms?: number } {
  if (selection === null) return {};
  const from = incident.act?.from_media_ms ?? incident.from_media_ms;
  const to = incident.act ? incident.act.to_media_ms : incident.to_media_ms;
  const body = { from_media_ms: Math.round(Math.min(from, selection.fromMs)) };
  // A stop without an end already reaches further than any selection.
  return typeof to === "number" ? { ...body, to_media_ms: Math.round(Math.max(to, selection.toMs)) } : body;
}

/** The part of a rule's id that a reader knows, when the page has no name for it: `claims/false_scarcity` is "false scarcity". */
export function plainRule(rule: string): string {
  return rule.slice(rule.lastIndexOf("/") + 1).replaceAll("_", " ");
}
