// Which of a host's shows the studio is about. Pure.

import type { Show } from "../wire/api";

/**
 * The host's own live show, else the live one that they stand by for, else their planned one that
 * starts first; one without a time comes last.
 */
export function currentShow(shows: readonly Show[], host: string): Show | null {
  const live = shows.filter((show) => show.status === "live");
  const on = live.find((show) => show.host.slug === host) ?? live[0];
  if (on) return on;
  const planned = shows.filter((show) => show.status === "planned" && show.host.slug === host);
  planned.sort((a, b) => (a.starts_at ?? "9").localeCompare(b.starts_at ?? "9"));
  return planned[0] ?? null;
}
