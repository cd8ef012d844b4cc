/** Pictures as files: title, legend and source drawn in, ink on white, two pixels for each. */
import { download } from "../ui/table";
import { paper, thin, type Ink } from "./palette";
import type { ChartSpec } from "./spec";

const scale = 2;
const width = 960;
const margin = 24;

export interface Key {
  label: string;
  ink: Ink;
  shape: "line" | "dashed" | "band" | "bar" | "thin" | "dot" | "whisker" | "gate";
}

export function keysOf(spec: ChartSpec): Key[] {
  const lines = spec.lines.map((line): Key => ({ label: line.label, ink: line.ink, shape: line.dashed ? "dashed" : "line" }));
  return [...lines, ...(spec.band ? [{ label: spec.band.label, ink: "accent", shape: "band" } satisfies Key] : [])];
}

function swatch(pen: CanvasRenderingContext2D, key: Key, x: number, y: number): void {
  pen.strokeStyle = paper[key.ink];
  pen.fillStyle = paper[key.ink];
  pen.lineWidth = 2;
  pen.setLineDash(key.shape === "dashed" ? [5, 4] : []);
  if (key.shape === "band") pen.fillStyle = thin(paper.accent, 0.15);
  if (key.shape === "bar" || key.shape === "band") pen.fillRect(x, y - 6, 22, 12);
  else if (key.shape === "thin") pen.fillRect(x, y - 2, 22, 4);
  else if (key.shape === "gate") pen.fillRect(x + 10, y - 8, 2, 16);
  else if (key.shape === "dot") {
    pen.beginPath();
    pen.arc(x + 11, y, 5, 0, 2 * Math.PI);
    pen.fill();
  } else {
    if (key.shape === "whisker") pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(x, y);
    pen.lineTo(x + 22, y);
    pen.stroke();
  }
  pen.setLineDash([]);
}

/** Lays out the legend and answers its height; draws it when `draws`. */
function legend(pen: CanvasRenderingContext2D, keys: readonly Key[], top: number, draws: boolean): number {
  let [x, y] = [margin, top];
  pen.font = `13px ${paper.font}`;
  pen.textBaseline = "middle";
  for (const key of keys) {
    const wide = 22 + 8 + pen.measureText(key.label).width + 24;
    if (x > margin && x + wide > width - margin) [x, y] = [margin, y + 22];
    if (draws) {
      swatch(pen, key, x, y + 8);
      pen.fillStyle = paper.text;
      pen.fillText(key.label, x + 30, y + 8);
    }
    x += wide;
  }
  return keys.length > 0 ? y - top + 28 : 0;
}

interface Frame {
  title: string;
  name: string;
  keys: Key[];
  source?: string | undefined;
  height: number;
  /** Draws the picture itself into a box of `width` by `height`. */
  body: (pen: CanvasRenderingContext2D, box: { x: number; y: number; width: number }) => void;
}

export function savePng(frame: Frame): Promise<void> {
  const canvas = document.createElement("canvas");
  const probe = canvas.getContext("2d");
  if (!probe) return Promise.resolve();
  const top = margin + 32;
  const head = top + legend(probe, frame.keys, top, false);
  const height = head + frame.height + (frame.source ? 28 : 0) + margin;
  [canvas.width, canvas.height] = [width * scale, height * scale];
  const pen = canvas.getContext("2d");
  if (!pen) return Promise.resolve();
  pen.scale(scale, scale);
  pen.fillStyle = paper.ground;
  pen.fillRect(0, 0, width, height);
  pen.fillStyle = paper.text;
  pen.font = `600 18px ${paper.font}`;
  pen.textBaseline = "top";
  pen.fillText(frame.title, margin, margin);
  legend(pen, frame.keys, top, true);
  frame.body(pen, { x: margin, y: head, width: width - 2 * margin });
  if (frame.source) {
    pen.fillStyle = paper.muted;
    pen.font = `12px ${paper.font}`;
    pen.textBaseline = "bottom";
    pen.fillText(frame.source, margin, height - margin + 8);
  }
  return new Promise((done) => {
    canvas.toBlob((blob) => {
      if (blob) download(`${frame.name}.png`, "image/png", blob);
      done();
    }, "image/png");
  });
}

/** A chart is drawn anew for paper, out of sight. */
export async function saveChart(spec: ChartSpec, chosen: number | null): Promise<void> {
  const { draw } = await import("./plot");
  const zoom = scale / devicePixelRatio;
  const size = { width: width - 2 * margin, height: 420 };
  const plot = draw(document.createElement("div"), spec, paper, { width: size.width * zoom, height: size.height * zoom }, zoom, { chosen: () => chosen });
  // It draws once the present task is over.
  await new Promise((drawn) => setTimeout(drawn, 0));
  await savePng({
    title: spec.title,
    name: spec.name,
    keys: keysOf(spec),
    source: spec.source,
    height: size.height,
    body: (pen, box) => pen.drawImage(plot.canvas, box.x, box.y, size.width, size.height),
  });
  plot.destroy();
}
