import { beforeEach, describe, expect, it } from "vitest";
import en from "../../src/messages/en.json";
import crew from "../../src/messages/crew/en.json";
import { allCases, decided, every, judgedNow, momentWords, query } from "../../src/ops/incidents/words";
import { t, tOr, use } from "../../src/ui/i18n";
import type { Case, CasesPage, Moment } from "../../src/wire/api";

beforeEach(() => use("en", { ...en, ...crew }));

const one = (id: string): Case =>
  ({
    id, at: "2026-11-22T20:00:00.000Z", rule: "core/contempt", also: [], severity: "grave", score: 0.9, from_media_ms: 0, to_media_ms: 2000, text: "look", answers: null,
    stake: { viewers: 1, sku: null, orders: 0 }, response: "mute", act: null, left: null, state: "open", by: null, verdict: null, show: "evening", host: "anna", judged: "undecided",
  }) as unknown as Case;

const moment = (what: Moment["what"], more: Partial<Moment> = {}): Moment => ({ at: "2026-11-22T20:00:00.000Z", what, kind: null, left: null, verdict: null, ...more });

/** As the page writes it. */
const said = (of: Moment): string => {
  const { key, values } = momentWords(of);
  return t(key, Object.fromEntries(Object.entries(values).map(([name, value]) => [name, tOr(value, value)])));
};

describe("the question for incidents", () => {
  it("names what narrows, and nothing else", () => {
    expect(query(every)).toBe("");
    expect(query({ ...every, rule: "core/contempt", verdict: "none" }, { limit: "50" })).toBe("?limit=50&rule=core%2Fcontempt&verdict=none");
  });

  it("goes on page by page for an export", async () => {
    const asked: string[] = [];
    const pages: CasesPage[] = [{ incidents: [one("b")], total: 2, next: "b" }, { incidents: [one("a")], total: 2, next: null }];
    const all = await allCases({ ...every, show: "evening" }, (path) => {
      asked.push(path);
      const page = pages[asked.length - 1];
      return page ? Promise.resolve(page) : Promise.reject(new Error("one page too many"));
    });
    expect(all.map((it) => it.id)).toEqual(["b", "a"]);
    expect(asked).toEqual(["/incidents?limit=200&show=evening", "/incidents?limit=200&before=b&show=evening"]);
  });
});

describe("a timeline", () => {
  it("says who did what, and how long it was to air", () => {
    expect(said(moment("opened"))).toBe("opened");
    expect(said(moment("ordered", { by: "core/contempt", kind: "mute" }))).toBe("contempt for viewers: to be muted");
    expect(said(moment("taken", { time_to_air_ms: 7400, late: false }))).toBe("the program took it 7.4 s before air");
    expect(said(moment("taken", { time_to_air_ms: -1200, late: true }))).toBe("the program took it late: the words had been airing for 1.2 s");
    expect(said(moment("taken_back", { by: "pat", late: false }))).toBe("taken back by pat before any of it aired");
    expect(said(moment("judged", { verdict: "late" }))).toBe("verdict: late");
    expect(said(moment("left", { left: "bound" }))).toContain("20 s");
    expect(said(moment("room", { sure: true }))).toBe("the room turned");
  });
});

describe("a verdict", () => {
  it("shows in the list at once", () => {
    expect(judgedNow(one("a"), "wrong")).toMatchObject({ id: "a", verdict: "wrong", judged: "wrong" });
  });

  it("makes late ones count among the decided", () => {
    expect(decided({ incidents: 9, right: 3, wrong: 1, late: 2, undecided: 3, per_hour: null, precision: 5 / 6, interval: [0.4, 1] })).toBe(6);
  });
});
