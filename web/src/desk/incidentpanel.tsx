// Incidents beside the pictures: one card that the keys act on, and the list of those before it.
// The place is always there and always as high, so that nothing moves when something is caught.

import { useEffect, useRef, useState } from "preact/hooks";
import type { DeskState, Incident, RoomTurn } from "../wire/api";
import { Button, cls, Kbd, number, t, tn, tOr, utc } from "../ui";
import { wordsOf } from "./actions";
import type { Caught } from "./caught";
import { delayTooShort, isDeaf } from "./gauge";
import { doneWords, isTurnAlone, phaseOf, plainRule, urgent } from "./incidents";
import type { DeskModel } from "./model";
import { type Case, casesOf, othersOf } from "./room";
import { otherShifts, secondsOf, turnSentence } from "./roomwords";
import { seconds } from "./words";

export const ruleName = (rule: string): string => tOr(`rule.${rule}`, plainRule(rule));

export function IncidentPanel({ model, caught }: { model: DeskModel; caught: Caught }) {
  const desk = model.desk.value;
  const shown = caught.shown.value;
  const all = caught.all.value;
  const airMs = model.airMs();
  const cases = casesOf(all);
  const more = urgent(all, airMs).filter((i) => i.id !== shown?.id).length;
  const phase = shown ? phaseOf(shown, airMs) : null;
  const hot = shown?.state === "open" && phase !== "aired";
  return (
    <section class={cls("panel caught", hot && "caught-hot")} aria-label={t("desk.incident.title")}>
      <header class="caught-head">
        <h2>{t(shown ? "desk.incident.one" : "desk.incident.title")}</h2>
        {more > 0 ? <span class="caught-more">{tn("desk.incident.open_list", more)}</span> : null}
        <span class="spring" />
        {shown && !isTurnAlone(shown) ? <Countdown model={model} incident={shown} /> : null}
      </header>
      <div class="caught-card">
        {shown ? <Card key={shown.id} incident={shown} others={othersOf(cases, shown.id)} model={model} caught={caught} passed={phase === "aired"} /> : <Calm desk={desk} />}
      </div>
      {desk && delayTooShort(desk) ? <p class="caught-hint">{t("desk.hearing.short", { seconds: number(desk.delay_s) })}</p> : null}
      <History cases={cases} shown={shown?.id ?? null} airMs={airMs} caught={caught} />
    </section>
  );
}

function Calm({ desk }: { desk: DeskState | null }) {
  if (!desk) return <p class="caught-calm muted">—</p>;
  if (desk.hearing === null && desk.policy === null) return <p class="caught-calm muted">{t("desk.incident.nobody")}</p>;
  const deaf = isDeaf(desk);
  return (
    <div class="caught-calm">
      <p>{deaf ? <b>{t(`desk.hearing.${desk.hearing}` as "desk.hearing.out")}</b> : t("desk.incident.none")}</p>
      {deaf ? null : <p class="muted small">{t(desk.policy === "act" ? "desk.incident.none.act" : "desk.incident.none.advise")}</p>}
    </div>
  );
}

/** Written to the element itself: tenths of a second are no state. */
function Countdown({ model, incident }: { model: DeskModel; incident: Incident }) {
  const word = useRef<HTMLSpanElement>(null);
  const figure = useRef<HTMLElement>(null);
  const bar = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const show = () => {
      const airMs = model.airMs();
      const leftMs = incident.from_media_ms - airMs;
      const phase = phaseOf(incident, airMs);
      const delayMs = Math.max(1000, (model.desk.peek()?.delay_s ?? 0) * 1000);
      if (word.current) word.current.textContent = t(phase === "waits" ? "desk.incident.airs_in" : phase === "airs" ? "desk.incident.airs_now" : "desk.incident.past");
      if (figure.current) figure.current.textContent = phase === "waits" ? t("desk.s", { n: seconds(leftMs) }) : "";
      if (bar.current) bar.current.style.transform = `scaleX(${Math.min(1, Math.max(0, leftMs / delayMs)).toFixed(3)})`;
    };
    show();
    const id = setInterval(show, 100);
    return () => clearInterval(id);
  }, [model, incident]);
  return (
    <>
      <span class="count" role="timer"><span ref={word} /> <b ref={figure} class="num" /></span>
      <span class="count-bar" aria-hidden="true"><span ref={bar} /></span>
    </>
  );
}

function Card({ incident, others, model, caught, passed }: { incident: Incident; others: Incident[]; model: DeskModel; caught: Caught; passed: boolean }) {
  const { stake } = incident;
  const done = doneWords(incident);
  const gone = caught.mute.value;
  return (
    <>
      <p class="caught-rule">
        <b class="clip">{ruleName(incident.rule)}</b>
        {isTurnAlone(incident) ? null : <Play incident={incident} caught={caught} />}
        <span class="caught-grade">
          <span class={cls("grade", `grade-${incident.severity}`)}>{t(`desk.incident.severity.${incident.severity}`)}</span>
          <span class="muted small clip">{incident.rule} · <span class="num">{t("desk.incident.score", { score: number(incident.score, { minimumFractionDigits: 2, maximumFractionDigits: 2 }) })}</span></span>
        </span>
      </p>
      <Said incident={incident} others={others} caught={caught} />
      <p class="caught-line clip num"><span class="muted">{t("desk.incident.stake")}</span> {[tn("desk.viewers", stake.viewers), stake.sku, t("desk.incident.orders", { n: number(stake.orders) })].filter(Boolean).join(" · ")}</p>
      <p class={cls("caught-done num", incident.act === null && incident.state === "open" && "caught-undone")} role="status">{gone?.id === incident.id ? (gone.gone ? t("desk.incident.clip_gone") : t("desk.incident.clip_failed", { message: gone.message })) : wordsOf(done)}</p>
      <div class="caught-keys" role="toolbar" aria-label={t("desk.incident.keys")}>
        {passed || incident.state === "dismissed" || incident.state === "withdrawn" ? <Verdicts incident={incident} caught={caught} /> : <Decisions incident={incident} model={model} caught={caught} />}
      </div>
    </>
  );
}

function Play({ incident, caught }: { incident: Incident; caught: Caught }) {
  const playing = caught.playing.value === incident.id;
  return (
    <Button size="small" look="quiet" class="caught-play" title={t("desk.incident.play")} aria-pressed={playing} onClick={() => void caught.play(incident)}>
      <span aria-hidden="true">{playing ? "■" : "▶"}</span><span class="sr">{t(playing ? "desk.incident.stop" : "desk.incident.play")}</span>
    </Button>
  );
}

/** The words; where a room turned or a case goes on, all of that in the same place, which then scrolls. */
function Said({ incident, others, caught }: { incident: Incident; others: Incident[]; caught: Caught }) {
  const room = incident.room ?? null;
  const words = incident.text ? t("crew.quote", { text: incident.text }) : t("desk.incident.erased");
  const answers = (
    <p class="caught-line clip" title={incident.answers ?? ""}>
      {incident.answers ? <><span class="muted">{t("desk.incident.answers")}</span> {t("crew.quote", { text: incident.answers })}</> : null}
      {!incident.answers && incident.also.length > 0 ? t("desk.incident.also", { rules: incident.also.map(ruleName).join(", ") }) : null}
    </p>
  );
  if (room === null && others.length === 0) return <><blockquote class="caught-words" title={incident.text ?? ""}>{words}</blockquote>{answers}</>;
  return (
    <div class="caught-case" tabIndex={0} role="group" aria-label={t("desk.incident.one")}>
      {isTurnAlone(incident) ? null : <blockquote class="case-words" title={incident.text ?? ""}>{words}</blockquote>}
      {room ? <Turn room={room} /> : null}
      {others.length > 0 ? <Others others={others} caught={caught} /> : null}
      {isTurnAlone(incident) ? null : answers}
    </div>
  );
}

/** What the room wrote: which share of its messages, since when, and a few of them. */
function Turn({ room }: { room: RoomTurn }) {
  const also = otherShifts(room);
  return (
    <div class="turn">
      <p class="turn-words num"><span aria-hidden="true">▾ </span>{turnSentence(room)}</p>
      {also ? <p class="muted small num">{t("desk.turn.also", { list: also })}</p> : null}
      {room.messages.length > 0 ? (
        <ul class="turn-messages" aria-label={t("desk.turn.messages")}>
          {room.messages.slice(0, MESSAGES).map((one) => <li key={one.id}>{one.text ?? <span class="muted">{t("desk.incident.erased")}</span>}</li>)}
        </ul>
      ) : null}
    </div>
  );
}

/** Messages of a turn that are shown. */
const MESSAGES = 5;

function Others({ others, caught }: { others: Incident[]; caught: Caught }) {
  return (
    <details class="case-more">
      <summary class="small">{tn("desk.case.more", others.length)}</summary>
      <ol>
        {others.map((one) => (
          <li key={one.id}>
            <button type="button" class="case-one" title={t("desk.incident.show")} onClick={() => caught.choose(one.id)}>
              <time class="num muted" dateTime={one.at} title={utc(one.at)}>{secondsOf(one.at)}</time> {one.text ? t("crew.quote", { text: one.text }) : ruleName(one.rule)}
            </button>
          </li>
        ))}
      </ol>
    </details>
  );
}

function Decisions({ incident, model, caught }: { incident: Incident; model: DeskModel; caught: Caught }) {
  const kind = incident.act?.kind ?? (incident.response === "cover" || incident.response === "hand_over" ? incident.response : "mute");
  const open = incident.state === "open";
  const selected = model.selection.value !== null;
  return (
    <>
      <CaughtKey letter="⏎" shortcut="Enter" name={t(incident.act ? `desk.incident.keep.${kind}` : `desk.incident.do.${kind}`)} disabled={!open} onPress={() => void caught.decide("confirm")} main />
      <CaughtKey letter="W" name={t("desk.incident.widen")} title={t(selected ? "desk.incident.widen_selected" : "desk.incident.widen_says")} onPress={() => void caught.decide("widen")} />
      <CaughtKey letter="L" name={t("desk.incident.let_air")} onPress={() => void caught.decide("dismiss")} />
    </>
  );
}

function CaughtKey({ letter, shortcut, name, title, disabled, main, onPress }: { letter: string; shortcut?: string; name: string; title?: string; disabled?: boolean; main?: boolean; onPress: () => void }) {
  return (
    <button type="button" class={cls("ckey", main && "ckey-main")} aria-keyshortcuts={shortcut ?? letter} title={title ?? name} disabled={disabled} onClick={onPress}>
      <Kbd>{letter}</Kbd><span>{name}</span>
    </button>
  );
}

const VERDICTS = ["right", "wrong", "late"] as const;

function Verdicts({ incident, caught }: { incident: Incident; caught: Caught }) {
  return (
    <div class="verdicts" role="group" aria-label={t("desk.incident.verdict")}>
      <span class="muted small">{t("desk.incident.verdict")}</span>
      {VERDICTS.map((v) => (
        <button key={v} type="button" class="verdict" aria-pressed={incident.verdict === v} onClick={() => void caught.judge(incident, v)}>{t(`desk.incident.verdict.${v}`)}</button>
      ))}
    </div>
  );
}

const waits = (incident: Incident, airMs: number): boolean => incident.state === "open" && phaseOf(incident, airMs) !== "aired";

/** An incident that nobody decided about in time ended as the machine left it. */
function stateWord(incident: Incident, airMs: number): string {
  if (incident.state !== "open" || waits(incident, airMs)) return t(`desk.incident.state.${incident.state}`);
  if (isTurnAlone(incident)) return t("desk.turn.mark");
  return incident.act ? t(`desk.did.${incident.act.kind}`) : t("desk.incident.aired");
}

function History({ cases, shown, airMs, caught }: { cases: Case[]; shown: string | null; airMs: number; caught: Caught }) {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const toggle = (id: string) => {
    const next = new Set(open);
    if (!next.delete(id)) next.add(id);
    setOpen(next);
  };
  // What still waits for a hand is never folded away.
  const rows = cases.flatMap(({ lead, more }) => {
    const listed = more.filter((i) => open.has(lead.id) || waits(i, airMs));
    return [{ incident: lead, folded: more.length - listed.length, of: false, many: more.length }, ...listed.map((incident) => ({ incident, folded: 0, of: true, many: 0 }))];
  });
  return (
    <ol class="caught-list panel-scroll" aria-label={t("desk.incident.history")}>
      {rows.filter((row) => row.incident.id !== shown || row.many > 0).map(({ incident: i, folded, of, many }) => (
        <li key={i.id}>
          <button type="button" class={cls("past", waits(i, airMs) && "past-open", of && "past-of")} title={t("desk.incident.show")} aria-current={i.id === shown ? "true" : undefined} onClick={() => caught.choose(i.id)}>
            <time class="num muted" dateTime={i.at} title={utc(i.at)}>{secondsOf(i.at)}</time>
            <span class="past-words clip" title={i.text ?? ""}>{i.room ? <><span aria-hidden="true">▾ </span><span class="sr">{t("desk.turn.mark")} </span></> : null}<b>{ruleName(i.rule)}</b> {i.text ?? (i.room ? turnSentence(i.room) : "")}</span>
            <span class="past-state">{stateWord(i, airMs)}{i.verdict ? ` · ${t(`desk.incident.verdict.${i.verdict}`)}` : ""}</span>
          </button>
          {many > 0 ? <button type="button" class="link small past-fold" aria-expanded={open.has(i.id)} onClick={() => toggle(i.id)}>{folded > 0 ? tn("desk.case.more", folded) : t("desk.case.less")}</button> : null}
        </li>
      ))}
    </ol>
  );
}
