// A diversified plan for this server's hosts: limits are written as TOML, the plan is computed on request.

import { useEffect, useId, useRef, useState } from "preact/hooks";
import { PlanView } from "../../insight/plan";
import type { PlanJob } from "../../wire/api";
import { api } from "../../wire/http";
import { Button, Failed, Loading, t, useLoad } from "../../ui";
import "./business.css";
import { JobPanel, useJob } from "./job";
import { lineOf } from "./line";

export function PlanTab() {
  const work = useJob<PlanJob>("/plan");
  const example = useLoad(() => api.get<{ constraints: string }>("/plan/constraints"), []);
  const editor = example.now.state === "loading"
    ? <Loading />
    : example.now.state === "failed"
      ? <Failed error={example.now.error} retry={example.reload} />
      : <Constraints text={example.now.data.constraints} busy={work.busy} refused={work.refused} again={Boolean(work.job?.plan)} onPlan={(constraints) => void work.start({ constraints })} />;
  return (
    <JobPanel work={work} has={(job) => Boolean(job.plan)} empty={t("insight.b.plan.empty")} ask={editor}>
      {(job) => (job.plan ? <PlanView plan={job.plan} frontier={job.frontier ?? null} /> : null)}
    </JobPanel>
  );
}

interface ConstraintsProps {
  text: string;
  busy: boolean;
  refused: unknown;
  again: boolean;
  onPlan: (text: string) => void;
}

function Constraints({ text, busy, refused, again, onPlan }: ConstraintsProps) {
  const [draft, setDraft] = useState(text);
  const area = useRef<HTMLTextAreaElement>(null);
  const id = useId();
  useEffect(() => {
    const line = lineOf(refused);
    const box = area.current;
    if (line === null || !box) return;
    const lines = box.value.split("\n");
    const from = lines.slice(0, line - 1).reduce((all, one) => all + one.length + 1, 0);
    box.focus();
    box.setSelectionRange(from, from + (lines[line - 1]?.length ?? 0));
  }, [refused]);
  return (
    <form
      class="b-plan"
      onSubmit={(event) => {
        event.preventDefault();
        onPlan(draft);
      }}
    >
      <div class="field">
        <label for={id}>{t("insight.b.plan.constraints")}</label>
        <textarea id={id} ref={area} class="input b-code" rows={16} spellcheck={false} autocapitalize="none" value={draft} onInput={(event) => setDraft(event.currentTarget.value)} aria-describedby={`${id}-d`} aria-invalid={refused !== null} />
        <p id={`${id}-d`} class="field-hint">{t("insight.b.plan.hint")}</p>
      </div>
      <div class="row">
        <Button type="submit" look={again ? "plain" : "primary"} busy={busy} disabled={draft.trim() === ""}>{t(again ? "insight.b.plan.again" : "insight.b.plan.compute")}</Button>
        {draft === text ? null : <Button look="quiet" onClick={() => setDraft(text)}>{t("insight.b.plan.reset")}</Button>}
      </div>
    </form>
  );
}
