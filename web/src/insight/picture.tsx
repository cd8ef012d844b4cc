/** The frame of every picture: its title, its legend, the same as a table, and files to take away. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Button, cls, type Column, csvOf, download, t, Table } from "../ui";
import type { Key } from "./png";

interface PictureProps<T> {
  title: string;
  name: string;
  keys: Key[];
  /** Values beside the legend, for the place that is pointed at. */
  values?: (string | null)[];
  rows: T[];
  columns: Column<T>[];
  rowKey: (row: T) => string;
  onPng: () => Promise<void>;
  tools?: ComponentChildren;
  /** What one sees here, in a sentence. */
  note?: ComponentChildren;
  children: ComponentChildren;
}

export function Picture<T>({ title, name, keys, values, rows, columns, rowKey, onPng, tools, note, children }: PictureProps<T>) {
  const [asTable, setAsTable] = useState(false);
  const [busy, setBusy] = useState(false);
  const png = () => {
    setBusy(true);
    void onPng().finally(() => setBusy(false));
  };
  return (
    <figure class="i-picture" aria-label={title}>
      <figcaption class="i-picture-head">
        <h3>{title}</h3>
        <span class="spring" />
        {tools}
        <span class="i-picture-do">
          <Button size="small" look="quiet" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>{t("insight.as_table")}</Button>
          <Button size="small" look="quiet" busy={busy} onClick={png} aria-label={t("insight.png", { title })}>PNG</Button>
          <Button size="small" look="quiet" onClick={() => download(`${name}.csv`, "text/csv;charset=utf-8", csvOf(rows, columns))} aria-label={t("insight.csv", { title })}>CSV</Button>
        </span>
      </figcaption>
      {note ? <p class="muted small i-note">{note}</p> : null}
      {asTable ? (
        <Table rows={rows} columns={columns} rowKey={rowKey} caption={title} filter={rows.length > 20} />
      ) : (
        <>
          <Legend keys={keys} values={values} />
          {children}
        </>
      )}
    </figure>
  );
}

function Legend({ keys, values }: { keys: Key[]; values?: (string | null)[] | undefined }) {
  if (keys.length === 0) return null;
  return (
    <ul class="i-legend">
      {keys.map((key, place) => (
        <li key={key.label}>
          <span class={cls("i-key", `i-key-${key.shape}`, `i-ink-${key.ink}`)} aria-hidden="true" />
          <span>{key.label}</span>
          {values?.[place] ? <b class="num">{values[place]}</b> : null}
        </li>
      ))}
    </ul>
  );
}
