/** A picture of one line for each thing: bars, or points with their intervals, on one scale. */
import type { ComponentChildren } from "preact";
import { cls, type Column } from "../ui";
import { Picture } from "./picture";
import { type Key, savePng } from "./png";
import { paintRows } from "./paintrows";
import type { Interval } from "./types";

export interface Mark {
  shape: "bar" | "thin" | "dot";
  value: number;
  interval?: Interval | null | undefined;
}

export interface Row {
  label: string;
  marks: Mark[];
  /** The figures in words, at the right. */
  words: string;
  /** What the left end of the interval is held against. */
  gate?: number | undefined;
  quiet?: boolean;
}

export interface RowsSpec {
  title: string;
  name: string;
  keys: Key[];
  rows: Row[];
  /** The ends of the scale. */
  from: number;
  to: number;
  tick: (value: number) => string;
  source?: string | undefined;
}

/** Round places between two ends, about four. */
export function ticksOf(from: number, to: number): number[] {
  const wide = to - from;
  if (!(wide > 0)) return [from];
  const rough = 10 ** Math.floor(Math.log10(wide / 4));
  const step = rough * ([1, 2, 5, 10].find((factor) => rough * factor >= wide / 5) ?? 10);
  const ticks: number[] = [];
  for (let tick = Math.ceil(from / step - 1e-9); tick * step <= to + step * 1e-6; tick += 1) ticks.push(tick * step || 0);
  return ticks;
}

export function inside(spec: RowsSpec, value: number): number {
  return Math.min(1, Math.max(0, (value - spec.from) / (spec.to - spec.from || 1)));
}

interface RowsProps<T> {
  spec: RowsSpec;
  table: { rows: T[]; columns: Column<T>[]; rowKey: (row: T) => string };
  tools?: ComponentChildren;
  note?: ComponentChildren;
  children?: ComponentChildren;
}

const share = (part: number): string => `${(100 * part).toFixed(3)}%`;

export function Rows<T>({ spec, table, tools, note, children }: RowsProps<T>) {
  const png = () => savePng({
    title: spec.title,
    name: spec.name,
    keys: spec.keys,
    source: spec.source,
    ...paintRows(spec),
  });
  return (
    <Picture title={spec.title} name={spec.name} keys={spec.keys} {...table} onPng={png} tools={tools} note={note}>
      {children}
      <div class="i-rows">
        <ul>
          {spec.rows.map((row) => (
            <li key={row.label} class={cls("i-row", row.quiet && "muted")}>
              <span class="i-row-label clip" title={row.label}>{row.label}</span>
              <span class="i-track" aria-hidden="true">
                {row.marks.map((mark, place) => <MarkView key={place} spec={spec} mark={mark} alone={row.marks.length === 1} />)}
                {row.gate === undefined ? null : <i class="i-gate" style={{ left: share(inside(spec, row.gate)) }} />}
              </span>
              <span class="i-row-words num">{row.words}</span>
            </li>
          ))}
        </ul>
        <div class="i-row i-row-axis num muted small" aria-hidden="true">
          <span class="i-row-label" />
          <span class="i-track">
            {ticksOf(spec.from, spec.to).map((tick) => <span key={tick} class="i-tick" style={{ left: share(inside(spec, tick)) }}>{spec.tick(tick)}</span>)}
          </span>
          <span class="i-row-words" />
        </div>
      </div>
    </Picture>
  );
}

function MarkView({ spec, mark, alone }: { spec: RowsSpec; mark: Mark; alone: boolean }) {
  const from = mark.shape === "dot" ? inside(spec, mark.value) : inside(spec, Math.max(spec.from, 0));
  const to = inside(spec, mark.value);
  const ends = mark.interval?.map((end) => inside(spec, end));
  return (
    <span class={cls("i-lane", `i-lane-${mark.shape}`, alone && "i-lane-alone")}>
      {mark.shape === "dot"
        ? <i class="i-dot" style={{ left: share(to) }} />
        : <i class="i-bar" style={{ left: share(Math.min(from, to)), width: share(Math.abs(to - from)) }} />}
      {ends ? <i class="i-whisker" style={{ left: share(ends[0] ?? 0), width: share(Math.max(0, (ends[1] ?? 0) - (ends[0] ?? 0))) }} /> : null}
    </span>
  );
}
