/** The room's talk: newest at the bottom, input at the thumb, every refusal in plain words. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Badge, Button, cls, Disconnected, t, tn, tOr } from "../ui";
import { nick_max, text_max, type Chat as Message } from "../wire/room";
import { keepNick, nick } from "./device";
import type { WatchModel } from "./model";

/** Closer to the end than this counts as reading along. */
const near_px = 48;

export function Talk({ model }: { model: WatchModel }) {
  const { chat, me } = model.state.value;
  const list = useRef<HTMLDivElement>(null);
  const [along, setAlong] = useState(true);
  const newest = chat.at(-1)?.id;

  useLayoutEffect(() => {
    const box = list.current;
    if (box && along) box.scrollTop = box.scrollHeight;
  }, [newest, along]);

  // The keyboard of a phone makes the list shorter; who reads along goes on reading the newest.
  useEffect(() => {
    const box = list.current;
    if (!box) return undefined;
    const watcher = new ResizeObserver(() => {
      if (along) box.scrollTop = box.scrollHeight;
    });
    watcher.observe(box);
    return () => watcher.disconnect();
  }, [along]);

  const scrolled = () => {
    const box = list.current;
    if (box) setAlong(box.scrollHeight - box.scrollTop - box.clientHeight < near_px);
  };
  return (
    <div class="talk">
      <div class="talk-box">
        <div ref={list} class="talk-list" onScroll={scrolled} role="log" aria-live="off" aria-label={t("chat.title")} tabIndex={0}>
          {chat.length === 0 ? <p class="talk-empty muted">{t("chat.empty")}</p> : null}
          <ol>{chat.map((message) => <Line key={message.id} message={message} mine={message.viewer === me?.id} />)}</ol>
        </div>
        {along ? null : (
          <button type="button" class="talk-down" onClick={() => setAlong(true)}>{t("chat.newest")} ↓</button>
        )}
      </div>
      {model.room ? (
        <>
          <Disconnected connection={model.room.connection} missed={model.room.missed} retry={() => model.room?.retryNow()} />
          <Composer model={model} />
        </>
      ) : null}
    </div>
  );
}

function Line({ message, mine }: { message: Message; mine: boolean }) {
  return (
    <li class={cls("line", mine && "line-mine")}>
      <span class="line-nick">{message.nick}</span>{" "}
      {message.role ? <Badge tone="accent">{tOr(`role.${message.role}`, message.role)}</Badge> : null}
      {message.role ? " " : null}
      <span class="line-text">{message.text}</span>
    </li>
  );
}

function Composer({ model }: { model: WatchModel }) {
  const { rules, answer } = model.state.value;
  const known = nick.value ?? model.watch.value.device.nick ?? null;
  const [text, setText] = useState("");
  const [naming, setNaming] = useState(false);
  const [name, setName] = useState(known ?? "");
  const [said, setSaid] = useState("");
  const open = model.room?.connection.value.phase === "open";
  const askName = naming || (!known && text.length > 0);

  // What was refused comes back into an empty field, so that nothing has to be typed twice.
  useEffect(() => {
    if (answer && answer.code !== "held" && answer.code !== "banned" && said && !text) setText(said);
  }, [answer]);

  const send = (event: Event) => {
    event.preventDefault();
    if (askName) {
      const chosen = name.trim();
      if (!chosen) return;
      keepNick(chosen);
      model.room?.rename(chosen);
      setNaming(false);
    }
    const words = text.trim();
    if (!words) return;
    model.clearAnswer();
    if (model.room?.say(words)) {
      setSaid(words);
      setText("");
    }
  };
  return (
    <form class="composer" onSubmit={send}>
      {askName ? (
        <input class="input" value={name} maxLength={nick_max} onInput={(event) => setName(event.currentTarget.value)} placeholder={t("chat.nick")} aria-label={t("chat.nick")} autoComplete="nickname" />
      ) : null}
      <div class="composer-row">
        <input
          class="input"
          value={text}
          maxLength={text_max}
          disabled={rules.locked}
          onInput={(event) => setText(event.currentTarget.value)}
          placeholder={rules.locked ? t("chat.locked") : t("chat.say")}
          aria-label={t("chat.say")}
          enterKeyHint="send"
          autoComplete="off"
        />
        <Button type="submit" class={cls(!(naming && !text.trim()) && "send")} aria-label={naming && !text.trim() ? undefined : t("chat.send")} look={text.trim() ? "primary" : "plain"} disabled={!open || rules.locked || (askName && !name.trim()) || (!text.trim() && !naming)}>
          {naming && !text.trim() ? t("ui.save") : <SendGlyph />}
        </Button>
      </div>
      <p class="composer-note small muted" role="status">
        <Answer model={model} />
        {!answer && known && !naming ? (
          <>
            <span class="clip">{t("chat.as", { nick: known })}</span>
            <button type="button" class="link" onClick={() => setNaming(true)}>{t("chat.rename")}</button>
          </>
        ) : null}
        {!answer && !known && !rules.slow_s ? <span>{t("chat.no_login")}</span> : null}
        {!answer && rules.slow_s > 0 ? <span>{tn("chat.slow", rules.slow_s)}</span> : null}
        {!answer && rules.hold ? <span>{t("chat.hold")}</span> : null}
      </p>
    </form>
  );
}

function SendGlyph() {
  return (
    <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">
      <path d="M12 19V5M6 11l6-6 6 6" />
    </svg>
  );
}

function Answer({ model }: { model: WatchModel }) {
  const { answer } = model.state.value;
  if (!answer) return null;
  const seconds = answer.retry_after_ms === null ? null : Math.ceil(answer.retry_after_ms / 1_000);
  return (
    <strong class="composer-answer">
      {tOr(`chat.answer.${answer.code}`, answer.message)}
      {seconds === null ? "" : ` ${tn("chat.answer.in", seconds)}`}
    </strong>
  );
}
