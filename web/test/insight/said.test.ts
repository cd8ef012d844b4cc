import { beforeEach, describe, expect, it } from "vitest";
import { dualWords, limitWords } from "../../src/insight/plantables";
import { say } from "../../src/insight/said";
import { readReport } from "../../src/report/data";
import en from "../../src/messages/insight/en.json";
import ru from "../../src/messages/insight/ru.json";
import { use } from "../../src/ui/i18n";

beforeEach(() => use("ru", ru));

describe("statements", () => {
  it("keep their figures in another language", () => {
    expect(say({ code: "returns", text: "7625 amounts are below zero: returns, taken from host and brand on their own day" }).text).toContain("7625");
    const told = say({ code: "substitution_told", text: "others take over a part: low -0.09, mid 0.09, high 0.28, from 13 dark episodes; that an episode hurts" });
    expect(told.text).toContain("слабо -0.09, средне 0.09, сильно 0.28, по эпизодам: 13");
    expect(say({ code: "gaps", text: "nothing is known from 2025-01-12 to 2025-02-28: these days do not count" }).text).toContain("С 2025-01-12 по 2025-02-28");
  });

  it("without a code are known by their words", () => {
    expect(say("Evidence counts half after 180 days; the category's norm counts as 20 outcomes.").text).toContain("180 дн.");
    expect(say({ code: "not_given", text: "12 orders have no buyer" }).text).toBe("Заказов без поля buyer: 12.");
    expect(say("Nothing else struck Anna Li alone from 2026-03-01 on, and nobody saw the incident coming.").text).toContain("Anna Li");
  });

  it("that this page has no phrase for stay as they came, marked as English", () => {
    expect(say("Something new.")).toEqual({ text: "Something new.", lang: "en" });
    expect(say({ code: "hazards", text: "hazards rest on 13 incidents" })).toEqual({ text: "hazards rest on 13 incidents", lang: "en" });
    expect(say({ code: "never_heard", text: "x" }).lang).toBe("en");
  });
});

describe("limits of a plan", () => {
  beforeEach(() => use("en", en));

  it("are named with whom they bind", () => {
    expect(["es", "contract:Ann", "brand-host:Lip/s/Ann", "other"].map(limitWords)).toEqual(["budget of expected shortfall", "contract of Ann", "Ann within brand Lip/s", "other"]);
  });

  it("say what one more unit is worth", () => {
    const dual = { name: "care:Ann", unit: "hours", bound: 10, used: 10 } as const;
    expect(dualWords({ ...dual, price: 120 }, "CNY")).toBe("one more hour a week would bring ¥120");
    expect(dualWords({ ...dual, price: -120 }, "CNY")).toBe("each weekly hour of this duty costs ¥120");
    expect(dualWords({ ...dual, price: 0 }, "CNY")).toContain("does not bind");
    expect(dualWords({ ...dual, unit: "share", price: 5000 }, "CNY")).toBe("one more percentage point would bring ¥50");
  });
});

describe("a report", () => {
  it("holds what its page knows, or nothing", () => {
    expect(readReport('{"kind":"plan","plan":{},"frontier":null}')?.kind).toBe("plan");
    expect([readReport("null"), readReport('{"kind":"other"}'), readReport("")]).toEqual([null, null, null]);
  });
});
