/** Bars by host: what each sells, and beside it what falls on it in the worst scenarios. */
import { useMemo, useState } from "preact/hooks";
import { type Column, t, tn } from "../ui";
import { percent } from "./figures";
import { Rows, type Row, type RowsSpec } from "./rows";
import type { Exposure, HostExposure, Interval } from "./types";

const shown_max = 20;

/** The first hosts, then all further ones in one line. */
export function barRows(report: Exposure, query: string): { rows: Row[]; left: number } {
  const words = query.trim().toLowerCase();
  const sorted = report.hosts.toSorted((a, b) => b.share - a.share);
  const found = words ? sorted.filter((host) => host.host.toLowerCase().includes(words)) : sorted;
  const rows = found.slice(0, shown_max).map((host) => rowOf(report, host));
  const others = found.slice(shown_max);
  if (others.length > 0) {
    const sum = (pick: (host: HostExposure) => number) => others.reduce((all, host) => all + pick(host), 0);
    const share = sum((host) => host.share);
    const tail = sum((host) => host.es_part);
    rows.push({ label: tn("insight.others", others.length), quiet: true, words: said(share, tail), marks: [{ shape: "bar", value: share }, { shape: "thin", value: tail }] });
  }
  return { rows, left: others.length };
}

function tailInterval(report: Exposure, host: HostExposure): Interval | null {
  return report.es > 0 ? [host.es_contribution_interval[0] / report.es, host.es_contribution_interval[1] / report.es] : null;
}

function said(share: number, tail: number): string {
  return t("insight.sells_tail", { share: percent(share), tail: percent(tail) });
}

function rowOf(report: Exposure, host: HostExposure): Row {
  return {
    label: host.host,
    quiet: !host.active,
    words: said(host.share, host.es_part),
    marks: [
      { shape: "bar", value: host.share, interval: host.share_interval },
      { shape: "thin", value: host.es_part, interval: tailInterval(report, host) },
    ],
  };
}

export function HostBars({ report, source }: { report: Exposure; source: string }) {
  const [query, setQuery] = useState("");
  const spec = useMemo((): RowsSpec => {
    const { rows } = barRows(report, query);
    const ends = rows.flatMap((row) => row.marks.map((mark) => mark.interval?.[1] ?? mark.value));
    return {
      title: t("insight.bars"),
      name: "exposure-by-host",
      keys: [
        { label: t("insight.share"), ink: "accent", shape: "bar" },
        { label: t("insight.tail"), ink: "muted", shape: "thin" },
        { label: t("insight.interval95"), ink: "text", shape: "whisker" },
      ],
      rows,
      from: 0,
      to: Math.max(0.01, ...ends),
      tick: (value) => percent(value, value > 0 && value < 0.01 ? 1 : 0),
      source,
    };
  }, [report, query, source, t("insight.bars")]);
  const columns: Column<HostExposure>[] = [
    { key: "host", title: t("insight.host"), value: (host) => host.host },
    { key: "share", title: t("insight.share"), numeric: true, value: (host) => host.share, cell: (host) => percent(host.share) },
    { key: "share_low", title: t("insight.low_end", { what: t("insight.share") }), numeric: true, value: (host) => host.share_interval?.[0], cell: (host) => (host.share_interval ? percent(host.share_interval[0]) : "—") },
    { key: "share_high", title: t("insight.high_end", { what: t("insight.share") }), numeric: true, value: (host) => host.share_interval?.[1], cell: (host) => (host.share_interval ? percent(host.share_interval[1]) : "—") },
    { key: "tail", title: t("insight.tail"), numeric: true, value: (host) => host.es_part, cell: (host) => percent(host.es_part) },
    { key: "tail_low", title: t("insight.low_end", { what: t("insight.tail") }), numeric: true, value: (host) => tailInterval(report, host)?.[0], cell: (host) => percent(tailInterval(report, host)?.[0] ?? 0) },
    { key: "tail_high", title: t("insight.high_end", { what: t("insight.tail") }), numeric: true, value: (host) => tailInterval(report, host)?.[1], cell: (host) => percent(tailInterval(report, host)?.[1] ?? 0) },
  ];
  return (
    <Rows
      spec={spec}
      table={{ rows: report.hosts, columns, rowKey: (host) => host.host }}
      note={t("insight.bars.note")}
      tools={report.hosts.length > 8 ? <input class="input i-search" type="search" placeholder={t("insight.find_host")} aria-label={t("insight.find_host")} value={query} onInput={(event) => setQuery(event.currentTarget.value)} /> : null}
    >
      {spec.rows.length === 0 ? <p class="muted">{t("ui.nothing_found")}</p> : null}
    </Rows>
  );
}
