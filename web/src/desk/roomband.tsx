// The room and the shop under the delay: what the room writes in ten minutes, and what sells meanwhile. The place is always
// as high, and channels that say nothing are folded into a word.

import { useEffect } from "preact/hooks";
import { Button, cls, number, t, tn } from "../ui";
import type { Incident, RoomReading, RoomUsual } from "../wire/api";
import "./room.css";
import { type Box, pathOf, topOf, yOf } from "./curve";
import type { Caught } from "./caught";
import { rateOf } from "./gauge";
import type { DeskModel } from "./model";
import { channelsOf, messageCurve, places, SALES, salesCurve, shareCurve, SPAN_S, type Sold, turnAt } from "./room";
import type { RoomModel } from "./roommodel";
import { channelName, perMinute, share, turnSentence } from "./roomwords";

/** Channels that are drawn beside the rate of messages; the rest is in the panel of all. */
const ROOM = 3;
/** The desk's own rate of messages is that of so many seconds. */
const RATE_SECONDS = 10;
const SMALL: Box = { width: 72, height: 18 };
const LARGE: Box = { width: 260, height: 44 };

interface CurveProps {
  name: string;
  values: (number | null)[];
  /** The top of the scale is not below this. */
  least: number;
  words: (value: number) => string;
  usual?: number | undefined;
  /** Where the room turned, as a part of the curve's width. */
  turned?: number | null | undefined;
  box?: Box;
  title?: string;
  note?: string;
}

export function Curve({ name, values, least, words, usual, turned, box = SMALL, title, note }: CurveProps) {
  const top = topOf([...values, usual ?? 0], least);
  const newest = values.at(-1) ?? null;
  const figure = newest === null ? "—" : words(newest);
  const usually = usual === undefined ? "" : t("desk.room.usually", { share: words(usual) });
  return (
    <div class={cls("room-cell", box === LARGE && "room-cell-large")} title={title ?? ([name, figure, usually].filter(Boolean).join(" · "))}>
      <span class="room-name"><span class="clip">{name}</span><b class="num">{figure}</b></span>
      <svg class="room-curve" viewBox={`0 0 ${box.width} ${box.height}`} height={box.height} preserveAspectRatio="none" role="img" aria-label={`${name}: ${figure}${usually ? `, ${usually}` : ""}`}>
        {usual === undefined ? null : <line class="room-usual" x1="0" x2={box.width} y1={yOf(usual, top, box)} y2={yOf(usual, top, box)} vector-effect="non-scaling-stroke" />}
        {typeof turned === "number" ? <line class="room-turn" x1={turned * box.width} x2={turned * box.width} y1="0" y2={box.height} vector-effect="non-scaling-stroke" /> : null}
        <path class="room-line" d={pathOf(values, top, box)} vector-effect="non-scaling-stroke" />
      </svg>
      {note ? <span class="muted small room-note num">{note}</span> : null}
    </div>
  );
}

/** The part of the curve's width at which a moment lies; null when it is not on it. */
function placeOf(at_s: number | null, now_s: number): number | null {
  if (at_s === null) return null;
  const [first = 0] = places(now_s);
  const part = (at_s - first) / SPAN_S;
  return part >= 0 && part <= 1 ? part : null;
}

/** Said plainly where nobody reads. */
function stateWords(view: RoomReading | null, lost: boolean): string | null {
  if (lost) return t("desk.room.lost");
  if (view === null) return null;
  if (view.reading === "out") return t("desk.room.out");
  if (view.reading === "language") return t("desk.room.language");
  return view.reading === null ? t("desk.room.nobody") : null;
}

export function RoomBand({ room, model, caught }: { room: RoomModel; model: DeskModel; caught: Caught }) {
  const view = room.view.value;
  const { seconds, minutes } = room.trace.value;
  const now_s = room.now_s();
  const turn = turnAt(caught.all.value, now_s);
  const turned = placeOf(turn?.since_s ?? null, now_s);
  const moved = new Set(turn?.room.shifts.map((one) => one.channel));
  const channels = view ? channelsOf(view, seconds, now_s, ROOM) : { shown: [], more: [], quiet: [] };
  const state = model.live.value ? stateWords(view, room.lost.value) : null;
  return (
    <section class="room" aria-label={t("desk.room.title")}>
      <div class="room-band">
        <div class="room-group">
          <Messages model={model} seconds={seconds} now_s={now_s} turned={turned} />
          {channels.shown.map((one) => <Share key={one.channel} one={one} seconds={seconds} now_s={now_s} turned={moved.has(one.channel) ? turned : null} />)}
          <Fold view={view} state={state} more={channels.more} onOpen={() => { room.open.value = !room.open.peek(); }} open={room.open.value} all={channels.shown.length === 0 && channels.more.length === 0} />
        </div>
        <div class="room-group room-sales">
          {SALES.map((field) => <Sales key={field} field={field} minutes={minutes} now_s={now_s} />)}
        </div>
      </div>
      <TurnLine turn={turn?.incident ?? null} caught={caught} />
    </section>
  );
}

type Seconds = RoomModel["trace"]["value"]["seconds"];

function Share({ one, seconds, now_s, turned, box }: { one: RoomUsual; seconds: Seconds; now_s: number; turned: number | null; box?: Box }) {
  return (
    <Curve
      name={channelName(one.channel)}
      values={shareCurve(seconds, one.channel, now_s)}
      least={Math.max(0.05, 2 * one.usual)}
      words={share}
      usual={one.usual}
      turned={turned}
      {...(box ? { box, note: t("desk.room.evidence", { share: share(Math.max(0, one.evidence)) }) } : {})}
    />
  );
}

/** Where nobody reads the room, the desk's own minute says how fast it writes. */
function Messages({ model, seconds, now_s, turned }: { model: DeskModel; seconds: Seconds; now_s: number; turned: number | null }) {
  const minute = model.desk.value?.msgs_per_s ?? [];
  const words = (n: number) => number(n, { maximumFractionDigits: 1 });
  const values = seconds.length > 0 ? messageCurve(seconds, now_s) : [...minute.slice(0, -1), rateOf(minute, RATE_SECONDS)];
  return <Curve name={t("desk.room.messages")} values={values} least={1} words={words} turned={seconds.length > 0 ? turned : null} />;
}

function Sales({ field, minutes, now_s, box }: { field: Sold; minutes: Parameters<typeof salesCurve>[0]; now_s: number; box?: Box }) {
  return <Curve name={t(`desk.room.${field}`)} values={salesCurve(minutes, field, now_s)} least={5} words={number} title={t("desk.room.sales", { what: t(`desk.room.${field}`) })} {...(box ? { box } : {})} />;
}

function Fold({ view, state, more, all, open, onOpen }: { view: RoomReading | null; state: string | null; more: RoomUsual[]; all: boolean; open: boolean; onOpen: () => void }) {
  if (state !== null) return <p class={cls("room-state", "small", view?.reading === "out" && "room-out")} role="status">{state}</p>;
  if (view === null || view.channels.length === 0) return null;
  const words = all ? t("desk.room.quiet") : more.length > 0 ? tn("desk.room.more", more.length) : t("desk.room.rest_quiet");
  return (
    <span class="room-fold">
      <span class="muted small">{words}</span>
      <button type="button" class="link small" aria-expanded={open} onClick={onOpen}>{t("desk.room.all")}</button>
    </span>
  );
}

/** When the room turned and why, in one line that is always there. */
function TurnLine({ turn, caught }: { turn: Incident | null; caught: Caught }) {
  const room = turn?.room ?? null;
  return (
    <p class="room-words small clip num" role="status">
      {turn && room ? (
        <>
          <span aria-hidden="true">▾ </span>
          <b>{turnSentence(room)}</b>{" "}
          <button type="button" class="link" onClick={() => caught.choose(turn.id)}>{t("desk.incident.show")}</button>
        </>
      ) : null}
    </p>
  );
}

/** All channels, over the lists only, like the keys. */
export function RoomAll({ room, caught }: { room: RoomModel; caught: Caught }) {
  const open = room.open.value;
  useEffect(() => {
    if (!open) return undefined;
    const press = (event: KeyboardEvent) => {
      if (event.key === "Escape") room.open.value = false;
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [open, room]);
  const view = room.view.value;
  if (!open || view === null) return null;
  const { seconds, minutes } = room.trace.value;
  const now_s = room.now_s();
  const turn = turnAt(caught.all.value, now_s);
  const turned = placeOf(turn?.since_s ?? null, now_s);
  const moved = new Set(turn?.room.shifts.map((one) => one.channel));
  const events = view.channels.filter((one) => !one.is_chat);
  return (
    <section class="room-all panel" aria-label={t("desk.room.title")}>
      <header class="panel-head">
        <h2>{t("desk.room.title")}</h2>
        <span class="spring" />
        <Button size="small" look="quiet" onClick={() => { room.open.value = false; }}>{t("ui.close")}</Button>
      </header>
      <div class="room-grid">
        {view.channels.filter((one) => one.is_chat).map((one) => <Share key={one.channel} one={one} seconds={seconds} now_s={now_s} turned={moved.has(one.channel) ? turned : null} box={LARGE} />)}
        {SALES.map((field) => <Sales key={field} field={field} minutes={minutes} now_s={now_s} box={LARGE} />)}
      </div>
      <p class="muted small room-foot num">
        {t("desk.room.explain", { alarms: number(view.alarms_per_1000h) })}{" "}
        {events.length > 0 ? t("desk.room.events", { list: events.map((one) => t("desk.room.event_usual", { channel: channelName(one.channel), n: perMinute(one.usual) })).join(", ") }) : null}
      </p>
    </section>
  );
}
