/** Points for breaches: a ledger apart from the score, in which points fade and are earned back. */
import { Badge, type Column, t, Table, tOr } from "../ui";
import { AppealButton, type Asking } from "./appeals";
import { Part, rows_first } from "./figure";
import { dayWords, plain } from "./figures";
import type { Appeal, Ledger, LedgerLine } from "./types";

function reasonWords({ reason }: LedgerLine): string {
  return reason.kind === "breach" ? t("insight.l.breach", { rule: tOr(`rule.${reason.rule}`, reason.rule) }) : t(`insight.l.${reason.by}`);
}

export function LedgerPart({ ledger, appeals, asking }: { ledger: Ledger; appeals: Appeal[]; asking: Asking }) {
  const { onAppeal } = asking;
  const signed = (value: number) => (value === 0 ? "0" : `${value > 0 ? "+" : "−"}${plain(Math.abs(value))}`);
  const columns: Column<LedgerLine>[] = [
    { key: "on", title: t("insight.s.day"), value: (line) => line.on, cell: (line) => <span class="num">{dayWords(line.on)}</span> },
    { key: "what", title: t("insight.l.what"), value: reasonWords, cell: (line) => <span class="i-two">{reasonWords(line)}{line.reversed_by ? <Badge>{t("insight.s.reversed", { id: line.reversed_by })}</Badge> : null}</span> },
    { key: "change", title: t("insight.l.change"), numeric: true, value: (line) => line.change, cell: (line) => signed(line.change) },
    { key: "balance", title: t("insight.l.balance"), numeric: true, value: (line) => line.balance, cell: (line) => plain(line.balance) },
    { key: "without", title: t("insight.l.without"), numeric: true, value: (line) => line.points_without, cell: (line) => plain(line.points_without) },
    ...(onAppeal ? [{
      key: "do",
      title: "",
      value: () => null,
      cell: (line: LedgerLine) => (line.reason.kind === "breach" && !line.reversed_by ? <AppealButton of={line.id} appeals={appeals} onAppeal={onAppeal} /> : null),
    }] : []),
  ];
  return (
    <Part title={t("insight.l.title")} intro={t("insight.l.intro")}>
      <Table first={rows_first} rows={ledger.lines.toReversed()} columns={columns} rowKey={(line) => line.id} caption={t("insight.l.title")} exportName="points" empty={t("insight.l.none")} />
    </Part>
  );
}
