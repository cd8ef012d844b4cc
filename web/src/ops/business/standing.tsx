// How hosts and brands stand, and their appeals. People see their own; operators see all and decide.

import { useState } from "preact/hooks";
import { StandingView } from "../../insight/standing";
import { dayWords, percent, range } from "../../insight/figures";
import type { StandingOf, StandingRow } from "../../wire/api";
import { api, at } from "../../wire/http";
import { hasRole, session } from "../../wire/session";
import { Badge, Button, type Column, Empty, Failed, Loading, notify, Select, t, Table, useLoad } from "../../ui";
import "./business.css";

type Kind = StandingRow["kind"];

const score = (value: number) => percent(value, 1);

export function StandingTab() {
  const brand = session.value?.user.brand;
  if (hasRole("operator")) return <All />;
  return brand ? <One kind="brand" slug={brand} /> : <Empty title={t("insight.b.standing.none")} />;
}

function All() {
  const [kind, setKind] = useState<Kind>("host");
  const [open, setOpen] = useState<StandingRow | null>(null);
  const list = useLoad(() => api.get<StandingRow[]>(`/standing?kind=${kind}`), [kind]);
  if (open) {
    return (
      <>
        <div class="row">
          <Button size="small" onClick={() => { setOpen(null); list.reload(); }}>← {t("insight.b.standing.back")}</Button>
          <h2>{open.name}</h2>
        </div>
        <One kind={open.kind} slug={open.host} />
      </>
    );
  }
  const { now } = list;
  const choose = <Select label={t("insight.b.standing.kind")} value={kind} options={(["host", "brand"] as const).map((one) => ({ value: one, label: t(`insight.b.standing.${one}`) }))} onValue={(one) => setKind(one as Kind)} />;
  if (now.state === "loading") return <Loading />;
  if (now.state === "failed") return <Failed error={now.error} retry={list.reload} />;
  return (
    <>
      <div class="ops-filters">{choose}</div>
      <Table rows={now.data} columns={columns(setOpen)} rowKey={(row) => `${row.kind} ${row.host}`} caption={t("insight.b.standing.title")} exportName="standing" empty={t("insight.b.standing.none")} />
      <p class="muted small">{t("insight.b.standing.note")}</p>
    </>
  );
}

function columns(open: (row: StandingRow) => void): Column<StandingRow>[] {
  return [
    { key: "name", title: t("insight.name"), value: (row) => row.name, cell: (row) => <span class="cell-two">{row.name}<span class="muted small">{row.host}</span></span> },
    { key: "score", title: t("insight.s.score"), numeric: true, value: (row) => row.standing.overall.score, ends: (row) => row.standing.overall.interval, cell: (row) => <span class="i-two">{score(row.standing.overall.score)}<span class="muted small">{range(row.standing.overall.interval, score)}</span></span> },
    { key: "gates", title: t("insight.s.gate"), value: (row) => gateWords(row), cell: (row) => (row.standing.dimensions.some((one) => one.gate) ? <Badge>{gateWords(row)}</Badge> : <span class="muted">—</span>) },
    { key: "pieces", title: t("insight.s.evidence"), numeric: true, value: (row) => row.standing.pieces.length },
    { key: "as_of", title: t("insight.s.day"), value: (row) => row.standing.as_of, cell: (row) => <span class="num">{dayWords(row.standing.as_of)}</span> },
    { key: "do", title: "", value: () => null, cell: (row) => <span class="cell-actions"><Button size="small" look="quiet" onClick={() => open(row)} aria-label={t("insight.b.standing.open_of", { name: row.name })}>{t("insight.b.standing.open")}</Button></span> },
  ];
}

function gateWords(row: StandingRow): string {
  if (!row.standing.dimensions.some((one) => one.gate)) return "";
  return t(row.standing.passed ? "insight.s.passed" : "insight.s.not_passed");
}

/** One standing with its ledger and appeals; what is asked and decided shows at once. */
export function One({ kind, slug }: { kind: Kind; slug: string }) {
  const of = `/standing${at(slug)}`;
  const load = useLoad(() => api.get<StandingOf>(`${of}?kind=${kind}`), [kind, slug]);
  const { now } = load;
  if (now.state === "loading") return <Loading />;
  if (now.state === "failed") return <Failed error={now.error} retry={load.reload} />;
  const { name, standing, ledger, appeals } = now.data;
  const onAppeal = async (piece: string, reason: string) => {
    load.set(await api.post<StandingOf>(`${of}/appeals?kind=${kind}`, { of: piece, reason }));
    notify(t("insight.b.standing.asked"));
  };
  const onDecide = async (appeal: string, upheld: boolean, reason: string) => {
    load.set(await api.post<StandingOf>(`${of}/appeals${at(appeal)}/decision?kind=${kind}`, { upheld, reason }));
    notify(t("insight.b.standing.decided"));
  };
  return <StandingView name={name} standing={standing} ledger={ledger} appeals={appeals} onAppeal={onAppeal} {...(hasRole("operator") ? { onDecide } : {})} />;
}
