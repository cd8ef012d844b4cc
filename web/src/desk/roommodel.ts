// Asks for the reading of the room once a second while the page is looked at, and keeps ten minutes of it.

import { signal } from "@preact/signals";
import type { RoomReading } from "../wire/api";
import { api, at } from "../wire/http";
import { merged, nothing, RoomClock, type RoomTrace } from "./room";

const EVERY_MS = 1000;
/** After a failure it waits longer: the desk has better things to ask for. */
const AFTER_FAILURE_MS = 5000;

export class RoomModel {
  readonly view = signal<RoomReading | null>(null);
  readonly trace = signal<RoomTrace>(nothing);
  /** The server does not answer: the curves stand still. */
  readonly lost = signal(false);
  /** All channels are shown. */
  readonly open = signal(false);
  readonly #clock = new RoomClock();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #closed = false;
  readonly #shown = () => {
    if (!document.hidden) this.#again(0);
  };

  constructor(
    readonly slug: string,
    private readonly wanted: () => boolean = () => true,
  ) {
    document.addEventListener("visibilitychange", this.#shown);
    this.#again(0);
  }

  /** Seconds since 1970 on the server's clock. */
  now_s(): number {
    return this.#clock.now(Date.now() / 1000);
  }

  close(): void {
    this.#closed = true;
    document.removeEventListener("visibilitychange", this.#shown);
    if (this.#timer) clearTimeout(this.#timer);
  }

  #again(after_ms: number): void {
    if (this.#timer) clearTimeout(this.#timer);
    if (!this.#closed) this.#timer = setTimeout(() => void this.#ask(), after_ms);
  }

  async #ask(): Promise<void> {
    this.#timer = null;
    // A hidden page asks again when it is looked at; a show that is over once more.
    if (document.hidden) return;
    if (!this.wanted() && this.view.peek() !== null) return this.#again(AFTER_FAILURE_MS);
    const since = this.trace.peek().seconds.at(-1)?.at_s;
    let next_ms = EVERY_MS;
    try {
      const path = `/shows${at(this.slug)}/reading${since === undefined ? "" : `?since=${since}`}`;
      this.take(await api.get<RoomReading>(path));
    } catch {
      this.lost.value = true;
      next_ms = AFTER_FAILURE_MS;
    }
    if (!document.hidden && this.#timer === null) this.#again(next_ms);
  }

  take(view: RoomReading): void {
    this.#clock.read(view.now_ms / 1000, Date.now() / 1000);
    this.trace.value = merged(this.trace.peek(), view);
    this.view.value = view;
    this.lost.value = false;
  }
}
