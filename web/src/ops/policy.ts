// What a form holds of a policy, and what the API takes. Pure.

import type { Policy, PolicyMode, Reaction } from "../wire/api";

/** Packs that ship with the server. */
export const PACKS = ["core", "claims", "cn-livestream"] as const;
export const REACTIONS: readonly Reaction[] = ["off", "advise", "mute", "cover", "hand_over"];
/** Rules that ship, offered while somebody types; any other name may be typed. */
export const RULES = [
  "*", "core/*", "core/contempt", "core/threat", "core/personal_data", "claims/*", "claims/absolute_superlative", "claims/medical_efficacy",
  "claims/guaranteed_result", "claims/false_scarcity", "claims/fake_reference_price", "claims/guaranteed_income", "claims/off_platform_deal",
  "claims/minors", "cn-livestream/*",
] as const;

export interface ResponseRow {
  rule: string;
  response: Reaction;
}

export interface PolicyDraft {
  /** `unset` sends nothing: the server's own setting, or what the show has, stays. */
  mode: PolicyMode | "unset";
  packs: string[];
  on: ResponseRow[];
}

export function draftOfPolicy(policy: Policy | null): PolicyDraft {
  if (!policy) return { mode: "unset", packs: ["core", "claims"], on: [] };
  return { mode: policy.mode, packs: [...policy.rules], on: Object.entries(policy.on).map(([rule, response]) => ({ rule, response })) };
}

/** The policy of a draft; null when none is to be sent. */
export function policyOf(draft: PolicyDraft): Policy | null {
  if (draft.mode === "unset") return null;
  return { mode: draft.mode, rules: draft.packs, on: Object.fromEntries(draft.on.map((row) => [row.rule.trim(), row.response])) };
}

/** `*`, `pack/*` or `pack/rule`. */
export function isRuleName(text: string): boolean {
  return /^(\*|[A-Za-z0-9_-]+\/(\*|[A-Za-z0-9_-]+))$/.test(text.trim());
}

/** What keeps a row from being saved. */
export function flawOf(row: ResponseRow, rows: readonly ResponseRow[]): "bad" | "twice" | null {
  if (!isRuleName(row.rule)) return "bad";
  return rows.some((other) => other !== row && other.rule.trim() === row.rule.trim()) ? "twice" : null;
}

export function policyReady(draft: PolicyDraft): boolean {
  return draft.mode === "unset" || (draft.packs.length > 0 && draft.on.every((row) => flawOf(row, draft.on) === null));
}
