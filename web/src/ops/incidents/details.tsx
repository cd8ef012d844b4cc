// One incident: what was said, what the room did after it, what was at stake, what happened when, and whether it was right.

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Case, CaseFull, Incident, Moment, RoomTurn, Verdict } from "../../wire/api";
import { api, at } from "../../wire/http";
import { wordsOf } from "../../desk/actions";
import { doneWords, isTurnAlone } from "../../desk/incidents";
import { amountOf, channelName, turnSentence } from "../../desk/roomwords";
import { clock, Dialog, localTime, notify, notifyError, number, t, tn, useLoad, utc } from "../../ui";
import { Loaded } from "../data";
import { ruleWords } from "./rules";
import { judgedNow, momentWords, VERDICTS } from "./words";

export function Details({ id, onClose, onJudged }: { id: string; onClose: () => void; onJudged: (now: Case) => void }) {
  const load = useLoad(() => api.get<CaseFull>(`/incidents${at(id)}`), [id]);
  return (
    <Dialog title={t("ops.inc.one")} onClose={onClose}>
      <Loaded load={load}>
        {(one) => (
          <div class="stack inc">
            <Evidence one={one} />
            <VerdictPart
              one={one}
              onJudged={(verdict) => {
                onJudged(judgedNow(one, verdict));
                load.reload();
              }}
            />
            <Timeline moments={one.timeline} />
          </div>
        )}
      </Loaded>
    </Dialog>
  );
}

function Evidence({ one }: { one: CaseFull }) {
  const { stake } = one;
  const hasWords = !isTurnAlone(one);
  return (
    <>
      <p class="inc-rule"><b>{ruleWords(one.rule)}</b> <span class="muted small">{one.rule} · {t(`desk.incident.severity.${one.severity}`)}{hasWords && one.score > 0 ? ` · ${t("desk.incident.score", { score: number(one.score, { minimumFractionDigits: 2, maximumFractionDigits: 2 }) })}` : ""}</span></p>
      {hasWords ? <blockquote class="inc-quote">{one.text ? t("crew.quote", { text: one.text }) : t("desk.incident.erased")}</blockquote> : null}
      <dl class="inc-facts">
        <Fact name={t("ops.show")}><a href={`/recap/${encodeURIComponent(one.show)}`}>{one.show}</a> · {one.host} · <span class="num">{clock(one.from_media_ms)}</span></Fact>
        {one.answers ? <Fact name={t("desk.incident.answers")}>{t("crew.quote", { text: one.answers })}</Fact> : null}
        {one.also.length > 0 ? <Fact name={t("ops.inc.also")}>{one.also.map(ruleWords).join(", ")}</Fact> : null}
        <Fact name={t("desk.incident.stake")}><span class="num">{[tn("desk.viewers", stake.viewers), stake.sku, t("desk.incident.orders", { n: number(stake.orders) })].filter(Boolean).join(" · ")}</span></Fact>
        <Fact name={t("ops.inc.done")}>{wordsOf(doneWords(one))}</Fact>
        {one.of ? <Fact name={t("ops.inc.case")}><span class="num small">{one.of.slice(-8)}</span></Fact> : null}
      </dl>
      {one.room ? <RoomPart room={one.room} /> : null}
    </>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return <div><dt class="muted small">{name}</dt><dd>{children}</dd></div>;
}

/** Shares of messages, or events: what each channel was and became. */
function RoomPart({ room }: { room: RoomTurn }) {
  return (
    <section class="inc-part" aria-label={t("ops.inc.room")}>
      <h3>{t("ops.inc.room")}</h3>
      <p>{turnSentence(room)}</p>
      <table class="table inc-table">
        <caption class="sr">{t("ops.inc.room")}</caption>
        <thead><tr><th>{t("ops.inc.channel")}</th><th class="right">{t("ops.inc.before")}</th><th class="right">{t("ops.inc.now")}</th><th class="right">{t("ops.inc.hits")}</th></tr></thead>
        <tbody>
          {room.shifts.map((shift) => (
            <tr key={shift.channel}>
              <td>{channelName(shift.channel)}</td>
              <td class="right num">{amountOf(shift.channel, shift.before)}</td>
              <td class="right num">{amountOf(shift.channel, shift.now)}</td>
              <td class="right num">{t("ops.inc.of", { hits: number(shift.hits), of: number(shift.of) })}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {room.messages.length > 0 ? (
        <ul class="inc-messages" aria-label={t("ops.inc.messages")}>
          {room.messages.map((message) => <li key={message.id}>{typeof message.text !== "string" ? <span class="muted">{t("ops.inc.message.erased")}</span> : t("crew.quote", { text: message.text })}</li>)}
        </ul>
      ) : null}
    </section>
  );
}

function VerdictPart({ one, onJudged }: { one: CaseFull; onJudged: (verdict: Verdict) => void }) {
  const [busy, setBusy] = useState(false);
  const judge = async (verdict: Verdict) => {
    setBusy(true);
    try {
      await api.post<Incident>(`/shows${at(one.show)}/incidents${at(one.id)}`, { do: "judge", verdict });
      notify(t("ops.inc.noted"));
      onJudged(verdict);
    } catch (error) {
      notifyError(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <section class="inc-part">
      <div class="row inc-verdicts" role="group" aria-label={t("desk.incident.verdict")}>
        <b>{t("desk.incident.verdict")}</b>
        {VERDICTS.map((verdict) => (
          <button key={verdict} type="button" class="btn btn-plain btn-small" aria-pressed={one.verdict === verdict} disabled={busy} onClick={() => void judge(verdict)}>{t(`desk.incident.verdict.${verdict}`)}</button>
        ))}
      </div>
      {one.verdict === null ? <p class="muted small">{t(`ops.inc.counts.${one.judged}`)}</p> : null}
    </section>
  );
}

function Timeline({ moments }: { moments: readonly Moment[] }) {
  return (
    <section class="inc-part">
      <h3>{t("ops.inc.timeline")}</h3>
      <ol class="inc-timeline">
        {moments.map((moment, n) => (
          <li key={n}>
            <time class="num muted small" dateTime={moment.at} title={utc(moment.at)}>{localTime(moment.at, { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 1, hourCycle: "h23" })}</time>
            <span>{wordsOf(momentWords(moment))}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
