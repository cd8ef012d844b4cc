// The log of actions: who did what when, and the way back while there is one.

import type { Action } from "../wire/api";
import { useEffect, useRef } from "preact/hooks";
import { Button, cls, localTime, t, utc } from "../ui";
import type { DeskModel } from "./model";
import { seconds, undoState } from "./words";

const SHOWN_MAX = 60;

export function ActionLog({ model }: { model: DeskModel }) {
  // The desk's message moves the countdowns; the log itself changes only with an action.
  void model.desk.value;
  const airMs = model.airMs();
  const log = model.log.value.slice(0, SHOWN_MAX);
  return (
    <section class="panel" aria-label={t("desk.log.title")}>
      <header class="panel-head"><h2>{t("desk.log.title")}</h2></header>
      {log.length === 0 ? <p class="panel-empty muted">{t("desk.log.empty")}</p> : null}
      <ol class="log panel-scroll">
        {log.map((action) => <Row key={action.id} action={action} airMs={airMs} model={model} />)}
      </ol>
    </section>
  );
}

function Row({ action, airMs, model }: { action: Action; airMs: number; model: DeskModel }) {
  const undo = undoState(action, airMs);
  const over = undo.how === "gone";
  const pointed = model.pointed.value === action.id;
  const row = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (pointed) row.current?.scrollIntoView({ block: "nearest" });
  }, [pointed]);
  return (
    <li ref={row} class={cls("log-row", pointed && "log-pointed")} data-over={over ? "yes" : "no"}>
      <time class="num muted" dateTime={action.at} title={action.at ? utc(action.at) : ""}>{action.at ? localTime(action.at, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }) : ""}</time>
      <span class="log-words">
        <b>{t(`desk.kind.${action.kind}`)}</b> <span class="num">{lengthOf(action)}</span>{" "}
        <span class="muted">{[action.actor, action.reason].filter(Boolean).join(" · ")}</span>
        <span class="log-state num">{stateOf(action, airMs)}</span>
      </span>
      {undo.how === "undo" ? <Button size="small" onClick={() => void model.undo(action.id)}>{t("desk.log.undo", { left: seconds(undo.leftMs) })}</Button> : null}
      {undo.how === "shorten" ? <Button size="small" onClick={() => void model.undo(action.id)}>{t("desk.log.end_now")}</Button> : null}
    </li>
  );
}

function lengthOf(action: Action): string {
  if (action.kind === "resume" || action.kind === "dump" || action.kind === "panic") return "";
  return action.to_media_ms === null ? t("desk.log.open") : t("desk.s", { n: seconds(action.to_media_ms - action.from_media_ms) });
}

function stateOf(action: Action, airMs: number): string {
  if (action.undone_at || action.state === "undone") return t("desk.log.undone");
  if (action.state === "shortened") return t("desk.log.shortened");
  if (action.kind === "resume") return "";
  if (action.from_media_ms > airMs) return t("desk.log.airs_in", { left: seconds(action.from_media_ms - airMs) });
  const running = action.to_media_ms === null || action.to_media_ms > airMs;
  if (running && action.state !== "over" && action.state !== "ended") return t("desk.log.on_now");
  return t("desk.log.over");
}
