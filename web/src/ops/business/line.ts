import { ApiError } from "../../wire/http";

/** The line that a refusal names, from 1. */
export function lineOf(error: unknown): number | null {
  if (!(error instanceof ApiError)) return null;
  const detail = error.detail as { line?: unknown } | null;
  if (typeof detail?.line === "number") return detail.line;
  const said = /\bline (\d+)/.exec(`${typeof error.detail === "string" ? error.detail : ""} ${error.message} ${error.hint}`);
  return said ? Number(said[1]) : null;
}
