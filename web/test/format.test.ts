import { describe, expect, it } from "vitest";
import { until } from "../src/front/until";
import { clock, decimalOf, minorDigits, money, parseMoney, times } from "../src/ui/format";
import { use } from "../src/ui/i18n";
import { csvField, csvOf } from "../src/ui/table";

const cny = (minor: number) => ({ minor, currency: "CNY" });
const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, " ");

describe("money", () => {
  it("is written as the reader's language does", () => {
    expect(plain(money(cny(7_900), "en"))).toBe("¥79.00");
    expect(plain(money(cny(7_900), "zh"))).toBe("¥79.00");
    expect(plain(money(cny(123_456_700), "ru"))).toBe("1 234 567,00 ¥");
    expect(plain(money({ minor: 1_999, currency: "EUR" }, "ru"))).toBe("19,99 €");
  });

  it("knows that currencies differ in their minor units", () => {
    expect(["CNY", "JPY", "KWD"].map(minorDigits)).toEqual([2, 0, 3]);
    expect(decimalOf({ minor: 7_900, currency: "JPY" })).toBe("7900");
    expect(decimalOf({ minor: 5, currency: "KWD" })).toBe("0.005");
    expect(decimalOf(cny(-5))).toBe("-0.05");
    expect(decimalOf(cny(Number.MAX_SAFE_INTEGER))).toBe("90071992547409.91");
  });

  it("shows a currency that nobody knows, rather than failing", () => {
    expect(money({ minor: 100, currency: "??" }, "en")).toBe("1.00 ??");
  });

  it("reads amounts back", () => {
    const cases: [string, string, number | null][] = [
      ["79", "CNY", 7_900], ["79.5", "CNY", 7_950], ["79,05", "CNY", 7_905], [" 0.01 ", "CNY", 1],
      ["79.001", "CNY", null], ["-1", "CNY", null], ["", "CNY", null], ["1e3", "CNY", null], ["12", "JPY", 12], ["1.2", "JPY", null],
    ];
    for (const [text, currency, minor] of cases) expect(parseMoney(text, currency)?.minor ?? null, text).toBe(minor);
    expect(times(cny(7_900), 3)).toEqual(cny(23_700));
  });
});

describe("time", () => {
  it("is mm:ss.t on the desk", () => {
    expect([0, 990, 61_250, -3_400, 3_661_000].map((ms) => clock(ms))).toEqual(["00:00.0", "00:00.9", "01:01.2", "−00:03.4", "01:01:01.0"]);
    expect(clock(61_250, false)).toBe("01:01");
  });

  it("says how long until a show", () => {
    use("en", {});
    const now = Date.parse("2026-01-01T10:00:00Z");
    expect(until("2026-01-01T10:20:00Z", now)).toBe("in 20 minutes");
    expect(until("2026-01-02T11:00:00Z", now)).toBe("tomorrow");
    expect(until("2026-01-01T09:00:00Z", now)).toBe("");
    expect(until("nonsense", now)).toBe("");
  });
});

describe("csv", () => {
  it("quotes, ends each line, and makes no formulas", () => {
    expect([csvField('a "b", c'), csvField("=1+1"), csvField("@x"), csvField(-5), csvField(null)]).toEqual(['"a ""b"", c"', "'=1+1", "'@x", "-5", ""]);
    const columns = [{ key: "n", title: "Name", value: (row: { n: string }) => row.n }];
    expect(csvOf([{ n: "x" }, { n: "y\nz" }], columns)).toBe('Name\r\nx\r\n"y\nz"\r\n');
  });
});
