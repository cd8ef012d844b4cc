// What the incidents of all shows say: the question for a page of them, moments of a timeline as words, shares with intervals. Pure.

import type { Case, CasesPage, Counted, Moment, Verdict } from "../../wire/api";
import { seconds, type Words } from "../../desk/words";
import { ruleWords } from "./rules";

export interface CaseFilter {
  show: string;
  host: string;
  rule: string;
  verdict: string;
}

export const every: CaseFilter = { show: "", host: "", rule: "", verdict: "" };
export const VERDICTS = ["right", "wrong", "late"] as const;

/** The query of a filter, with what else is asked; empty when nothing narrows. */
export function query(filter: CaseFilter, more: Record<string, string> = {}): string {
  const params = new URLSearchParams(more);
  for (const [name, value] of Object.entries(filter)) if (value) params.set(name, value);
  const text = params.toString();
  return text ? `?${text}` : "";
}

/** Incidents of one export; the server gives its newest so far as well. */
const export_max = 10_000;
const export_page = 200;

/** All incidents that match, page by page, the newest first. */
export async function allCases(filter: CaseFilter, get: (path: string) => Promise<CasesPage>): Promise<Case[]> {
  const all: Case[] = [];
  let before: string | null = null;
  do {
    const more: Record<string, string> = { limit: String(export_page), ...(before ? { before } : {}) };
    const page: CasesPage = await get(`/incidents${query(filter, more)}`);
    all.push(...page.incidents);
    before = page.next ?? null;
  } while (before !== null && all.length < export_max);
  return all;
}

/** A moment in words; the action's own word, and a verdict's, is itself a key. */
export function momentWords(moment: Moment): Words {
  const by = moment.by ?? "";
  const values: Record<string, string> = { by: by.includes("/") ? ruleWords(by) : by };
  if (moment.kind) values.did = `desk.did.${moment.kind}`;
  return { ...phrase(moment, values), tone: "ok" };
}

function phrase(moment: Moment, values: Record<string, string>): Pick<Words, "key" | "values"> {
  switch (moment.what) {
    case "taken": {
      const left = moment.time_to_air_ms ?? 0;
      // A stop that took only what was left had less than no time.
      if (moment.late) return { key: "ops.inc.at.taken_late", values: { seconds: seconds(-left) } };
      return { key: "ops.inc.at.taken", values: { seconds: seconds(left) } };
    }
    case "taken_back":
      return { key: moment.late ? "ops.inc.at.taken_back_late" : "ops.inc.at.taken_back", values };
    case "room":
      return { key: moment.sure ? "ops.inc.at.room" : "ops.inc.at.room_leans", values: {} };
    case "left":
      return { key: `desk.incident.left.${moment.left ?? "aired"}`, values: {} };
    case "judged":
      return { key: "ops.inc.at.judged", values: { verdict: `desk.incident.verdict.${moment.verdict ?? "right"}` } };
    case "opened":
    case "ordered":
    case "changed":
    case "aired":
    case "confirmed":
    case "dismissed":
    case "withdrawn":
      return { key: `ops.inc.at.${moment.what}`, values };
  }
}

/** What a verdict makes of an incident in the list. */
export function judgedNow(one: Case, verdict: Verdict): Case {
  return { ...one, verdict, judged: verdict };
}

/** How many are decided: what a share is a share of. */
export function decided(counts: Counted): number {
  return counts.right + counts.wrong + counts.late;
}
