// Incidents of all shows: found, opened, judged, counted and exported.

import { useState } from "preact/hooks";
import type { Case, CasesPage, Host, PrecisionOf } from "../../wire/api";
import { api } from "../../wire/http";
import { allShows } from "../../wire/shows";
import { wordsOf } from "../../desk/actions";
import { doneWords, isTurnAlone } from "../../desk/incidents";
import { Badge, Button, type Column, download, notifyError, Select, t, Table, useLoad, When } from "../../ui";
import { Loaded } from "../data";
import { Details } from "./details";
import "./incidents.css";
import { PrecisionPart } from "./precision";
import { ruleWords } from "./rules";
import { allCases, type CaseFilter, every, query, VERDICTS } from "./words";

const page_size = 50;

export function IncidentsTab() {
  const [filter, setFilter] = useState<CaseFilter>(every);
  const [older, setOlder] = useState<CasesPage | null>(null);
  const [open, setOpen] = useState<string | null>(null);
  const deps = Object.values(filter);
  const cases = useLoad(() => api.get<CasesPage>(`/incidents${query(filter, { limit: String(page_size) })}`), deps);
  const precision = useLoad(() => api.get<PrecisionOf>(`/incidents/precision${query({ ...filter, verdict: "", rule: "" })}`), deps);
  const set = (change: Partial<CaseFilter>) => {
    setOlder(null);
    setOpen(null);
    setFilter({ ...filter, ...change });
  };
  const more = async (before: string) => {
    try {
      const next = await api.get<CasesPage>(`/incidents${query(filter, { limit: String(page_size), before })}`);
      setOlder((known) => ({ ...next, incidents: [...(known?.incidents ?? []), ...next.incidents] }));
    } catch (error) {
      notifyError(error);
    }
  };
  const judged = (now: Case) => {
    setOlder((known) => known && { ...known, incidents: known.incidents.map((one) => (one.id === now.id ? now : one)) });
    cases.reload();
    precision.reload();
  };
  return (
    <>
      <p class="muted ops-intro">{t("ops.inc.words")}</p>
      <Filters filter={filter} rules={precision.now.state === "ready" ? precision.now.data.rules.map((one) => one.rule) : []} onSet={set} />
      <Loaded load={cases}>
        {(first) => {
          const rows = [...first.incidents, ...(older?.incidents ?? [])];
          const next = (older ?? first).next ?? null;
          return (
            <>
              <Table
                rows={rows}
                columns={columns(setOpen)}
                rowKey={(one) => one.id}
                caption={t("ops.tab.incidents")}
                empty={t("ops.inc.empty")}
                tools={<Exports filter={filter} />}
              />
              {next !== null ? <Button look="quiet" onClick={() => void more(next)}>{t("ops.inc.older", { shown: rows.length, total: first.total })}</Button> : null}
            </>
          );
        }}
      </Loaded>
      <Loaded load={precision}>{(of) => <PrecisionPart of={of} />}</Loaded>
      {open ? <Details key={open} id={open} onClose={() => setOpen(null)} onJudged={judged} /> : null}
    </>
  );
}

function Filters({ filter, rules, onSet }: { filter: CaseFilter; rules: readonly string[]; onSet: (change: Partial<CaseFilter>) => void }) {
  const shows = useLoad(() => allShows(), []);
  const hosts = useLoad(() => api.get<Host[]>("/hosts"), []);
  const all = { value: "", label: t("ops.all") };
  const showOptions = shows.now.state === "ready" ? shows.now.data.map((one) => ({ value: one.slug, label: one.title })) : [];
  const hostOptions = hosts.now.state === "ready" ? hosts.now.data.map((one) => ({ value: one.slug, label: one.name })) : [];
  // A rule that is chosen stays a choice though the rest of the filter leaves nothing of it.
  const named = filter.rule && !rules.includes(filter.rule) ? [...rules, filter.rule] : rules;
  return (
    <div class="ops-filters">
      <Select label={t("ops.show")} value={filter.show} options={[all, ...showOptions]} onValue={(show) => onSet({ show })} />
      <Select label={t("ops.host")} value={filter.host} options={[all, ...hostOptions]} onValue={(host) => onSet({ host })} />
      <Select label={t("ops.inc.rule")} value={filter.rule} options={[all, ...named.map((rule) => ({ value: rule, label: ruleWords(rule) }))]} onValue={(rule) => onSet({ rule })} />
      <Select
        label={t("ops.inc.verdict")}
        value={filter.verdict}
        options={[all, ...VERDICTS.map((verdict) => ({ value: verdict as string, label: t(`desk.incident.verdict.${verdict}`) })), { value: "none", label: t("ops.inc.verdict.none") }]}
        onValue={(verdict) => onSet({ verdict })}
      />
    </div>
  );
}

function Exports({ filter }: { filter: CaseFilter }) {
  const [busy, setBusy] = useState(false);
  const json = async () => {
    setBusy(true);
    try {
      const all = await allCases(filter, (path) => api.get<CasesPage>(path));
      download("incidents.json", "application/json", JSON.stringify(all, null, 2));
    } catch (error) {
      notifyError(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <a class="btn btn-plain btn-small" href={`/api/v1/incidents.csv${query(filter)}`} download>{t("ops.inc.csv")}</a>
      <Button size="small" busy={busy} onClick={() => void json()}>{t("ops.inc.json")}</Button>
    </>
  );
}

function columns(open: (id: string) => void): Column<Case>[] {
  const words = (one: Case) => one.text ?? t(isTurnAlone(one) ? "ops.inc.no_words" : "desk.incident.erased");
  return [
    { key: "at", title: t("ops.when"), value: (one) => one.at, cell: (one) => <When time={one.at} /> },
    { key: "show", title: t("ops.show"), value: (one) => `${one.show} ${one.host}`, cell: (one) => <span class="cell-two">{one.show}<span class="muted small">{one.host}</span></span> },
    { key: "rule", title: t("ops.inc.rule"), value: (one) => ruleWords(one.rule), cell: (one) => <span class="cell-two">{ruleWords(one.rule)}<span class="muted small">{t(`desk.incident.severity.${one.severity}`)}</span></span> },
    { key: "words", title: t("ops.inc.said"), value: words, cell: (one) => <span class="inc-words" title={words(one)}>{words(one)}</span> },
    { key: "done", title: t("ops.inc.done"), value: (one) => wordsOf(doneWords(one)) },
    { key: "judged", title: t("ops.inc.judged"), value: (one) => t(`ops.inc.judged.${one.judged}`), cell: (one) => <Badge>{t(`ops.inc.judged.${one.judged}`)}</Badge> },
    { key: "do", title: "", value: () => null, cell: (one) => <span class="cell-actions"><Button size="small" look="quiet" onClick={() => open(one.id)} aria-label={t("ops.inc.open_of", { rule: ruleWords(one.rule) })}>{t("ops.inc.open")}</Button></span> },
  ];
}
