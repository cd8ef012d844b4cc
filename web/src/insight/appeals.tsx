/** Appeals: asked by whom it is about, decided by somebody else, both with reasons. */
import { useState } from "preact/hooks";
import { Badge, Button, type Column, errorWords, Field, Notice, t, Table, When } from "../ui";
import type { Appeal } from "./types";

export interface Asking {
  /** Absent where the reader may not appeal. */
  onAppeal?: (of: string, reason: string) => Promise<void>;
  /** Absent where the reader may not decide. */
  onDecide?: (appeal: string, upheld: boolean, reason: string) => Promise<void>;
}

function useSend() {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const send = async (work: () => Promise<void>) => {
    setBusy(true);
    setError(null);
    try {
      await work();
    } catch (refused) {
      setError(refused);
    } finally {
      setBusy(false);
    }
  };
  const words = error ? errorWords(error) : null;
  return { busy, send, said: words ? <Notice kind="error" title={words.title}>{words.hint}</Notice> : null };
}

export function AppealButton({ of, appeals, onAppeal }: { of: string; appeals: readonly Appeal[]; onAppeal: NonNullable<Asking["onAppeal"]> }) {
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  const { busy, send, said } = useSend();
  const before = appeals.find((appeal) => appeal.of === of);
  if (before) return <Badge>{t("insight.s.appeal.state")}: {t(`insight.s.appeal.${before.state}`)}</Badge>;
  if (!open) return <Button size="small" onClick={() => setOpen(true)} aria-label={t("insight.s.appeal.of", { id: of })}>{t("insight.s.appeal")}</Button>;
  return (
    <form
      class="i-form"
      onSubmit={(event) => {
        event.preventDefault();
        void send(async () => {
          await onAppeal(of, reason.trim());
          setOpen(false);
        });
      }}
    >
      <Field label={t("insight.s.appeal.reason")} value={reason} onValue={setReason} required maxLength={2000} autoFocus />
      {said}
      <div class="row">
        <Button type="submit" size="small" look="primary" busy={busy} disabled={reason.trim() === ""}>{t("insight.s.appeal.send")}</Button>
        <Button size="small" look="quiet" onClick={() => setOpen(false)}>{t("ui.cancel")}</Button>
      </div>
    </form>
  );
}

export function Appeals({ appeals, asking }: { appeals: Appeal[]; asking: Asking }) {
  const { onDecide } = asking;
  const columns: Column<Appeal>[] = [
    { key: "asked", title: t("insight.s.appeal.asked"), value: (appeal) => appeal.asked_at, cell: (appeal) => <When time={appeal.asked_at} /> },
    { key: "of", title: t("insight.s.evidence"), value: (appeal) => appeal.of },
    { key: "by", title: t("insight.s.appeal.by"), value: (appeal) => appeal.by },
    { key: "reason", title: t("insight.s.appeal.reason"), value: (appeal) => appeal.reason, cell: (appeal) => <span class="i-words">{appeal.reason}</span> },
    { key: "state", title: t("insight.s.appeal.state"), value: (appeal) => t(`insight.s.appeal.${appeal.state}`), cell: (appeal) => <Badge>{t(`insight.s.appeal.${appeal.state}`)}</Badge> },
    { key: "answer", title: t("insight.s.appeal.answer"), value: (appeal) => appeal.answer, cell: (appeal) => (appeal.state === "open" ? (onDecide ? <Decide appeal={appeal} onDecide={onDecide} /> : "—") : <span class="i-words">{appeal.answer ?? "—"}</span>) },
  ];
  return <Table rows={appeals} columns={columns} rowKey={(appeal) => appeal.id} caption={t("insight.s.appeals")} filter={appeals.length > 8} />;
}

function Decide({ appeal, onDecide }: { appeal: Appeal; onDecide: NonNullable<Asking["onDecide"]> }) {
  const [reason, setReason] = useState("");
  const { busy, send, said } = useSend();
  const decide = (upheld: boolean) => void send(() => onDecide(appeal.id, upheld, reason.trim()));
  const unsaid = reason.trim() === "";
  return (
    <div class="i-form">
      <Field label={t("insight.s.decide.reason")} value={reason} onValue={setReason} maxLength={2000} />
      {said}
      <div class="row">
        <Button size="small" busy={busy} disabled={unsaid} onClick={() => decide(true)}>{t("insight.s.decide.uphold")}</Button>
        <Button size="small" busy={busy} disabled={unsaid} onClick={() => decide(false)}>{t("insight.s.decide.refuse")}</Button>
      </div>
    </div>
  );
}
