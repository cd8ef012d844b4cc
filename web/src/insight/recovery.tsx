/** What an incident cost, and whether the host is back: actual against what is expected without it. */
import { useMemo } from "preact/hooks";
import { type Column, locale, t, Table } from "../ui";
import "./insight.css";
import { Chart } from "./chart";
import { Figure, Figures, Part, rows_first } from "./figure";
import { amount, figures, isMadeUp, percent, placeOf, range, tickWords, timeWords } from "./figures";
import { Assumptions, MadeUp } from "./grounds";
import { Rows, type RowsSpec } from "./rows";
import { say } from "./said";
import type { ChartSpec } from "./spec";
import type { Recovery } from "./types";

type Donor = Recovery["donors"][number];

/** `currency` where the series are sales; else the values are in the units of the series. */
export function RecoveryView({ recovery, currency }: { recovery: Recovery; currency?: string }) {
  const words = (value: number) => (currency ? amount(value, currency) : figures(value));
  const whole = typeof recovery.start === "number";
  const source = t("insight.r.source", { unit: recovery.treated, method: t(`insight.method.${recovery.method}`) });
  const explained = { means: t("insight.r.mean.means"), formula: t(`insight.method.${recovery.method}.formula`), rests: t("insight.r.mean.rests") };
  return (
    <div class="insight">
      {isMadeUp([recovery.treated]) ? <MadeUp /> : null}
      <p class="i-basis">{t("insight.r.basis", { unit: recovery.treated, start: timeWords(recovery.start), method: t(`insight.method.${recovery.method}`) })}</p>
      <Figures>
        <Figure label={t("insight.r.back")} value={backValue(recovery)} interval={backWords(recovery)} explained={{ means: t("insight.r.back.means"), formula: t("insight.r.back.formula") }} />
        <Figure label={t("insight.r.total")} value={words(recovery.total.estimate)} interval={t("insight.in95", { range: range(recovery.total.interval, words) })} explained={explained} />
        <Figure label={t("insight.r.relative")} value={recovery.relative ? percent(recovery.relative.estimate) : "—"} interval={recovery.relative ? t("insight.in95", { range: range(recovery.relative.interval, (value) => percent(value)) }) : t("insight.r.relative.none")} />
        <Figure label={t("insight.r.mean")} value={words(recovery.estimate)} interval={t("insight.in95", { range: range(recovery.interval, words) })} more={t("insight.r.error", { error: words(recovery.standard_error) })} />
      </Figures>
      <Course recovery={recovery} words={words} currency={currency} source={source} />
      <Part title={t("insight.r.donors")} intro={t("insight.r.donors.intro")}><Donors recovery={recovery} /></Part>
      {recovery.weights.times.some((one) => one.weight !== 0) ? <TimeWeights recovery={recovery} whole={whole} source={source} /> : null}
      <Assumptions said={recovery.assumptions} />
    </div>
  );
}

function backValue({ recovered }: Recovery): string {
  return recovered.date === null ? t("insight.r.not_yet", { day: recovered.day }) : timeWords(recovered.date);
}

function backWords({ recovered }: Recovery): string {
  if (recovered.probability === null) return t("insight.r.too_short");
  const probability = percent(recovered.probability, 0);
  return recovered.date === null ? t("insight.r.not_yet.sure", { probability }) : t("insight.r.back.sure", { probability, day: recovered.day });
}

function Course({ recovery, words, currency, source }: { recovery: Recovery; words: (value: number) => string; currency: string | undefined; source: string }) {
  const language = locale.value;
  const spec = useMemo((): ChartSpec => {
    const { series, start, recovered } = recovery;
    const whole = typeof start === "number";
    const times = new Map(series.map((point) => [placeOf(point.time), point.time]));
    const marks = [{ at: placeOf(start), label: t("insight.r.start") }];
    if (recovered.date !== null) marks.push({ at: placeOf(recovered.date), label: t("insight.r.back_mark") });
    return {
      title: t("insight.r.course", { unit: recovery.treated }),
      name: `recovery-${recovery.treated.replaceAll(/\W+/g, "-")}-${recovery.method}`,
      x: { label: t("insight.r.time"), values: [...times.keys()], words: (place) => timeWords(times.get(place) ?? place), tick: (place, step) => (whole ? String(place) : tickWords(place, step)), time: !whole, whole },
      y: { label: currency ? t("insight.r.sales", { currency }) : t("insight.r.value"), words, tick: (value) => (currency ? amount(value, currency, true) : figures(value)) },
      lines: [
        { label: t("insight.r.actual"), values: series.map((point) => point.actual), ink: "text" },
        { label: t("insight.r.expected"), values: series.map((point) => point.counterfactual), ink: "accent", dashed: true },
      ],
      band: { label: t("insight.r.band"), low: series.map((point) => point.low), high: series.map((point) => point.high) },
      marks,
      source,
    };
  }, [recovery, currency, language, source]);
  return <Chart spec={spec} height={320} note={t("insight.r.note")} />;
}

function Donors({ recovery }: { recovery: Recovery }) {
  const rows = recovery.donors.toSorted((a, b) => Number(b.used) - Number(a.used) || Math.abs(b.weight) - Math.abs(a.weight));
  const columns: Column<Donor>[] = [
    { key: "unit", title: t("insight.r.donor"), value: (donor) => donor.unit },
    { key: "used", title: t("insight.r.used"), value: (donor) => t(donor.used ? "insight.yes" : "insight.no") },
    { key: "weight", title: t("insight.r.weight"), numeric: true, value: (donor) => (donor.used ? donor.weight : null), cell: (donor) => (donor.used ? percent(donor.weight) : "—") },
    ...(rows.some((donor) => typeof donor.inclusion === "number") ? [{ key: "inclusion", title: t("insight.r.inclusion"), numeric: true, value: (donor: Donor) => donor.inclusion, cell: (donor: Donor) => (typeof donor.inclusion === "number" ? percent(donor.inclusion, 0) : "—") }] : []),
    { key: "overlap", title: t("insight.overlap"), numeric: true, value: (donor) => donor.overlap, cell: (donor) => (donor.overlap === null ? t("insight.unknown") : percent(donor.overlap)) },
    {
      key: "note",
      title: t("insight.r.why"),
      value: (donor) => say(donor.note).text,
      cell: (donor) => {
        const said = say(donor.note);
        return <span lang={said.lang}>{said.text}</span>;
      },
    },
  ];
  return <Table first={rows_first} rows={rows} columns={columns} rowKey={(donor) => donor.unit} caption={t("insight.r.donors")} exportName="donors" />;
}

const times_max = 30;

function TimeWeights({ recovery, whole, source }: { recovery: Recovery; whole: boolean; source: string }) {
  const all = recovery.weights.times.filter((one) => one.weight !== 0);
  const alike = all.length > 1 && all.every((one) => Math.abs(one.weight - (all[0]?.weight ?? 0)) < 1e-9);
  if (alike) return <Part title={t("insight.r.times")}><p>{t("insight.r.times.alike", { n: all.length })}</p></Part>;
  const rows = all.slice(-times_max);
  const spec: RowsSpec = {
    title: t("insight.r.times"),
    name: "recovery-time-weights",
    keys: [{ label: t("insight.r.weight"), ink: "accent", shape: "bar" }],
    rows: rows.map((one) => ({ label: timeWords(one.time), words: percent(one.weight), marks: [{ shape: "bar", value: one.weight }] })),
    from: 0,
    to: Math.max(...rows.map((one) => one.weight)),
    tick: (value) => percent(value, 0),
    source,
  };
  const columns: Column<Recovery["weights"]["times"][number]>[] = [
    { key: "time", title: t("insight.r.time"), value: (one) => one.time, cell: (one) => timeWords(one.time), numeric: whole },
    { key: "weight", title: t("insight.r.weight"), numeric: true, value: (one) => one.weight, cell: (one) => percent(one.weight, 2) },
  ];
  return <Rows spec={spec} table={{ rows: recovery.weights.times, columns, rowKey: (one) => String(one.time) }} note={t("insight.r.times.note")} />;
}
