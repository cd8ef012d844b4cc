// The keys of the desk: what each would do right now, and the answer to the last one in words.

import { useState } from "preact/hooks";
import type { ActionKind } from "../wire/api";
import { Button, cls, Kbd, t } from "../ui";
import type { DeskModel } from "./model";
import { stillInDelay } from "./strip";
import { newestUndoable, seconds, undoState, type Words } from "./words";

interface KeyProps {
  letter: string;
  name: string;
  says: string;
  look?: "plain" | "panic" | "lit";
  disabled?: boolean;
  onPress: () => void;
}

function Key({ letter, name, says, look = "plain", disabled, onPress }: KeyProps) {
  return (
    <button type="button" class={cls("key", `key-${look}`)} aria-keyshortcuts={letter} disabled={disabled} onClick={onPress}>
      <Kbd>{letter}</Kbd>
      <b class="clip">{name}</b>
      <span class="key-says num clip" title={says}>{says}</span>
    </button>
  );
}

export function Keys({ model }: { model: DeskModel }) {
  const desk = model.desk.value;
  const span = model.selection.value;
  const airMs = model.airMs();
  const live = model.live.value;
  const left = span ? stillInDelay(span, airMs) : null;
  const scope = left ? t("desk.key.selected", { length: seconds(left.toMs - left.fromMs) }) : t("desk.key.from_now");
  const standby = desk?.standby ?? null;
  const undoable = newestUndoable(model.log.value, airMs);
  const open = desk?.actions.some((a) => a.kind !== "resume" && (a.to_media_ms === null || a.to_media_ms > airMs)) ?? false;
  const press = (kind: ActionKind) => () => void model.act(kind);
  return (
    <div class="keys" role="toolbar" aria-label={t("desk.key.all")}>
      <Key letter="M" name={t("desk.key.mute")} says={scope} disabled={!live} onPress={press("mute")} />
      <Key letter="C" name={t("desk.key.cut")} says={scope} disabled={!live} onPress={press("cut")} />
      <Key letter="O" name={t("desk.key.cover")} says={scope} disabled={!live} onPress={press("cover")} />
      <Key letter="H" name={t("desk.key.hand_over")} says={standbyWords(standby)} disabled={!live} onPress={press("hand_over")} />
      <Key letter="D" name={t("desk.key.dump")} says={t("desk.key.dump_says", { left: seconds(desk?.in_delay_ms ?? 0) })} disabled={!live} onPress={press("dump")} />
      <Key letter="P" name={t("desk.key.panic")} says={t("desk.key.panic_says")} look="panic" disabled={!live} onPress={press("panic")} />
      <Key letter="R" name={t("desk.key.resume")} says={t(open ? "desk.key.resume_says" : "desk.key.resume_none")} look={open ? "lit" : "plain"} disabled={!live} onPress={press("resume")} />
      <Key letter="U" name={t("desk.key.undo")} says={undoWords(undoable, airMs)} disabled={!live || undoable === null} onPress={() => void model.undo()} />
    </div>
  );
}

function standbyWords(standby: { name: string; ready: boolean; why?: string | null } | null): string {
  if (!standby) return t("desk.key.no_standby");
  return t(standby.ready ? "desk.key.standby_ready" : "desk.key.standby_not_ready", { name: standby.name });
}

function undoWords(action: ReturnType<typeof newestUndoable>, airMs: number): string {
  if (!action) return t("desk.key.undo_none");
  const state = undoState(action, airMs);
  const kind = t(`desk.kind.${action.kind}`);
  return state.how === "undo" ? t("desk.key.undo_left", { kind, left: seconds(state.leftMs) }) : t("desk.key.undo_shorten", { kind });
}

/** An answer's words; the action's own word, and a verdict's, is itself a key. */
export function wordsOf(words: Words): string {
  const said = Object.entries(words.values).map(([name, value]) => [name, name === "did" || name === "verdict" ? t(value as Words["key"]) : value]);
  return t(words.key, Object.fromEntries(said) as Record<string, string>);
}

/** The last answer, announced at once, and the reason that goes with the next action. */
export function AnswerLine({ model, onHelp }: { model: DeskModel; onHelp: () => void }) {
  const answer = model.answer.value;
  const pending = model.pending.value;
  const tone = pending ? "wait" : (answer?.words.tone ?? "wait");
  const marks = { ok: "✓", wait: "·", no: "!" };
  return (
    <div class={cls("answer", `answer-${tone}`)}>
      <p role="status" aria-live="assertive" class="answer-words num">
        <span class="answer-mark" aria-hidden="true">{marks[tone]}</span>
        <span key={answer?.n}>{pending ? t("desk.answer.sending", { what: t(`desk.key.${pending}`) }) : answer ? wordsOf(answer.words) : t(model.live.value ? "desk.answer.nothing" : "desk.answer.not_live")}</span>
      </p>
      {answer?.force && !pending ? <Button size="small" onClick={() => void model.act("hand_over", { force: true })}>{t("desk.answer.force")}</Button> : null}
      <Reason model={model} />
      <Button size="small" look="quiet" hotkey="?" onClick={onHelp}>{t("desk.help.title")}</Button>
    </div>
  );
}

function Reason({ model }: { model: DeskModel }) {
  return (
    <input
      class="input reason"
      maxLength={200}
      placeholder={t("desk.reason.placeholder")}
      aria-label={t("desk.reason.label")}
      value={model.reason.value}
      onInput={(event) => {
        model.reason.value = event.currentTarget.value;
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter") event.currentTarget.blur();
      }}
    />
  );
}

/** What each key means; opened by `?`, it lies over the lists and never over a picture. */
export function KeyHelp({ onClose }: { onClose: () => void }) {
  const rows = ["M", "C", "O", "H", "D", "P", "R", "U", "⏎", "W", "L", "S", "?"] as const;
  const names = { "⏎": "confirm", W: "widen", L: "dismiss", M: "mute", C: "cut", O: "cover", H: "hand_over", D: "dump", P: "panic", R: "resume", U: "undo", S: "strip", "?": "help" } as const;
  const [first] = useState(() => (node: HTMLElement | null) => node?.focus({ preventScroll: true }));
  return (
    <section class="key-help panel" aria-label={t("desk.help.title")} tabIndex={-1} ref={first}>
      <header class="panel-head"><h2>{t("desk.help.title")}</h2><span class="spring" /><Button size="small" look="quiet" onClick={onClose} hotkey="Esc">{t("ui.close")}</Button></header>
      <dl>
        {rows.map((letter) => (
          <div key={letter}><dt><Kbd>{letter}</Kbd></dt><dd>{t(`desk.help.${names[letter]}`)}</dd></div>
        ))}
        <div><dt><Kbd>←</Kbd> <Kbd>→</Kbd></dt><dd>{t("desk.help.arrows")}</dd></div>
        <div><dt><Kbd>↑</Kbd> <Kbd>↓</Kbd></dt><dd>{t("desk.help.sentences")}</dd></div>
        <div><dt><Kbd>⇧</Kbd></dt><dd>{t("desk.help.shift")}</dd></div>
        <div><dt><Kbd>Esc</Kbd></dt><dd>{t("desk.help.escape")}</dd></div>
      </dl>
      <p class="muted small">{t("desk.help.note")} {t("desk.help.sealed")}</p>
    </section>
  );
}
