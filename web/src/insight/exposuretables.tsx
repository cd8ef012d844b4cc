/** The tables behind exposure. */
import { Badge, type Column, number, t, Table } from "../ui";
import { rows_first } from "./figure";
import { amount, dayWords, fixed, percent, range } from "./figures";
import type { DarkEpisode, Exposure, GroupExposure, HostExposure, Interval, Overlap } from "./types";

interface Figured<T> {
  key: string;
  title: string;
  value: (row: T) => number | null | undefined;
  words: (value: number) => string;
  interval?: (row: T) => Interval | null | undefined;
}

/** A figure with its interval under it. */
function figured<T>({ key, title, value, words, interval }: Figured<T>): Column<T>[] {
  const cell = (row: T) => {
    const figure = value(row);
    if (figure === null || figure === undefined) return <span class="muted">—</span>;
    const ends = interval?.(row);
    return <span class="i-two">{words(figure)}{ends ? <span class="muted small">{range(ends, words)}</span> : null}</span>;
  };
  return [{ key, title, numeric: true, value, cell, ...(interval ? { ends: interval } : {}) }];
}

export function HostTable({ report }: { report: Exposure }) {
  const money = (value: number) => amount(value, report.currency);
  const part = (value: number) => percent(value);
  const columns: Column<HostExposure>[] = [
    { key: "host", title: t("insight.host"), value: (host) => host.host, cell: (host) => <span class="i-two">{host.host}{host.active ? null : <Badge>{t("insight.gone")}</Badge>}{host.dark_now ? <Badge>{t("insight.dark_now")}</Badge> : null}</span> },
    ...figured<HostExposure>({ key: "gmv", title: t("insight.gmv"), value: (host) => host.gmv, words: money }),
    ...figured<HostExposure>({ key: "share", title: t("insight.share"), value: (host) => host.share, words: part, interval: (host) => host.share_interval }),
    ...figured<HostExposure>({ key: "es", title: t("insight.es_contribution"), value: (host) => host.es_contribution, words: money, interval: (host) => host.es_contribution_interval }),
    ...figured<HostExposure>({ key: "es_part", title: t("insight.tail"), value: (host) => host.es_part, words: part, interval: (host) => (report.es > 0 ? [host.es_contribution_interval[0] / report.es, host.es_contribution_interval[1] / report.es] : null) }),
    ...figured<HostExposure>({ key: "gmv_per_day", title: t("insight.gmv_per_day"), value: (host) => host.gmv_per_day, words: money, interval: (host) => host.gmv_per_day_interval }),
    ...figured<HostExposure>({ key: "hours", title: t("insight.hours_week"), value: (host) => host.hours_per_week, words: (value) => fixed(value, 1) }),
    { key: "incidents", title: t("insight.incidents"), numeric: true, value: (host) => host.incidents },
    ...figured<HostExposure>({ key: "rate", title: t("insight.rate"), value: (host) => host.incidents_per_1000h, words: (value) => fixed(value), interval: (host) => host.incidents_per_1000h_interval }),
    { key: "audience", title: t("insight.audience"), numeric: true, value: (host) => host.audience, cell: (host) => number(host.audience) },
    { key: "exclusive", title: t("insight.exclusive"), numeric: true, value: (host) => host.exclusive_audience, cell: (host) => <span class="i-two">{number(host.exclusive_audience)}<span class="muted small">{percent(host.exclusive_part, 0)}</span></span> },
  ];
  return (
    <>
      <Table first={rows_first} rows={report.hosts} columns={columns} rowKey={(host) => host.host} caption={t("insight.hosts_title")} exportName="hosts" />
      <p class="muted small">{t("insight.hosts_note")}</p>
    </>
  );
}

export function GroupTable({ groups, currency, caption, name }: { groups: GroupExposure[]; currency: string; caption: string; name: string }) {
  const money = (value: number) => amount(value, currency);
  const columns: Column<GroupExposure>[] = [
    { key: "name", title: t("insight.name"), value: (group) => group.name, cell: (group) => group.name || <span class="muted">{t("insight.unnamed")}</span> },
    ...figured<GroupExposure>({ key: "gmv", title: t("insight.gmv"), value: (group) => group.gmv, words: money }),
    ...figured<GroupExposure>({ key: "share", title: t("insight.share"), value: (group) => group.share, words: (value) => percent(value) }),
    ...figured<GroupExposure>({ key: "effective", title: t("insight.f.effective"), value: (group) => group.effective, words: (value) => fixed(value, 1) }),
    { key: "hhi", title: t("insight.f.hhi"), numeric: true, value: (group) => Math.round(10_000 * group.hhi), cell: (group) => <span class="i-two">{number(Math.round(10_000 * group.hhi))}{group.highly_concentrated ? <span class="small muted">{t("insight.concentrated")}</span> : null}</span> },
    { key: "top_host", title: t("insight.top_host"), value: (group) => group.top_host },
    ...figured<GroupExposure>({ key: "top_share", title: t("insight.top_share"), value: (group) => group.top_share, words: (value) => percent(value) }),
    ...(groups.some((group) => group.es_contribution !== null) ? figured<GroupExposure>({ key: "es", title: t("insight.es_contribution"), value: (group) => group.es_contribution, words: money, interval: (group) => group.es_contribution_interval }) : []),
  ];
  return <Table first={rows_first} rows={groups} columns={columns} rowKey={(group) => group.name} caption={caption} exportName={name} />;
}

export function OverlapTable({ overlaps, caption, name }: { overlaps: Overlap[]; caption: string; name: string }) {
  const columns: Column<Overlap>[] = [
    { key: "a", title: t("insight.host"), value: (pair) => pair.hosts[0] },
    { key: "b", title: t("insight.other_host"), value: (pair) => pair.hosts[1] },
    { key: "common", title: t("insight.common"), numeric: true, value: (pair) => pair.common, cell: (pair) => number(pair.common) },
    { key: "overlap", title: t("insight.overlap"), numeric: true, value: (pair) => pair.overlap, cell: (pair) => percent(pair.overlap) },
  ];
  return (
    <details class="i-fold" open={overlaps.length < 12}>
      <summary><h3>{caption}</h3> <span class="muted num">{number(overlaps.length)}</span></summary>
      <Table first={rows_first} rows={overlaps} columns={columns} rowKey={(pair) => pair.hosts.join("\n")} caption={caption} exportName={name} />
    </details>
  );
}

export function EpisodeTable({ report }: { report: Exposure }) {
  const money = (value: number) => amount(value, report.currency);
  const columns: Column<DarkEpisode>[] = [
    { key: "host", title: t("insight.host"), value: (episode) => episode.host, cell: (episode) => <span class="i-two">{episode.host}<span class="muted small">{episode.incident}</span></span> },
    { key: "from", title: t("insight.from"), value: (episode) => episode.from, cell: (episode) => <span class="num">{dayWords(episode.from)}</span> },
    ...figured<DarkEpisode>({ key: "days", title: t("insight.dark_days"), value: (episode) => episode.days, words: (value) => fixed(value, 1) }),
    { key: "audience", title: t("insight.known_buyers"), numeric: true, value: (episode) => episode.audience, cell: (episode) => <span class="i-two">{number(episode.audience)}<span class="muted small">{t("insight.compared_with", { n: number(episode.comparison) })}</span></span> },
    ...figured<DarkEpisode>({ key: "expected", title: t("insight.expected"), value: (episode) => episode.expected, words: money }),
    ...figured<DarkEpisode>({ key: "seen", title: t("insight.seen"), value: (episode) => episode.seen, words: money }),
    ...figured<DarkEpisode>({ key: "lost", title: t("insight.lost_buyers"), value: (episode) => episode.lost, words: money }),
    ...figured<DarkEpisode>({ key: "taken", title: t("insight.taken_over"), value: (episode) => episode.taken_over, words: money }),
    ...figured<DarkEpisode>({ key: "substitution", title: t("insight.f.substitution"), value: (episode) => episode.substitution, words: (value) => percent(value, 0), interval: (episode) => episode.substitution_interval }),
  ];
  return <Table first={rows_first} rows={report.episodes} columns={columns} rowKey={(episode) => `${episode.incident} ${episode.host} ${episode.from}`} caption={t("insight.episodes_title")} exportName="dark-episodes" empty={t("insight.episodes_none")} />;
}
