import { describe, expect, it } from "vitest";
import { draftOfPolicy, flawOf, isRuleName, policyOf, policyReady } from "../../src/ops/policy";
import type { Policy } from "../../src/wire/api";

describe("a policy in a form", () => {
  it("comes back as it was", () => {
    const policy: Policy = { mode: "act", rules: ["core", "claims"], on: { "core/contempt": "mute", "claims/*": "advise" } };
    expect(policyOf(draftOfPolicy(policy))).toEqual(policy);
  });

  it("is not sent unless somebody chose", () => {
    expect(policyOf(draftOfPolicy(null))).toBeNull();
    expect(policyOf({ ...draftOfPolicy(null), mode: "advise" })).toEqual({ mode: "advise", rules: ["core", "claims"], on: {} });
  });

  it("names rules as the server takes them", () => {
    for (const name of ["*", "core/*", "core/contempt", "cn-livestream/minors", " core/threat "]) expect(isRuleName(name), name).toBe(true);
    for (const name of ["", "core", "core/", "/contempt", "core/*x", "*/contempt", "core/a b", "a/b/c"]) expect(isRuleName(name), name).toBe(false);
  });

  it("is ready with a pack and with rows that name each rule once", () => {
    const draft = { ...draftOfPolicy(null), mode: "act" as const };
    const row = { rule: "core/*", response: "mute" as const };
    const twice = [row, { rule: "core/* ", response: "off" as const }];
    expect(flawOf(row, twice)).toBe("twice");
    expect([policyReady({ ...draft, on: [row] }), policyReady({ ...draft, on: twice }), policyReady({ ...draft, packs: [] }), policyReady({ ...draft, mode: "unset", packs: [] }), policyReady({ ...draft, on: [{ rule: "", response: "off" }] })]).toEqual([true, false, false, true, false]);
  });
});
