import { beforeEach, describe, expect, it } from "vitest";
import { byCase, chartOf, curvesOf, intoShow, lengthWords, marksOf, revenue, second, sums, watchAt } from "../../src/recap/figures";
import { productColumns } from "../../src/recap/lists";
import { columnsOf, rowsOf } from "../../src/insight/spec";
import crew from "../../src/messages/crew/en.json";
import insight from "../../src/messages/insight/en.json";
import shared from "../../src/messages/en.json";
import { use } from "../../src/ui/i18n";
import { csvOf } from "../../src/ui/table";
import { secondOf } from "../../src/watch/second";
import type { Incident, Recap, RecapProduct } from "../../src/wire/api";

const START = "2026-11-22T20:00:00.000Z";
const at = (s: number) => new Date(Date.parse(START) + s * 1000).toISOString();

const incident = (id: string, more: Partial<Incident> = {}): Incident => ({
  id, at: at(60), rule: "core/contempt", also: [], severity: "grave", score: 0.9, from_media_ms: 0, to_media_ms: 2000, text: "…", answers: null,
  stake: { viewers: 0, sku: null, orders: 0 }, response: "mute", act: null, left: null, state: "open", by: null, verdict: null, room: null, of: null, ...more,
});
const told = (id: string, more: Partial<Incident> = {}) => ({ incident: incident(id, more), air_ms: null, recording_s: null });

const recap = (more: Partial<Recap> = {}): Recap => ({
  show: { slug: "evening", title: "Evening", host: { slug: "anna", name: "Anna" } } as Recap["show"],
  at: at(200), entries: 9,
  viewers: { peak: 40, peak_at: at(30), median: 20 },
  talk: { said: 3, held: 0, refused: 0, copies: 0, deleted: 0, silenced: 0 },
  minutes: { from: START, viewers: [25, null, 20], said: [2, 1, 0], held: [0, 0, 0], refused: [0, 0, 0], copies: [1, 0, 0], orders: [0, 2, 0], cancelled: [0, 0, 0], refunds: [0, 0, 1] },
  sales: { orders: 2, reserved: 1, paid: 1, cancelled: 0, expired: 0, refunded: 0, value: [], products: [], other_products: 0 },
  incidents: [], turns: [], actions: [],
  hours: { host_ms: 0, standby_ms: 0, nobody_ms: 0, sessions: [], breaks: [], hand_overs: [] },
  left_out: { minutes: false, incidents: 0, actions: 0, facts: 0, changes: 0, clock: false, orders: false, log: false },
  ...more,
});

beforeEach(() => use("en", { ...shared, ...crew, ...insight }));

describe("times of a show", () => {
  it("are told by the minute and by the second", () => {
    expect([0, 41, 60, 725].map(intoShow)).toEqual(["0:00", "0:41", "1:00", "12:05"]);
    expect([0, 2_512_999, 36_000_000, -5].map(second)).toEqual(["0:00:00", "0:41:52", "10:00:00", "0:00:00"]);
    expect([0, 59_000, 61_000, 3_600_000, 45_299_000].map(lengthWords)).toEqual(["0 s", "59 s", "1 min 01 s", "1 h 00 min", "12 h 34 min"]);
  });

  it("lead to the second of the recording and come back from there", () => {
    expect(watchAt("evening", 2512)).toBe("/watch/evening?t=2512");
    expect(["?t=2512", "?t=2.5", "?a=1&t=7", "", "?t=", "?t=-5", "?t=1e9", "?t=99999999", "?t=abc", "?t=9999999"].map(secondOf)).toEqual([2512, 2.5, 7, 0, 0, 0, 0, 0, 0, 604_800]);
  });
});

describe("the curves", () => {
  it("have a value for each minute, and a hole where nobody counted", () => {
    const [viewers, talk, sales] = curvesOf(recap()).map((curve) => chartOf(recap(), curve));
    expect(viewers?.lines[0]?.values).toEqual([25, null, 20]);
    expect(viewers?.x.values).toEqual([0, 1, 2]);
    expect(talk?.lines.map((line) => line.label)).toEqual(["Messages", "Copies"]);
    expect(sales?.lines.map((line) => line.label)).toEqual(["Orders", "Refunds"]);
    if (!viewers) throw new Error("no picture");
    expect(csvOf(rowsOf(viewers), columnsOf(viewers)).split("\r\n").slice(0, 4)).toEqual(['Minute of the show,"Viewers, mean of each minute"', "0,25", "1,", "2,20"]);
  });

  it("are none for a show that never began", () => {
    const never = recap({ minutes: { from: null, viewers: [], said: [], held: [], refused: [], copies: [], orders: [], cancelled: [], refunds: [] } });
    expect(curvesOf(never).map((curve) => chartOf(never, curve))).toEqual([null, null, null]);
    expect(marksOf(never)).toEqual([]);
  });

  it("mark where the room turned and what was confirmed, a few of them", () => {
    const turn = (s: number, sure = true) => ({ incident: "1", turn: { at: at(s + 40), since: at(s), air_media_ms: 0, sure, shifts: [], messages: [] }, recording_s: null });
    const marks = marksOf(recap({
      turns: [turn(90), turn(30, false)],
      incidents: [told("1", { state: "confirmed" }), told("2"), told("3", { state: "confirmed", verdict: "wrong" }), told("4", { state: "confirmed", of: "1" })],
    }));
    expect(marks).toEqual([{ at: 1, label: "incident" }, { at: 1.5, label: "room turned" }]);
    const many = Array.from({ length: 30 }, (_, n) => turn(n * 60));
    expect(marksOf(recap({ turns: many })).length).toBe(6);
  });
});

describe("sums", () => {
  it("keep currencies apart", () => {
    const none = { minor: 0, currency: "CNY" };
    const value = (currency: string, paid: number, open: number) => ({ currency, paid: { minor: paid, currency }, open: { minor: open, currency }, refunded: none, cancelled: none });
    const { sales } = recap();
    expect(revenue({ sales: { ...sales, value: [value("CNY", 7900, 100), value("RUB", 0, 0), value("USD", 500, 0)] } })).toEqual([{ minor: 8000, currency: "CNY" }, { minor: 500, currency: "USD" }]);
    expect(sums([])).toBe("0");
  });

  it("of products stand in a column for each currency, as decimals, and sort within it", () => {
    const value = (currency: string, paid: number, open = 0) => ({ currency, paid: { minor: paid, currency }, open: { minor: open, currency }, refunded: { minor: 5, currency }, cancelled: { minor: 7, currency } });
    const product = (sku: string, ...values: RecapProduct["value"]) => ({ sku, title: "", orders: 1, units: 1, returned: 0, value: values });
    const products = [product("LIP", value("CNY", 7900, 100), value("JPY", 500)), product("INK", value("JPY", 7000)), product("PEN", value("CNY", 0))];
    const columns = productColumns(products);
    expect(csvOf(products, columns).split("\r\n")).toEqual(["Product,Units sold,Orders,Units cancelled or refunded,\"Sold, CNY\",\"Sold, JPY\"", "LIP,1,1,0,80,500", "INK,1,1,0,,7000", "PEN,1,1,0,0,", ""]);
    expect(columns.slice(4).map(({ cell }) => products.map((one) => cell?.(one)))).toEqual([["CN¥80.00", "—", "CN¥0.00"], ["¥500", "¥7,000", "—"]].map((row) => row.map((word) => word.replace("CN¥", "¥"))));
    expect(productColumns([]).length).toBe(4);
  });
});

describe("cases", () => {
  it("stand together, and nothing is lost", () => {
    const rows = byCase([told("1"), told("2"), told("3", { of: "1" }), told("4", { of: "gone" }), told("5", { of: "3" })]);
    expect(rows.map(({ row, goes_on }) => `${row.incident.id}${goes_on ? "+" : ""}`)).toEqual(["1", "3+", "2", "4", "5+"]);
  });
});
