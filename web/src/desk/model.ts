// The desk's state: what the server says, what is selected, what was answered. Sends the actions.
// Owns no drawing and no sockets; `DeskSocket` feeds `take`, pages read the signals.

import { batch, computed, signal } from "@preact/signals";
import type { Action, ActionKind, DeskState, DelayChange } from "../wire/api";
import { api, ApiError, at } from "../wire/http";
import type { MessageKey } from "../ui/i18n";
import { errorWords } from "../ui/parts";
import { DeskClock } from "./clock";
import { type Caret, type Frame, frameOf, type Span, stillInDelay } from "./strip";
import { accepted, merged, newestUndoable, refused, undone, wishOf, type Words } from "./words";

/** The last answer in words; `n` grows so that the same words are announced again. */
export interface Answer {
  n: number;
  words: Words;
  atMs: number;
  /** true when the refusal can be overridden by asking again with force */
  force: boolean;
}

/** What may be on its way to the server. */
export type Pending = ActionKind | "undo" | "confirm" | "widen" | "dismiss" | "judge";

/** A selection's media stays in memory for so many answers; older ones are in the log of actions. */
const LOG_MAX = 200;
/** An answered action is listed by the desk's message within this, or it is over already. */
const FRESH_MS = 1500;
/** A safety action that is not answered by then is said to be not sent, so that the hand acts again. */
const ACTION_TIMEOUT_MS = 4000;

const delayAnswers: Record<string, MessageKey> = { slate: "desk.answer.delay_slate", dump: "desk.answer.delay_dump" };

export class DeskModel {
  readonly slug: string;
  readonly desk = signal<DeskState | null>(null);
  readonly #log = signal<Action[]>([]);
  /** Newest first; what runs is as the program says. */
  readonly log = computed(() => merged(this.#log.value, this.desk.value?.actions ?? [], (id) => this.#isFresh(id)));
  readonly selection = signal<Span | null>(null);
  readonly caret = signal<Caret | null>(null);
  readonly answer = signal<Answer | null>(null);
  /** the action that was clicked on the strip */
  readonly pointed = signal<string | null>(null);
  /** goes with the next action and is then forgotten */
  readonly reason = signal("");
  readonly pending = signal<Pending | null>(null);
  /** Without a message the desk does not know: the keys then work, and the server answers. */
  readonly live = computed(() => this.desk.value === null || this.desk.value.status === "live");
  /** true when the server no longer knows this session */
  readonly signedOut = signal(false);
  readonly #clock = new DeskClock();
  readonly #now: () => number;
  #answers = 0;
  #logKey = "";
  readonly #rememberedMs = new Map<string, number>();

  constructor(slug: string, now: () => number = () => performance.now()) {
    this.slug = slug;
    this.#now = now;
  }

  /** Takes a message of the desk socket. */
  take(message: DeskState): void {
    // Before a first frame the server's clocks run without media; there is then nothing to draw.
    const empty = message.in_delay_ms === 0 && !message.feed?.receiving;
    this.#clock.read({ airMs: message.air_media_ms, newestMs: empty ? message.air_media_ms : message.newest_media_ms }, this.#now());
    batch(() => {
      this.desk.value = message;
      this.#dropAiredSelection();
    });
    const key = message.actions.map((a) => `${a.id}:${a.state}:${a.to_media_ms}`).join();
    if (key !== this.#logKey) {
      this.#logKey = key;
      void this.loadLog();
    }
  }

  /** The strip's frame now; null before the first message. */
  frame(): Frame | null {
    const at = this.#clock.at(this.#now());
    const desk = this.desk.peek();
    return at === null || desk === null ? null : frameOf(at.airMs, at.newestMs, desk.delay_s * 1000);
  }

  /** The host's moment that airs; once the show has ended all of them have aired. */
  airMs(): number {
    if (this.desk.peek()?.status === "ended") return Number.MAX_SAFE_INTEGER;
    return this.#clock.at(this.#now())?.airMs ?? 0;
  }

  stale(): boolean {
    return this.#clock.stale(this.#now());
  }

  /** Starts an action on the selection, or from now on when nothing is selected. */
  async act(kind: ActionKind, options: { force?: boolean } = {}): Promise<void> {
    const wished = this.selection.peek();
    const body = wishOf(kind, wished, this.reason.peek().trim());
    if (options.force === true) body.force = true;
    await this.tell(kind, async () => {
      const done = await api.post<Action>(`/shows${at(this.slug)}/actions`, body, { timeout_ms: ACTION_TIMEOUT_MS });
      this.#remember(done);
      this.reason.value = "";
      if (wished !== null && body.from_media_ms !== undefined) this.clearSelection();
      return accepted(done, wished, this.airMs());
    }, wished);
  }

  /** Takes back one action, or the newest that can be taken back. */
  async undo(id?: string): Promise<void> {
    const action = id === undefined ? newestUndoable(this.log.peek(), this.airMs()) : this.log.peek().find((a) => a.id === id);
    if (!action) {
      this.say({ key: "desk.answer.nothing_to_undo", values: {}, tone: "no" });
      return;
    }
    await this.tell("undo", async () => {
      const path = `/shows${at(this.slug)}/actions${at(action.id)}`;
      const done = await api.delete<Action>(path, { timeout_ms: ACTION_TIMEOUT_MS });
      this.#remember({ ...action, ...done });
      return undone(done);
    }, null);
  }

  async setDelay(delay_s: number): Promise<void> {
    await this.tell(null, async () => {
      const change = await api.post<DelayChange>(`/shows${at(this.slug)}/delay`, { delay_s });
      return { key: delayAnswers[change.how] ?? "desk.answer.delay_same", values: { to: String(change.delay_s) }, tone: "ok" };
    }, null);
  }

  async loadLog(): Promise<void> {
    try {
      const log = await api.get<Action[] | { actions: Action[] }>(`/shows${at(this.slug)}/actions`);
      this.#log.value = (Array.isArray(log) ? log : log.actions).slice(0, LOG_MAX);
    } catch {
      // The log is a convenience; the socket's active actions still stand on the strip.
    }
  }

  say(words: Words, force = false): void {
    this.#answers += 1;
    this.answer.value = { n: this.#answers, words, atMs: this.#now(), force };
  }

  clearSelection(): void {
    batch(() => {
      this.selection.value = null;
      this.caret.value = null;
    });
  }

  /** Runs what a key asks for and puts its answer, or its refusal, into words. */
  async tell(kind: Pending | null, run: () => Promise<Words>, wished: Span | null): Promise<void> {
    if (kind !== null) this.pending.value = kind;
    try {
      this.say(await run());
    } catch (error) {
      const known = error instanceof ApiError ? error : new ApiError(0, "network", String(error));
      if (known.code === "not_signed_in") this.signedOut.value = true;
      const said = errorWords(known);
      this.say(refused(known.code, { message: said.title, hint: said.hint }, wished, this.airMs()), known.code === "standby_not_ready");
    } finally {
      if (this.pending.peek() === kind) this.pending.value = null;
    }
  }

  #remember(action: Action): void {
    const rest = this.#log.peek().filter((a) => a.id !== action.id);
    this.#rememberedMs.set(action.id, this.#now());
    this.#log.value = [{ at: new Date().toISOString(), ...action }, ...rest].slice(0, LOG_MAX);
  }

  /** An answer arrives before the message that lists it. */
  #isFresh(id: string): boolean {
    const at = this.#rememberedMs.get(id);
    if (at === undefined) return false;
    if (this.#now() - at < FRESH_MS) return true;
    this.#rememberedMs.delete(id);
    return false;
  }

  #dropAiredSelection(): void {
    const span = this.selection.peek();
    if (span === null || stillInDelay(span, this.airMs()) !== null) return;
    this.clearSelection();
    this.say({ key: "desk.answer.selection_aired", values: {}, tone: "no" });
  }
}
