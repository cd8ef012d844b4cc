/** What a picture shows, without how: one description makes the chart, its table, its CSV and its PNG. */
import { locale, t } from "../ui/i18n";
import type { Column } from "../ui/table";
import type { Ink } from "./palette";

export interface Line {
  label: string;
  values: (number | null)[];
  ink: Ink;
  dashed?: boolean;
  /** Marks each value. */
  dots?: boolean;
}

export interface ChartSpec {
  title: string;
  /** The name of the files, without what follows the dot. */
  name: string;
  x: {
    label: string;
    /** Ascending. Seconds since 1970 when `time`. */
    values: number[];
    words: (value: number) => string;
    tick: (value: number, step: number) => string;
    time?: boolean;
    /** Ticks at whole numbers only. */
    whole?: boolean;
    /** Ticks stand so far apart, one of these. */
    steps?: number[];
  };
  y: {
    label: string;
    words: (value: number) => string;
    tick?: (value: number) => string;
    zero?: boolean;
    /** Room above the data, for the words of marks, as a part of its height. */
    room?: number;
  };
  lines: Line[];
  band?: { label: string; low: number[]; high: number[] };
  /** Upright lines with words; at one place only where there is a `y`. */
  marks?: { at: number; y?: number; label: string }[];
  /** A line under the picture in a file: where the data come from. */
  source?: string;
}

/** The rows behind a chart, by place. */
export function rowsOf(spec: ChartSpec): number[] {
  return spec.x.values.map((_, place) => place);
}

export function columnsOf(spec: ChartSpec): Column<number>[] {
  const { x, y, band } = spec;
  const figure = (key: string, title: string, values: readonly (number | null)[]): Column<number> => ({
    key,
    title,
    numeric: true,
    value: (place) => values[place],
    cell: (place) => {
      const value = values[place];
      return value === null || value === undefined ? "—" : y.words(value);
    },
  });
  return [
    { key: "x", title: x.label, value: (place) => (x.time ? new Date((x.values[place] ?? 0) * 1000).toISOString().slice(0, 10) : x.values[place]), cell: (place) => x.words(x.values[place] ?? 0) },
    ...spec.lines.map((line, number) => figure(`line${number}`, line.label, line.values)),
    ...(band ? [figure("low", t("insight.low_end", { what: band.label }), band.low), figure("high", t("insight.high_end", { what: band.label }), band.high)] : []),
  ];
}

/** The figures at one place in a sentence, for those who hear the page. */
export function wordsAt(spec: ChartSpec, place: number): string {
  const { x, y, lines, band } = spec;
  const parts = lines.map((line) => {
    const value = line.values[place];
    return value === null || value === undefined ? "" : `${line.label} ${y.words(value)}`;
  });
  const ends = band ? [band.low[place], band.high[place]] : [];
  const [low, high] = ends;
  if (band && low !== undefined && high !== undefined) parts.push(`${band.label} ${t("insight.range", { low: y.words(low), high: y.words(high) })}`);
  return `${x.words(x.values[place] ?? 0)}: ${parts.filter(Boolean).join(locale.value === "zh" ? "；" : "; ")}`;
}
