/**
 * The room socket: says hello, resumes by epoch and seq, waits longer after each failure, and hands
 * messages on in order, those with an AirTime only when the picture is there. It never decides what a
 * message means for the page.
 */
import { signal, type ReadonlySignal } from "@preact/signals";
import { AirQueue, pageClock, type Clock } from "./air";
import type { AirMs, Offer, Pin, RoomRules, ShowStatus, Time } from "./api";

/** Names one life of the room's numbering; compared and sent back as it came. */
type Epoch = string | number;

interface Sequenced {
  seq: number;
  epoch: Epoch;
  at: Time;
  air_ms?: AirMs | null;
}

export interface Chat extends Sequenced {
  type: "chat";
  id: string;
  viewer: string;
  nick: string;
  text: string;
  role?: string | null;
}

export interface Welcome extends Sequenced {
  type: "welcome";
  viewer: { id: string; nick: string };
  resumed: boolean;
  missed?: number | null;
  state: RoomRules & { status: ShowStatus; pin: Pin | null; viewers: number };
}

export interface Refused {
  type: "refused";
  code: string;
  message: string;
  hint: string;
  retry_after_ms?: number | null;
}

export type OfferTerms = Omit<Offer, "left"> & { left?: number };

export type RoomMessage =
  | Welcome
  | Chat
  | (Sequenced & { type: "deleted"; ids: string[] })
  | (Sequenced & { type: "viewers"; count: number })
  | (Sequenced & { type: "pin"; sku: string | null; air_ms: AirMs })
  /** How many are left is the buyers' doing and comes by `stock`, without waiting for the picture. */
  | (Sequenced & { type: "offer" } & OfferTerms)
  | (Sequenced & { type: "stock"; sku: string; left: number })
  | (Sequenced & { type: "sold_out"; sku: string })
  | (Sequenced & { type: "cut"; id: string; state?: string; kind: string; from_air_ms: AirMs; to_air_ms?: AirMs | null })
  /** A caption that was too late for its segment of the stream. */
  | (Sequenced & { type: "caption"; from_air_ms: AirMs; to_air_ms: AirMs; text: string })
  | (Sequenced & { type: "show"; status: ShowStatus })
  | (Sequenced & { type: "room" } & RoomRules)
  | (Sequenced & { type: "pending"; id: string; viewer: string; nick: string; text: string })
  | Refused
  | { type: "held"; id: string }
  | { type: "pong" };

export type Connection =
  | { phase: "connecting"; attempt: number }
  | { phase: "open" }
  | { phase: "waiting"; attempt: number; retry_in_ms: number }
  | { phase: "closed" };

/** The part of WebSocket that is used, so that tests bring their own. */
export interface Socket {
  send(text: string): void;
  close(): void;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
  onerror: (() => void) | null;
}

export interface RoomOptions {
  slug: string;
  /** The AirTime of the viewer's picture in milliseconds; null while there is none. */
  airNow: () => AirMs | null;
  onMessage: (message: RoomMessage) => void;
  nick?: () => string | null;
  open?: (url: string) => Socket;
  clock?: Clock;
  after?: (ms: number, run: () => void) => () => void;
  random?: () => number;
}

const backoff_first_ms = 500;
const backoff_max_ms = 15_000;
const ping_every_ms = 20_000;
/** Silence longer than this means that the connection is gone, whatever the browser believes. */
const silence_max_ms = 50_000;
export const text_max = 300;
export const nick_max = 24;

function later(ms: number, run: () => void): () => void {
  const id = setTimeout(run, ms);
  return () => clearTimeout(id);
}

/** The wait before try `attempt` (from 1): doubles up to a limit, half of it at random, so that a crowd does not return at once. */
export function backoff_ms(attempt: number, random: () => number): number {
  const full = Math.min(backoff_max_ms, backoff_first_ms * 2 ** Math.min(attempt - 1, 10));
  return Math.round(full / 2 + (full / 2) * random());
}

export function roomUrl(slug: string, origin: string): string {
  return `${origin.replace(/^http/, "ws")}/api/v1/shows/${encodeURIComponent(slug)}/room`;
}

export class Room {
  private readonly state = signal<Connection>({ phase: "connecting", attempt: 0 });
  private readonly missedCount = signal(0);
  private readonly queue: AirQueue;
  private readonly clock: Clock;
  private readonly after: (ms: number, run: () => void) => () => void;
  private socket: Socket | null = null;
  private attempt = 0;
  private epoch: Epoch | null = null;
  /** The highest number seen; a window may hand numbers on out of order. */
  private seq = -1;
  /** Where this connection took up the stream: up to here everything was already handed on. */
  private resumed_seq = -1;
  private heard_ms = 0;
  private stopRetry: (() => void) | null = null;
  private stopPing: (() => void) | null = null;

  constructor(private readonly options: RoomOptions) {
    this.clock = options.clock ?? pageClock;
    this.after = options.after ?? later;
    this.queue = new AirQueue(options.airNow, this.clock);
    this.connect();
  }

  /** For the page's connection line. */
  get connection(): ReadonlySignal<Connection> {
    return this.state;
  }

  /** How many messages the last reconnection could not bring back. */
  get missed(): ReadonlySignal<number> {
    return this.missedCount;
  }

  /** Runs `show` when the picture is at `air_ms`, in the same order as messages that wait. */
  whenAired(air_ms: AirMs | null | undefined, show: () => void): void {
    this.queue.push(air_ms, show);
  }

  say(text: string): boolean {
    return this.send({ type: "say", text });
  }

  rename(nick: string): boolean {
    return this.send({ type: "nick", nick });
  }

  /** Tries again at once, for a "reconnect" button or when the phone comes back from sleep. */
  retryNow(): void {
    if (this.state.value.phase !== "waiting") return;
    this.stopRetry?.();
    this.connect();
  }

  close(): void {
    this.state.value = { phase: "closed" };
    this.stopRetry?.();
    this.stopPing?.();
    this.queue.clear();
    this.drop();
  }

  private connect(): void {
    this.state.value = { phase: "connecting", attempt: this.attempt };
    const open = this.options.open ?? ((url) => new WebSocket(url) as unknown as Socket);
    const socket = open(roomUrl(this.options.slug, globalThis.location?.origin ?? "http://localhost"));
    this.socket = socket;
    socket.onopen = () => this.hello();
    socket.onmessage = (event) => this.heard(event.data);
    socket.onclose = () => this.lost(socket);
    socket.onerror = () => {};
    this.heard_ms = this.clock.now_ms();
    this.stopPing?.();
    this.stopPing = this.clock.every(ping_every_ms, () => this.ping());
  }

  private hello(): void {
    const nick = this.options.nick?.() ?? null;
    const resume = this.epoch !== null && this.seq >= 0 ? { epoch: this.epoch, seq: this.seq } : null;
    this.send({ type: "hello", ...(nick ? { nick } : {}), ...(resume ? { resume } : {}) });
  }

  private send(message: object): boolean {
    if (!this.socket) return false;
    try {
      this.socket.send(JSON.stringify(message));
      return true;
    } catch {
      return false;
    }
  }

  private ping(): void {
    if (this.clock.now_ms() - this.heard_ms > silence_max_ms) {
      const socket = this.socket;
      this.drop();
      if (socket) this.lost(socket);
    } else if (this.state.value.phase === "open") {
      this.send({ type: "ping" });
    }
  }

  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  private lost(socket: Socket): void {
    if (this.state.value.phase === "closed" || (this.socket !== null && this.socket !== socket)) return;
    this.socket = null;
    this.stopPing?.();
    this.attempt += 1;
    const retry_in_ms = backoff_ms(this.attempt, this.options.random ?? Math.random);
    this.state.value = { phase: "waiting", attempt: this.attempt, retry_in_ms };
    this.stopRetry = this.after(retry_in_ms, () => this.connect());
  }

  private heard(data: unknown): void {
    this.heard_ms = this.clock.now_ms();
    const message = parse(data);
    if (!message) return;
    if (message.type === "welcome") this.welcome(message);
    else if ("seq" in message && typeof message.seq === "number") {
      // A resumed stream may overlap what was already seen; each message is handed on once.
      if (message.epoch === this.epoch && message.seq <= this.resumed_seq) return;
      if (message.epoch !== this.epoch) this.resumed_seq = this.seq = -1;
      this.epoch = message.epoch;
      this.seq = Math.max(this.seq, message.seq);
    }
    this.queue.push(airOf(message), () => this.options.onMessage(message));
  }

  private welcome(message: Welcome): void {
    this.attempt = 0;
    this.state.value = { phase: "open" };
    this.missedCount.value = message.missed ?? 0;
    // Without a resume the history follows with its own numbers, so the count starts anew.
    if (!message.resumed) this.seq = -1;
    this.resumed_seq = this.seq;
    this.epoch = message.epoch ?? this.epoch;
  }
}

function airOf(message: RoomMessage): AirMs | null {
  if (message.type === "cut") return message.from_air_ms;
  return "air_ms" in message ? (message.air_ms ?? null) : null;
}

function parse(data: unknown): RoomMessage | null {
  if (typeof data !== "string") return null;
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === "object" && value !== null && "type" in value ? (value as RoomMessage) : null;
  } catch {
    return null;
  }
}
