// What a brand manager sees of exposure: their own brand, by the last analysis.

import { Figure, Figures } from "../../insight/figure";
import { amount, dayWords, percent, plain, range } from "../../insight/figures";
import { Assumptions } from "../../insight/grounds";
import type { GroupExposure, Said } from "../../insight/types";
import { ApiError, api, at } from "../../wire/http";
import { Empty, Failed, Loading, t, useLoad } from "../../ui";
import "../../insight/insight.css";

interface OwnExposure {
  brand: GroupExposure;
  currency: string;
  from: string;
  until: string;
  assumptions: Said[];
}

export function BrandExposure({ brand }: { brand: string }) {
  const load = useLoad(() => api.get<OwnExposure>(`/brands${at(brand)}/exposure`), [brand]);
  const { now } = load;
  if (now.state === "loading") return <Loading />;
  if (now.state === "failed") {
    const none = now.error instanceof ApiError && now.error.code === "no_analysis";
    return none ? <Empty title={t("insight.b.none")}>{t("insight.b.brand.empty")}</Empty> : <Failed error={now.error} retry={load.reload} />;
  }
  const { data } = now;
  const money = (value: number) => amount(value, data.currency);
  const own = data.brand;
  return (
    <div class="insight">
      <p class="i-basis">{t("insight.b.brand.basis", { name: own.name, gmv: money(own.gmv), from: dayWords(data.from), until: dayWords(data.until) })}</p>
      <Figures>
        <Figure label={t("insight.f.effective")} value={plain(own.effective, 1)} interval={t("insight.b.brand.exact")} />
        <Figure label={t("insight.top_host")} value={own.top_host} interval={t("insight.b.brand.exact")} more={percent(own.top_share)} />
        {own.es_contribution === null ? null : (
          <Figure label={t("insight.es_contribution")} value={money(own.es_contribution)} interval={t("insight.in95", { range: range(own.es_contribution_interval, money) })} />
        )}
      </Figures>
      <Assumptions said={data.assumptions} />
    </div>
  );
}
