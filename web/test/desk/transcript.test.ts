import { describe, expect, it } from "vitest";
import { boxesOf, flagsOf, sentenceBeside, silencesOf, spanOfWords, wordsOf } from "../../src/desk/transcript";
import type { Action, Incident, Line } from "../../src/wire/api";

const line = (from: number, to: number, text: string, more: Partial<Line> = {}): Line => ({ from_media_ms: from, to_media_ms: to, text, heard: true, last: true, ...more });
const frame = { airMs: 10_000, newestMs: 22_000, spanMs: 12_000 };
const flag = (fromMs: number, toMs: number) => ({ id: "i", rule: "core/contempt", fromMs, toMs });

describe("words", () => {
  it("share the sentence's time by their length and leave no gap", () => {
    const words = wordsOf(line(1000, 3000, "Look at this, please"));
    expect(words.map((w) => w.text)).toEqual(["Look ", "at ", "this, ", "please"]);
    expect(words[0]?.fromMs).toBe(1000);
    expect(words.at(-1)?.toMs).toBeCloseTo(3000);
    words.slice(1).forEach((w, i) => expect(w.fromMs).toBe(words[i]?.toMs));
    expect((words[3]?.toMs ?? 0) - (words[3]?.fromMs ?? 0)).toBeGreaterThan((words[1]?.toMs ?? 0) - (words[1]?.fromMs ?? 0));
  });

  it("are characters where a language writes no spaces", () => {
    expect(wordsOf(line(0, 900, "哪里贵了？ok 吗")).map((w) => w.text)).toEqual(["哪", "里", "贵", "了？", "ok ", "吗"]);
  });

  it("are none in an empty sentence", () => {
    expect(wordsOf(line(0, 900, "  "))).toEqual([]);
  });
});

describe("boxes", () => {
  it("hold what is in the delay, in order, each trimmed to what was said before it", () => {
    const boxes = boxesOf([line(15_000, 17_000, "two"), line(8_000, 9_900, "aired"), line(12_000, 15_400, "one"), line(17_500, 18_500, "", { heard: false }), line(19_000, 21_000, "three", { last: false })], [], [], 10_000);
    expect(boxes.map((b) => [b.fromMs, b.toMs, b.heard, b.last])).toEqual([[12_000, 15_400, true, true], [15_400, 17_000, true, true], [17_500, 18_500, false, true], [19_000, 21_000, true, false]]);
    expect(boxes[2]?.words).toEqual([]);
  });

  it("mark the words of an incident, once with its name, and strike what is silent", () => {
    const [box] = boxesOf([line(12_000, 16_000, "aaaa bbbb cccc dddd")], [flag(13_000, 15_000)], [{ fromMs: 14_000, toMs: 15_000 }], 10_000);
    expect(box?.words.map((w) => [w.text.trim(), w.flag?.id ?? null, w.first, w.struck])).toEqual([["aaaa", null, false, false], ["bbbb", "i", true, false], ["cccc", "i", false, true], ["dddd", null, false, false]]);
  });

  it("flag only what nobody took back", () => {
    const states = ["open", "confirmed", "dismissed", "withdrawn"] as const;
    const incidents = states.map((state) => ({ id: state, rule: "r", state, from_media_ms: 1, to_media_ms: 2 }) as Incident);
    expect(flagsOf(incidents).map((f) => f.id)).toEqual(["open", "confirmed"]);
  });

  it("strike what viewers do not hear, and not what only the slate covers", () => {
    const action = (kind: string, more: Partial<Action> = {}) => ({ id: kind, kind, from_media_ms: 1, to_media_ms: 2, state: "planned", ...more }) as Action;
    expect(silencesOf([action("mute"), action("cover"), action("cut", { to_media_ms: null }), action("resume"), action("hand_over", { state: "undone" })])).toEqual([{ fromMs: 1, toMs: 2 }, { fromMs: 1, toMs: Number.POSITIVE_INFINITY }]);
  });
});

describe("selecting words", () => {
  it("takes both ends in, a little over, and stays in the delay", () => {
    const a = { fromMs: 13_000, toMs: 13_400 };
    const b = { fromMs: 14_000, toMs: 14_300 };
    expect(spanOfWords(a, b, frame)).toEqual({ fromMs: 12_850, toMs: 14_450 });
    expect(spanOfWords(b, a, frame)).toEqual({ fromMs: 12_850, toMs: 14_450 });
    expect(spanOfWords({ fromMs: 9_000, toMs: 10_500 }, a, frame)?.fromMs).toBe(10_000);
    expect(spanOfWords({ fromMs: 8_000, toMs: 9_000 }, { fromMs: 8_000, toMs: 9_000 }, frame)).toBeNull();
  });

  it("goes from sentence to sentence", () => {
    const boxes = boxesOf([line(12_000, 14_000, "one"), line(15_000, 17_000, "two"), line(18_000, 20_000, "three")], [], [], 10_000);
    const three = { fromMs: 18_000, toMs: 20_000 };
    expect(sentenceBeside(boxes, null, -1, frame)).toEqual(three);
    expect(sentenceBeside(boxes, three, -1, frame)).toEqual({ fromMs: 15_000, toMs: 17_000 });
    expect(sentenceBeside(boxes, { fromMs: 15_000, toMs: 17_000 }, 1, frame)).toEqual(three);
    expect(sentenceBeside(boxes, three, 1, frame)).toEqual(three);
    expect(sentenceBeside([], null, 1, frame)).toBeNull();
  });
});
