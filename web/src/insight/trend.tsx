/** Concentration month by month. */
import { useMemo, useState } from "preact/hooks";
import { locale, number, t } from "../ui";
import { Chart } from "./chart";
import { amount, monthWords, percent, placeOf, plain, tickWords } from "./figures";
import type { ChartSpec } from "./spec";
import type { Exposure, MonthSpread } from "./types";

const measures = ["effective", "hhi", "top", "gmv"] as const;
type Measure = (typeof measures)[number];

export function Trend({ report, source }: { report: Exposure; source: string }) {
  const [measure, setMeasure] = useState<Measure>("effective");
  const language = locale.value;
  const spec = useMemo((): ChartSpec => {
    const how: Record<Measure, { value: (month: MonthSpread) => number; words: (value: number) => string; tick?: (value: number) => string }> = {
      effective: { value: (month) => month.effective, words: (value) => plain(value, 1) },
      hhi: { value: (month) => 10_000 * month.hhi, words: (value) => number(value, { maximumFractionDigits: 0 }) },
      top: { value: (month) => month.top_share, words: (value) => percent(value), tick: (value) => percent(value, 0) },
      gmv: { value: (month) => month.gmv, words: (value) => amount(value, report.currency), tick: (value) => amount(value, report.currency, true) },
    };
    const { value, words, tick } = how[measure];
    const title = t(`insight.trend.${measure}`);
    const byPlace = new Map(report.months.map((month) => [placeOf(month.month), month.month]));
    return {
      title: t("insight.trend", { what: title }),
      name: `exposure-${measure}-by-month`,
      x: { label: t("insight.month"), values: [...byPlace.keys()], words: (place) => monthWords(byPlace.get(place) ?? ""), tick: (place, step) => tickWords(place, Math.max(step, 28 * 86_400)), time: true },
      y: { label: title, words, ...(tick ? { tick } : {}), zero: true },
      lines: [{ label: title, values: report.months.map(value), ink: "accent", dots: true }],
      source,
    };
  }, [report, measure, source, language]);
  if (report.months.length === 0) return null;
  const choose = (
    <select class="input i-choose" aria-label={t("insight.trend.choose")} value={measure} onChange={(event) => setMeasure(event.currentTarget.value as Measure)}>
      {measures.map((name) => <option key={name} value={name}>{t(`insight.trend.${name}`)}</option>)}
    </select>
  );
  return <Chart spec={spec} tools={choose} note={t("insight.trend.note")} />;
}
