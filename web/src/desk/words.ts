// What the desk says at once about an action, in words with figures. Pure: gives message keys, not text.

import type { Action, ActionKind, NewAction } from "../wire/api";
import type { MessageKey } from "../ui/i18n";
import type { Span } from "./strip";

/**
 * A message key with its figures; `did` names the action by its own key. `tone` picks the mark beside
 * it, never a red one.
 */
export interface Words {
  key: MessageKey;
  values: Record<string, string>;
  tone: "ok" | "wait" | "no";
}

/** Seconds with one decimal: the only precision that a desk reads. */
export function seconds(ms: number): string {
  return (Math.max(0, ms) / 1000).toFixed(1);
}

/** The length of an action in seconds; null where it has none or none yet. */
export function wordsOfLength(action: Action): string | null {
  if (action.to_media_ms === null || action.kind === "resume" || action.kind === "dump" || action.kind === "panic") return null;
  return seconds(action.to_media_ms - action.from_media_ms);
}

/** The answer to an accepted action. `wished` is what the selection asked for, null for "from now on". */
export function accepted(action: Action, wished: Span | null, airMs: number): Words {
  const kind = didKey(action.kind);
  const before = seconds(action.time_to_air_ms);
  if (action.kind === "resume") return { key: "desk.answer.resumed", values: { before }, tone: "ok" };
  if (action.kind === "dump") return { key: "desk.answer.dumped", values: {}, tone: "ok" };
  if (action.kind === "panic") return { key: "desk.answer.panic", values: {}, tone: "ok" };
  if (action.to_media_ms === null) {
    const open = action.time_to_air_ms > 0 ? "desk.answer.open" : "desk.answer.open_now";
    return { key: open, values: { did: kind, before }, tone: "ok" };
  }
  const length = seconds(action.to_media_ms - action.from_media_ms);
  if (action.late) {
    const missed = seconds(action.from_media_ms - (wished?.fromMs ?? airMs));
    return { key: "desk.answer.late", values: { did: kind, length, missed }, tone: "ok" };
  }
  const span = action.time_to_air_ms > 0 ? "desk.answer.span" : "desk.answer.span_now";
  return { key: span, values: { did: kind, length, before }, tone: "ok" };
}

/** The words "muted", "cut", … of an action. */
export function didKey(kind: ActionKind): MessageKey {
  return `desk.did.${kind}`;
}

/** The answer to an undo: nothing of it aired, or the rest of it ended. */
export function undone(action: Action): Words {
  const values = { did: didKey(action.kind) };
  return { key: action.state === "shortened" ? "desk.answer.shortened" : "desk.answer.undone", values, tone: "ok" };
}

/** Refusals that the desk can say better than the server, with the desk's own figures. */
export function refused(
  code: string,
  fallback: { message: string; hint: string },
  wished: Span | null,
  airMs: number,
): Words {
  if (code === "already_aired" && wished !== null) {
    return { key: "desk.answer.too_late", values: { ago: seconds(airMs - wished.toMs) }, tone: "no" };
  }
  if (code === "undo_expired") return { key: "desk.answer.undo_expired", values: {}, tone: "no" };
  if (code === "network" || code === "time_out") return { key: "desk.answer.not_sent", values: {}, tone: "no" };
  if (code === "not_signed_in" || code === "forbidden") {
    return { key: "desk.answer.not_allowed", values: { message: fallback.message }, tone: "no" };
  }
  if (code === "standby_not_ready") return { key: "desk.answer.standby", values: { message: fallback.message }, tone: "no" };
  const stop = /[.!?。！？]$/.test(fallback.message) ? " " : ". ";
  const said = fallback.hint === "" ? fallback.message : `${fallback.message}${stop}${fallback.hint}`;
  return { key: "desk.answer.refused", values: { message: said }, tone: "no" };
}

/** How an action can still be taken back at the air point `airMs`. */
export type UndoState =
  | { how: "undo"; leftMs: number }
  | { how: "shorten"; leftMs: number | null }
  | { how: "resume" }
  | { how: "gone" };

/** The rule of the program: all in the delay → undone; partly aired → ends now; panic → only resume. */
export function undoState(action: Action, airMs: number): UndoState {
  if (action.kind === "resume" || action.undone_at || isOver(action.state)) return { how: "gone" };
  const aired = action.to_media_ms !== null && action.to_media_ms <= airMs;
  if (action.kind === "panic") return { how: aired ? "gone" : "resume" };
  if (action.from_media_ms > airMs) return { how: "undo", leftMs: action.from_media_ms - airMs };
  if (action.to_media_ms === null) return { how: "shorten", leftMs: null };
  return aired ? { how: "gone" } : { how: "shorten", leftMs: action.to_media_ms - airMs };
}

function isOver(state: string): boolean {
  return state === "undone" || state === "shortened" || state === "over" || state === "ended";
}

/**
 * The log with the program's own view of what runs: the program knows the real end of an interval
 * first. An open entry that the program no longer lists is over, unless it is younger than its message.
 */
export function merged(log: readonly Action[], running: readonly Action[], isFresh: (id: string) => boolean): Action[] {
  const now = new Map(running.map((a) => [a.id, a]));
  return log.map((entry) => {
    const live = now.get(entry.id);
    if (live) return Object.assign({}, entry, { from_media_ms: live.from_media_ms, to_media_ms: live.to_media_ms, state: live.state });
    const open = entry.to_media_ms === null && entry.state === "active" && entry.kind !== "resume";
    return open && !isFresh(entry.id) ? Object.assign({}, entry, { state: "over" }) : entry;
  });
}

/** The newest action that the key [U] takes back; null when there is none. */
export function newestUndoable(actions: readonly Action[], airMs: number): Action | null {
  const candidates = actions.filter((a) => {
    const { how } = undoState(a, airMs);
    return how === "undo" || how === "shorten";
  });
  candidates.sort((a, b) => (b.at ?? "").localeCompare(a.at ?? "") || b.from_media_ms - a.from_media_ms);
  return candidates[0] ?? null;
}

/** What a new delay would do, before anyone confirms it. */
export function delayWords(nowS: number, wantedS: number, inDelayMs: number): Words {
  if (wantedS === nowS) return { key: "desk.delay.same", values: {}, tone: "wait" };
  if (wantedS > nowS) {
    return { key: "desk.delay.grows", values: { seconds: seconds((wantedS - nowS) * 1000), to: String(wantedS) }, tone: "wait" };
  }
  return { key: "desk.delay.shrinks", values: { lost: seconds(inDelayMs), to: String(wantedS) }, tone: "wait" };
}

/** The body of an action request: a selection in absolute media time, or "from now on". */
export function wishOf(kind: ActionKind, span: Span | null, reason: string): NewAction {
  const body: NewAction = { kind };
  if (reason !== "") body.reason = reason;
  if (span !== null && kind !== "resume" && kind !== "panic" && kind !== "dump") {
    body.from_media_ms = Math.round(span.fromMs);
    body.to_media_ms = Math.round(span.toMs);
  }
  return body;
}
