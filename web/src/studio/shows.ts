// Which of a host's shows the studio is about. Pure.

import type { Show } from "../wire/api";

/** The live show, else the planned one that starts first; one without a time comes last. */
export function currentShow(shows: readonly Show[]): Show | null {
  const live = shows.find((show) => show.status === "live");
  if (live) return live;
  const planned = shows.filter((show) => show.status === "planned");
  planned.sort((a, b) => (a.starts_at ?? "9").localeCompare(b.starts_at ?? "9"));
  return planned[0] ?? null;
}
