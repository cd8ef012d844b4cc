// The desk's first line: which show, what viewers get, how much delay is left, and what is not well.

import type { Show } from "../wire/api";
import { Badge, number, t, tn } from "../ui";
import { delayShare, type Health, healthOf, hhmmss, onAirKey } from "./gauge";
import { LifeButton } from "./life";
import type { DeskModel } from "./model";

export function Head({ model, show }: { model: DeskModel; show: Show | null }) {
  const desk = model.desk.value;
  return (
    <header class="desk-head">
      <div class="head-show">
        <h1 class="clip">{show?.title ?? model.slug}</h1>
        {show ? <span class="muted clip">{show.host.name}</span> : null}
      </div>
      <OnAir model={model} />
      {desk ? <span class="head-viewers num">{tn("desk.viewers", desk.viewers)}</span> : null}
      <Gauge model={model} />
      <HealthLine model={model} />
      <span class="spring" />
      {show ? <LifeButton model={model} show={show} /> : null}
    </header>
  );
}

function OnAir({ model }: { model: DeskModel }) {
  const desk = model.desk.value;
  if (!desk) return <Badge>{t("desk.onair.unknown")}</Badge>;
  const live = desk.status === "live" && desk.why !== "not_on_air";
  if (desk.status === "live" && !live) return <Badge>{t("desk.onair.waits")}</Badge>;
  return (
    <span class="head-air">
      <Badge tone={live ? "program" : "neutral"} dot={live}>{t(live ? "desk.on_air" : `desk.onair.${onAirKey(desk)}`)}</Badge>
      {live ? <span class="num head-clock">{hhmmss(desk.air_ms)}</span> : null}
    </span>
  );
}

/** Amber is what can still be stopped: the bar is how much of it there is. */
function Gauge({ model }: { model: DeskModel }) {
  const desk = model.desk.value;
  if (desk?.status !== "live") return null;
  const share = delayShare(desk.in_delay_ms, desk.delay_s);
  const left = (desk.in_delay_ms / 1000).toFixed(1);
  const words = t("desk.delay.gauge", { delay: number(desk.delay_s), left });
  return (
    <div class="gauge" role="meter" aria-label={words} aria-valuemin={0} aria-valuemax={desk.delay_s} aria-valuenow={desk.in_delay_ms / 1000} title={words}>
      <span>{t("desk.delay.name")}</span>
      <b class="num">{t("desk.s", { n: desk.delay_s.toFixed(1) })}</b>
      <span class="gauge-bar" aria-hidden="true"><span style={{ width: `${share * 100}%` }} /></span>
      <span class="num muted" aria-hidden="true">{t("desk.delay.left", { left })}</span>
    </div>
  );
}

function HealthLine({ model }: { model: DeskModel }) {
  const desk = model.desk.value;
  if (!desk) return null;
  const all = healthOf(desk);
  const bad = all.filter((h) => !h.well);
  const words = (h: Health) => t(h.key, h.values);
  return (
    <ul class="health" aria-label={t("desk.health.title")} aria-live="polite">
      {bad.length === 0 ? <li class="health-well">{t("desk.health.well")}</li> : null}
      {bad.map((h) => <li key={h.key} class="health-bad">{words(h)}</li>)}
      {all.filter((h) => h.well && h.key !== "desk.health.store").map((h) => <li key={h.key} class="muted">{words(h)}</li>)}
    </ul>
  );
}
