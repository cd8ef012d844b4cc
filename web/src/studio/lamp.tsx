// The on-air light and the timer: the two things that a host looks for from across the room.

import { useEffect, useState } from "preact/hooks";
import { hhmmss } from "../desk/gauge";
import { HoldButton } from "../desk/hold";
import type { Feed, Show } from "../wire/api";
import { Button, cls, localWhen, notifyError, t, tn } from "../ui";
import { lightOf } from "./feed";
import type { StudioModel } from "./model";

/** Counts on while it is shown; a show's clock needs no finer step than a second. */
function useNow(): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const id = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(id);
  }, []);
  return now;
}

export function Lamp({ show, feed, viewers, model }: { show: Show | null; feed: Feed | null; viewers: number; model: StudioModel }) {
  const now = useNow();
  const live = show?.status === "live";
  const mine = model.mine.value;
  const onAir = live && mine && show.on_air;
  const light = lightOf(feed);
  const step = (name: "start" | "end") => {
    if (show) model.step(show, name).catch(notifyError);
  };
  return (
    <section class={cls("lamp", onAir && "lamp-on")} aria-label={t("studio.lamp")}>
      <div class="lamp-state" role="status">
        <strong class="lamp-word">{t(onAir ? "studio.on_air" : live && !mine ? "studio.stands_by" : live ? "studio.live_waiting" : "studio.off_air")}</strong>
        {show ? <span class="lamp-show">{mine ? show.title : `${show.title} · ${show.host.name}`}</span> : null}
      </div>
      <div class="lamp-clock num">
        <strong>{clockOf(show, now)}</strong>
        <span>{live ? tn("desk.viewers", viewers) : show?.starts_at ? t("studio.starts", { time: localWhen(show.starts_at) }) : ""}</span>
      </div>
      <div class={cls("lamp-feed", `feed-${light}`)} role="status"><span class="feed-mark" aria-hidden="true" />{t(`studio.feed.${light}`)}</div>
      {show?.status === "planned" && mine ? <Button size="large" look="primary" onClick={() => step("start")}>{t("studio.start")}</Button> : null}
      {live && mine ? <HoldButton small={false} label={t("desk.life.end")} holding={t("desk.life.holding")} onHeld={() => step("end")} /> : null}
    </section>
  );
}

function clockOf(show: Show | null, now: number): string {
  if (show?.status === "live" && show.started_at) return hhmmss(now - Date.parse(show.started_at));
  if (show?.status === "planned" && show.starts_at) {
    const left = Date.parse(show.starts_at) - now;
    return left > 0 && left < 86_400_000 ? `−${hhmmss(left)}` : "00:00:00";
  }
  return "00:00:00";
}
