/**
 * What the analyses write, as the crate `insight` serialises it: `exposure.json`, `plan.json`, `frontier.json`, the answer of
 * `recovery`, and standings. Amounts are in units of the currency, days are `YYYY-MM-DD`.
 */

export type Day = string;
/** Lower and upper end. */
export type Interval = [number, number];

export interface Levels<T> {
  low: T;
  mid: T;
  high: T;
}
export type Level = keyof Levels<unknown>;

/** A statement with a code, so that pages can say it in their language. */
export interface Said {
  code: string;
  text: string;
}

/** How sales are spread over hosts. */
export interface Spread {
  gmv: number;
  hhi: number;
  effective: number;
  gini: number;
  highly_concentrated: boolean;
  top_host: string;
  top_share: number;
}
export interface MonthSpread extends Spread {
  month: string;
}

export interface HostExposure {
  host: string;
  gmv: number;
  share: number;
  share_interval: Interval | null;
  share_by_month: number[];
  audience: number;
  exclusive_audience: number;
  exclusive_part: number;
  followers: number | null;
  exclusive_followers: number | null;
  active: boolean;
  dark_now: boolean;
  gmv_per_day: number;
  gmv_per_day_interval: Interval;
  hours: number;
  hours_per_week: number;
  incidents: number;
  incidents_per_1000h: number;
  incidents_per_1000h_interval: Interval;
  incidents_per_1000h_upper_bound: number | null;
  own_weight: number;
  es_contribution: number;
  es_contribution_interval: Interval;
  es_part: number;
  es_contribution_by_substitution: Levels<number>;
}

export interface GroupExposure extends Spread {
  name: string;
  share: number;
  months: MonthSpread[];
  es_contribution: number | null;
  es_contribution_interval: Interval | null;
  es_contribution_by_substitution: Levels<number> | null;
}

export interface Overlap {
  hosts: [string, string];
  common: number;
  overlap: number;
}

export interface DarkEpisode {
  incident: string;
  host: string;
  from: Day;
  days: number;
  audience: number;
  comparison: number;
  expected: number;
  seen: number;
  lost: number;
  taken_over: number;
  substitution: number | null;
  substitution_interval: Interval | null;
}

export interface WhatIf {
  host: string;
  days: number;
  from: Day | null;
  gross: number;
  gross_dark: number;
  lost: Levels<number>;
  lost_interval: Interval;
  part_of_gmv: Levels<number>;
  season: number;
  brands: { brand: string; lost: number; part_of_gmv: number }[];
}

export interface AtRisk {
  substitution: number;
  alpha: number;
  mean: number;
  mean_standard_error: number;
  var: number;
  var_standard_error: number;
  es: number;
  es_standard_error: number;
}

export interface Exposure {
  version: number;
  currency: string;
  from: Day;
  until: Day;
  gaps: [Day, Day][];
  orders: number;
  buyers: number;
  followers: number | null;
  gmv: number;
  hhi: number;
  hhi_interval: Interval | null;
  highly_concentrated: boolean;
  effective_hosts: number;
  effective_hosts_interval: Interval | null;
  gini: number;
  gini_interval: Interval | null;
  horizon_days: number;
  alpha: number;
  scenarios: number;
  seed: number;
  mean: number;
  mean_interval: Interval;
  mean_standard_error: number;
  var: number;
  var_interval: Interval;
  var_standard_error: number;
  es: number;
  es_interval: Interval;
  es_standard_error: number;
  es_part_of_gmv: number;
  by_substitution: Levels<AtRisk>;
  parameter_draws: number;
  substitution: Levels<number> & { told_by_data: boolean; episodes: number; widened: number; quiet_dates: number };
  dark: {
    episodes: number;
    none: number;
    median_days: number;
    long_days: number;
    depth: number;
    depth_interval: Interval;
    recovery_days: number;
    recovery_interval: Interval;
    returns: number;
  };
  hosts: HostExposure[];
  brands: GroupExposure[];
  categories: GroupExposure[];
  months: MonthSpread[];
  overlaps: Overlap[];
  follower_overlaps: Overlap[];
  episodes: DarkEpisode[];
  what_if: WhatIf[];
  assumptions: Said[];
  notes: Said[];
  rejected_rows: { file: string; line: number; reason: string }[];
  files: { file: string; rejected: number; repeated: number }[];
}

export interface PlannedHost {
  host: string;
  /** Hours on air now, where they are known. */
  hours_now?: number | null;
  hours: number;
  hours_min: number;
  hours_max: number | null;
  gmv: number;
  expected_gmv: number;
  expected_gmv_se: number;
  share: number;
  es_contribution: number;
  es_contribution_se: number;
  slots?: { slot: string; hours: number }[];
  next_hour: { gmv: number; es: number; price: number } | null;
}

export interface Dual {
  /** `es`, `contract:HOST`, `care:HOST`, `share:HOST`, `slot:SLOT`, `brand:BRAND` or `brand-host:BRAND/HOST`. */
  name: string;
  unit: "currency" | "hours" | "share";
  bound: number | null;
  used: number;
  price: number;
}

export interface Round {
  round: number;
  expected_gmv: number;
  es: number;
  within_budget: boolean;
  gain_left: number;
  moved_hours: number;
}

/** Sales and losses of some hours, as simulated. */
export interface Outcome {
  gmv: number;
  expected_gmv: number;
  expected_gmv_se: number;
  var: number;
  es: number;
  es_se: number;
  effective_hosts: number;
}

/** `plan.json`. Hours are a week; amounts are over the horizon. */
export interface Plan extends Outcome {
  version: number;
  currency: string;
  horizon_days: number;
  seed: number;
  hosts: PlannedHost[];
  alpha: number;
  es_budget: number | null;
  scenarios: number;
  duals: Dual[];
  assumptions: Said[];
  settled: boolean;
  rounds: Round[];
  now: Outcome;
  by_substitution: Levels<Outcome>;
  by_elasticity: Record<"low" | "high", Outcome & { elasticity: number }>;
  es_price: number;
  held_out: Outcome;
  exposure: { es: number; es_interval: Interval; es_se: number };
}

export interface FrontierPoint {
  es_budget: number;
  es: number;
  es_se: number;
  expected_gmv: number;
  expected_gmv_se: number;
  gmv_given_up: number;
  es_price: number;
  effective_hosts: number;
  hours: number[];
  settled: boolean;
}

/** `frontier.json`. */
export interface Frontier {
  version: number;
  currency: string;
  horizon_days: number;
  seed: number;
  scenarios: number;
  alpha: number;
  hosts: string[];
  now: Outcome;
  hours_now: number[];
  expected_gmv_free: number;
  es_least: number;
  points: FrontierPoint[];
  assumptions: Said[];
}

/** A day, or a whole number such as a year. */
export type SeriesTime = Day | number;

export interface Effect {
  estimate: number;
  interval: Interval;
}

export type Method = "sdid" | "sc" | "sc-exact" | "did" | "bsts";

export interface Recovery {
  method: Method;
  /** Of the series, where it is known. */
  currency?: string;
  treated: string;
  start: SeriesTime;
  estimate: number;
  standard_error: number;
  interval: Interval;
  total: Effect;
  relative: Effect | null;
  weights: { units: { unit: string; weight: number }[]; times: { time: SeriesTime; weight: number }[] };
  donors: { unit: string; used: boolean; weight: number; inclusion?: number | null; overlap: number | null; note: string }[];
  recovered: { date: SeriesTime | null; day: number; probability: number | null; says: string };
  series: { time: SeriesTime; actual: number; counterfactual: number; low: number; high: number; back?: number }[];
  assumptions: string[];
}

export type Dimension = "refunds" | "complaints" | "incidents" | "rules" | "feedback";

export interface Score {
  score: number;
  interval: Interval;
}

export interface DimensionScore extends Score {
  dimension: Dimension;
  prior: [number, number];
  good: number;
  bad: number;
  share: number;
  gate: { least: number; passed: boolean } | null;
}

export interface Piece {
  id: string;
  on: Day;
  dimension: Dimension;
  reverses: string | null;
  reversed_by: string | null;
  left: number;
  good: number;
  bad: number;
  with: Score;
  without: Score;
  overall_effect: number;
}

export interface Standing {
  as_of: Day;
  overall: Score;
  passed: boolean;
  dimensions: DimensionScore[];
  pieces: Piece[];
  assumptions: string[];
}

export interface LedgerLine {
  id: string;
  on: Day;
  reason: { kind: "breach"; rule: string; points: number } | { kind: "earned"; by: "clean_show" | "correction" };
  change: number;
  balance: number;
  points_without: number;
  reversed_by: string | null;
}

export interface Ledger {
  as_of: Day;
  points: number;
  lines: LedgerLine[];
}

export interface Appeal {
  id: string;
  of: string;
  by: string;
  reason: string;
  state: "open" | "upheld" | "refused";
  asked_at: string;
  decided_at?: string | null;
  answer?: string | null;
}
