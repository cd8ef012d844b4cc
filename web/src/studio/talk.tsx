// The chat in large type, newest at the bottom, read at a glance and never written to by accident.

import { useEffect, useRef } from "preact/hooks";
import { Disconnected, t } from "../ui";
import type { ShowRoom } from "./model";

const FOLLOW_PX = 80;

export function Talk({ room }: { room: ShowRoom }) {
  const list = useRef<HTMLUListElement>(null);
  const follow = useRef(true);
  const lines = room.lines.value;
  useEffect(() => {
    if (follow.current && list.current) list.current.scrollTop = list.current.scrollHeight;
  }, [lines]);
  return (
    <section class="s-card s-talk" aria-label={t("desk.chat.title")}>
      <h2 class="s-label">{t("desk.chat.title")}</h2>
      <Disconnected connection={room.room.connection} missed={room.room.missed} retry={() => room.room.retryNow()} />
      <ul
        ref={list}
        tabIndex={0}
        aria-label={t("desk.chat.title")}
        onScroll={(event) => {
          const el = event.currentTarget;
          follow.current = el.scrollHeight - el.scrollTop - el.clientHeight < FOLLOW_PX;
        }}
      >
        {lines.length === 0 ? <li class="muted">{t("desk.chat.empty")}</li> : null}
        {lines.map((l) => <li key={l.id}><b>{l.nick}</b> {l.text}</li>)}
      </ul>
    </section>
  );
}
