/** The headline figures of exposure, each with its interval and its explanation. */
import { Badge, number, t, tn, type MessageKey } from "../ui";
import { type Explained, Figure, Figures } from "./figure";
import { amount, fixed, percent, plain, range } from "./figures";
import type { Exposure, Level } from "./types";

type Name = "effective" | "hhi" | "gini" | "es" | "var" | "mean" | "es_part" | "substitution" | "dark" | "back";

function explained(name: Name, params: Record<string, string | number> = {}): Explained {
  const text = (part: string) => t(`insight.f.${name}.${part}` as MessageKey, params);
  return { means: text("means"), formula: text("formula"), rests: text("rests") };
}

const levels: readonly Level[] = ["low", "mid", "high"];

export function ExposureFigures({ report }: { report: Exposure }) {
  const money = (value: number) => amount(value, report.currency);
  const in95 = (ends: Parameters<typeof range>[0], words: (value: number) => string) => t("insight.in95", { range: range(ends, words) });
  const error = (value: number) => t("insight.simulation_error", { error: money(value) });
  const alpha = percent(report.alpha, 0);
  const days = number(report.horizon_days);
  const hhi = (value: number) => number(10_000 * value, { maximumFractionDigits: 0 });
  const { substitution, dark } = report;
  const by = (pick: "es" | "mean") => (
    <ul class="i-levels">
      {levels.map((level) => <li key={level}>{t(`insight.level.${level}`)} ({plain(report.by_substitution[level].substitution)}): {money(report.by_substitution[level][pick])}</li>)}
    </ul>
  );
  return (
    <>
      <Figures>
        <Figure label={t("insight.f.effective")} value={fixed(report.effective_hosts, 1)} interval={in95(report.effective_hosts_interval, (value) => fixed(value, 1))} more={tn("insight.f.effective.of", report.hosts.length)} explained={explained("effective")} />
        <Figure label={t("insight.f.hhi")} value={hhi(report.hhi)} interval={in95(report.hhi_interval, hhi)} badge={report.highly_concentrated ? <Badge>{t("insight.concentrated")}</Badge> : null} explained={explained("hhi")} />
        <Figure label={t("insight.f.gini")} value={fixed(report.gini)} interval={in95(report.gini_interval, (value) => fixed(value))} explained={explained("gini")} />
      </Figures>
      <Figures>
        <Figure label={t("insight.f.es", { alpha })} value={money(report.es)} interval={in95(report.es_interval, money)} more={<>{by("es")}{error(report.es_standard_error)}</>} explained={explained("es", { alpha, days })} badge={<span class="i-of">{t("insight.f.es_part", { part: percent(report.es_part_of_gmv), days })}</span>} />
        <Figure label={t("insight.f.var", { alpha })} value={money(report.var)} interval={in95(report.var_interval, money)} more={error(report.var_standard_error)} explained={explained("var", { alpha, days })} />
        <Figure label={t("insight.f.mean", { days })} value={money(report.mean)} interval={in95(report.mean_interval, money)} more={<>{by("mean")}{error(report.mean_standard_error)}</>} explained={explained("mean", { days })} />
      </Figures>
      <Figures>
        <Figure
          label={t("insight.f.substitution")}
          value={percent(substitution.mid, 0)}
          interval={in95([substitution.low, substitution.high], (value) => percent(value, 0))}
          badge={<Badge>{t(substitution.told_by_data ? "insight.told" : "insight.not_told")}</Badge>}
          more={t("insight.f.substitution.more", { episodes: substitution.episodes, quiet: substitution.quiet_dates })}
          explained={explained("substitution")}
        />
        <Figure label={t("insight.f.dark")} value={t("insight.days", { days: plain(dark.median_days, 0) })} interval={t("insight.f.dark.long", { days: plain(dark.long_days, 0) })} more={t("insight.f.dark.more", { episodes: dark.episodes })} explained={explained("dark")} />
        <Figure label={t("insight.f.back")} value={t("insight.days", { days: plain(dark.recovery_days, 0) })} interval={in95(dark.recovery_interval, (value) => t("insight.days", { days: plain(value, 0) }))} more={t("insight.f.back.more", { depth: percent(dark.depth, 0), range: range(dark.depth_interval, (value) => percent(value, 0)), returns: dark.returns })} explained={explained("back")} />
      </Figures>
    </>
  );
}
