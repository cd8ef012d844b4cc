/** What a report holds. The program that writes it puts this in as JSON. */
import type { Exposure, Frontier, Plan, Recovery } from "../insight/types";

export type ReportData =
  | { kind: "exposure"; report: Exposure }
  | { kind: "plan"; plan: Plan; frontier: Frontier | null }
  | { kind: "recovery"; recovery: Recovery; currency?: string };

/** Null where there is nothing that this page knows. */
export function readReport(text: string): ReportData | null {
  try {
    const data = JSON.parse(text) as ReportData | null;
    return data && ["exposure", "plan", "recovery"].includes(data.kind) ? data : null;
  } catch {
    return null;
  }
}
