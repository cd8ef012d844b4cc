/** Draws a chart with uPlot. Loaded when the first chart is needed. */
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { type Palette, thin } from "./palette";
import type { ChartSpec } from "./spec";

export interface Watch {
  /** The pointer stands at this place; null: nowhere. */
  onCursor?: (place: number | null) => void;
  /** The place that is chosen is drawn as a ring. */
  chosen?: () => number | null;
}

export interface Plot {
  canvas: HTMLCanvasElement;
  /** Where the data are drawn, for the pointer. */
  over: HTMLElement;
  placeAt: (clientX: number) => number;
  point: (place: number | null) => void;
  redraw: () => void;
  resize: (width: number, height: number) => void;
  destroy: () => void;
}

type Options = uPlot.Options;

function seriesOf(spec: ChartSpec, palette: Palette, zoom: number): uPlot.Series[] {
  const lines = spec.lines.map((line): uPlot.Series => ({
    label: line.label,
    stroke: palette[line.ink],
    width: 2 * zoom,
    pxAlign: 0,
    ...(line.dashed ? { dash: [6 * zoom, 5 * zoom] } : {}),
    points: line.dots ? { show: true, size: 6 * zoom, fill: palette[line.ink], stroke: palette[line.ink] } : { show: false },
  }));
  const edge: uPlot.Series = { label: "", stroke: "transparent", width: 0, pxAlign: 0, points: { show: false } };
  return [{}, ...lines, ...(spec.band ? [edge, edge] : [])];
}

function axes(spec: ChartSpec, palette: Palette, zoom: number): uPlot.Axis[] {
  const text = {
    stroke: palette.muted,
    font: `${12 * zoom}px ${palette.font}`,
    labelFont: `${12 * zoom}px ${palette.font}`,
    labelSize: 22 * zoom,
    gap: 6 * zoom,
    ticks: { show: false },
  };
  const tick = spec.y.tick ?? spec.y.words;
  return [
    {
      ...text,
      label: spec.x.label,
      grid: { show: false },
      size: 28 * zoom,
      space: 84 * zoom,
      border: { show: true, stroke: palette.line, width: zoom },
      values: (_plot, splits, _axis, _space, step) => splits.map((value) => spec.x.tick(value, step)),
      ...(spec.x.whole || spec.x.steps ? { incrs: spec.x.steps ?? [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] } : {}),
    },
    {
      ...text,
      label: spec.y.label,
      grid: { stroke: palette.line, width: zoom },
      space: 44 * zoom,
      values: (_plot, splits) => splits.map(tick),
      size: (_plot, values: string[] | null) => (10 + 7 * Math.max(2, ...(values ?? []).map((value) => value.length))) * zoom,
    },
  ];
}

/** Upright lines, their words at the top, and the ring of what is chosen. */
function overlay(spec: ChartSpec, palette: Palette, zoom: number, watch: Watch) {
  return (plot: uPlot) => {
    const { ctx, bbox } = plot;
    const px = zoom * uPlot.pxRatio;
    ctx.save();
    ctx.font = `${12 * px}px ${palette.font}`;
    ctx.textBaseline = "middle";
    ctx.textAlign = "left";
    for (const [number, mark] of (spec.marks ?? []).entries()) {
      const x = plot.valToPos(mark.at, "x", true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      if (mark.y === undefined) {
        ctx.strokeStyle = palette.muted;
        ctx.lineWidth = px;
        ctx.setLineDash([2 * px, 3 * px]);
        ctx.beginPath();
        ctx.moveTo(x, bbox.top);
        ctx.lineTo(x, bbox.top + bbox.height);
        ctx.stroke();
      }
      const y = mark.y === undefined ? bbox.top + 10 * px + number * 17 * px : plot.valToPos(mark.y, "y", true);
      if (mark.y !== undefined) {
        ctx.fillStyle = palette.text;
        ctx.fillRect(x - 5 * px, y - 5 * px, 10 * px, 10 * px);
      }
      const room = bbox.left + bbox.width - x;
      const width = ctx.measureText(mark.label).width;
      const left = width + 16 * px > room ? x - width - 10 * px : x + 10 * px;
      ctx.fillStyle = thin(palette.ground, 0.85);
      ctx.fillRect(left - 3 * px, y - 8 * px, width + 6 * px, 16 * px);
      ctx.fillStyle = palette.text;
      ctx.fillText(mark.label, left, y);
    }
    const place = watch.chosen?.() ?? null;
    const [x, y] = place === null ? [undefined, undefined] : [spec.x.values[place], spec.lines[0]?.values[place]];
    if (x !== undefined && y !== undefined && y !== null) {
      ctx.setLineDash([]);
      ctx.beginPath();
      ctx.arc(plot.valToPos(x, "x", true), plot.valToPos(y, "y", true), 8 * px, 0, 2 * Math.PI);
      ctx.fillStyle = palette.ground;
      ctx.fill();
      ctx.strokeStyle = palette.accent;
      ctx.lineWidth = 4 * px;
      ctx.stroke();
    }
    ctx.restore();
  };
}

/** Room above and below the data; zero is an end of the scale where it is asked for. */
function ends(low: number, high: number, zero: boolean, above = 0.08): [number, number] {
  const [from, to] = zero ? [Math.min(0, low), Math.max(0, high)] : [low, high];
  const tall = to - from || Math.abs(to) || 1;
  return [zero && from === 0 ? 0 : from - 0.08 * tall, zero && to === 0 ? 0 : to + above * tall];
}

/** `zoom` enlarges strokes and letters, for files. */
export function draw(host: HTMLElement, spec: ChartSpec, palette: Palette, size: { width: number; height: number }, zoom = 1, watch: Watch = {}): Plot {
  const first = spec.lines.length + 1;
  const single = (spec.marks ?? []).filter((mark) => mark.y !== undefined);
  const wide = (low: number, high: number, also: number[]): [number, number] => [Math.min(low, ...also), Math.max(high, ...also)];
  const options: Options = {
    ...size,
    legend: { show: false },
    padding: [12 * zoom, 14 * zoom, 0, 0],
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC"),
    scales: {
      x: { time: spec.x.time ?? false, ...(single.length > 0 ? { range: (_plot, low, high) => wide(low, high, single.map((mark) => mark.at)) } : {}) },
      y: { range: (_plot, low, high) => ends(...wide(low, high, single.map((mark) => mark.y ?? low)), spec.y.zero ?? false, spec.y.room) },
    },
    series: seriesOf(spec, palette, zoom),
    axes: axes(spec, palette, zoom),
    ...(spec.band ? { bands: [{ series: [first + 1, first], fill: thin(palette.accent, 0.15) }] } : {}),
    cursor: { drag: { x: false, y: false }, y: false, points: { size: 8 } },
    hooks: { draw: [overlay(spec, palette, zoom, watch)], setCursor: [(plot) => watch.onCursor?.(plot.cursor.idx ?? null)] },
  };
  const data = [spec.x.values, ...spec.lines.map((line) => line.values), ...(spec.band ? [spec.band.low, spec.band.high] : [])] as uPlot.AlignedData;
  const plot = new uPlot(options, data, host);
  return {
    canvas: plot.ctx.canvas,
    over: plot.over,
    placeAt: (clientX) => plot.posToIdx(clientX - plot.over.getBoundingClientRect().left),
    point: (place) => {
      const value = place === null ? undefined : spec.x.values[place];
      plot.setCursor(value === undefined ? { left: -10, top: -10 } : { left: plot.valToPos(value, "x"), top: 10 });
    },
    redraw: () => plot.redraw(false, false),
    resize: (width, height) => plot.setSize({ width, height }),
    destroy: () => plot.destroy(),
  };
}
