/** What a diversified plan looks like, and what it costs: the frontier, hours by host, and the price of each limit. */
import { useMemo, useState } from "preact/hooks";
import { Badge, Button, locale, number, t, tn } from "../ui";
import "./insight.css";
import { Chart } from "./chart";
import { Figure, Figures, Part } from "./figure";
import { amount, isMadeUp, percent, plain } from "./figures";
import { Assumptions, MadeUp } from "./grounds";
import { DualTable, PlanTable } from "./plantables";
import type { ChartSpec } from "./spec";
import type { Frontier, FrontierPoint, Plan } from "./types";

interface PlanProps {
  plan: Plan;
  frontier: Frontier | null;
  currency?: string;
}

/** The point of the frontier that stands nearest to the plan. */
export function pointOf(plan: Plan, points: readonly FrontierPoint[]): number {
  return points.reduce((best, point, place) => (Math.abs(point.es - plan.es) < Math.abs((points[best]?.es ?? Infinity) - plan.es) ? place : best), 0);
}

export function PlanView({ plan, frontier, currency }: PlanProps) {
  const unit = plan.currency ?? frontier?.currency ?? currency;
  const points = useMemo(() => (frontier?.points ?? []).toSorted((a, b) => a.es - b.es), [frontier]);
  const [chosen, setChosen] = useState<number | null>(null);
  const own = pointOf(plan, points);
  const point = chosen === null ? null : (points[chosen] ?? null);
  const alpha = percent(plan.alpha, 0);
  const money = (value: number) => amount(value, unit);
  const se = (value: number) => t("insight.in95", { range: t("insight.plus_minus", { value: money(1.96 * value) }) });
  return (
    <div class="insight">
      {isMadeUp(plan.hosts.map((host) => host.host)) ? <MadeUp /> : null}
      <Figures>
        <Figure label={t("insight.p.gmv")} value={money(plan.expected_gmv)} interval={se(plan.expected_gmv_se)} more={t("insight.p.gmv.more", { gmv: money(plan.gmv) })} explained={{ means: t("insight.p.gmv.means"), formula: t("insight.p.gmv.formula") }} />
        <Figure
          label={t("insight.f.es", { alpha })}
          value={money(plan.es)}
          interval={se(plan.es_se)}
          more={plan.es_budget === null ? t("insight.p.no_budget") : t("insight.p.budget", { budget: money(plan.es_budget) })}
          explained={{ means: t("insight.p.es.means"), formula: t("insight.p.es.formula"), rests: tn("insight.p.es.rests", plan.scenarios) }}
        />
        {plan.settled === undefined ? null : (
          <Figure label={t("insight.p.rounds")} value={number(plan.rounds?.length ?? 0)} interval={t(plan.settled ? "insight.p.settled" : "insight.p.not_settled")} badge={plan.settled ? null : <Badge>{t("insight.p.unsettled")}</Badge>} explained={{ means: t("insight.p.rounds.means"), formula: t("insight.p.rounds.formula") }} />
        )}
      </Figures>
      {frontier && points.length > 0 ? (
        <>
          <FrontierChart points={points} frontier={frontier} currency={unit} chosen={chosen ?? own} onChoose={setChosen} />
          <Chosen point={points[chosen ?? own] ?? null} currency={unit} back={chosen === null || chosen === own ? null : () => setChosen(null)} />
        </>
      ) : null}
      <Part title={t("insight.p.hosts")} intro={point ? t("insight.p.hosts.point") : t("insight.p.hosts.plan")}>
        <PlanTable plan={plan} hours={point && frontier ? new Map(frontier.hosts.map((host, place) => [host, point.hours[place] ?? 0])) : null} currency={unit} />
      </Part>
      <Part title={t("insight.p.duals")} intro={t("insight.p.duals.intro")}><DualTable plan={plan} currency={unit} /></Part>
      <Assumptions said={plan.assumptions} />
    </div>
  );
}

interface FrontierChartProps {
  points: FrontierPoint[];
  frontier: Frontier;
  currency: string | undefined;
  chosen: number;
  onChoose: (place: number) => void;
}

function FrontierChart({ points, frontier, currency, chosen, onChoose }: FrontierChartProps) {
  const language = locale.value;
  const spec = useMemo((): ChartSpec => {
    const money = (value: number) => amount(value, currency);
    const short = (value: number) => amount(value, currency, true);
    return {
      title: t("insight.p.frontier"),
      name: "plan-frontier",
      x: { label: t("insight.f.es", { alpha: percent(frontier.alpha, 0) }), values: points.map((point) => point.es), words: money, tick: short },
      y: { label: t("insight.p.given_up"), words: money, tick: short, zero: true },
      lines: [{ label: t("insight.p.given_up"), values: points.map((point) => point.gmv_given_up), ink: "accent", dots: true }],
    };
  }, [points, frontier, currency, language]);
  return <Chart spec={spec} height={320} chosen={chosen} onChoose={onChoose} note={t("insight.p.frontier.note")} />;
}

function Chosen({ point, currency, back }: { point: FrontierPoint | null; currency: string | undefined; back: (() => void) | null }) {
  if (!point) return null;
  const money = (value: number) => amount(value, currency);
  return (
    <div class="i-chosen" role="status">
      <p>{t("insight.p.chosen", { es: money(point.es), given: money(point.gmv_given_up), gmv: money(point.expected_gmv), hosts: plain(point.effective_hosts, 1) })}{point.es_price > 0 ? ` ${t("insight.p.chosen.price", { price: money(point.es_price), unit: money(1) })}` : ""}</p>
      {back ? <Button size="small" onClick={back}>{t("insight.p.to_plan")}</Button> : null}
    </div>
  );
}
