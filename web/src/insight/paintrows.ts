/** Paints a picture of rows for a file. */
import { paper, thin } from "./palette";
import { inside, type Mark, type RowsSpec, ticksOf } from "./rows";

const line_px = 30;
const label_px = 210;
const words_px = 250;

function clipped(pen: CanvasRenderingContext2D, text: string, wide: number): string {
  if (pen.measureText(text).width <= wide) return text;
  const letters = [...text];
  while (letters.length > 1 && pen.measureText(`${letters.join("")}…`).width > wide) letters.pop();
  return `${letters.join("")}…`;
}

export function paintRows(spec: RowsSpec): { height: number; body: (pen: CanvasRenderingContext2D, box: { x: number; y: number; width: number }) => void } {
  const height = spec.rows.length * line_px + 24;
  return {
    height,
    body(pen, box) {
      const left = box.x + label_px;
      const wide = box.width - label_px - words_px;
      const at = (value: number) => left + inside(spec, value) * wide;
      pen.font = `13px ${paper.font}`;
      pen.textBaseline = "middle";
      pen.lineWidth = 1;
      for (const tick of ticksOf(spec.from, spec.to)) {
        pen.strokeStyle = paper.line;
        pen.beginPath();
        pen.moveTo(at(tick), box.y);
        pen.lineTo(at(tick), box.y + height - 24);
        pen.stroke();
        pen.fillStyle = paper.muted;
        pen.textAlign = "center";
        pen.fillText(spec.tick(tick), at(tick), box.y + height - 10);
      }
      pen.textAlign = "left";
      for (const [number, row] of spec.rows.entries()) {
        const y = box.y + number * line_px + line_px / 2;
        pen.fillStyle = row.quiet ? paper.muted : paper.text;
        pen.fillText(clipped(pen, row.label, label_px - 16), box.x, y);
        pen.fillText(clipped(pen, row.words, words_px - 16), left + wide + 16, y);
        for (const mark of row.marks) paintMark(pen, spec, mark, row.marks.length === 1, at, y);
        if (row.gate !== undefined) {
          pen.fillStyle = paper.text;
          pen.fillRect(at(row.gate) - 1, y - 10, 2, 20);
        }
      }
    },
  };
}

function paintMark(pen: CanvasRenderingContext2D, spec: RowsSpec, mark: Mark, alone: boolean, at: (value: number) => number, middle: number): void {
  const y = alone || mark.shape === "dot" ? middle : mark.shape === "bar" ? middle - 4 : middle + 7;
  const half = mark.shape === "bar" ? 6 : 3;
  if (mark.interval) {
    pen.strokeStyle = mark.shape === "dot" ? thin(paper.accent, 0.45) : paper.text;
    pen.lineWidth = mark.shape === "dot" ? 6 : 1;
  }
  const whisker = () => {
    if (!mark.interval) return;
    pen.beginPath();
    pen.moveTo(at(mark.interval[0]), y);
    pen.lineTo(at(mark.interval[1]), y);
    pen.stroke();
  };
  if (mark.shape === "dot") {
    whisker();
    pen.fillStyle = paper.text;
    pen.beginPath();
    pen.arc(at(mark.value), y, 5, 0, 2 * Math.PI);
    pen.fill();
    return;
  }
  const zero = at(Math.max(spec.from, 0));
  const end = at(mark.value);
  pen.fillStyle = mark.shape === "bar" ? paper.accent : paper.muted;
  pen.fillRect(Math.min(zero, end), y - half, Math.abs(end - zero), 2 * half);
  whisker();
}
