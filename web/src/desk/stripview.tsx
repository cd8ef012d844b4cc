// The delay strip on the page: paints it, and turns pointer and keys into a selection.

import { useEffect, useRef } from "preact/hooks";
import { t } from "../ui/i18n";
import type { Caught } from "./caught";
import { drawStrip, type Palette, type Scene } from "./draw";
import { Lane } from "./lane";
import type { LevelTrace } from "./levels";
import type { DeskModel } from "./model";
import { type Block, caretAfter, caretSpan, type Drag, dragTo, gripAt, mediaAt } from "./strip";
import { boxesOf, sentenceBeside } from "./transcript";
import { seconds } from "./words";

const HEIGHT_PX = 98;
/** With words above it the media gives up some of its own height. */
const HEIGHT_WITH_WORDS_PX = 128;
const WORDS_PX = 50;
/** A finger needs a wider edge than a mouse. */
const REACH_PX = { mouse: 7, touch: 20 };
/** The strip glides; more pictures a second would cost the machine that decodes two videos. */
const FRAME_MS = 33;

export interface StripProps {
  model: DeskModel;
  caught: Caught;
  levels: LevelTrace;
  playheadMs: () => number | null;
}

export function StripView({ model, caught, levels, playheadMs }: StripProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const hoverX = useRef<number | null>(null);
  const drag = useRef<Drag | null>(null);
  const words = (model.desk.value?.policy ?? null) !== null || (model.desk.value?.hearing ?? null) !== null;

  useEffect(() => {
    const node = canvas.current;
    if (!node) return;
    return paintLoop(node, () => sceneOf(model, levels, words ? WORDS_PX : 0, hoverX.current, playheadMs()));
  }, [model, levels, words, playheadMs]);

  const mediaOf = (event: PointerEvent): { x: number; mediaMs: number } | null => {
    const frame = model.frame();
    const box = canvas.current?.getBoundingClientRect();
    if (!frame || !box) return null;
    const x = event.clientX - box.left;
    return { x, mediaMs: mediaAt(frame, box.width, x) };
  };

  const down = (event: PointerEvent) => {
    const at = mediaOf(event);
    const frame = model.frame();
    if (!at || !frame || event.button !== 0) return;
    canvas.current?.setPointerCapture(event.pointerId);
    const span = model.selection.peek();
    const reach = event.pointerType === "touch" ? REACH_PX.touch : REACH_PX.mouse;
    const grip = gripAt(frame, canvas.current?.clientWidth ?? 1, span, at.x, reach);
    drag.current = { grip, anchorMs: at.mediaMs, start: grip === "outside" ? null : span };
  };

  const move = (event: PointerEvent) => {
    const at = mediaOf(event);
    const frame = model.frame();
    if (!at || !frame) return;
    hoverX.current = event.pointerType === "touch" ? null : at.x;
    if (!drag.current) return;
    const span = dragTo(drag.current, at.mediaMs, frame);
    if (span) {
      model.caret.value = null;
      model.selection.value = span;
    }
  };

  const up = (event: PointerEvent) => {
    const at = mediaOf(event);
    const was = drag.current;
    drag.current = null;
    if (!at || !was) return;
    const clicked = Math.abs(at.mediaMs - was.anchorMs) < 1 || dragTo({ ...was, grip: "outside" }, at.mediaMs, model.frame() ?? { airMs: 0, newestMs: 0, spanMs: 1 }) === null;
    if (clicked && was.grip === "outside") {
      model.selection.value = null;
      model.caret.value = { anchorMs: at.mediaMs, headMs: at.mediaMs };
      model.pointed.value = model.desk.peek()?.actions.findLast((a) => a.from_media_ms <= at.mediaMs && (a.to_media_ms ?? Infinity) > at.mediaMs)?.id ?? null;
    }
  };

  const key = (event: KeyboardEvent) => {
    const frame = model.frame();
    if (!frame) return;
    const span = model.selection.peek();
    if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      const boxes = boxesOf(model.desk.peek()?.lines ?? [], [], [], frame.airMs);
      const sentence = sentenceBeside(boxes, span, event.key === "ArrowUp" ? -1 : 1, frame);
      event.preventDefault();
      model.caret.value = null;
      if (sentence) model.selection.value = sentence;
      return;
    }
    const caret = model.caret.peek() ?? (span ? { anchorMs: span.fromMs, headMs: span.toMs } : null);
    const next = caretAfter(caret, event, frame);
    if (!next) return;
    event.preventDefault();
    model.caret.value = next;
    model.selection.value = caretSpan(next);
  };

  return (
    <div class="strip">
      <div class="strip-ends">
        <span class="end-program" aria-hidden="true">◂ {t("desk.strip.program")}</span>
        <SelectionWords model={model} />
        <span class="end-preview" aria-hidden="true">{t("desk.strip.preview")} ▸</span>
      </div>
      <div class="strip-body">
        {words ? <Lane model={model} caught={caught} /> : null}
        <canvas
          ref={canvas}
          class="strip-canvas"
          style={{ height: `${words ? HEIGHT_WITH_WORDS_PX : HEIGHT_PX}px` }}
          tabIndex={0}
          role="application"
          aria-label={t("desk.strip.label")}
          aria-describedby="strip-now"
          onPointerDown={down}
          onPointerMove={move}
          onPointerUp={up}
          onPointerCancel={() => { drag.current = null; }}
          onPointerLeave={() => { hoverX.current = null; }}
          onKeyDown={key}
        />
      </div>
    </div>
  );
}

/** The selection in words, for eyes and for a screen reader; the countdown itself is not announced. */
function SelectionWords({ model }: { model: DeskModel }) {
  const span = model.selection.value;
  const desk = model.desk.value;
  const frame = model.frame();
  let words = t("desk.strip.none");
  if (span && frame && desk) {
    const airMs = frame.airMs;
    words = t("desk.strip.selected", {
      length: seconds(span.toMs - Math.max(span.fromMs, airMs)),
      before: seconds(span.fromMs - airMs),
    });
  }
  return (
    <p id="strip-now" class="strip-words num" data-selected={span ? "yes" : "no"}>
      {words}
      {span ? <button type="button" class="link" onClick={() => model.clearSelection()}>{t("desk.strip.clear")} <kbd>Esc</kbd></button> : null}
    </p>
  );
}

function sceneOf(model: DeskModel, levels: LevelTrace, wordsPx: number, hoverX: number | null, playheadMs: number | null): Scene | null {
  const frame = model.frame();
  const desk = model.desk.peek();
  if (!frame || !desk) return null;
  levels.forgetBefore(frame.airMs);
  const actions = desk.actions.filter((a) => a.kind !== "resume" && a.state !== "undone");
  const byId = new Map(actions.map((a) => [a.id, a]));
  return {
    frame,
    intervals: actions.map((a) => ({ id: a.id, kind: a.kind, fromMs: a.from_media_ms, toMs: a.to_media_ms })),
    selection: model.selection.peek(),
    caret: model.caret.peek(),
    hoverX,
    levels,
    wordsPx,
    playheadMs,
    label: (block: Block) => {
      const action = byId.get(block.id);
      const length = action && action.to_media_ms !== null ? ` ${t("desk.s", { n: seconds(action.to_media_ms - action.from_media_ms) })}` : " …";
      const before = action && !block.begun ? ` · ${t("desk.strip.in", { seconds: seconds(action.from_media_ms - frame.airMs) })}` : "";
      return `${t(`desk.kind.${block.kind}`).toUpperCase()}${length}${before}`;
    },
    airsIn: (ms) => t("desk.strip.airs_in", { seconds: seconds(ms) }),
    inSeconds: (n) => t("desk.s", { n }),
    eaten: t("desk.strip.eaten"),
    stale: model.stale(),
  };
}

function paintLoop(node: HTMLCanvasElement, scene: () => Scene | null): () => void {
  const ctx = node.getContext("2d");
  if (!ctx) return () => {};
  const palette = paletteOf(node);
  let last = 0;
  let id = requestAnimationFrame(function paint(now) {
    id = requestAnimationFrame(paint);
    if (now - last < FRAME_MS) return;
    last = now;
    const ratio = window.devicePixelRatio || 1;
    const width = node.clientWidth;
    const height = node.clientHeight;
    if (node.width !== Math.round(width * ratio)) node.width = Math.round(width * ratio);
    if (node.height !== Math.round(height * ratio)) node.height = Math.round(height * ratio);
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    const s = scene();
    if (s) drawStrip(ctx, width, height, palette, s);
  });
  return () => cancelAnimationFrame(id);
}

function paletteOf(node: Element): Palette {
  const css = getComputedStyle(node);
  const of = (name: string) => css.getPropertyValue(name).trim();
  return {
    ground: of("--strip-ground"),
    media: of("--strip-media"),
    wave: of("--strip-wave"),
    line: of("--strip-line"),
    text: of("--muted"),
    ink: of("--text"),
    amber: of("--delay"),
    onAmber: of("--delay-text"),
    red: of("--program"),
    green: of("--preview"),
    font: `12px ${css.fontFamily}`,
  };
}
