// One of the two pictures with its label, its level meter and its loudspeaker.

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Picture } from "../player/picture";
import type { Stream } from "../player/stream";
import { cls, t } from "../ui";
import { FLOOR_DB, heightOf } from "./levels";
import { Meter, metersRunning } from "./meter";

export interface MonitorProps {
  kind: "preview" | "program";
  src: string;
  label: ComponentChildren;
  note?: ComponentChildren;
  poster: string;
  /** Whether the server has anything to play here; asking for what is not there would only fill the console. */
  plays: boolean;
  listening: boolean;
  onListen: () => void;
  /** Called with each level while the meters run. */
  onLevel?: (db: number, stream: Stream) => void;
  onStream?: (stream: Stream | null) => void;
}

/** A video element feeds one meter for its whole life, whatever stream plays on it. */
const meters = new WeakMap<HTMLVideoElement, Meter>();

function meterOf(video: HTMLVideoElement): Meter {
  let meter = meters.get(video);
  if (!meter) meters.set(video, (meter = new Meter(video)));
  return meter;
}

export function Monitor({ kind, src, label, note, poster, plays, listening, onListen, onLevel, onStream }: MonitorProps) {
  const stream = useRef<Stream | null>(null);
  const running = metersRunning.value;
  useEffect(() => {
    if (running && stream.current) meterOf(stream.current.video).listen(listening);
  }, [running, listening, src]);
  return (
    <section class={cls("monitor", `monitor-${kind}`)} aria-label={t(`desk.monitor.${kind}`)}>
      <header class="monitor-head">
        <b class="monitor-name">{t(`desk.monitor.${kind}`)}</b>
        <span class="monitor-label clip">{label}</span>
        <span class="spring" />
        {note}
        <button type="button" class="listen" aria-pressed={listening} onClick={onListen} title={t("desk.monitor.listen_hint")}>
          {t(listening ? "desk.monitor.listening" : "desk.monitor.listen")}
        </button>
      </header>
      {plays ? <Picture
        src={src}
        bare
        poster={<p>{poster}</p>}
        onStream={(made) => {
          stream.current = made;
          // A fresh stream starts muted for the browser's sake; the gain decides what is heard.
          if (made && metersRunning.peek()) made.video.muted = false;
          onStream?.(made);
        }}
      /> : <div class="picture"><div class="picture-state"><p>{poster}</p></div></div>}
      <MeterBar stream={() => stream.current} onLevel={onLevel} kind={kind} />
    </section>
  );
}

const PEAK_HOLD_MS = 1200;

/** A bar from −60 to 0 dB with a held peak. It writes to the element itself: sixty levels a second are no state. */
function MeterBar({ stream, onLevel, kind }: { stream: () => Stream | null; onLevel: MonitorProps["onLevel"]; kind: "preview" | "program" }) {
  const bar = useRef<HTMLSpanElement>(null);
  const peak = useRef<HTMLSpanElement>(null);
  const figure = useRef<HTMLSpanElement>(null);
  const running = metersRunning.value;
  useEffect(() => {
    if (!running) return;
    let held = { db: FLOOR_DB, at: 0 };
    let written = 0;
    let id = requestAnimationFrame(function step(now) {
      id = requestAnimationFrame(step);
      const from = stream();
      if (!from) return;
      const level = meterOf(from.video).level();
      onLevel?.(level.rmsDb, from);
      if (level.peakDb >= held.db || now - held.at > PEAK_HOLD_MS) held = { db: level.peakDb, at: now };
      if (bar.current) bar.current.style.transform = `scaleX(${heightOf(level.rmsDb).toFixed(3)})`;
      if (peak.current) peak.current.style.left = `${(heightOf(held.db) * 100).toFixed(1)}%`;
      if (figure.current && now - written > 250) {
        written = now;
        figure.current.textContent = held.db <= FLOOR_DB ? "−∞" : held.db.toFixed(0).replace("-", "−");
      }
    });
    return () => cancelAnimationFrame(id);
  }, [running, onLevel]);
  return (
    <div class="meter" data-kind={kind}>
      <span class="meter-track" role="img" aria-label={t("desk.meter.label")}>
        <span ref={bar} class="meter-bar" />
        <span ref={peak} class="meter-peak" />
        <span class="meter-marks" aria-hidden="true" />
      </span>
      {running ? <span class="meter-db num"><span ref={figure}>−∞</span> dB</span> : <span class="meter-db">{t("desk.meter.asleep")}</span>}
    </div>
  );
}
