/** One chart: drawn by uPlot, read with the pointer or the arrow keys, and never the only way to its figures. */
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { t } from "../ui";
import { screen } from "./palette";
import { Picture } from "./picture";
import type { Plot } from "./plot";
import { keysOf, saveChart } from "./png";
import { type ChartSpec, columnsOf, rowsOf, wordsAt } from "./spec";

interface ChartProps {
  spec: ChartSpec;
  height?: number;
  /** The place that is chosen, where one can be. */
  chosen?: number;
  onChoose?: (place: number) => void;
  tools?: ComponentChildren;
  note?: ComponentChildren;
}

export function Chart({ spec, height = 280, chosen, onChoose, tools, note }: ChartProps) {
  const [at, setAt] = useState<number | null>(null);
  const rows = useMemo(() => rowsOf(spec), [spec]);
  const columns = useMemo(() => columnsOf(spec), [spec]);
  const place = at ?? chosen ?? null;
  const values = place === null ? undefined : valuesAt(spec, place);
  return (
    <Picture
      title={spec.title}
      name={spec.name}
      keys={keysOf(spec)}
      {...(values ? { values } : {})}
      rows={rows}
      columns={columns}
      rowKey={String}
      onPng={() => saveChart(spec, chosen ?? null)}
      tools={tools}
      note={note}
    >
      <Canvas spec={spec} height={height} chosen={chosen ?? null} onChoose={onChoose} at={at} onAt={setAt} />
      <p class="i-read muted small num" aria-hidden="true">{place === null ? t("insight.read") : spec.x.label + " " + spec.x.words(spec.x.values[place] ?? 0)}</p>
    </Picture>
  );
}

function valuesAt(spec: ChartSpec, place: number): (string | null)[] {
  const lines = spec.lines.map((line) => line.values[place] ?? null).map((value) => (value === null ? null : spec.y.words(value)));
  const { band } = spec;
  const [low, high] = [band?.low[place], band?.high[place]];
  return low !== undefined && high !== undefined ? [...lines, t("insight.range", { low: spec.y.words(low), high: spec.y.words(high) })] : lines;
}

interface CanvasProps {
  spec: ChartSpec;
  height: number;
  chosen: number | null;
  onChoose: ((place: number) => void) | undefined;
  at: number | null;
  onAt: (place: number | null) => void;
}

function Canvas({ spec, height, chosen, onChoose, at, onAt }: CanvasProps) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  const newest = useRef({ chosen, onChoose });
  const [failed, setFailed] = useState(false);
  newest.current = { chosen, onChoose };

  useEffect(() => {
    const box = host.current;
    if (!box) return undefined;
    let gone = false;
    let unhook = () => {};
    const sized = new ResizeObserver(() => plot.current?.resize(box.clientWidth, height));
    import("./plot").then(
      ({ draw }) => {
        if (gone) return;
        const made = draw(box, spec, screen(), { width: box.clientWidth, height }, 1, { onCursor: onAt, chosen: () => newest.current.chosen });
        plot.current = made;
        unhook = follow(made, (place) => newest.current.onChoose?.(place));
        sized.observe(box);
      },
      () => setFailed(true),
    );
    return () => {
      gone = true;
      sized.disconnect();
      unhook();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [spec, height]);
  useEffect(() => plot.current?.redraw(), [chosen]);

  const last = spec.x.values.length - 1;
  const place = (onChoose ? chosen : at) ?? 0;
  const keys = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowRight: place + 1, ArrowUp: place + 1, ArrowLeft: place - 1, ArrowDown: place - 1, Home: 0, End: last, PageUp: place + 5, PageDown: place - 5 };
    const to = steps[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = Math.min(last, Math.max(0, to));
    if (onChoose) onChoose(next);
    plot.current?.point(next);
  };
  if (failed) return <p class="i-failed">{t("insight.no_chart")}</p>;
  return (
    <div
      ref={host}
      class={onChoose ? "i-canvas i-canvas-choose" : "i-canvas"}
      style={{ minHeight: `${height}px` }}
      tabIndex={0}
      role="slider"
      aria-label={onChoose ? t("insight.choose", { title: spec.title }) : t("insight.walk", { title: spec.title })}
      aria-valuemin={0}
      aria-valuemax={Math.max(0, last)}
      aria-valuenow={place}
      aria-valuetext={last >= 0 ? wordsAt(spec, place) : ""}
      onKeyDown={keys}
      onBlur={() => plot.current?.point(null)}
    />
  );
}

/** A press or a drag chooses what is nearest. */
function follow(plot: Plot, choose: (place: number) => void): () => void {
  let held = false;
  const to = (event: PointerEvent) => choose(plot.placeAt(event.clientX));
  const down = (event: PointerEvent) => {
    held = true;
    plot.over.setPointerCapture(event.pointerId);
    to(event);
  };
  const move = (event: PointerEvent) => {
    if (held) to(event);
  };
  const up = () => {
    held = false;
  };
  plot.over.addEventListener("pointerdown", down);
  plot.over.addEventListener("pointermove", move);
  plot.over.addEventListener("pointerup", up);
  plot.over.addEventListener("pointercancel", up);
  return () => {
    plot.over.removeEventListener("pointerdown", down);
    plot.over.removeEventListener("pointermove", move);
    plot.over.removeEventListener("pointerup", up);
    plot.over.removeEventListener("pointercancel", up);
  };
}
