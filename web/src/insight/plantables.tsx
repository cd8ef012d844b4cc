/** The tables of a plan: hours by host, and what each limit costs in words. */
import { type Column, t, Table } from "../ui";
import { rows_first } from "./figure";
import { amount, fixed, percent } from "./figures";
import type { Dual, Outcome, Plan, PlannedHost } from "./types";
import { z95 } from "./z95";

interface PlanTableProps {
  plan: Plan;
  /** Hours of another point of the frontier. */
  hours: Map<string, number> | null;
}

const hour = (value: number) => fixed(value, 1);

/** An estimate of the simulation with its 95 % interval. */
function simulated<T>(key: string, title: string, currency: string, value: (row: T) => number, error: (row: T) => number): Column<T> {
  const ends = (row: T): [number, number] => [value(row) - z95 * error(row), value(row) + z95 * error(row)];
  return {
    key, title, numeric: true, value, ends,
    cell: (row) => <span class="i-two">{amount(value(row), currency)}<span class="muted small">± {amount(z95 * error(row), currency)}</span></span>,
  };
}

export function PlanTable({ plan, hours }: PlanTableProps) {
  const { currency } = plan;
  const money = (value: number) => amount(value, currency);
  const planned = (host: PlannedHost) => hours?.get(host.host) ?? host.hours;
  const change = (host: PlannedHost) => (typeof host.hours_now === "number" ? planned(host) - host.hours_now : null);
  const signed = (value: number | null) => (value === null ? "—" : Math.abs(value) < 0.05 ? "0" : `${value > 0 ? "+" : "−"}${hour(Math.abs(value))}`);
  const columns: Column<PlannedHost>[] = [
    { key: "host", title: t("insight.host"), value: (host) => host.host },
    { key: "now", title: t("insight.p.hours_now"), numeric: true, value: (host) => host.hours_now, cell: (host) => (typeof host.hours_now === "number" ? hour(host.hours_now) : "—") },
    { key: "hours", title: t("insight.p.hours"), numeric: true, value: planned, cell: (host) => <b>{hour(planned(host))}</b> },
    { key: "change", title: t("insight.p.change"), numeric: true, value: change, cell: (host) => signed(change(host)) },
    { key: "bounds", title: t("insight.p.bounds"), value: (host) => `${hour(host.hours_min)} – ${host.hours_max === null ? "∞" : hour(host.hours_max)}` },
    ...(hours ? [] : [
      simulated<PlannedHost>("gmv", t("insight.p.gmv"), currency, (host) => host.expected_gmv, (host) => host.expected_gmv_se),
      { key: "share", title: t("insight.share"), numeric: true, value: (host: PlannedHost) => host.share, cell: (host: PlannedHost) => percent(host.share) },
      simulated<PlannedHost>("es", t("insight.es_contribution"), currency, (host) => host.es_contribution, (host) => host.es_contribution_se),
      { key: "price", title: t("insight.p.next_hour"), numeric: true, value: (host: PlannedHost) => host.next_hour?.price, cell: (host: PlannedHost) => (host.next_hour ? money(host.next_hour.price) : "—") },
      { key: "next", title: t("insight.p.next_sells"), numeric: true, value: (host: PlannedHost) => host.next_hour?.gmv, cell: (host: PlannedHost) => (host.next_hour ? money(host.next_hour.gmv) : "—") },
    ]),
  ];
  return (
    <>
      <Table first={rows_first} rows={plan.hosts} columns={columns} rowKey={(host) => host.host} caption={t("insight.p.hosts")} exportName="plan" />
      {hours ? null : <p class="muted small">{t("insight.p.next_note")}</p>}
    </>
  );
}

/** The plan beside today, and beside what it would be if something were otherwise. */
export function OutcomeTable({ plan }: { plan: Plan }) {
  type Row = Outcome & { name: string };
  const { by_substitution: levels, by_elasticity: curves } = plan;
  const named = (name: string, outcome: Outcome): Row => Object.assign({ name }, outcome);
  const rows: Row[] = [
    named(t("insight.p.row.now"), plan.now),
    named(t("insight.p.row.planned"), levels.mid),
    named(t("insight.p.row.held_out"), plan.held_out),
    named(t("insight.level.low"), levels.low),
    named(t("insight.level.high"), levels.high),
    named(t("insight.p.row.less", { elasticity: fixed(curves.low.elasticity) }), curves.low),
    named(t("insight.p.row.more", { elasticity: fixed(curves.high.elasticity) }), curves.high),
  ];
  const columns: Column<Row>[] = [
    { key: "name", title: t("insight.p.row"), value: (row) => row.name },
    simulated<Row>("gmv", t("insight.p.gmv"), plan.currency, (row) => row.expected_gmv, (row) => row.expected_gmv_se),
    simulated<Row>("es", t("insight.f.es", { alpha: percent(plan.alpha, 0) }), plan.currency, (row) => row.es, (row) => row.es_se),
    { key: "effective", title: t("insight.f.effective"), numeric: true, value: (row) => row.effective_hosts, cell: (row) => fixed(row.effective_hosts, 1) },
  ];
  return <Table rows={rows} columns={columns} rowKey={(row) => row.name} caption={t("insight.p.outcomes")} exportName="plan-outcomes" filter={false} />;
}

/** Which limit a dual belongs to, in words. */
export function limitWords(name: string): string {
  const [kind = "", rest = ""] = [name.slice(0, name.includes(":") ? name.indexOf(":") : undefined), name.slice(name.indexOf(":") + 1)];
  switch (kind) {
    case "es": return t("insight.p.limit.es");
    case "contract": return t("insight.p.limit.contract", { name: rest });
    case "care": return t("insight.p.limit.care", { name: rest });
    case "share": return t("insight.p.limit.share", { name: rest });
    case "slot": return t("insight.p.limit.slot", { name: rest });
    case "brand": return t("insight.p.limit.brand", { name: rest });
    case "brand-host": return t("insight.p.limit.brand_host", { brand: rest.slice(0, rest.lastIndexOf("/")), name: rest.slice(rest.lastIndexOf("/") + 1) });
    default: return name;
  }
}

/** What one more unit of a limit is worth, in a sentence. */
export function dualWords(dual: Dual, currency: string | undefined): string {
  if (dual.price === 0) return t("insight.p.dual.free");
  const money = (value: number) => amount(Math.abs(value), currency);
  const down = dual.price < 0;
  switch (dual.unit) {
    case "hours": return t(down ? "insight.p.dual.hour_costs" : "insight.p.dual.hour", { price: money(dual.price) });
    case "share": return t(down ? "insight.p.dual.point_costs" : "insight.p.dual.point", { price: money(dual.price / 100) });
    default: return t("insight.p.dual.es", { price: amount(dual.price, currency), unit: amount(1, currency) });
  }
}

export function DualTable({ plan }: { plan: Plan }) {
  const { currency } = plan;
  const words = (unit: Dual["unit"], value: number | null) => {
    if (value === null) return "∞";
    return unit === "hours" ? hour(value) : unit === "share" ? percent(value) : amount(value, currency);
  };
  const rows = plan.duals.toSorted((a, b) => Number(b.price !== 0) - Number(a.price !== 0));
  const columns: Column<Dual>[] = [
    { key: "limit", title: t("insight.p.limit"), value: (dual) => limitWords(dual.name) },
    { key: "bound", title: t("insight.p.bound"), numeric: true, value: (dual) => dual.bound, cell: (dual) => words(dual.unit, dual.bound) },
    { key: "used", title: t("insight.p.used"), numeric: true, value: (dual) => dual.used, cell: (dual) => words(dual.unit, dual.used) },
    { key: "price", title: t("insight.p.price"), value: (dual) => dual.price, cell: (dual) => dualWords(dual, currency) },
  ];
  return <Table first={rows_first} rows={rows} columns={columns} rowKey={(dual) => dual.name} caption={t("insight.p.duals")} exportName="limits" empty={t("insight.p.duals.none")} />;
}
