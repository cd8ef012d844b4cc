// The studio's state: the host's feed and shows, asked for every other second, and the room of the current show.

import { computed, signal } from "@preact/signals";
import { Shop } from "../desk/offers";
import type { Action, Show, Studio } from "../wire/api";
import { api, at } from "../wire/http";
import { type Chat, Room, type RoomMessage } from "../wire/room";
import { Heard } from "./heard";
import { currentShow } from "./shows";

const POLL_MS = 2000;
const CHAT_MAX = 120;

export type Line = Pick<Chat, "id" | "nick" | "text" | "role">;

/** The room and the shop of one show as its host sees them. */
export class ShowRoom {
  readonly lines = signal<Line[]>([]);
  readonly viewers = signal(0);
  readonly shop: Shop;
  readonly room: Room;

  constructor(readonly slug: string) {
    this.shop = new Shop(slug);
    void this.shop.load();
    // The host stands before the delay: nothing waits for a picture here.
    this.room = new Room({ slug, airNow: () => Number.POSITIVE_INFINITY, onMessage: (m) => this.#take(m) });
  }

  #take(message: RoomMessage): void {
    this.shop.take(message);
    if (message.type === "welcome") {
      if (!message.resumed) this.lines.value = [];
      this.viewers.value = message.state.viewers;
    } else if (message.type === "chat") this.lines.value = [...this.lines.peek(), message].slice(-CHAT_MAX);
    else if (message.type === "deleted") this.lines.value = this.lines.peek().filter((l) => !message.ids.includes(l.id));
    else if (message.type === "viewers") this.viewers.value = message.count;
  }

  close(): void {
    this.room.close();
  }
}

export class StudioModel {
  readonly studio = signal<Studio | null>(null);
  readonly failed = signal<unknown>(null);
  readonly room = signal<ShowRoom | null>(null);
  /** What is heard about this host; another's show is another's record. */
  readonly heard = signal<Heard | null>(null);
  /** What the desk did in the current show, newest first: the host sees it when anyone does. */
  readonly actions = signal<Action[]>([]);
  readonly show = computed(() => currentShow(this.studio.value?.shows ?? [], this.studio.value?.host.slug ?? ""));
  /** false when the current show is another's, for whom this host stands by */
  readonly mine = computed(() => this.show.value?.host.slug === this.studio.value?.host.slug);
  readonly #query: string;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #gone = false;

  /** `host` is given by operators and producers only; a host's own session needs none. */
  constructor(host: string | null) {
    this.#query = host ? `?host=${encodeURIComponent(host)}` : "";
    void this.poll();
  }

  async poll(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      this.studio.value = await api.get<Studio>(`/studio${this.#query}`);
      this.failed.value = null;
      this.#follow(this.show.peek());
      this.#listen(this.show.peek());
      await this.#loadActions();
    } catch (error) {
      this.failed.value = error;
    }
    if (!this.#gone) this.#timer = setTimeout(() => void this.poll(), POLL_MS);
  }

  async step(show: Show, step: "start" | "end"): Promise<void> {
    await api.post(`/shows${at(show.slug)}/${step}`);
    await this.poll();
  }

  close(): void {
    this.#gone = true;
    clearTimeout(this.#timer);
    this.room.peek()?.close();
    this.heard.peek()?.close();
  }

  async #loadActions(): Promise<void> {
    const show = this.show.peek();
    try {
      this.actions.value = show?.status === "live" && this.mine.peek() ? await api.get<Action[]>(`/shows${at(show.slug)}/actions`) : [];
    } catch {
      // The next turn asks again; what was shown stays.
    }
  }

  #follow(show: Show | null): void {
    if (this.room.peek()?.slug === show?.slug) return;
    this.room.peek()?.close();
    this.room.value = show ? new ShowRoom(show.slug) : null;
  }

  #listen(show: Show | null): void {
    const about = show && this.mine.peek() ? show : null;
    const known = this.heard.peek();
    if (known?.slug === about?.slug && known?.live === (about ? about.status === "live" : undefined)) return;
    known?.close();
    this.heard.value = about ? new Heard(about.slug, about.status === "live") : null;
  }
}
