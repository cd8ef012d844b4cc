// What listens to a show and what a broken rule leads to: chosen by people, before it happens.

import { useId } from "preact/hooks";
import type { Reaction } from "../wire/api";
import { Button, number, Select, t, tOr } from "../ui";
import { CheckList } from "./form";
import { flawOf, type PolicyDraft, PACKS, REACTIONS, RULES, type ResponseRow } from "./policy";

const DELAY_FOR_PEOPLE_S = 10;

interface PolicyPartProps {
  draft: PolicyDraft;
  onDraft: (draft: PolicyDraft) => void;
  /** A show that has none takes the server's when it is planned, and then keeps it. */
  planned: boolean;
  /** A policy can be changed, and not taken away. */
  has: boolean;
  delayS: number | null;
}

export function PolicyPart({ draft, onDraft, planned, has, delayS }: PolicyPartProps) {
  const packs = [...new Set([...PACKS, ...draft.packs])];
  const unset = has ? [] : [{ value: "unset", label: t(planned ? "ops.policy.mode.keep" : "ops.policy.mode.server") }];
  return (
    <fieldset class="checks form-part policy">
      <legend>{t("ops.policy")}</legend>
      <Select
        label={t("ops.policy.mode")}
        value={draft.mode}
        options={[...unset, { value: "act", label: t("ops.policy.mode.act") }, { value: "advise", label: t("ops.policy.mode.advise") }]}
        onValue={(mode) => onDraft({ ...draft, mode: mode as PolicyDraft["mode"] })}
        hint={t("ops.policy.mode.hint")}
      />
      {draft.mode === "unset" ? null : (
        <>
          {delayS !== null && delayS < DELAY_FOR_PEOPLE_S ? <p class="field-error">{t("ops.policy.delay", { seconds: number(delayS) })}</p> : null}
          <CheckList
            label={t("ops.policy.packs")}
            options={packs.map((pack) => ({ value: pack, label: pack, note: tOr(`ops.policy.pack.${pack}`, "") }))}
            chosen={draft.packs}
            onChosen={(chosen) => onDraft({ ...draft, packs: chosen })}
          />
          {draft.packs.length === 0 ? <p class="field-error" role="alert">{t("ops.policy.packs.none")}</p> : null}
          <Responses rows={draft.on} onRows={(on) => onDraft({ ...draft, on })} />
        </>
      )}
    </fieldset>
  );
}

function Responses({ rows, onRows }: { rows: readonly ResponseRow[]; onRows: (rows: ResponseRow[]) => void }) {
  const list = useId();
  const set = (at: number, change: Partial<ResponseRow>) => onRows(rows.map((row, i) => (i === at ? { ...row, ...change } : row)));
  return (
    <div class="responses" role="group" aria-label={t("ops.policy.on")}>
      <b>{t("ops.policy.on")}</b>
      <p class="field-hint">{t("ops.policy.on.hint")}</p>
      <datalist id={list}>{RULES.map((rule) => <option key={rule} value={rule}>{tOr(`rule.${rule}`, rule)}</option>)}</datalist>
      {rows.map((row, i) => {
        const flaw = row.rule === "" ? null : flawOf(row, rows);
        return (
          <div class="response" key={i}>
            <input class="input" list={list} spellcheck={false} autocapitalize="none" placeholder="core/contempt" aria-label={t("ops.policy.rule")} aria-invalid={flaw !== null} value={row.rule} onInput={(event) => set(i, { rule: event.currentTarget.value })} />
            <select class="input" aria-label={t("ops.policy.response")} value={row.response} onChange={(event) => set(i, { response: event.currentTarget.value as Reaction })}>
              {REACTIONS.map((reaction) => <option key={reaction} value={reaction}>{t(`ops.policy.response.${reaction}`)}</option>)}
            </select>
            <button type="button" class="btn btn-quiet btn-icon" aria-label={`${t("ops.policy.remove")} ${row.rule}`} title={t("ops.policy.remove")} onClick={() => onRows(rows.filter((_, at) => at !== i))}>✕</button>
            {flaw ? <p class="field-error" role="alert">{t(flaw === "bad" ? "ops.policy.rule.bad" : "ops.policy.rule.twice")}</p> : null}
          </div>
        );
      })}
      <Button size="small" onClick={() => onRows([...rows, { rule: "", response: "mute" }])}>{t("ops.policy.add")}</Button>
    </div>
  );
}
