// Paints one picture of the delay strip onto a canvas. Knows colours and shapes, not the server.
// Green is the preview edge, red the air point, amber what is stopped while it can still be stopped.

import { LEVEL_STEP_MS, type LevelTrace } from "./levels";
import { type Block, blocksOf, type Caret, type Frame, gridLines, type Interval, MAX_LANES, type Span, stillInDelay, xOf } from "./strip";

export interface Palette {
  ground: string;
  media: string;
  wave: string;
  line: string;
  text: string;
  ink: string;
  amber: string;
  onAmber: string;
  red: string;
  green: string;
  font: string;
}

export interface Scene {
  frame: Frame;
  intervals: readonly Interval[];
  selection: Span | null;
  caret: Caret | null;
  hoverX: number | null;
  levels: LevelTrace;
  /** height that the words above the media take, in CSS pixels */
  wordsPx: number;
  /** media moment that the preview picture shows now, when known */
  playheadMs: number | null;
  /** labels in the page's language */
  label: (block: Block) => string;
  airsIn: (ms: number) => string;
  inSeconds: (figure: string) => string;
  eaten: string;
  stale: boolean;
}

/** Heights in CSS pixels: the media, and the scale of seconds under it. */
const SCALE_PX = 18;
/** What chips say about a moment stands above the words and the media. */
export const TOP_PX = 18;
const EDGE_PX = 4;
const HATCH_PX = 7;

export function drawStrip(ctx: CanvasRenderingContext2D, width: number, height: number, p: Palette, s: Scene): void {
  const top = TOP_PX + s.wordsPx;
  const body = { top, height: height - SCALE_PX - top };
  const right = Math.min(width, xOf(s.frame, width, s.frame.newestMs));
  ctx.clearRect(0, 0, width, height);
  ctx.font = p.font;
  ctx.textBaseline = "middle";
  ctx.fillStyle = p.ground;
  ctx.fillRect(0, body.top, width, body.height);
  ctx.fillStyle = p.media;
  ctx.fillRect(0, body.top, right, body.height);
  drawGrid(ctx, width, height, body, p, s);
  drawWave(ctx, width, body, p, s);
  drawEaten(ctx, right, width, body, p, s);
  // Filled ones first, so that a mute inside a cut stays visible.
  const blocks = blocksOf(s.frame, width, s.intervals);
  for (const block of blocks.filter((b) => FILLED.has(b.kind))) drawBlock(ctx, block, body, p);
  for (const block of blocks.filter((b) => !FILLED.has(b.kind))) drawBlock(ctx, block, body, p);
  // Words last: no block may lie over another's.
  for (const block of blocks) blockLabel(ctx, block, body, p, s.label(block));
  if (s.selection) drawSelection(ctx, width, s.selection, body, p, s);
  drawPointers(ctx, width, body, p, s);
  drawEdges(ctx, right, body, p);
  if (s.stale) hatch(ctx, 0, body.top, width, body.height, p.line);
}

interface Body {
  top: number;
  height: number;
}

function drawGrid(ctx: CanvasRenderingContext2D, width: number, height: number, body: Body, p: Palette, s: Scene): void {
  for (const line of gridLines(s.frame.spanMs, width)) {
    ctx.fillStyle = p.line;
    const x = Math.min(width - 1, Math.round(line.x));
    ctx.globalAlpha = line.labelled ? 1 : 0.5;
    ctx.fillRect(x, body.top, 1, body.height + (line.labelled ? 4 : 0));
    ctx.globalAlpha = 1;
    if (!line.labelled) continue;
    ctx.fillStyle = p.text;
    const label = line.seconds === 0 ? "0" : s.inSeconds(String(line.seconds));
    const w = ctx.measureText(label).width;
    ctx.fillText(label, Math.min(width - w, Math.max(0, x - w / 2)), height - SCALE_PX / 2 + 2);
  }
}

function drawWave(ctx: CanvasRenderingContext2D, width: number, body: Body, p: Palette, s: Scene): void {
  const { frame } = s;
  const w = Math.max(1, (LEVEL_STEP_MS / frame.spanMs) * width - 1);
  ctx.fillStyle = p.wave;
  const middle = body.top + body.height / 2;
  for (const bar of s.levels.bars(frame.airMs, frame.newestMs)) {
    const h = Math.max(1, bar.height ** 1.6 * (body.height - 10));
    ctx.fillRect(xOf(frame, width, bar.atMs), middle - h / 2, w, h);
  }
}

function drawEaten(ctx: CanvasRenderingContext2D, right: number, width: number, body: Body, p: Palette, s: Scene): void {
  const lost = width - right;
  // A fraction of a second always flickers between two messages; only a real stall is worth a mark.
  if (lost < 6) return;
  hatch(ctx, right, body.top, lost, body.height, p.line);
  const w = ctx.measureText(s.eaten).width;
  if (w + 24 < lost) {
    ctx.fillStyle = p.text;
    ctx.fillText(s.eaten, right + (lost - w) / 2, body.top + body.height / 2);
  }
}

const FILLED: ReadonlySet<string> = new Set(["cut", "dump", "panic"]);

function drawBlock(ctx: CanvasRenderingContext2D, b: Block, body: Body, p: Palette): void {
  const filled = FILLED.has(b.kind);
  const top = topOf(b, body);
  const height = body.height - (top - body.top);
  ctx.fillStyle = p.amber;
  ctx.globalAlpha = filled ? 1 : b.kind === "mute" ? 0.16 : 0.3;
  ctx.fillRect(b.x, top, b.width, height);
  ctx.globalAlpha = 1;
  ctx.strokeStyle = filled ? p.onAmber : p.amber;
  ctx.lineWidth = filled ? 1 : 2;
  ctx.strokeRect(b.x + 1, top + 1, Math.max(0, b.width - 2), height - 2);
  if (b.kind === "mute") strike(ctx, b, top, height, p);
  if (b.kind === "cover") hatch(ctx, b.x, top, b.width, height, p.amber);
}

/** A block that does not fill the strip begins a little lower with each one that it overlaps. */
function topOf(b: Block, body: Body): number {
  return body.top + (FILLED.has(b.kind) ? 0 : Math.min(b.lane, MAX_LANES - 1) * 4);
}

function strike(ctx: CanvasRenderingContext2D, b: Block, top: number, height: number, p: Palette): void {
  ctx.fillStyle = p.amber;
  ctx.fillRect(b.x, top + height / 2 - 1.5, b.width, 3);
}

function blockLabel(ctx: CanvasRenderingContext2D, b: Block, body: Body, p: Palette, label: string): void {
  const filled = FILLED.has(b.kind);
  const y = filled ? body.top + (body.height / MAX_LANES) * (0.5 + b.lane) : topOf(b, body) + 12 + b.lane * 18;
  ctx.save();
  ctx.beginPath();
  ctx.rect(b.x, y - 10, b.width, 20);
  ctx.clip();
  const w = ctx.measureText(label).width;
  ctx.fillStyle = p.amber;
  ctx.fillRect(b.x + (filled ? 1 : 0), y - 9, Math.min(b.width, w + 12), 18);
  ctx.fillStyle = p.onAmber;
  ctx.fillText(label, b.x + 6, y);
  ctx.restore();
}

function drawSelection(ctx: CanvasRenderingContext2D, width: number, span: Span, body: Body, p: Palette, s: Scene): void {
  const from = Math.max(0, xOf(s.frame, width, span.fromMs));
  const to = Math.min(width, xOf(s.frame, width, span.toMs));
  if (to <= from) return;
  ctx.fillStyle = p.ink;
  ctx.globalAlpha = 0.2;
  ctx.fillRect(from, body.top, to - from, body.height);
  ctx.globalAlpha = 1;
  ctx.strokeStyle = p.ink;
  ctx.lineWidth = 2;
  ctx.strokeRect(from + 1, body.top + 1, Math.max(0, to - from - 2), body.height - 2);
  for (const x of [from, to - 5]) ctx.fillRect(x, body.top + body.height / 2 - 11, 5, 22);
  const left = stillInDelay(span, s.frame.airMs);
  if (left === null) return;
  const length = ((left.toMs - left.fromMs) / 1000).toFixed(1);
  chip(ctx, `${s.inSeconds(length)} · ${s.airsIn(left.fromMs - s.frame.airMs)}`, (from + to) / 2, width, p.ink, p.ground);
}

function drawPointers(ctx: CanvasRenderingContext2D, width: number, body: Body, p: Palette, s: Scene): void {
  if (s.playheadMs !== null && s.playheadMs > s.frame.airMs) {
    const x = Math.min(width, xOf(s.frame, width, s.playheadMs));
    ctx.fillStyle = p.green;
    ctx.beginPath();
    ctx.moveTo(x - 5, body.top);
    ctx.lineTo(x + 5, body.top);
    ctx.lineTo(x, body.top + 7);
    ctx.fill();
    ctx.globalAlpha = 0.5;
    ctx.fillRect(x - 0.5, body.top, 1, body.height);
    ctx.globalAlpha = 1;
  }
  const caretX = s.caret ? xOf(s.frame, width, s.caret.headMs) : s.hoverX;
  if (caretX === null || caretX < 0) return;
  ctx.fillStyle = p.ink;
  ctx.fillRect(Math.min(width - 1, caretX), body.top, 1, body.height);
  if (s.selection) return;
  chip(ctx, s.airsIn((caretX / width) * s.frame.spanMs), caretX, width, p.line, p.ink);
}

function chip(ctx: CanvasRenderingContext2D, text: string, centre: number, width: number, fill: string, ink: string): void {
  const w = ctx.measureText(text).width + 12;
  const x = Math.min(width - w, Math.max(0, centre - w / 2));
  ctx.fillStyle = fill;
  ctx.fillRect(x, 0, w, TOP_PX - 2);
  ctx.fillStyle = ink;
  ctx.fillText(text, x + 6, (TOP_PX - 2) / 2 + 0.5);
}

function drawEdges(ctx: CanvasRenderingContext2D, right: number, body: Body, p: Palette): void {
  ctx.fillStyle = p.red;
  ctx.fillRect(0, body.top, EDGE_PX, body.height);
  ctx.fillStyle = p.green;
  ctx.fillRect(Math.max(EDGE_PX, right - EDGE_PX), body.top, EDGE_PX, body.height);
}

function hatch(ctx: CanvasRenderingContext2D, x: number, y: number, w: number, h: number, colour: string): void {
  ctx.save();
  ctx.beginPath();
  ctx.rect(x, y, w, h);
  ctx.clip();
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1;
  ctx.globalAlpha = 0.7;
  ctx.beginPath();
  for (let i = x - h; i < x + w; i += HATCH_PX) {
    ctx.moveTo(i, y + h);
    ctx.lineTo(i + h, y);
  }
  ctx.stroke();
  ctx.restore();
}
