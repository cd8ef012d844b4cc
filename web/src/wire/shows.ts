/** The shows of this server; the API gives them page by page. */
import type { Show } from "./api";
import { api } from "./http";

const page = 200;
/** More pages than this nobody reads. */
const pages_max = 50;

/** All shows, the ones that start first coming first. */
export async function allShows(get: (path: string) => Promise<Show[]> = (path) => api.get<Show[]>(path)): Promise<Show[]> {
  const all: Show[] = [];
  for (let n = 0; n < pages_max; n += 1) {
    const after = all.at(-1)?.slug;
    const next = await get(`/shows?limit=${page}${after ? `&after=${encodeURIComponent(after)}` : ""}`);
    all.push(...next);
    if (next.length < page) break;
  }
  return all;
}
