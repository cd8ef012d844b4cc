/** A table that sorts, filters and exports what it shows. */
import type { ComponentChildren } from "preact";
import { useMemo, useState } from "preact/hooks";
import { t, tn } from "./i18n";
import { Button, cls } from "./parts";

/** Rows drawn unless told; the rest follows on request, so that a long list does not freeze the page. */
const rows_shown = 200;

export interface Column<T> {
  key: string;
  title: string;
  /** What is sorted, filtered and exported. */
  value: (row: T) => string | number | null | undefined;
  /** What is drawn, when that is more than the value. */
  cell?: (row: T) => ComponentChildren;
  numeric?: boolean;
  /** The ends of the figure's interval: exported in two further columns. */
  ends?: (row: T) => readonly [number, number] | null | undefined;
}

interface TableProps<T> {
  rows: T[];
  columns: Column<T>[];
  rowKey: (row: T) => string;
  /** Read out before the table, and the name of the exported file. */
  caption: string;
  filter?: boolean;
  /** The name of the exported file without `.csv`; absent: no export. */
  exportName?: string;
  empty?: ComponentChildren;
  /** Controls that sit beside the filter. */
  tools?: ComponentChildren;
  /** Rows drawn at first. */
  first?: number;
}

/** One CSV field by RFC 4180; text that a spreadsheet would run as a formula is made text. */
export function csvField(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function csvOf<T>(rows: T[], columns: Column<T>[]): string {
  const titles = columns.flatMap(({ title, ends }) => (ends ? [title, `${title} ≥`, `${title} ≤`] : [title]));
  const values = (row: T) => columns.flatMap(({ value, ends }) => (ends ? [value(row), ends(row)?.[0], ends(row)?.[1]] : [value(row)]));
  const lines = [titles.map(csvField), ...rows.map((row) => values(row).map(csvField))];
  return lines.map((line) => `${line.join(",")}\r\n`).join("");
}

/** Hands text to the person as a file. */
export function download(name: string, type: string, content: BlobPart): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1_000);
}

function compare(a: string | number | null | undefined, b: string | number | null | undefined): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a ?? "").localeCompare(String(b ?? ""), undefined, { numeric: true });
}

export function Table<T>({ rows, columns, rowKey, caption, filter = true, exportName, empty, tools, first = rows_shown }: TableProps<T>) {
  const [query, setQuery] = useState("");
  const [sort, setSort] = useState<{ key: string; down: boolean } | null>(null);
  const [limit, setLimit] = useState(first);

  const shown = useMemo(() => {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    const hit = (row: T) => {
      const text = columns.map((column) => String(column.value(row) ?? "")).join(" ").toLowerCase();
      return words.every((word) => text.includes(word));
    };
    const found = words.length > 0 ? rows.filter(hit) : rows;
    const by = sort && columns.find((column) => column.key === sort.key);
    if (!by) return found;
    const sign = sort.down ? -1 : 1;
    return [...found].sort((a, b) => sign * compare(by.value(a), by.value(b)));
  }, [rows, columns, query, sort]);

  return (
    <div class="table-box">
      <div class="table-tools">
        {filter ? (
          <input class="input" type="search" placeholder={t("ui.filter")} aria-label={`${t("ui.filter")}: ${caption}`} value={query} onInput={(event) => setQuery(event.currentTarget.value)} />
        ) : null}
        <span class="muted num" aria-live="polite">{tn("ui.rows", shown.length)}</span>
        <span class="spring" />
        {tools}
        {exportName ? (
          <Button size="small" disabled={shown.length === 0} onClick={() => download(`${exportName}.csv`, "text/csv;charset=utf-8", csvOf(shown, columns))}>
            {t("ui.export")}
          </Button>
        ) : null}
      </div>
      <div class="table-scroll">
        <table class="table">
          <caption class="sr">{caption}</caption>
          <thead>
            <tr>
              {columns.map((column) => {
                const here = sort?.key === column.key;
                return (
                  <th key={column.key} class={cls(column.numeric && "right")} aria-sort={here ? (sort.down ? "descending" : "ascending") : "none"}>
                    <button type="button" class="th" onClick={() => setSort({ key: column.key, down: here ? !sort.down : false })}>
                      {column.title}
                      <span aria-hidden="true" class="th-mark">{here ? (sort.down ? "↓" : "↑") : ""}</span>
                    </button>
                  </th>
                );
              })}
            </tr>
          </thead>
          <tbody>
            {shown.slice(0, limit).map((row) => (
              <tr key={rowKey(row)}>
                {columns.map((column) => (
                  <td key={column.key} class={cls(column.numeric && "right num")}>{column.cell ? column.cell(row) : column.value(row)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
        {shown.length === 0 ? <div class="table-empty muted">{query ? t("ui.nothing_found") : (empty ?? t("ui.nothing_yet"))}</div> : null}
      </div>
      {shown.length > limit ? <Button look="quiet" onClick={() => setLimit(limit + rows_shown)}>{t("ui.more")}</Button> : null}
    </div>
  );
}
