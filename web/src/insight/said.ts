/**
 * Statements of the analyses in the reader's language. They come in English, with a code or without; the figures in them are put into
 * this page's phrase. What no phrase fits is shown as it came.
 */
import { tOr } from "../ui/i18n";
import type { Said } from "./types";

/** Sentences that hold names, or have no code: how to know them. What the brackets catch goes into the phrase. */
const sentences: [RegExp, string][] = [
  [/^no slots and no total were given: all hosts together keep to the ([\d.]+) hours/, "plan_total"],
  [/^not planned, since they were not on air lately.*: (.+)$/, "plan_left_out"],
  [/^on air today for more hours than .* allow: (.+)$/, "plan_beyond"],
  [/^Evidence counts half after ([\d.]+) days; the category's norm counts as ([\d.]+) outcomes/, "standing_age"],
  [/^Refunds are measured against what the categories/, "standing_refunds"],
  [/^Outcomes count as independent of each other/, "standing_independent"],
  [/^The overall score is the mean of the dimensions/, "standing_overall"],
  [/^Without the incident, (.+) would have moved in parallel with a mix of (\d+) donors.* before (\S+)\.$/, "recovery_parallel"],
  [/^Without the incident, (.+) would have equalled a mix of (\d+) donors.* before (\S+)\.$/, "recovery_equal"],
  [/^Without the incident, (.+) would have moved in parallel with the plain mean of (\d+) donors\.$/, "recovery_mean"],
  [/^Without the incident, (.+) would have gone on as before (\S+): .* on (\d+) donors\.$/, "recovery_level"],
  [/^Nothing else struck (.+) alone from (\S+) on/, "recovery_alone"],
  [/^The donors did not gain or lose by the incident\..*not known\.$/, "recovery_donors_unknown"],
  [/^Times are whole numbers and count as days/, "recovery_whole"],
  [/^"Back" is the first time from which the mean gap of (\d+) (?:times|days) stays at .* or better for (\d+)/, "recovery_back"],
  [/^The interval takes the counterfactual .* those of (\d+) donors do/, "recovery_placebos"],
  [/^The figures come from (\d+) draws; drawing anew moves the mean by about ([\d.]+) %/, "recovery_draws"],
  [/^(\w+) have no column (\w+)$/, "no_column"],
  [/^(\w+) have headers and no rows/, "no_rows"],
  [/^(\d+) orders with status "(.*)" were not sold/, "not_sold"],
  [/^(\d+) orders have the status "(.*)", which is not known/, "unknown_status"],
  [/^(\d+) orders have no (\w+)$/, "not_given"],
  [/^(\d+) rows of (\w+) repeat an id, (\d+) of them/, "repeated"],
  [/^(\d+) rows of (\w+) are out of order/, "out_of_order"],
  [/^its audience overlap is not known$/, "donor_unknown"],
  [/^([\d.]+ %) of the smaller audience is shared/, "donor_shared"],
  [/^left out: ([\d.]+ %) of the smaller audience is shared/, "donor_left_out"],
];

const figure = /\d{4}-\d{2}-\d{2}|(?<!\w)[-−]?\d+(?:\.\d+)?/g;

function named(values: readonly string[]): Record<string, string> {
  return Object.fromEntries(values.map((value, place) => [`a${place + 1}`, value]));
}

function phrase(code: string, values: readonly string[]): string | null {
  const text = tOr(`insight.said.${code}`, "", named(values));
  return text === "" || /\{a\d+\}/.test(text) ? null : text;
}

export interface Spoken {
  text: string;
  /** The language, where it is not the page's. */
  lang?: string;
}

export function say(said: Said | string): Spoken {
  const text = typeof said === "string" ? said : said.text;
  let own: string | null = null;
  for (const [pattern, code] of sentences) {
    const match = own === null ? pattern.exec(text) : null;
    if (match) own = phrase(code, match.slice(1));
  }
  if (own === null && typeof said !== "string") own = phrase(said.code, text.match(figure) ?? []);
  return own === null ? { text, lang: "en" } : { text: own };
}

export function sayAll(said: readonly (Said | string)[]): Spoken[] {
  return said.map(say);
}
