// The room at the desk: chat with its moderation in one click each.

import { useEffect, useRef, useState } from "preact/hooks";
import type { ModerationStep } from "../wire/api";
import { hasRole } from "../wire/session";
import { Button, cls, Dialog, Disconnected, localTime, notifyError, t, tn, Toggle } from "../ui";
import type { ChatModel, Line } from "./chat";

const SLOW_STEPS_S = [0, 5, 10, 30, 60];
const TIME_OUT_S = 300;
/** Nearer to the end than this, the list follows new messages; above it, the reader is reading. */
const FOLLOW_PX = 60;

export function ChatPanel({ chat }: { chat: ChatModel }) {
  const [open, setOpen] = useState<string | null>(null);
  const [erasing, setErasing] = useState<Line | null>(null);
  const step = (s: ModerationStep) => {
    setOpen(null);
    chat.step(s).catch(notifyError);
  };
  return (
    <section class="panel chat" aria-label={t("desk.chat.title")}>
      <header class="panel-head"><h2>{t("desk.chat.title")}</h2><span class="spring" /><Rules chat={chat} step={step} /></header>
      <Disconnected connection={chat.room.connection} missed={chat.room.missed} retry={() => chat.room.retryNow()} />
      <PendingList chat={chat} step={step} />
      <Lines chat={chat} open={open} setOpen={setOpen} step={step} erase={setErasing} />
      <Bans chat={chat} step={step} />
      {erasing ? (
        <Dialog title={t("desk.chat.erase.ask", { name: erasing.nick })} onClose={() => setErasing(null)}>
          <div class="stack">
            <p class="muted">{t("desk.chat.erase.text")}</p>
            <div class="row">
              <Button look="primary" onClick={() => { setErasing(null); setOpen(null); chat.erase(erasing.viewer).catch(notifyError); }}>{t("desk.chat.erase")}</Button>
              <Button look="quiet" onClick={() => setErasing(null)}>{t("ui.cancel")}</Button>
            </div>
          </div>
        </Dialog>
      ) : null}
    </section>
  );
}

type Step = (s: ModerationStep) => void;

function Rules({ chat, step }: { chat: ChatModel; step: Step }) {
  const rules = chat.rules.value;
  return (
    <div class="rules">
      <label class="rule-slow">
        <span>{t("desk.chat.slow")}</span>
        <select value={String(rules.slow_s)} onChange={(event) => step({ kind: "slow", seconds: Number(event.currentTarget.value) })}>
          {[...new Set([...SLOW_STEPS_S, rules.slow_s])].sort((a, b) => a - b).map((s) => (
            <option key={s} value={String(s)}>{s === 0 ? t("desk.chat.off") : t("desk.s", { n: s })}</option>
          ))}
        </select>
      </label>
      <Toggle label={t("desk.chat.hold")} on={rules.hold} onChange={(on) => step({ kind: "hold", on })} title={t("desk.chat.hold_hint")} />
      <Toggle label={t("desk.chat.lock")} on={rules.locked} onChange={(on) => step({ kind: "lock", on })} title={t("desk.chat.lock_hint")} />
    </div>
  );
}

function PendingList({ chat, step }: { chat: ChatModel; step: Step }) {
  const pending = chat.pending.value;
  if (pending.length === 0) return null;
  return (
    <section class="pending" aria-label={t("desk.chat.pending")}>
      <h3>{tn("desk.chat.waiting", pending.length)}</h3>
      <ul>
        {pending.slice(0, 20).map((p) => (
          <li key={p.id} class="pending-row">
            <span class="chat-text"><b>{p.nick}</b> {p.text}</span>
            <Button size="small" onClick={() => step({ kind: "approve", id: p.id })}>{t("desk.chat.approve")}</Button>
            <Button size="small" look="quiet" onClick={() => step({ kind: "reject", id: p.id })}>{t("desk.chat.reject")}</Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Lines({ chat, open, setOpen, step, erase }: { chat: ChatModel; open: string | null; setOpen: (id: string | null) => void; step: Step; erase: (line: Line) => void }) {
  const list = useRef<HTMLUListElement>(null);
  const follow = useRef(true);
  const lines = chat.lines.value;
  useEffect(() => {
    if (follow.current && open === null && list.current) list.current.scrollTop = list.current.scrollHeight;
  }, [lines, open]);
  return (
    <ul
      ref={list}
      class="chat-lines panel-scroll"
      tabIndex={0}
      aria-label={t("desk.chat.messages")}
      onScroll={(event) => {
        const el = event.currentTarget;
        follow.current = el.scrollHeight - el.scrollTop - el.clientHeight < FOLLOW_PX;
      }}
    >
      {lines.length === 0 ? <li class="muted panel-empty">{t("desk.chat.empty")}</li> : null}
      {lines.map((line) => <ChatLine key={line.id} line={line} open={open === line.id} onOpen={() => setOpen(open === line.id ? null : line.id)} step={step} erase={erase} />)}
    </ul>
  );
}

function ChatLine({ line, open, onOpen, step, erase }: { line: Line; open: boolean; onOpen: () => void; step: Step; erase: (line: Line) => void }) {
  if (line.deleted) return <li class="chat-line muted"><s>{line.nick}</s> {t("desk.chat.deleted")}</li>;
  return (
    <li class={cls("chat-line", open && "chat-open")}>
      <button type="button" class="chat-say" aria-expanded={open} onClick={onOpen} title={localTime(line.at, { timeStyle: "medium" })}>
        <b class={line.role ? "chat-crew" : undefined}>{line.nick}</b> <span class="chat-text">{line.text}</span>
      </button>
      {open ? (
        <span class="chat-steps">
          <Button size="small" onClick={() => step({ kind: "delete", id: line.id })}>{t("desk.chat.delete")}</Button>
          <Button size="small" onClick={() => step({ kind: "time_out", viewer: line.viewer, seconds: TIME_OUT_S })}>{t("desk.chat.time_out", { minutes: TIME_OUT_S / 60 })}</Button>
          <Button size="small" onClick={() => step({ kind: "ban", viewer: line.viewer })}>{t("desk.chat.ban")}</Button>
          {hasRole("operator") ? <Button size="small" look="quiet" onClick={() => erase(line)}>{t("desk.chat.erase")}</Button> : null}
        </span>
      ) : null}
    </li>
  );
}

function Bans({ chat, step }: { chat: ChatModel; step: Step }) {
  const bans = chat.bans.value;
  if (bans.length === 0) return null;
  return (
    <details class="bans">
      <summary>{tn("desk.chat.bans", bans.length)}</summary>
      <ul>
        {bans.map((ban) => (
          <li key={ban.viewer} class="pending-row">
            <span class="chat-text"><b>{chat.nameOf(ban)}</b> <span class="muted">{ban.until ? t("desk.chat.until", { time: localTime(ban.until) }) : t("desk.chat.for_good")}</span></span>
            <Button size="small" look="quiet" onClick={() => step({ kind: "unban", viewer: ban.viewer })}>{t("desk.chat.unban")}</Button>
          </li>
        ))}
      </ul>
    </details>
  );
}
