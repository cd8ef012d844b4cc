// Standby and delay: who can take over, and how long the net is. Confirmed in place, never over a picture.

import { useState } from "preact/hooks";
import { Button, cls, money, number, Sparkline, t, tOr } from "../ui";
import { rateOf } from "./gauge";
import type { DeskModel } from "./model";
import { delayWords } from "./words";

export const DELAY_MAX_S = 60;
/** The figures beside the curves: messages over ten seconds, orders over one minute of five-second steps. */
const RATE_SECONDS = 10;
const RATE_STEPS = 12;

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

/** The room and the shop as two curves; a curve says that something changes, the figure says what. */
export function Pulse({ model }: { model: DeskModel }) {
  const desk = model.desk.value;
  const perSecond = desk?.msgs_per_s ?? [];
  const perMinute = desk?.orders_per_min ?? [];
  return (
    <section class="panel card pulse" aria-label={t("desk.pulse.title")}>
      <Curve name={t("desk.pulse.room")} values={perSecond} figure={t("desk.pulse.per_s", { n: number(rateOf(perSecond, RATE_SECONDS), { maximumFractionDigits: 1 }) })} />
      <Curve name={t("desk.pulse.orders")} values={perMinute} figure={t("desk.pulse.per_min", { n: number(Math.round(rateOf(perMinute, RATE_STEPS))) })} />
      {desk?.revenue ? <p class="pulse-row"><span class="muted">{t("desk.pulse.revenue")}</span><b class="num">{money(desk.revenue)}</b></p> : null}
    </section>
  );
}

function Curve({ name, values, figure }: { name: string; values: number[]; figure: string }) {
  return (
    <div class="pulse-row">
      <span class="muted">{name}</span>
      <Sparkline values={values} label={name} width={110} height={22} />
      <b class="num">{figure}</b>
    </div>
  );
}

