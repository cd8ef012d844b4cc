// The host's own record: what was heard, what it was judged to break, what was done and who decided. Nothing else exists.

import { useEffect, useRef } from "preact/hooks";
import { wordsOf } from "../desk/actions";
import { doneWords, plainRule } from "../desk/incidents";
import type { Incident, Line } from "../wire/api";
import { cls, localTime, t, tOr, utc } from "../ui";
import { brokenBy, type Heard } from "./heard";

const FOLLOW_PX = 60;
const ruleName = (rule: string): string => tOr(`rule.${rule}`, plainRule(rule));

/** The private line. Its place is there for the whole show, so that nothing jumps when a sentence is held. */
export function Held({ heard }: { heard: Heard }) {
  const held = heard.held.value;
  return (
    <section class={cls("held", held && "held-on")} role="status" aria-live="assertive">
      {held ? (
        <>
          <strong>{t("studio.held.mute")}</strong>
          <span class="held-why">{held.text ? t("studio.held.why", { rule: ruleName(held.rule), text: held.text }) : ruleName(held.rule)}</span>
        </>
      ) : <span class="muted">{t("studio.held.none")}</span>}
    </section>
  );
}

export function Record({ heard }: { heard: Heard }) {
  const incidents = heard.incidents.value;
  return (
    <section class="s-card s-heard" aria-label={t("studio.heard.title")}>
      <h2 class="s-label s-heard-head"><span>{t("studio.heard.title")}</span><HearingState heard={heard} /></h2>
      <Transcript lines={heard.lines.value} incidents={incidents} />
      <details open={incidents.length > 0} class="s-record">
        <summary>{t("studio.heard.incidents")} <span class="muted num">{incidents.length}</span></summary>
        {incidents.length === 0 ? <p class="muted">{t("studio.heard.incidents.none")}</p> : null}
        <ol>{incidents.map((incident) => <Entry key={incident.id} incident={incident} />)}</ol>
      </details>
      <p class="muted small">{t("studio.heard.same")}</p>
    </section>
  );
}

function HearingState({ heard }: { heard: Heard }) {
  const state = heard.hearing.value;
  if (state === "ok") return <span class="s-hearing">✓ {t("studio.heard.hearing.ok")}</span>;
  if (state === "late") return <span class="s-hearing">{t("studio.heard.hearing.late", { seconds: Math.max(1, Math.round(heard.behindMs.value / 1000)) })}</span>;
  return <span class="s-hearing">{t("studio.heard.hearing.not")}</span>;
}

function Transcript({ lines, incidents }: { lines: readonly Line[]; incidents: readonly Incident[] }) {
  const list = useRef<HTMLOListElement>(null);
  const follow = useRef(true);
  useEffect(() => {
    if (follow.current && list.current) list.current.scrollTop = list.current.scrollHeight;
  }, [lines]);
  return (
    <ol
      ref={list}
      class="s-lines"
      tabIndex={0}
      aria-label={t("studio.heard.title")}
      onScroll={(event) => {
        const el = event.currentTarget;
        follow.current = el.scrollHeight - el.scrollTop - el.clientHeight < FOLLOW_PX;
      }}
    >
      {lines.length === 0 ? <li class="muted">{t("studio.heard.empty")}</li> : null}
      {lines.map((line) => <Said key={`${line.from_media_ms} ${line.heard}`} line={line} broken={brokenBy(line, incidents)} />)}
    </ol>
  );
}

function Said({ line, broken }: { line: Line; broken: Incident | null }) {
  if (!line.heard) return <li class="s-deaf"><span>{t("desk.lane.not_heard")}</span></li>;
  return (
    <li class={cls(!line.last && "s-open", broken && "s-broken")}>
      {broken ? <b>{ruleName(broken.rule)}</b> : null} {broken?.act ? <s>{line.text}</s> : line.text}
    </li>
  );
}

function Entry({ incident }: { incident: Incident }) {
  const decided = incident.state === "dismissed" ? "" : incident.by ? t("studio.heard.by", { name: incident.by }) : incident.state === "open" ? t("studio.heard.open") : "";
  const verdict = incident.verdict ? t("studio.heard.verdict", { verdict: t(`desk.incident.verdict.${incident.verdict}`) }) : "";
  return (
    <li>
      <p><time class="num muted" dateTime={incident.at} title={utc(incident.at)}>{localTime(incident.at, { timeStyle: "medium" })}</time> <b>{ruleName(incident.rule)}</b> <span class="muted small">{incident.rule}</span></p>
      <p>{incident.text ? t("crew.quote", { text: incident.text }) : t("desk.incident.erased")}</p>
      {incident.answers ? <p class="small muted">{t("desk.incident.answers")} {t("crew.quote", { text: incident.answers })}</p> : null}
      <p class="small num">{[wordsOf(doneWords(incident)), decided, verdict].filter(Boolean).join(" · ")}</p>
    </li>
  );
}
