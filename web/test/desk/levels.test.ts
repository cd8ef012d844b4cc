import { describe, expect, it } from "vitest";
import { FLOOR_DB, heightOf, levelOf, LevelTrace } from "../../src/desk/levels";

describe("level trace", () => {
  it("keeps the loudest of a step and forgets what has aired", () => {
    const trace = new LevelTrace();
    trace.note(1010, -30);
    trace.note(1040, -12);
    trace.note(1060, -60);
    expect(trace.bars(1000, 1100)).toEqual([{ atMs: 1000, height: 0.8 }, { atMs: 1050, height: 0 }]);
    trace.forgetBefore(1050);
    expect(trace.size).toBe(1);
  });

  it("is bounded", () => {
    const trace = new LevelTrace();
    for (let ms = 0; ms < 400_000; ms += 50) trace.note(ms, -20);
    trace.note(Number.NaN, 0);
    expect(trace.size).toBe(1500);
  });
});

describe("level", () => {
  it("measures a full-scale square and silence", () => {
    expect(levelOf(new Float32Array([1, -1, 1, -1]))).toEqual({ rmsDb: 0, peakDb: 0 });
    expect(levelOf(new Float32Array(8))).toEqual({ rmsDb: FLOOR_DB, peakDb: FLOOR_DB });
    expect(heightOf(-90)).toBe(0);
  });
});
