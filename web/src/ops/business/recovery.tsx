// What an incident cost a host, and whether they are back.

import { useState } from "preact/hooks";
import { RecoveryView } from "../../insight/recovery";
import { dayWords } from "../../insight/figures";
import type { Method, Recovery } from "../../insight/types";
import type { Confirmed } from "../../wire/api";
import { api } from "../../wire/http";
import { Button, Empty, Failed, Field, Loading, Select, t, tOr, useLoad } from "../../ui";
import "./business.css";

const methods: readonly Method[] = ["sdid", "sc", "sc-exact", "did", "bsts"];
/** A posterior is drawn from while one waits. */
const answer_ms = 120_000;

interface Question {
  host: string;
  start: string;
  method: Method;
}

export function RecoveryTab() {
  const incidents = useLoad(() => api.get<Confirmed[]>("/recovery/incidents"), []);
  const [asked, setAsked] = useState<Question | null>(null);
  const { now } = incidents;
  if (now.state === "loading") return <Loading />;
  if (now.state === "failed") return <Failed error={now.error} retry={incidents.reload} />;
  return (
    <>
      <Ask incidents={now.data} onAsk={setAsked} />
      {asked ? <Answer key={JSON.stringify(asked)} of={asked} /> : <Empty title={t("insight.b.recovery.none")}>{t(now.data.length > 0 ? "insight.b.recovery.choose" : "insight.b.recovery.no_incident")}</Empty>}
    </>
  );
}

function Ask({ incidents, onAsk }: { incidents: readonly Confirmed[]; onAsk: (question: Question) => void }) {
  const [incident, setIncident] = useState("");
  const [host, setHost] = useState("");
  const [start, setStart] = useState("");
  const [method, setMethod] = useState<Method>("sdid");
  const choose = (id: string) => {
    setIncident(id);
    const one = incidents.find((other) => other.incident === id);
    if (!one) return;
    setHost(one.host);
    setStart(one.on);
    onAsk({ host: one.host, start: one.on, method });
  };
  const words = (one: Confirmed) => `${dayWords(one.on)} · ${one.host} · ${tOr(`desk.incident.severity.${one.severity}`, one.severity)}`;
  return (
    <form
      class="b-ask"
      onSubmit={(event) => {
        event.preventDefault();
        onAsk({ host: host.trim(), start, method });
      }}
    >
      {incidents.length > 0 ? <Select label={t("insight.b.recovery.incident")} value={incident} options={[{ value: "", label: t("insight.b.recovery.own") }, ...incidents.map((one) => ({ value: one.incident, label: words(one) }))]} onValue={choose} /> : null}
      <Field label={t("insight.host")} required value={host} onValue={setHost} spellcheck={false} autocapitalize="none" />
      <Field label={t("insight.b.recovery.start")} type="date" required value={start} onValue={setStart} />
      <Select label={t("insight.b.recovery.method")} value={method} options={methods.map((name) => ({ value: name, label: t(`insight.method.${name}`) }))} onValue={(name) => setMethod(name as Method)} />
      <Button type="submit" look="primary">{t("insight.b.recovery.show")}</Button>
    </form>
  );
}

function Answer({ of }: { of: Question }) {
  const load = useLoad(() => api.get<Recovery>(`/recovery?${new URLSearchParams({ ...of })}`, { timeout_ms: answer_ms }), []);
  if (load.now.state === "loading") return <Loading what={t("insight.b.recovery.busy")} />;
  if (load.now.state === "failed") return <Failed error={load.now.error} retry={load.reload} />;
  const recovery = load.now.data;
  return <RecoveryView recovery={recovery} {...(recovery.currency ? { currency: recovery.currency } : {})} />;
}
