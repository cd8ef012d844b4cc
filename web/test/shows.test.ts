import { expect, it } from "vitest";
import type { Show } from "../src/wire/api";
import { allShows } from "../src/wire/shows";

it("all shows are asked for page by page", async () => {
  const shows = Array.from({ length: 450 }, (_, n) => ({ slug: `s${n}` }) as Show);
  const asked: string[] = [];
  const all = await allShows((path) => {
    asked.push(path);
    const after = /after=(\w+)/.exec(path)?.[1];
    const from = after ? shows.findIndex((show) => show.slug === after) + 1 : 0;
    return Promise.resolve(shows.slice(from, from + 200));
  });
  expect([all.length, all.at(-1)?.slug]).toEqual([450, "s449"]);
  expect(asked).toEqual(["/shows?limit=200", "/shows?limit=200&after=s199", "/shows?limit=200&after=s399"]);
});
