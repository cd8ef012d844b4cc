// The desk socket's message, checked at the edge: the desk draws only figures that are figures.

import type { DeskState } from "../wire/api";

/** The desk message in `data`, or null when it is another type or malformed. Missing lists become empty. */
export function deskMessage(data: unknown): DeskState | null {
  if (typeof data !== "string") return null;
  let raw: unknown;
  try {
    raw = JSON.parse(data);
  } catch {
    return null;
  }
  if (typeof raw !== "object" || raw === null || (raw as { type?: unknown }).type !== "desk") return null;
  const m = raw as Partial<DeskState> & { show?: { status?: DeskState["status"] } };
  const status = m.status ?? m.show?.status ?? "planned";
  // Before its start and after its end a show has no program, and so none of its figures.
  const figures = [m.newest_media_ms, m.air_media_ms, m.delay_s];
  const program = figures.every(isNumber);
  if (!program && figures.some((figure) => figure !== undefined)) return null;
  const newest_media_ms = m.newest_media_ms ?? 0;
  const air_media_ms = m.air_media_ms ?? 0;
  return {
    ...(m as DeskState),
    newest_media_ms,
    air_media_ms,
    delay_s: m.delay_s ?? 0,
    on: m.on ?? "slate",
    video: m.video ?? "slate",
    audio: m.audio ?? "silence",
    why: m.why ?? (status === "live" && !program ? "not_on_air" : null),
    in_delay_ms: isNumber(m.in_delay_ms) ? m.in_delay_ms : newest_media_ms - air_media_ms,
    status,
    held: m.held ?? false,
    actions: list(m.actions),
    msgs_per_s: list(m.msgs_per_s),
    orders_per_min: list(m.orders_per_min),
    viewers: isNumber(m.viewers) ? m.viewers : 0,
    hearing: m.hearing ?? null,
    hearing_behind_ms: isNumber(m.hearing_behind_ms) ? m.hearing_behind_ms : 0,
    hearing_dropped: isNumber(m.hearing_dropped) ? m.hearing_dropped : 0,
    policy: m.policy ?? null,
    incidents: list(m.incidents),
    lines: list(m.lines),
  };
}

function list<T>(value: T[] | undefined): T[] {
  return Array.isArray(value) ? value : [];
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
