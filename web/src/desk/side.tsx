// Standby, delay, sales: who can take over, how long the net is, what was sold. Confirmed in place, never over a picture.

import { useState } from "preact/hooks";
import { Button, cls, money, number, t, tOr } from "../ui";
import type { DeskModel } from "./model";
import { delayWords } from "./words";

export const DELAY_MAX_S = 60;

export function StandbyCard({ model }: { model: DeskModel }) {
  const desk = model.desk.value;
  const standby = desk?.standby ?? null;
  const on = desk?.on === "standby";
  return (
    <section class="panel card" aria-label={t("desk.standby.title")}>
      <h2 class="card-name">{t("desk.standby.title")}</h2>
      {standby ? (
        <p class={cls("standby", standby.ready ? "is-ready" : "is-not")}>
          <b>{standby.name}</b>
          <span>{on ? t("desk.standby.on") : t(standby.ready ? "desk.standby.ready" : "desk.standby.not_ready")}</span>
          {!standby.ready && standby.why ? <span class="muted">{tOr(`desk.standby.why.${standby.code}`, standby.why)}</span> : null}
        </p>
      ) : (
        <p class="muted small">{desk ? t("desk.standby.none") : "—"}</p>
      )}
    </section>
  );
}

export function DelayCard({ model }: { model: DeskModel }) {
  const desk = model.desk.value;
  const [wanted, setWanted] = useState<number | null>(null);
  if (!desk) return null;
  if (desk.status !== "live") return null;
  const value = wanted ?? desk.delay_s;
  const words = delayWords(desk.delay_s, value, desk.in_delay_ms);
  const step = (by: number) => setWanted(Math.min(DELAY_MAX_S, Math.max(0, Math.round(value + by))));
  const apply = () => {
    void model.setDelay(value);
    setWanted(null);
  };
  return (
    <section class="panel card" aria-label={t("desk.delay.title")} title={t("desk.delay.same")}>
      <h2 class="card-name">{t("desk.delay.title")}</h2>
      <div class="row delay-set">
        <Button size="small" onClick={() => step(-1)} disabled={value <= 0}><span aria-hidden="true">−</span><span class="sr">{t("desk.delay.less")}</span></Button>
        <input
          class="input num"
          type="number"
          min={0}
          max={DELAY_MAX_S}
          step={1}
          value={value}
          aria-label={t("desk.delay.seconds")}
          onInput={(event) => {
            const n = event.currentTarget.valueAsNumber;
            if (Number.isFinite(n)) setWanted(Math.min(DELAY_MAX_S, Math.max(0, n)));
          }}
          onKeyDown={(event) => event.key === "Enter" && value !== desk.delay_s && apply()}
        />
        <Button size="small" onClick={() => step(1)} disabled={value >= DELAY_MAX_S}><span aria-hidden="true">+</span><span class="sr">{t("desk.delay.more")}</span></Button>
      </div>
      {value === desk.delay_s ? null : <p class="card-words muted small" aria-live="polite">{t(words.key, words.values)}</p>}
      {value !== desk.delay_s ? (
        <div class="row delay-apply">
          <Button size="small" look="primary" onClick={apply}>{t("desk.delay.apply")}</Button>
          <Button size="small" look="quiet" onClick={() => setWanted(null)}>{t("desk.delay.keep", { seconds: number(desk.delay_s) })}</Button>
        </div>
      ) : null}
    </section>
  );
}

/** What the show has sold so far; how fast is said by the curves under the delay. */
export function SoldCard({ model }: { model: DeskModel }) {
  const desk = model.desk.value;
  if (!desk?.revenue) return null;
  return (
    <section class="panel card" aria-label={t("desk.pulse.revenue")}>
      <h2 class="card-name">{t("desk.pulse.revenue")}</h2>
      <p class="num"><b>{money(desk.revenue)}</b></p>
    </section>
  );
}
