// How often rules and detectors are right, and how often they say something.

import type { Counted, PrecisionOf } from "../../wire/api";
import { type Column, number, t, Table } from "../../ui";
import { ruleWords } from "./rules";
import { decided } from "./words";

const percent = (share: number): string => number(share, { style: "percent", maximumFractionDigits: 0 });

interface Row extends Counted {
  key: string;
  name: string;
  detector: string;
}

export function PrecisionPart({ of }: { of: PrecisionOf }) {
  const rules: Row[] = of.rules.map((one) => ({ ...one, key: one.rule, name: ruleWords(one.rule), detector: t(`ops.inc.detector.${one.detector}`) }));
  const detectors: Row[] = of.detectors.map((one) => ({ ...one, key: one.detector, name: t(`ops.inc.detector.${one.detector}`), detector: "" }));
  return (
    <section class="stack inc-precision">
      <h2>{t("ops.inc.precision")}</h2>
      <p class="muted small ops-intro">{t("ops.inc.precision.words", { hours: number(of.hours, { maximumFractionDigits: 1 }) })}</p>
      <Table rows={detectors} columns={columns(t("ops.inc.detector"), false)} rowKey={(row) => row.key} caption={t("ops.inc.by_detector")} filter={false} exportName="precision-detectors" empty={t("ops.inc.empty")} />
      <Table rows={rules} columns={columns(t("ops.inc.rule"), true)} rowKey={(row) => row.key} caption={t("ops.inc.by_rule")} filter={false} exportName="precision-rules" empty={t("ops.inc.empty")} />
    </section>
  );
}

function columns(name: string, ofRules: boolean): Column<Row>[] {
  const ends = (row: Row): readonly [number, number] | null => {
    const [low, high] = row.interval ?? [];
    return low === undefined || high === undefined ? null : [low, high];
  };
  return [
    { key: "name", title: name, value: (row) => row.name, ...(ofRules ? { cell: (row: Row) => <span class="cell-two">{row.name}<span class="muted small">{row.key} · {row.detector}</span></span> } : {}) },
    { key: "incidents", title: t("ops.inc.count"), numeric: true, value: (row) => row.incidents },
    { key: "per_hour", title: t("ops.inc.per_hour"), numeric: true, value: (row) => row.per_hour, cell: (row) => (typeof row.per_hour === "number" ? number(row.per_hour, { maximumFractionDigits: 2 }) : "—") },
    { key: "right", title: t("ops.inc.judged.right"), numeric: true, value: (row) => row.right },
    { key: "late", title: t("ops.inc.judged.late"), numeric: true, value: (row) => row.late },
    { key: "wrong", title: t("ops.inc.judged.wrong"), numeric: true, value: (row) => row.wrong },
    { key: "undecided", title: t("ops.inc.judged.undecided"), numeric: true, value: (row) => row.undecided },
    {
      key: "precision", title: t("ops.inc.share"), numeric: true, value: (row) => row.precision, ends,
      cell: (row) => {
        const interval = ends(row);
        if (typeof row.precision !== "number" || !interval) return <span class="muted">{t("ops.inc.share.none")}</span>;
        return <span class="cell-two">{percent(row.precision)}<span class="muted small">{t("ops.inc.share.range", { low: percent(interval[0]), high: percent(interval[1]), n: decided(row) })}</span></span>;
      },
    },
  ];
}
