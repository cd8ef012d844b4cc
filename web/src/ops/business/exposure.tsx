// Exposure of this server's own data: computed on request, asked for absences.

import { useState } from "preact/hooks";
import { ExposureView } from "../../insight/exposure";
import type { WhatIf } from "../../insight/types";
import type { ExposureJob } from "../../wire/api";
import { api } from "../../wire/http";
import { session } from "../../wire/session";
import { Button, Field, t } from "../../ui";
import "./business.css";
import { BrandExposure } from "./brand";
import { JobPanel, useJob } from "./job";

function ask(host: string, days: number, from: string): Promise<WhatIf> {
  return api.get<WhatIf>(`/exposure/what-if?${new URLSearchParams({ host, days: String(days), from })}`);
}

export function ExposureTab() {
  const user = session.value?.user;
  const brand = user?.roles.includes("operator") ? null : user?.brand;
  return brand ? <BrandExposure brand={brand} /> : <Platform />;
}

function Platform() {
  const work = useJob<ExposureJob>("/exposure");
  return (
    <JobPanel work={work} has={(job) => Boolean(job.report)} empty={t("insight.b.exposure.empty")} ask={<Ask busy={work.busy} again={Boolean(work.job?.report)} onAsk={(body) => void work.start(body)} />}>
      {(job) => (job.report ? <ExposureView report={job.report} ask={ask} /> : null)}
    </JobPanel>
  );
}

interface AskProps {
  busy: boolean;
  again: boolean;
  onAsk: (body: { horizon_days: number; alpha: number; scenarios: number; seed: number }) => void;
}

function Ask({ busy, again, onAsk }: AskProps) {
  const [days, setDays] = useState("365");
  const [level, setLevel] = useState("95");
  const [scenarios, setScenarios] = useState("1000000");
  const [seed, setSeed] = useState("1");
  return (
    <form
      class="b-ask"
      onSubmit={(event) => {
        event.preventDefault();
        onAsk({ horizon_days: Number(days), alpha: Number(level) / 100, scenarios: Number(scenarios), seed: Number(seed) });
      }}
    >
      <Field label={t("insight.b.horizon")} type="number" min={1} max={3650} required value={days} onValue={setDays} />
      <Field label={t("insight.b.level")} type="number" min={50} max={99.9} step="any" required value={level} onValue={setLevel} />
      <Field label={t("insight.b.scenarios")} type="number" min={1000} max={10_000_000} required value={scenarios} onValue={setScenarios} />
      <Field label={t("insight.b.seed")} type="number" min={0} required value={seed} onValue={setSeed} />
      <Button type="submit" look={again ? "plain" : "primary"} busy={busy}>{t(again ? "insight.b.again" : "insight.b.compute")}</Button>
    </form>
  );
}
