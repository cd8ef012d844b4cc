/** What if a host were dark: a slider over days, and what it costs. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { type Column, errorWords, Field, locale, Notice, Select, t, Table } from "../ui";
import { Chart } from "./chart";
import { Figure, Figures, Part } from "./figure";
import { amount, dayWords, percent, plain, range } from "./figures";
import { between, knownLosses, type Loss, lossOf } from "./interpolate";
import type { ChartSpec } from "./spec";
import type { Exposure, Level, WhatIf } from "./types";

export type AskWhatIf = (host: string, days: number, from: string) => Promise<WhatIf>;

const levels: readonly Level[] = ["low", "mid", "high"];
const asked_days_max = 365;
const wait_ms = 300;

export function WhatIfPart({ report, source, ask }: { report: Exposure; source: string; ask?: AskWhatIf }) {
  const listed = useMemo(() => [...new Set(report.what_if.map((answer) => answer.host))], [report]);
  const hosts = ask ? report.hosts.filter((host) => host.active).map((host) => host.host) : listed;
  const [chosen, setHost] = useState<string | null>(null);
  const [days, setDays] = useState(30);
  const first = report.what_if.find((answer) => answer.from)?.from ?? report.until;
  const [from, setFrom] = useState(first);
  const host = chosen !== null && hosts.includes(chosen) ? chosen : (hosts[0] ?? null);
  const known = useMemo(() => (host === null ? [] : knownLosses(report.what_if, host)), [report, host]);
  const max = ask ? asked_days_max : (known.at(-1)?.days ?? 0);
  const exact = useExact(ask, host, days, from);
  if (host === null || max === 0) return null;
  const listedLoss = from === first ? between(known, Math.min(days, max)) : null;
  const loss = exact.answer ? lossOf(exact.answer) : listedLoss;
  const answer = exact.answer ?? report.what_if.find((one) => one.host === host && one.days === days && one.from === from) ?? null;
  return (
    <Part title={t("insight.what_if")} intro={t("insight.what_if.intro")}>
      <div class="i-ask">
        <Select label={t("insight.host")} value={host} options={hosts.map((name) => ({ value: name, label: name }))} onValue={setHost} />
        <label class="field i-slider">
          <span>{t("insight.what_if.days", { days: Math.min(days, max) })}</span>
          <input type="range" min={1} max={max} value={Math.min(days, max)} onInput={(event) => setDays(Number(event.currentTarget.value))} />
        </label>
        {ask ? <Field label={t("insight.what_if.from")} type="date" value={from} onValue={(value) => value && setFrom(value)} /> : null}
      </div>
      {exact.error ? <Notice kind="error" title={errorWords(exact.error).title}>{errorWords(exact.error).hint}</Notice> : null}
      {loss ? <LossFigures loss={loss} report={report} /> : <p class="muted" role="status">{t("ui.loading")}</p>}
      {exact.answer ? null : <p class="muted small">{t("insight.what_if.between", { from: dayWords(first) })}</p>}
      {known.length > 2 ? <LossChart known={known} host={host} report={report} source={source} days={Math.min(days, max)} onDays={setDays} /> : null}
      {answer ? <BrandLosses answer={answer} currency={report.currency} /> : null}
    </Part>
  );
}

/** Asks once the slider rests. */
function useExact(ask: AskWhatIf | undefined, host: string | null, days: number, from: string) {
  const [got, setGot] = useState<{ key: string; answer: WhatIf | null; error: unknown }>({ key: "", answer: null, error: null });
  const key = `${host} ${days} ${from}`;
  useEffect(() => {
    if (!ask || host === null) return undefined;
    let current = true;
    const timer = setTimeout(() => {
      ask(host, days, from).then(
        (answer) => current && setGot({ key, answer, error: null }),
        (error: unknown) => current && setGot({ key, answer: null, error }),
      );
    }, wait_ms);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [ask, key]);
  return got.key === key ? got : { answer: null, error: null };
}

function LossFigures({ loss, report }: { loss: Loss; report: Exposure }) {
  const money = (value: number) => amount(value, report.currency);
  return (
    <Figures>
      {levels.map((level) => (
        <Figure
          key={level}
          label={t(`insight.what_if.${level}`, { rho: plain(report.substitution[level]) })}
          value={money(loss.lost[level])}
          interval={level === "mid" ? t("insight.in95", { range: range(loss.interval, money) }) : t("insight.level_of_interval")}
          more={t("insight.part_of_sales", { part: percent(loss.part[level], 2) })}
          {...(level === "mid" ? { explained: { means: t("insight.what_if.means"), formula: t("insight.what_if.formula") } } : {})}
        />
      ))}
    </Figures>
  );
}

interface LossChartProps {
  known: Loss[];
  host: string;
  report: Exposure;
  source: string;
  days: number;
  onDays: (days: number) => void;
}

const steps = 30;

function LossChart({ known, host, report, source, days, onDays }: LossChartProps) {
  const language = locale.value;
  const spec = useMemo((): ChartSpec => {
    const last = known.at(-1)?.days ?? 0;
    const at = [...new Set([...known.map((loss) => loss.days), ...Array.from({ length: steps + 1 }, (_, step) => Math.round((step * last) / steps))])].toSorted((a, b) => a - b);
    const losses = at.map((place) => between(known, place)).filter((loss) => loss !== null);
    const line = (level: Level) => losses.map((loss) => loss.lost[level]);
    return {
      title: t("insight.what_if.title", { host }),
      name: `what-if-${host.replaceAll(/\W+/g, "-")}`,
      x: { label: t("insight.what_if.axis"), values: at, words: (value) => t("insight.days", { days: value }), tick: (value) => plain(value, 0), whole: true },
      y: { label: t("insight.lost"), words: (value) => amount(value, report.currency), tick: (value) => amount(value, report.currency, true), zero: true },
      lines: [
        { label: t("insight.level.mid"), values: line("mid"), ink: "accent" },
        { label: t("insight.level.low"), values: line("low"), ink: "muted", dashed: true },
        { label: t("insight.level.high"), values: line("high"), ink: "text", dashed: true },
      ],
      band: { label: t("insight.interval95"), low: losses.map((loss) => loss.interval[0]), high: losses.map((loss) => loss.interval[1]) },
      source,
    };
  }, [known, host, report, source, language]);
  const nearest = spec.x.values.reduce((best, value, place) => (Math.abs(value - days) < Math.abs((spec.x.values[best] ?? 0) - days) ? place : best), 0);
  return <Chart spec={spec} chosen={nearest} onChoose={(place) => onDays(Math.max(1, spec.x.values[place] ?? 1))} />;
}

function BrandLosses({ answer, currency }: { answer: WhatIf; currency: string }) {
  type Brand = WhatIf["brands"][number];
  const columns: Column<Brand>[] = [
    { key: "brand", title: t("insight.brand"), value: (brand) => brand.brand, cell: (brand) => brand.brand || t("insight.without_brand") },
    { key: "lost", title: t("insight.lost"), numeric: true, value: (brand) => brand.lost, cell: (brand) => amount(brand.lost, currency) },
    { key: "part", title: t("insight.part_of_own"), numeric: true, value: (brand) => brand.part_of_gmv, cell: (brand) => percent(brand.part_of_gmv, 2) },
  ];
  return <Table rows={answer.brands} columns={columns} rowKey={(brand) => brand.brand} caption={t("insight.what_if.brands")} exportName="what-if-brands" filter={false} />;
}
