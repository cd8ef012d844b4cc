import { describe, expect, it } from "vitest";
import { changed, fromLocalInput, isSlug, slugify, toLocalInput, wholeIn } from "../../src/ops/fields";
import { nextSteps } from "../../src/ops/orders";

describe("slugs", () => {
  it("come from titles", () => {
    expect(slugify("Evening show № 2!")).toBe("evening-show-no-2");
    expect(slugify("Crème brûlée")).toBe("creme-brulee");
    expect(slugify("晚间直播")).toBe("");
    expect(slugify(`${"a".repeat(47)} bcd`)).toBe("a".repeat(47));
  });
  it("are checked", () => {
    expect(["a", "a-b2"].every(isSlug)).toBe(true);
    expect(["", "-a", "a--b", "A", "a b"].some(isSlug)).toBe(false);
  });
});

describe("times", () => {
  it("survive the way to the form and back", () => {
    const time = "2026-03-01T19:30:00.000Z";
    expect(fromLocalInput(toLocalInput(time))).toBe(time);
    expect(toLocalInput(null)).toBe("");
    expect(fromLocalInput("")).toBeNull();
    expect(fromLocalInput("x")).toBeNull();
  });
});

describe("numbers", () => {
  it("are whole and in range", () => {
    expect(wholeIn("12", 0, 60)).toBe(12);
    expect(wholeIn("61", 0, 60)).toBeNull();
    expect(wholeIn("1.5", 0, 60)).toBeNull();
    expect(wholeIn("-3", -5, 5)).toBe(-3);
  });
});

describe("changes", () => {
  it("are what differs", () => {
    expect(changed({ a: 1, b: "x", c: null as string | null }, { a: 1, b: "y", c: null })).toEqual({ b: "y" });
  });
});

describe("order steps", () => {
  it("follow the states", () => {
    expect(nextSteps("reserved")).toEqual(["paid", "cancelled"]);
    expect(nextSteps("paid")).toEqual(["refunded"]);
    expect(nextSteps("expired")).toEqual([]);
  });
});
