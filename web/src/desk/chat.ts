// The room as a moderator sees it: the chat, what waits for review, the rules and the bans.
// Messages are kept for this page only and in bounded number.

import { signal } from "@preact/signals";
import type { Moderation, ModerationStep, RoomRules } from "../wire/api";
import { api, at } from "../wire/http";
import { type Chat, Room, type RoomMessage } from "../wire/room";

export const CHAT_MAX = 300;
const PENDING_MAX = 200;

export type Pending = Moderation["pending"][number];
export type Ban = Moderation["bans"][number];
export type Line = Pick<Chat, "id" | "viewer" | "nick" | "text" | "role"> & { at: string; deleted?: boolean };

export class ChatModel {
  readonly lines = signal<Line[]>([]);
  readonly pending = signal<Pending[]>([]);
  readonly bans = signal<Ban[]>([]);
  readonly rules = signal<RoomRules>({ slow_s: 0, hold: false, locked: false });
  readonly room: Room;
  readonly #path: string;

  constructor(slug: string, onMessage: (message: RoomMessage) => void) {
    this.#path = `/shows${at(slug)}/moderation`;
    this.room = new Room({
      slug,
      // The desk is ahead of the air: nothing waits for the picture here.
      airNow: () => Number.POSITIVE_INFINITY,
      onMessage: (message) => {
        this.take(message);
        onMessage(message);
      },
    });
  }

  take(message: RoomMessage): void {
    switch (message.type) {
      case "welcome":
        if (!message.resumed) this.lines.value = [];
        this.rules.value = rulesOf(message.state);
        void this.load();
        break;
      case "chat":
        this.pending.value = this.pending.peek().filter((p) => p.id !== message.id);
        this.lines.value = [...this.lines.peek(), message].slice(-CHAT_MAX);
        break;
      case "pending":
        this.pending.value = [...this.pending.peek().filter((p) => p.id !== message.id), message].slice(-PENDING_MAX);
        break;
      case "deleted":
        this.#strike(message.ids);
        break;
      case "room":
        this.rules.value = rulesOf(message);
        break;
      default:
    }
  }

  /** Asks for what no message tells: bans, and what already waited. */
  async load(): Promise<void> {
    try {
      this.#stand(await api.get<Moderation>(this.#path));
    } catch {
      // The socket's own messages still work; the next welcome asks again.
    }
  }

  /** One step of moderation; the answer is how the room stands after it. */
  async step(step: ModerationStep): Promise<void> {
    const now = await api.post<Moderation>(this.#path, step);
    if (step.kind === "delete") this.#strike([step.id]);
    this.#stand(now);
  }

  /** Erases all that a viewer has said, in every show; the room tells every page which lines those were. */
  async erase(viewer: string): Promise<void> {
    await api.delete(`/viewers${at(viewer)}/chat`);
  }

  #stand(now: Moderation): void {
    this.rules.value = rulesOf(now);
    this.bans.value = now.bans;
    this.pending.value = now.pending.slice(-PENDING_MAX);
  }

  /** A silenced viewer's nick where a message of theirs is still here, else the end of their id. */
  nameOf(ban: Ban): string {
    return this.lines.peek().findLast((l) => l.viewer === ban.viewer)?.nick ?? `…${ban.viewer.slice(-6)}`;
  }

  /** What is deleted leaves the page at once; only that something stood there remains. */
  #strike(ids: readonly string[]): void {
    this.lines.value = this.lines.peek().map((l) => (ids.includes(l.id) ? Object.assign({}, l, { text: "", deleted: true }) : l));
  }

  close(): void {
    this.room.close();
  }
}

function rulesOf(from: RoomRules): RoomRules {
  return { slow_s: from.slow_s, hold: from.hold, locked: from.locked };
}
