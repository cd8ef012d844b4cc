// A small curve as SVG paths: gaps where nothing is known, on a scale that does not jump. Pure.

export interface Box {
  width: number;
  height: number;
}

/** The top of a scale: round, and never so low that noise fills the box. */
export function topOf(values: readonly (number | null)[], least: number): number {
  const most = Math.max(least, ...values.map((value) => value ?? 0));
  const rough = 10 ** Math.floor(Math.log10(most));
  return rough * ([1, 2, 5, 10].find((step) => rough * step >= most * (1 - 1e-9)) ?? 10);
}

export function yOf(value: number, top: number, { height }: Box): number {
  return height - 1 - (Math.min(top, Math.max(0, value)) / top) * (height - 2);
}

/** The path of a line; a lone point is a short dash. */
export function pathOf(values: readonly (number | null)[], top: number, box: Box): string {
  const step = values.length > 1 ? box.width / (values.length - 1) : box.width;
  let path = "";
  let drawing = false;
  for (const [n, value] of values.entries()) {
    if (value === null) {
      drawing = false;
      continue;
    }
    const [x, y] = [(n * step).toFixed(1), yOf(value, top, box).toFixed(1)];
    path += drawing ? `L${x} ${y}` : `M${x} ${y}`;
    if (!drawing && (values[n + 1] ?? null) === null) path += "h1";
    drawing = true;
  }
  return path;
}
