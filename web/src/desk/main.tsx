// The desk: one producer, one show, two pictures and the delay between them.

import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import "../player/picture.css";
import "./desk.css";
import "./panels.css";
import "./caught.css";
import { Gate } from "../ops/gate";
import type { Stream } from "../player/stream";
import type { DeskState, Show } from "../wire/api";
import { api, ApiError, at } from "../wire/http";
import { session } from "../wire/session";
import { Button, Failed, LanguageSwitch, mount, slugOfPage, t, useLoad } from "../ui";
import { AnswerLine, KeyHelp, Keys } from "./actions";
import { Caught } from "./caught";
import { ChatModel } from "./chat";
import { ChatPanel } from "./chatpanel";
import { Head } from "./head";
import { IncidentPanel } from "./incidentpanel";
import { type Command, commandOf } from "./keys";
import { LevelTrace } from "./levels";
import { ActionLog } from "./log";
import { startMeters } from "./meter";
import { DeskModel } from "./model";
import { Shop } from "./offers";
import { RoomAll, RoomBand } from "./roomband";
import { RoomModel } from "./roommodel";
import { ShopPanel } from "./shop";
import { DelayCard, SoldCard, StandbyCard } from "./side";
import { DeskSocket, deskUrl } from "./socket";
import { Stage } from "./stage";

/** Everything of one desk that outlives a redraw. */
class Desk {
  readonly model: DeskModel;
  readonly levels = new LevelTrace();
  readonly caught: Caught;
  readonly shop: Shop;
  readonly chat: ChatModel;
  readonly room: RoomModel;
  readonly socket: DeskSocket;

  constructor(readonly slug: string) {
    this.model = new DeskModel(slug);
    this.caught = new Caught(this.model);
    this.shop = new Shop(slug);
    this.chat = new ChatModel(slug, (message) => this.shop.take(message));
    this.room = new RoomModel(slug, () => this.model.live.peek());
    this.socket = new DeskSocket({ url: deskUrl(slug, location.origin), onMessage: (m) => this.take(m) });
    void this.shop.load();
    void this.model.loadLog();
  }

  take(message: DeskState): void {
    this.model.take(message);
    this.caught.take();
  }

  close(): void {
    this.caught.close();
    this.room.close();
    this.socket.close();
    this.chat.close();
  }
}

function DeskPage() {
  const slug = slugOfPage();
  return <Gate roles={["producer", "operator"]} page="desk"><Board slug={slug} /></Gate>;
}

function Board({ slug }: { slug: string }) {
  const show = useLoad(() => api.get<Show>(`/shows${at(slug)}`), [slug]);
  const desk = useMemo(() => new Desk(slug), [slug]);
  const [help, setHelp] = useState(false);
  const stream = useRef<Stream | null>(null);
  useEffect(() => () => desk.close(), [desk]);
  useHotkeys(desk, setHelp);
  useMetersOnGesture();
  const playheadMs = useCallback(() => playheadOf(desk.model, stream.current), [desk]);
  const onLevel = useCallback((db: number) => {
    const ms = playheadMs();
    if (ms !== null) desk.levels.note(ms, db);
  }, [desk, playheadMs]);

  if (show.now.state === "failed") return <Failed error={show.now.error} retry={show.reload} />;
  const data = show.now.state === "ready" ? show.now.data : null;
  return (
    <div class="desk">
      <Head model={desk.model} show={data} />
      <LinkBar desk={desk} />
      <main class="desk-stage">
        <Stage model={desk.model} caught={desk.caught} levels={desk.levels} show={data} slug={slug} playheadMs={playheadMs} onLevel={onLevel} onPreview={(s) => { stream.current = s; }} />
        <RoomBand room={desk.room} model={desk.model} caught={desk.caught} />
        <Keys model={desk.model} />
        <AnswerLine model={desk.model} onHelp={() => setHelp(!help)} />
      </main>
      <div class="desk-lower">
        <ActionLog model={desk.model} />
        <ShopPanel shop={desk.shop} model={desk.model} />
        <div class="desk-cards">
          <StandbyCard model={desk.model} />
          <DelayCard model={desk.model} />
          <SoldCard model={desk.model} />
        </div>
        <RoomAll room={desk.room} caught={desk.caught} />
        {help ? <KeyHelp onClose={() => setHelp(false)} /> : null}
      </div>
      <aside class="desk-side">
        <IncidentPanel model={desk.model} caught={desk.caught} />
        <ChatPanel chat={desk.chat} />
        <div class="row side-foot"><span class="muted small clip">{session.value?.user.name}</span><span class="spring" /><LanguageSwitch /></div>
      </aside>
    </div>
  );
}

/** The moment that the preview picture shows: the newest one, less what the player is behind. */
function playheadOf(model: DeskModel, stream: Stream | null): number | null {
  const frame = model.frame();
  const latency = stream?.latency_s() ?? null;
  return frame === null || latency === null ? null : frame.newestMs - latency * 1000;
}

/** A lost socket is a clear bar under the head; it says that the keys still work. */
function LinkBar({ desk }: { desk: Desk }) {
  const link = desk.socket.connection.value;
  const lost = link.phase === "waiting" && link.attempt >= 2;
  const { signedOut } = desk.model;
  useEffect(() => {
    if (!lost) return;
    api.get("/session").catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 401) signedOut.value = true;
    });
  }, [lost, signedOut]);
  if (signedOut.value) {
    return (
      <div class="link-bar" role="alert">
        <b>{t("desk.link.signed_out")}</b>
        <a class="btn btn-plain btn-small" href={`/ops?next=${encodeURIComponent(location.pathname)}`}>{t("crew.sign_in")}</a>
      </div>
    );
  }
  if (link.phase === "open" || (link.phase === "connecting" && link.attempt === 0)) return null;
  return (
    <div class="link-bar" role="alert">
      <b>{t("desk.link.lost")}</b>
      <span>{t("desk.link.still")}</span>
      <Button size="small" onClick={() => desk.socket.retryNow()}>{t("ui.retry")}</Button>
    </div>
  );
}

function useHotkeys(desk: Desk, setHelp: (change: (on: boolean) => boolean) => void): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const command = commandOf(event);
      if (command === null || event.defaultPrevented) return;
      event.preventDefault();
      run(command, desk, setHelp);
    };
    // A button that was clicked would keep Enter and Space for itself; the desk's keys come first.
    const clicked = (event: MouseEvent) => {
      const button = event.target instanceof Element ? event.target.closest("button") : null;
      if (button && event.detail > 0) button.blur();
    };
    document.addEventListener("keydown", press);
    document.addEventListener("click", clicked);
    return () => {
      document.removeEventListener("keydown", press);
      document.removeEventListener("click", clicked);
    };
  }, [desk, setHelp]);
}

function run(command: Command, { model, caught }: Desk, setHelp: (change: (on: boolean) => boolean) => void): void {
  if (command === "help") setHelp((on) => !on);
  else if (command === "strip") document.querySelector<HTMLElement>(".strip-canvas")?.focus();
  else if (command === "escape") {
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    setHelp(() => false);
    model.clearSelection();
  } else if (!model.live.peek()) model.say({ key: "desk.answer.not_live", values: {}, tone: "no" });
  else if (command === "undo") void model.undo();
  else if (command === "confirm" || command === "widen" || command === "dismiss") void caught.decide(command);
  else void model.act(command);
}

/** Browsers let sound run only after a gesture; any key or click at the desk is one. */
function useMetersOnGesture(): void {
  useEffect(() => {
    const leave = new AbortController();
    const start = () => {
      leave.abort();
      void startMeters();
    };
    for (const name of ["pointerdown", "keydown"]) document.addEventListener(name, start, { signal: leave.signal, capture: true });
    return () => leave.abort();
  }, []);
}

void mount(DeskPage, { crew: true });
