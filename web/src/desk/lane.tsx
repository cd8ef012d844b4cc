// What the host says, between preview and air. The words are the page's own text: they move with the strip under them.

import { useEffect, useRef } from "preact/hooks";
import { cls, t, tOr } from "../ui";
import type { Caught } from "./caught";
import { isDeaf } from "./gauge";
import { plainRule } from "./incidents";
import type { DeskModel } from "./model";
import type { Span } from "./strip";
import { boxesOf, type Box, flagsOf, type MarkedWord, silencesOf, spanOfWords } from "./transcript";

/** A pointer that moves less than this has clicked. */
const CLICK_PX = 4;

export function Lane({ model, caught }: { model: DeskModel; caught: Caught }) {
  const belt = useRef<HTMLDivElement>(null);
  // Words keep their place on the belt and only the belt moves; its zero is where this desk began to look.
  const zero = useRef<number | null>(null);
  const drag = useRef<{ x: number; from: Span; moved: boolean } | null>(null);
  const desk = model.desk.value;
  const selection = model.selection.value;
  const frame = model.frame();
  if (frame && zero.current === null) zero.current = frame.airMs;

  useEffect(() => {
    let id = requestAnimationFrame(function step() {
      id = requestAnimationFrame(step);
      const now = model.frame();
      if (!belt.current || !now || zero.current === null) return;
      belt.current.style.transform = `translateX(${(-(now.airMs - zero.current) / now.spanMs) * 100}%)`;
    });
    return () => cancelAnimationFrame(id);
  }, [model]);

  if (!desk || !frame) return <div class="lane" />;
  const at = (ms: number) => `${((ms - (zero.current ?? 0)) / frame.spanMs) * 100}%`;
  const boxes = boxesOf(desk.lines, flagsOf(desk.incidents), silencesOf(desk.actions), frame.airMs);

  const down = (event: PointerEvent) => {
    const word = wordUnder(event.target);
    if (!word || event.button !== 0) return;
    event.preventDefault();
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    drag.current = { x: event.clientX, from: word, moved: false };
  };
  const move = (event: PointerEvent) => {
    const now = model.frame();
    if (!drag.current || !now) return;
    drag.current.moved ||= Math.abs(event.clientX - drag.current.x) > CLICK_PX;
    const word = drag.current.moved ? wordUnder(document.elementFromPoint(event.clientX, event.clientY)) : null;
    if (word) select(model, spanOfWords(drag.current.from, word, now));
  };
  const up = (event: PointerEvent) => {
    const was = drag.current;
    const now = model.frame();
    drag.current = null;
    if (!was || was.moved || !now) return;
    // The pointer is captured, so the event names the lane and not the word.
    const node = document.elementFromPoint(event.clientX, event.clientY)?.closest<HTMLElement>("[data-box]");
    const box = boxes.find((b) => b.key === node?.dataset.box);
    const word = box?.words.find((w) => w.fromMs === was.from.fromMs);
    if (word?.flag) caught.choose(word.flag.id);
    const whole = word?.flag ?? box;
    if (whole) select(model, spanOfWords(whole, whole, now, 0));
  };

  return (
    <div
      class="lane"
      role="group"
      aria-label={t("desk.lane.label")}
      onPointerDown={down}
      onPointerMove={move}
      onPointerUp={up}
      onPointerCancel={() => { drag.current = null; }}
    >
      {boxes.length === 0 ? <p class="lane-quiet">{t(isDeaf(desk) ? (`desk.hearing.${desk.hearing}` as "desk.hearing.out") : "desk.lane.quiet")}</p> : null}
      <div class="lane-belt" ref={belt}>
        {boxes.map((box) => (
          <p
            key={box.key}
            data-box={box.key}
            class={cls("said", !box.last && "said-open", !box.heard && "said-deaf")}
            style={{ left: at(box.fromMs), width: `${((box.toMs - box.fromMs) / frame.spanMs) * 100}%` }}
          >
            {box.heard ? box.words.map((word) => <Word key={word.fromMs} word={word} selected={within(word, selection)} />) : <Deaf box={box} />}
          </p>
        ))}
      </div>
    </div>
  );
}

function Deaf({ box }: { box: Box }) {
  return <span class="said-none" data-from={box.fromMs} data-to={box.toMs}>{t("desk.lane.not_heard")}</span>;
}

function Word({ word, selected }: { word: MarkedWord; selected: boolean }) {
  return (
    <>
      {word.first && word.flag ? <b class="w-rule">{tOr(`rule.${word.flag.rule}`, plainRule(word.flag.rule))}</b> : null}
      <span class={cls("w", word.flag && "w-flag", word.struck && "w-struck", selected && "w-on")} data-from={word.fromMs} data-to={word.toMs}>{word.text}</span>
    </>
  );
}

function within(word: Span, selection: Span | null): boolean {
  const middle = (word.fromMs + word.toMs) / 2;
  return selection !== null && selection.fromMs <= middle && middle < selection.toMs;
}

function wordUnder(target: EventTarget | null): Span | null {
  const data = target instanceof Element ? target.closest<HTMLElement>("[data-from]")?.dataset : undefined;
  return data ? { fromMs: Number(data.from), toMs: Number(data.to) } : null;
}

function select(model: DeskModel, span: Span | null): void {
  model.caret.value = null;
  if (span) model.selection.value = span;
}
