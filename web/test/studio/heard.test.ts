import { describe, expect, it } from "vitest";
import { brokenBy, heldOf, mergedLines } from "../../src/studio/heard";
import type { Incident, Line } from "../../src/wire/api";

const line = (from: number, to: number, text: string, last = true): Line => ({ from_media_ms: from, to_media_ms: to, text, heard: true, last });
const incident = (id: string, more: Partial<Incident> = {}) =>
  ({ id, state: "open", from_media_ms: 10_000, to_media_ms: 12_000, act: { id: "a", kind: "mute", from_media_ms: 10_000, to_media_ms: 12_000, late: false }, ...more }) as Incident;

describe("what was said", () => {
  it("keeps older sentences and takes the message's view of newer ones", () => {
    const known = [line(0, 900, "one"), line(1000, 2000, "two"), line(2100, 2600, "thr", false)];
    expect(mergedLines(known, [line(1000, 2000, "two"), line(2100, 3400, "three and", false)]).map((l) => l.text)).toEqual(["one", "two", "three and"]);
  });

  it("lets go of what was unfinished when nothing is said any more", () => {
    expect(mergedLines([line(0, 900, "one"), line(1000, 1400, "tw", false)], []).map((l) => l.text)).toEqual(["one"]);
  });
});

describe("the private line", () => {
  it("is about the newest sentence that is held, until a moment after it", () => {
    expect(heldOf([incident("1"), incident("2", { from_media_ms: 11_000 })], 5_000)?.id).toBe("2");
    expect(heldOf([incident("1")], 26_000)?.id).toBe("1");
    expect(heldOf([incident("1")], 27_000)).toBeNull();
  });

  it("says nothing of what airs", () => {
    expect(heldOf([incident("1", { state: "dismissed" }), incident("2", { state: "withdrawn" }), incident("3", { act: null })], 5_000)).toBeNull();
  });
});

describe("a sentence", () => {
  it("belongs to a standing incident that it shares a moment with", () => {
    expect(brokenBy(line(11_500, 13_000, "x"), [incident("1")])?.id).toBe("1");
    expect(brokenBy(line(12_000, 13_000, "x"), [incident("1")])).toBeNull();
    expect(brokenBy(line(11_500, 13_000, "x"), [incident("1", { state: "dismissed" })])).toBeNull();
  });
});
