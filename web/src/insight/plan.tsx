/** What a diversified plan looks like, and what it costs: the frontier, hours by host, and the price of each limit. */
import { useMemo, useState } from "preact/hooks";
import { Badge, Button, locale, number, t, tn } from "../ui";
import "./insight.css";
import { Chart } from "./chart";
import { Figure, Figures, Part } from "./figure";
import { amount, fixed, isMadeUp, percent, range } from "./figures";
import { Assumptions, MadeUp } from "./grounds";
import { DualTable, OutcomeTable, PlanTable } from "./plantables";
import type { ChartSpec } from "./spec";
import type { Frontier, FrontierPoint, Plan } from "./types";
import { z95 } from "./z95";

/** The point of the frontier that stands nearest to the plan. */
export function pointOf(plan: Plan, points: readonly FrontierPoint[]): number {
  return points.reduce((best, point, place) => (Math.abs(point.es - plan.es) < Math.abs((points[best]?.es ?? Infinity) - plan.es) ? place : best), 0);
}

export function PlanView({ plan, frontier }: { plan: Plan; frontier: Frontier | null }) {
  const { currency } = plan;
  const points = useMemo(() => (frontier?.points ?? []).toSorted((a, b) => a.es - b.es), [frontier]);
  const [chosen, setChosen] = useState<number | null>(null);
  const own = pointOf(plan, points);
  const point = chosen === null ? null : (points[chosen] ?? null);
  const hours = point && frontier ? new Map(frontier.hosts.map((host, place) => [host, point.hours[place] ?? 0])) : null;
  return (
    <div class="insight">
      {isMadeUp(plan.hosts.map((host) => host.host)) ? <MadeUp /> : null}
      <p class="i-basis">{t("insight.p.basis", { hosts: tn("insight.hosts", plan.hosts.length), days: number(plan.horizon_days), alpha: percent(plan.alpha, 0), scenarios: number(plan.scenarios) })}</p>
      <PlanFigures plan={plan} />
      {frontier && points.length > 0 ? (
        <>
          <FrontierChart points={points} frontier={frontier} chosen={chosen ?? own} onChoose={setChosen} />
          <Chosen point={points[chosen ?? own] ?? null} currency={currency} back={chosen === null || chosen === own ? null : () => setChosen(null)} />
        </>
      ) : null}
      <Part title={t("insight.p.hosts")} intro={point ? t("insight.p.hosts.point") : t("insight.p.hosts.plan")}>
        <PlanTable plan={plan} hours={hours} />
      </Part>
      <Part title={t("insight.p.outcomes")} intro={t("insight.p.outcomes.intro", { es: amount(plan.exposure.es, currency), range: range(plan.exposure.es_interval, (value) => amount(value, currency)) })}><OutcomeTable plan={plan} /></Part>
      <Part title={t("insight.p.duals")} intro={t("insight.p.duals.intro")}><DualTable plan={plan} /></Part>
      <Assumptions said={plan.assumptions} />
    </div>
  );
}

function PlanFigures({ plan }: { plan: Plan }) {
  const alpha = percent(plan.alpha, 0);
  const money = (value: number) => amount(value, plan.currency);
  const error = (value: number) => t("insight.p.error95", { value: money(z95 * value) });
  const now = (value: string) => t("insight.p.now", { value });
  return (
    <>
      <Figures>
        <Figure label={t("insight.p.gmv")} value={money(plan.expected_gmv)} interval={error(plan.expected_gmv_se)} more={now(`${money(plan.now.expected_gmv)} ± ${money(z95 * plan.now.expected_gmv_se)}`)} explained={{ means: t("insight.p.gmv.means"), formula: t("insight.p.gmv.formula") }} />
        <Figure
          label={t("insight.f.es", { alpha })}
          value={money(plan.es)}
          interval={error(plan.es_se)}
          more={<>{now(`${money(plan.now.es)} ± ${money(z95 * plan.now.es_se)}`)}<br />{plan.es_budget === null ? t("insight.p.no_budget") : t("insight.p.budget", { budget: money(plan.es_budget) })}</>}
          explained={{ means: t("insight.p.es.means"), formula: t("insight.p.es.formula"), rests: tn("insight.p.es.rests", plan.scenarios) }}
        />
        <Figure label={t("insight.p.held_out")} value={money(plan.held_out.es)} interval={error(plan.held_out.es_se)} explained={{ means: t("insight.p.held_out.means"), formula: t("insight.p.held_out.formula") }} />
      </Figures>
      <Figures>
        <Figure label={t("insight.f.effective")} value={fixed(plan.effective_hosts, 1)} interval={t("insight.p.exact")} more={now(fixed(plan.now.effective_hosts, 1))} />
        <Figure label={t("insight.p.es_price", { unit: money(1) })} value={money(plan.es_price)} interval={t("insight.p.es_price.slope")} explained={{ means: t("insight.p.es_price.means"), formula: t("insight.p.es_price.formula") }} />
        <Figure label={t("insight.p.rounds")} value={number(plan.rounds.length)} interval={t(plan.settled ? "insight.p.settled" : "insight.p.not_settled")} badge={plan.settled ? null : <Badge>{t("insight.p.unsettled")}</Badge>} explained={{ means: t("insight.p.rounds.means"), formula: t("insight.p.rounds.formula") }} />
      </Figures>
    </>
  );
}

interface FrontierChartProps {
  points: FrontierPoint[];
  frontier: Frontier;
  chosen: number;
  onChoose: (place: number) => void;
}

function FrontierChart({ points, frontier, chosen, onChoose }: FrontierChartProps) {
  const language = locale.value;
  const spec = useMemo((): ChartSpec => {
    const { currency, now, expected_gmv_free: free } = frontier;
    const money = (value: number) => amount(value, currency);
    const short = (value: number) => amount(value, currency, true);
    return {
      title: t("insight.p.frontier"),
      name: "plan-frontier",
      x: { label: t("insight.f.es", { alpha: percent(frontier.alpha, 0) }), values: points.map((point) => point.es), words: money, tick: short },
      y: { label: t("insight.p.given_up"), words: money, tick: short, zero: true },
      lines: [{ label: t("insight.p.given_up"), values: points.map((point) => point.gmv_given_up), ink: "accent", dots: true }],
      band: { label: t("insight.p.band"), low: points.map((point) => point.gmv_given_up - z95 * point.expected_gmv_se), high: points.map((point) => point.gmv_given_up + z95 * point.expected_gmv_se) },
      marks: [{ at: now.es, y: free - now.expected_gmv, label: t("insight.p.today") }],
      source: t("insight.p.source", { scenarios: number(frontier.scenarios), seed: frontier.seed, days: number(frontier.horizon_days) }),
    };
  }, [points, frontier, language]);
  return <Chart spec={spec} height={320} chosen={chosen} onChoose={onChoose} note={t("insight.p.frontier.note")} />;
}

function Chosen({ point, currency, back }: { point: FrontierPoint | null; currency: string; back: (() => void) | null }) {
  if (!point) return null;
  const money = (value: number) => amount(value, currency);
  const price = point.es_price > 0 ? ` ${t("insight.p.chosen.price", { price: money(point.es_price), unit: money(1) })}` : "";
  return (
    <div class="i-chosen" role="status">
      <p>
        {t("insight.p.chosen", { es: money(point.es), es_error: money(z95 * point.es_se), given: money(point.gmv_given_up), gmv: money(point.expected_gmv), gmv_error: money(z95 * point.expected_gmv_se), hosts: fixed(point.effective_hosts, 1) })}
        {price}{point.settled ? "" : ` ${t("insight.p.not_settled")}.`}
      </p>
      {back ? <Button size="small" onClick={back}>{t("insight.p.to_plan")}</Button> : null}
    </div>
  );
}
