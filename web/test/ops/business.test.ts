import { describe, expect, it } from "vitest";
import { newer } from "../../src/ops/business/job";
import { lineOf } from "../../src/ops/business/line";
import { ApiError } from "../../src/wire/http";

describe("the line that a refusal of limits names", () => {
  it("stands in its detail or in its words", () => {
    expect(lineOf(new ApiError(422, "invalid_field", "no", "", null, { line: 7 }))).toBe(7);
    expect(lineOf(new ApiError(422, "invalid_field", "constraints: line 3, column 1: unknown field"))).toBe(3);
    expect(lineOf(new ApiError(422, "invalid_field", "no", "", null, "TOML parse error at line 12"))).toBe(12);
  });

  it("may be missing", () => {
    expect([lineOf(new ApiError(409, "analysis_runs", "an analysis is running")), lineOf(new Error("line 3")), lineOf(null)]).toEqual([null, null, null]);
  });
});

describe("a job that is looked at again", () => {
  const job = (state: "running" | "ready", done: number, done_at: string | null) => ({ state, done, of: 10, done_at, report: { done } });

  it("keeps its answer until there is another", () => {
    const before = job("running", 1, "2026-01-01T00:00:00.000Z");
    const same = newer(before, job("running", 2, "2026-01-01T00:00:00.000Z"));
    expect(same.report).toBe(before.report);
    expect(same.done).toBe(2);
    const next = job("ready", 10, "2026-01-02T00:00:00.000Z");
    expect(newer(before, next)).toBe(next);
  });

  it("is taken as it comes before the first answer", () => {
    const next = job("running", 1, null);
    expect(newer(null, next)).toBe(next);
    expect(newer(job("running", 0, null), next)).toBe(next);
  });
});
