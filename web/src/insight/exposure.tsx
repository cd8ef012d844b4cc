/** What hangs on whom: the whole of `exposure.json` as a page. */
import { number, t, tn } from "../ui";
import "./insight.css";
import { ExposureFigures } from "./exposurefigures";
import { Part } from "./figure";
import { amount, dayWords, isMadeUp } from "./figures";
import { Assumptions, MadeUp, Rejected } from "./grounds";
import { HostBars } from "./hostbars";
import { EpisodeTable, GroupTable, HostTable, OverlapTable } from "./exposuretables";
import { Trend } from "./trend";
import type { Exposure, WhatIf } from "./types";
import { type AskWhatIf, WhatIfPart } from "./whatif";

export interface ExposureProps {
  report: Exposure;
  /** Exact answers, where something can be asked; else they are read off what the report holds. */
  ask?: AskWhatIf;
}

export type { AskWhatIf, WhatIf };

/** Where a picture's data come from, for files. */
export function sourceOf(report: Exposure): string {
  return t("insight.source", { from: dayWords(report.from), until: dayWords(report.until), orders: number(report.orders) });
}

export function ExposureView({ report, ask }: ExposureProps) {
  const source = sourceOf(report);
  return (
    <div class="insight">
      {isMadeUp(report.hosts.map((host) => host.host)) ? <MadeUp /> : null}
      <p class="i-basis">
        {t("insight.basis", {
          orders: tn("insight.orders", report.orders),
          hosts: tn("insight.hosts", report.hosts.length),
          from: dayWords(report.from),
          until: dayWords(report.until),
          gmv: amount(report.gmv, report.currency),
          buyers: tn("insight.buyers", report.buyers),
        })}
        {report.gaps.length > 0 ? <span class="muted"> {t("insight.gaps", { gaps: report.gaps.map(([from, until]) => `${dayWords(from)} – ${dayWords(until)}`).join(", ") })}</span> : null}
      </p>
      <ExposureFigures report={report} />
      <HostBars report={report} source={source} />
      <Trend report={report} source={source} />
      <WhatIfPart report={report} source={source} {...(ask ? { ask } : {})} />
      <Part title={t("insight.hosts_title")}><HostTable report={report} /></Part>
      <Part title={t("insight.brands_title")} intro={t("insight.brands_intro")}><GroupTable groups={report.brands} currency={report.currency} caption={t("insight.brands_title")} name="brands" /></Part>
      <Part title={t("insight.categories_title")}><GroupTable groups={report.categories} currency={report.currency} caption={t("insight.categories_title")} name="categories" /></Part>
      <Part title={t("insight.overlap_title")} intro={t("insight.overlap_intro")}>
        <OverlapTable overlaps={report.overlaps} caption={t("insight.overlap_buyers")} name="overlap-buyers" />
        {report.follower_overlaps.length > 0 ? <OverlapTable overlaps={report.follower_overlaps} caption={t("insight.overlap_followers")} name="overlap-followers" /> : null}
      </Part>
      <Part title={t("insight.episodes_title")} intro={t("insight.episodes_intro")}><EpisodeTable report={report} /></Part>
      <Assumptions said={report.assumptions} />
      {report.notes.length > 0 ? <Assumptions said={report.notes} title={t("insight.notes")} /> : null}
      <Rejected report={report} />
      <p class="muted small num">{t("insight.made_with", { scenarios: number(report.scenarios), seed: report.seed, draws: number(report.parameter_draws) })}</p>
    </div>
  );
}
