// The desk socket: listens only, comes back by itself, and says how it stands. Actions go over HTTP.

import { type ReadonlySignal, signal } from "@preact/signals";
import type { DeskState } from "../wire/api";
import { backoff_ms, type Connection } from "../wire/room";
import { deskMessage } from "./message";

/** The server pushes about four messages a second, so that silence this long means a dead connection. */
const SILENCE_MS = 4000;
/** A producer must not wait: the pause between two tries stays short. */
const RETRY_MAX_MS = 3000;

export interface DeskSocketOptions {
  url: string;
  onMessage: (message: DeskState) => void;
  open?: (url: string) => WebSocket;
}

export function deskUrl(slug: string, origin: string): string {
  return `${origin.replace(/^http/, "ws")}/api/v1/shows/${encodeURIComponent(slug)}/desk`;
}

export class DeskSocket {
  readonly #state = signal<Connection>({ phase: "connecting", attempt: 0 });
  readonly #options: DeskSocketOptions;
  #socket: WebSocket | null = null;
  #attempt = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor(options: DeskSocketOptions) {
    this.#options = options;
    this.#connect();
  }

  get connection(): ReadonlySignal<Connection> {
    return this.#state;
  }

  retryNow(): void {
    if (this.#state.value.phase !== "waiting") return;
    clearTimeout(this.#retry);
    this.#connect();
  }

  close(): void {
    this.#state.value = { phase: "closed" };
    clearTimeout(this.#retry);
    this.#drop();
  }

  #connect(): void {
    this.#state.value = { phase: "connecting", attempt: this.#attempt };
    const open = this.#options.open ?? ((url: string) => new WebSocket(url));
    const socket = open(this.#options.url);
    this.#socket = socket;
    socket.onmessage = (event) => this.#heard(event.data);
    socket.onclose = () => this.#lost();
    this.#watch();
  }

  #heard(data: unknown): void {
    const message = deskMessage(data);
    if (message === null) return;
    this.#attempt = 0;
    if (this.#state.value.phase !== "open") this.#state.value = { phase: "open" };
    this.#watch();
    this.#options.onMessage(message);
  }

  #watch(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#lost(), SILENCE_MS);
  }

  #lost(): void {
    if (this.#state.value.phase === "closed") return;
    this.#drop();
    this.#attempt += 1;
    const retry_in_ms = Math.min(RETRY_MAX_MS, backoff_ms(this.#attempt, Math.random));
    this.#state.value = { phase: "waiting", attempt: this.#attempt, retry_in_ms };
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#connect(), retry_in_ms);
  }

  #drop(): void {
    clearTimeout(this.#silence);
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.onmessage = socket.onclose = null;
    socket.close();
  }
}
