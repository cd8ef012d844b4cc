import { describe, expect, it } from "vitest";
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
