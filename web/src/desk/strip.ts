// Geometry of the delay strip. Left edge: the air point (red). Right edge: the preview (green).
// Pure: media milliseconds in, pixels out, and back. Draws nothing and reads no clock.

import type { ActionKind } from "../wire/api";

/** A piece of the host's media, `[fromMs, toMs)` in media milliseconds. */
export interface Span {
  fromMs: number;
  toMs: number;
}

/** What the strip shows: the air point, the newest moment, and how many milliseconds its width stands for. */
export interface Frame {
  airMs: number;
  newestMs: number;
  spanMs: number;
}

/** Shortest interval that a drag or a key can make: two pictures at 25 per second. */
export const MIN_SPAN_MS = 80;
/** The strip never stands for less, so that a delay of zero still has a shape. */
const MIN_FRAME_MS = 1000;

/** The strip's frame for a configured delay. A stall leaves the right part empty: that is the gauge. */
export function frameOf(airMs: number, newestMs: number, delayMs: number): Frame {
  const spanMs = Math.max(delayMs, newestMs - airMs, MIN_FRAME_MS);
  return { airMs, newestMs, spanMs };
}

/** Pixel of a media moment; may lie outside `[0, width]`. */
export function xOf(frame: Frame, width: number, mediaMs: number): number {
  return ((mediaMs - frame.airMs) / frame.spanMs) * width;
}

/** Media moment of a pixel, kept inside what is in the delay. */
export function mediaAt(frame: Frame, width: number, x: number): number {
  const ms = frame.airMs + (width > 0 ? x / width : 0) * frame.spanMs;
  return clamp(ms, frame.airMs, frame.newestMs);
}

export interface GridLine {
  x: number;
  /** seconds to air at this line */
  seconds: number;
  labelled: boolean;
}

const STEPS_S = [0.5, 1, 2, 5, 10, 20, 30];
const LINE_GAP_PX = 12;
const LABEL_GAP_PX = 48;
/** Above this a strip is labelled in whole seconds only. */
const FINE_MS = 3000;

/** Lines of equal time to air. They stand still: only the media moves under them. */
export function gridLines(spanMs: number, width: number): GridLine[] {
  const pxPerS = width / (spanMs / 1000);
  const line = stepFor(pxPerS, LINE_GAP_PX);
  const label = STEPS_S.find((s) => s >= (spanMs > FINE_MS ? 1 : line) && s % line === 0 && s * pxPerS >= LABEL_GAP_PX) ?? line * 2;
  const lines: GridLine[] = [];
  const count = Math.floor(spanMs / 1000 / line + 1e-9);
  for (let i = 0; i <= count; i++) {
    const seconds = i * line;
    lines.push({ x: seconds * pxPerS, seconds, labelled: isMultiple(seconds, label) });
  }
  return lines;
}

function stepFor(pxPerS: number, gapPx: number): number {
  return STEPS_S.find((s) => s * pxPerS >= gapPx) ?? 60;
}

function isMultiple(value: number, step: number): boolean {
  const ratio = value / step;
  return Math.abs(ratio - Math.round(ratio)) < 1e-6;
}

/** An action's interval as the strip needs it; an open end is null. */
export interface Interval {
  id: string;
  kind: ActionKind;
  fromMs: number;
  toMs: number | null;
}

export interface Block {
  id: string;
  kind: ActionKind;
  x: number;
  width: number;
  lane: number;
  /** true when the interval goes on beyond the newest moment */
  open: boolean;
  /** true when its beginning has already aired */
  begun: boolean;
}

export const MAX_LANES = 3;

/** Visible blocks, oldest first; overlapping ones take further lanes, the last lane is shared when all are full. */
export function blocksOf(frame: Frame, width: number, intervals: readonly Interval[]): Block[] {
  const right = xOf(frame, width, frame.newestMs);
  const ends: number[] = [];
  const blocks: Block[] = [];
  for (const it of [...intervals].sort((a, b) => a.fromMs - b.fromMs)) {
    const from = Math.max(0, xOf(frame, width, it.fromMs));
    const to = it.toMs === null ? Math.max(right, from) : xOf(frame, width, it.toMs);
    const end = Math.min(width, to);
    if (end <= 0 || from >= width || (it.toMs !== null && it.toMs <= frame.airMs)) continue;
    const lane = freeLane(ends, from);
    ends[lane] = Math.max(ends[lane] ?? 0, end);
    blocks.push({
      id: it.id,
      kind: it.kind,
      x: from,
      width: Math.max(2, end - from),
      lane,
      open: it.toMs === null,
      begun: it.fromMs <= frame.airMs,
    });
  }
  return blocks;
}

function freeLane(ends: number[], from: number): number {
  for (let lane = 0; lane < MAX_LANES; lane++) {
    if ((ends[lane] ?? 0) <= from) return lane;
  }
  return MAX_LANES - 1;
}

export type Grip = "from" | "to" | "inside" | "outside";

/** What a pointer at `x` takes hold of, with the reach of a finger or of a mouse. */
export function gripAt(frame: Frame, width: number, span: Span | null, x: number, reachPx: number): Grip {
  if (span === null) return "outside";
  const from = xOf(frame, width, span.fromMs);
  const to = xOf(frame, width, span.toMs);
  if (Math.abs(x - to) <= reachPx) return "to";
  if (Math.abs(x - from) <= reachPx) return "from";
  return x > from && x < to ? "inside" : "outside";
}

/** A drag in progress. Anchors are media moments, because the media moves while the hand does. */
export interface Drag {
  grip: Grip;
  anchorMs: number;
  start: Span | null;
}

/** The selection that a drag makes when the pointer is over `atMs`; null while it is still a click. */
export function dragTo(drag: Drag, atMs: number, frame: Frame): Span | null {
  if (drag.start === null || drag.grip === "outside") return spanOf(drag.anchorMs, atMs);
  if (drag.grip === "from") return spanOf(drag.start.toMs, atMs);
  if (drag.grip === "to") return spanOf(drag.start.fromMs, atMs);
  const length = drag.start.toMs - drag.start.fromMs;
  const wanted = drag.start.fromMs + (atMs - drag.anchorMs);
  const fromMs = clamp(wanted, frame.airMs, Math.max(frame.airMs, frame.newestMs - length));
  return { fromMs, toMs: fromMs + length };
}

function spanOf(a: number, b: number): Span | null {
  if (Math.abs(a - b) < MIN_SPAN_MS) return null;
  return { fromMs: Math.min(a, b), toMs: Math.max(a, b) };
}

/** Caret of the keyboard: `anchorMs` stays while Shift extends. */
export interface Caret {
  anchorMs: number;
  headMs: number;
}

const STEP_MS = 100;
const STRIDE_MS = 1000;

/** The caret after a key; null when the key is none of the strip's. Without a caret it starts at the preview edge. */
export function caretAfter(
  caret: Caret | null,
  key: { key: string; shiftKey: boolean; altKey: boolean },
  frame: Frame,
): Caret | null {
  const head = caret?.headMs ?? frame.newestMs;
  const step = key.altKey ? STRIDE_MS : STEP_MS;
  let to: number;
  if (key.key === "ArrowLeft") to = head - step;
  else if (key.key === "ArrowRight") to = head + step;
  else if (key.key === "PageDown") to = head - STRIDE_MS;
  else if (key.key === "PageUp") to = head + STRIDE_MS;
  else if (key.key === "Home") to = frame.airMs;
  else if (key.key === "End") to = frame.newestMs;
  else return null;
  const headMs = clamp(to, frame.airMs, frame.newestMs);
  const anchorMs = key.shiftKey ? (caret?.anchorMs ?? head) : headMs;
  return { anchorMs, headMs };
}

/** The selection that a caret stands for. */
export function caretSpan(caret: Caret): Span | null {
  return spanOf(caret.anchorMs, caret.headMs);
}

/** What of a selection can still be stopped: null when all of it has aired. */
export function stillInDelay(span: Span, airMs: number): Span | null {
  if (span.toMs <= airMs) return null;
  return { fromMs: Math.max(span.fromMs, airMs), toMs: span.toMs };
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), Math.max(low, high));
}
