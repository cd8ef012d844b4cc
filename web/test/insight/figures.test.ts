import { beforeEach, describe, expect, it } from "vitest";
import { amount, fixed, isMadeUp, placeOf, range, tickWords } from "../../src/insight/figures";
import { between, knownLosses } from "../../src/insight/interpolate";
import { thin } from "../../src/insight/palette";
import { inside, type RowsSpec, ticksOf } from "../../src/insight/rows";
import { columnsOf, rowsOf, wordsAt } from "../../src/insight/spec";
import type { WhatIf } from "../../src/insight/types";
import en from "../../src/messages/insight/en.json";
import { use } from "../../src/ui/i18n";
import { type Column, csvOf } from "../../src/ui/table";

beforeEach(() => use("en", en));

describe("figures", () => {
  it("are whole from a hundred on, and short where there is little room", () => {
    expect([amount(779_016.16, "CNY"), amount(12.345, "CNY"), amount(1_234_567, "CNY", true), amount(5, null), amount(7, "no currency")]).toEqual(["¥779,016", "¥12.35", "¥1.23M", "5", "7 no currency"]);
    expect([fixed(0.5), fixed(-0.001), fixed(-0.01)]).toEqual(["0.50", "0.00", "-0.01"]);
  });

  it("say when there is no interval", () => {
    expect(range([1, 2], String)).toBe("1 to 2");
    expect(range(null, String)).toBe("too little data for an interval");
  });

  it("take days, months and years as places", () => {
    expect([placeOf("1970-01-02"), placeOf("1970-02"), placeOf(1989)]).toEqual([86_400, 31 * 86_400, 1989]);
    expect(tickWords(0, 365 * 86_400)).toBe("1970");
  });

  it("know a made-up platform", () => {
    expect([isMadeUp(["synthetic host 01"]), isMadeUp(["synthetic host 01", "anna"]), isMadeUp([])]).toEqual([true, false, false]);
  });
});

const answer = (days: number, mid: number): WhatIf => ({
  host: "ann", days, from: "2026-01-01", gross: mid, gross_dark: mid, season: 1, brands: [],
  lost: { low: 2 * mid, mid, high: mid / 2 }, lost_interval: [0, 3 * mid], part_of_gmv: { low: 0.2, mid: 0.1, high: 0.05 },
});

describe("absences between the answers", () => {
  const known = knownLosses([answer(30, 300), answer(7, 70), { ...answer(7, 1), host: "bob" }, { ...answer(14, 9), from: "2026-02-01" }], "ann");

  it("lie on straight lines from nothing on", () => {
    expect(known.map((loss) => loss.days)).toEqual([0, 7, 30]);
    expect(between(known, 0)?.lost.mid).toBe(0);
    expect(between(known, 3.5)?.lost.mid).toBe(35);
    expect(between(known, 30)).toMatchObject({ lost: { low: 600, mid: 300, high: 150 }, interval: [0, 900] });
    expect(between(known, 18.5)?.interval[1]).toBeCloseTo(555);
  });

  it("are not guessed beyond the longest", () => {
    expect(between(known, 31)).toBeNull();
    expect(between([], 3)).toBeNull();
  });
});

describe("colours", () => {
  it("become thin, however short they are written", () => {
    expect([thin("#ffffff", 1), thin("#fff", 0.5), thin("#3d45b8", 0)]).toEqual(["#ffffffff", "#ffffff80", "#3d45b800"]);
  });
});

describe("scales", () => {
  const spec: RowsSpec = { title: "", name: "", keys: [], rows: [], from: 0.8, to: 1, tick: String };

  it("have round ticks, and no minus zero", () => {
    expect(ticksOf(0, 0.76)).toEqual([0, 0.2, 0.4, 0.6000000000000001]);
    expect(ticksOf(5, 5)).toEqual([5]);
    expect(Object.is(ticksOf(0, 1)[0], 0)).toBe(true);
  });

  it("keep what lies beyond at their ends", () => {
    expect([inside(spec, 0.9), inside(spec, 0.2), inside(spec, 2)].map((part) => part.toFixed(2))).toEqual(["0.50", "0.00", "1.00"]);
  });
});

describe("a chart", () => {
  const spec = {
    title: "Loss", name: "loss",
    x: { label: "Day", values: [0, 86_400], words: (value: number) => `day ${value / 86_400}`, tick: String, time: true },
    y: { label: "Loss", words: (value: number) => `${value} CNY` },
    lines: [{ label: "mid", values: [1, null], ink: "accent" as const }],
    band: { label: "band", low: [0, 1], high: [2, 3] },
  };

  it("is a table and CSV with its interval", () => {
    expect(csvOf(rowsOf(spec), columnsOf(spec))).toBe('Day,mid,"band, low end","band, high end"\r\n1970-01-01,1,0,2\r\n1970-01-02,,1,3\r\n');
  });

  it("is read out at each place", () => {
    expect(wordsAt(spec, 0)).toBe("day 0: mid 1 CNY; band 0 CNY to 2 CNY");
    expect(wordsAt(spec, 1)).toBe("day 1: band 1 CNY to 3 CNY");
  });

  it("exports both ends of a figure", () => {
    const column: Column<number> = { key: "a", title: "Share", value: (row) => row, ends: (row) => (row === 1 ? [0, 2] : null) };
    expect(csvOf([1, 2], [column])).toBe("Share,Share ≥,Share ≤\r\n1,0,2\r\n2,,\r\n");
  });
});
