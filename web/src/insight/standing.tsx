/** How a host or a brand stands, and why: a score taken apart into the evidence behind it. */
import { Badge, type Column, t, Table } from "../ui";
import "./insight.css";
import { type Asking, Appeals, AppealButton } from "./appeals";
import { Figure, Figures, Part, rows_first } from "./figure";
import { dayWords, percent, plain, range } from "./figures";
import { Assumptions } from "./grounds";
import { LedgerPart } from "./ledger";
import { Rows, type RowsSpec } from "./rows";
import type { Appeal, DimensionScore, Ledger, Piece, Standing } from "./types";

interface StandingProps extends Asking {
  /** Whose it is. */
  name: string;
  standing: Standing;
  ledger?: Ledger | null;
  appeals?: Appeal[];
}

const score = (value: number) => percent(value, 1);

export function StandingView({ name, standing, ledger, appeals = [], onAppeal, onDecide }: StandingProps) {
  const asking: Asking = { ...(onAppeal ? { onAppeal } : {}), ...(onDecide ? { onDecide } : {}) };
  return (
    <div class="insight">
      <Figures>
        <Figure
          label={t("insight.s.overall", { day: dayWords(standing.as_of) })}
          value={score(standing.overall.score)}
          interval={t("insight.in90", { range: range(standing.overall.interval, score) })}
          badge={standing.dimensions.some((one) => one.gate) ? <Badge>{t(standing.passed ? "insight.s.passed" : "insight.s.not_passed")}</Badge> : null}
          explained={{ means: t("insight.s.overall.means"), formula: t("insight.s.overall.formula"), rests: t("insight.s.overall.rests") }}
        />
        {ledger ? <Figure label={t("insight.s.points")} value={plain(ledger.points)} interval={t("insight.s.points.exact")} explained={{ means: t("insight.s.points.means"), formula: t("insight.s.points.formula") }} /> : null}
      </Figures>
      <Dimensions name={name} standing={standing} />
      <Part title={t("insight.s.pieces")} intro={t("insight.s.pieces.intro")}><Pieces standing={standing} appeals={appeals} asking={asking} /></Part>
      {appeals.length > 0 ? <Part title={t("insight.s.appeals")} intro={t("insight.s.appeals.intro")}><Appeals appeals={appeals} asking={asking} /></Part> : null}
      {ledger ? <LedgerPart ledger={ledger} appeals={appeals} asking={asking} /> : null}
      <Assumptions said={standing.assumptions} />
    </div>
  );
}

function Dimensions({ name, standing }: { name: string; standing: Standing }) {
  const { dimensions } = standing;
  const lowest = Math.min(...dimensions.flatMap((one) => [one.interval[0], one.gate?.least ?? 1]));
  const spec: RowsSpec = {
    title: t("insight.s.dimensions"),
    name: "standing",
    keys: [
      { label: t("insight.s.score"), ink: "text", shape: "dot" },
      { label: t("insight.interval90"), ink: "accent", shape: "band" },
      ...(dimensions.some((one) => one.gate) ? [{ label: t("insight.s.gate"), ink: "text", shape: "gate" } as const] : []),
    ],
    rows: dimensions.map((one) => ({
      label: t(`insight.dimension.${one.dimension}`),
      words: `${score(one.score)} · ${range(one.interval, score)}${one.gate ? ` · ${t(one.gate.passed ? "insight.s.gate.passed" : "insight.s.gate.failed")}` : ""}`,
      marks: [{ shape: "dot", value: one.score, interval: one.interval }],
      gate: one.gate?.least,
    })),
    from: Math.min(0.9, Math.max(0, Math.floor(lowest * 20) / 20)),
    to: 1,
    tick: (value) => percent(value, 0),
    source: t("insight.s.source", { name, day: dayWords(standing.as_of) }),
  };
  const columns: Column<DimensionScore>[] = [
    { key: "dimension", title: t("insight.s.dimension"), value: (one) => t(`insight.dimension.${one.dimension}`) },
    { key: "score", title: t("insight.s.score"), numeric: true, value: (one) => one.score, cell: (one) => score(one.score) },
    { key: "low", title: t("insight.low_end", { what: t("insight.interval90") }), numeric: true, value: (one) => one.interval[0], cell: (one) => score(one.interval[0]) },
    { key: "high", title: t("insight.high_end", { what: t("insight.interval90") }), numeric: true, value: (one) => one.interval[1], cell: (one) => score(one.interval[1]) },
    { key: "gate", title: t("insight.s.gate"), numeric: true, value: (one) => one.gate?.least, cell: (one) => (one.gate ? score(one.gate.least) : "—") },
    { key: "good", title: t("insight.s.good"), numeric: true, value: (one) => one.good, cell: (one) => plain(one.good, 1) },
    { key: "bad", title: t("insight.s.bad"), numeric: true, value: (one) => one.bad, cell: (one) => plain(one.bad, 1) },
    { key: "prior", title: t("insight.s.prior"), value: (one) => one.prior.map((value) => plain(value, 1)).join(" / ") },
    { key: "share", title: t("insight.s.share"), numeric: true, value: (one) => one.share, cell: (one) => percent(one.share, 0) },
  ];
  return <Rows spec={spec} table={{ rows: dimensions, columns, rowKey: (one) => one.dimension }} note={t("insight.s.dimensions.note")} />;
}

function signed(value: number): string {
  const points = 100 * value;
  return t("insight.s.points_of", { points: Math.abs(points) < 0.005 ? "0" : `${points > 0 ? "+" : "−"}${plain(Math.abs(points))}` });
}

function Pieces({ standing, appeals, asking }: { standing: Standing; appeals: Appeal[]; asking: Asking }) {
  const { onAppeal } = asking;
  const columns: Column<Piece>[] = [
    { key: "on", title: t("insight.s.day"), value: (piece) => piece.on, cell: (piece) => <span class="num">{dayWords(piece.on)}</span> },
    { key: "dimension", title: t("insight.s.dimension"), value: (piece) => t(`insight.dimension.${piece.dimension}`) },
    {
      key: "id",
      title: t("insight.s.evidence"),
      value: (piece) => piece.id,
      cell: (piece) => (
        <span class="i-two">
          <span class="num">{piece.id}</span>
          {piece.reverses ? <Badge>{t("insight.s.reverses", { id: piece.reverses })}</Badge> : null}
          {piece.reversed_by ? <Badge>{t("insight.s.reversed", { id: piece.reversed_by })}</Badge> : null}
        </span>
      ),
    },
    { key: "counts", title: t("insight.s.counts"), value: (piece) => `${plain(piece.good, 1)} / ${plain(piece.bad, 1)}` },
    { key: "left", title: t("insight.s.left"), numeric: true, value: (piece) => piece.left, cell: (piece) => percent(piece.left, 0) },
    { key: "with", title: t("insight.s.with"), numeric: true, value: (piece) => piece.with.score, cell: (piece) => <span class="i-two">{score(piece.with.score)}<span class="muted small">{range(piece.with.interval, score)}</span></span> },
    { key: "without", title: t("insight.s.without"), numeric: true, value: (piece) => piece.without.score, cell: (piece) => <span class="i-two">{score(piece.without.score)}<span class="muted small">{range(piece.without.interval, score)}</span></span> },
    { key: "effect", title: t("insight.s.effect"), numeric: true, value: (piece) => piece.overall_effect, cell: (piece) => signed(piece.overall_effect) },
    ...(onAppeal ? [{
      key: "do",
      title: "",
      value: () => null,
      cell: (piece: Piece) => (piece.reverses || piece.reversed_by ? null : <AppealButton of={piece.id} appeals={appeals} onAppeal={onAppeal} />),
    }] : []),
  ];
  return <Table first={rows_first} rows={standing.pieces.toReversed()} columns={columns} rowKey={(piece) => piece.id} caption={t("insight.s.pieces")} exportName="standing" empty={t("insight.s.pieces.none")} />;
}
