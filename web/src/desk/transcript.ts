// The words of the delay: where each stands in time, which are flagged, which are stopped. Pure.
// A recogniser says when a sentence begins and ends; a word's place inside it is in proportion to its length.

import type { Action, Incident, Line } from "../wire/api";
import { clamp, type Frame, type Span } from "./strip";

export interface Word extends Span {
  /** with the space that follows it */
  text: string;
}

/** A flagged interval with what it breaks. */
export interface Flag extends Span {
  id: string;
  rule: string;
}

export interface MarkedWord extends Word {
  flag: Flag | null;
  /** true on the first word of a flag in its sentence */
  first: boolean;
  struck: boolean;
}

/** A sentence's box on the strip; `heard` is false where there was speech that nobody understood. */
export interface Box extends Span {
  key: string;
  heard: boolean;
  last: boolean;
  words: MarkedWord[];
}

/** A Chinese or Japanese character stands for a word; signs stay with what they follow. */
const TOKEN = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}][\p{P}\s]*|[^\s\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]+\s*/gu;
const WIDE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;
/** One such character takes about as long as this many letters. */
const WIDE_LETTERS = 3;

export function wordsOf(line: Pick<Line, "text" | "from_media_ms" | "to_media_ms">): Word[] {
  const tokens = line.text.match(TOKEN) ?? [];
  const weights = tokens.map((token) => (WIDE.test(token) ? WIDE_LETTERS : token.trim().length + 1));
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  const length = Math.max(0, line.to_media_ms - line.from_media_ms);
  let before = 0;
  return tokens.map((text, i) => {
    const fromMs = line.from_media_ms + (before / all) * length;
    before += weights[i] ?? 0;
    return { text, fromMs, toMs: line.from_media_ms + (before / all) * length };
  });
}

/** Incidents that nobody has taken back. */
export function flagsOf(incidents: readonly Incident[]): Flag[] {
  const standing = incidents.filter((i) => i.state === "open" || i.state === "confirmed");
  return standing.map((i) => ({ id: i.id, rule: i.rule, fromMs: i.from_media_ms, toMs: i.to_media_ms }));
}

const SILENT: ReadonlySet<string> = new Set(["mute", "cut", "hand_over", "dump", "panic"]);

/** Where viewers do not hear the host. */
export function silencesOf(actions: readonly Action[]): Span[] {
  const on = actions.filter((a) => SILENT.has(a.kind) && a.state !== "undone");
  return on.map((a) => ({ fromMs: a.from_media_ms, toMs: a.to_media_ms ?? Number.POSITIVE_INFINITY }));
}

/** Boxes that are in the delay. Bounds are rounded outward where they are made, so neighbours are trimmed to what was said first. */
export function boxesOf(lines: readonly Line[], flags: readonly Flag[], silences: readonly Span[], airMs: number): Box[] {
  const boxes: Box[] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const line of [...lines].sort((a, b) => a.from_media_ms - b.from_media_ms)) {
    if (line.to_media_ms <= airMs) continue;
    const fromMs = Math.max(line.from_media_ms, Math.min(end, line.to_media_ms));
    end = Math.max(end, line.to_media_ms);
    const words = line.heard ? marked(wordsOf(line), flags, silences) : [];
    boxes.push({ key: `${line.from_media_ms}`, heard: line.heard, last: line.last, fromMs, toMs: line.to_media_ms, words });
  }
  return boxes;
}

function marked(words: readonly Word[], flags: readonly Flag[], silences: readonly Span[]): MarkedWord[] {
  let last: string | null = null;
  return words.map((word) => {
    const middle = (word.fromMs + word.toMs) / 2;
    const within = (span: Span) => span.fromMs <= middle && middle < span.toMs;
    const flag = flags.find(within) ?? null;
    const first = flag !== null && flag.id !== last;
    last = flag?.id ?? null;
    return { ...word, flag, first, struck: silences.some(within) };
  });
}

/** A word's place is a guess; what is chosen by words reaches a little over both ends. */
const WORD_PAD_MS = 150;

/** The interval from one word to another, whichever came first, inside what can still be stopped. */
export function spanOfWords(a: Span, b: Span, frame: Frame, padMs = WORD_PAD_MS): Span | null {
  const fromMs = clamp(Math.min(a.fromMs, b.fromMs) - padMs, frame.airMs, frame.newestMs);
  const toMs = clamp(Math.max(a.toMs, b.toMs) + padMs, frame.airMs, frame.newestMs);
  return toMs > fromMs ? { fromMs, toMs } : null;
}

/** The sentence before (`-1`) or after (`1`) what is selected; without a selection the newest one. */
export function sentenceBeside(boxes: readonly Box[], selection: Span | null, step: -1 | 1, frame: Frame): Span | null {
  const spans = boxes.filter((b) => b.toMs > frame.airMs);
  if (spans.length === 0) return null;
  if (selection === null) return spanOfWords(spans[spans.length - 1] as Box, spans[spans.length - 1] as Box, frame, 0);
  const middle = (selection.fromMs + selection.toMs) / 2;
  const here = spans.findIndex((b) => middle < b.toMs);
  const next = spans[clamp((here < 0 ? spans.length - 1 : here) + step, 0, spans.length - 1)] as Box;
  return spanOfWords(next, next, frame, 0);
}
