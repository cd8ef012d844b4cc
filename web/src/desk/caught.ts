// What was caught in a show, and what this desk decides about it. `DeskModel` feeds it; the panel draws it.

import { computed, signal } from "@preact/signals";
import type { Decide, Incident, Incidents } from "../wire/api";
import { api, ApiError, at, fetchRaw } from "../wire/http";
import { errorWords } from "../ui/parts";
import { decidedWords, listKey, mergedIncidents, phaseOf, shownOf, urgent, widened, withWords } from "./incidents";
import type { DeskModel } from "./model";

/** A card that came up by itself this short ago is not what the hand was meant for. */
const SETTLE_MS = 450;
const TIMEOUT_MS = 4000;

export class Caught {
  readonly #listed = signal<Incident[]>([]);
  /** Newest first. */
  readonly all;
  /** The one that the card shows and the keys act on. */
  readonly shown = signal<Incident | null>(null);
  /** The incident whose clip plays, and the one whose clip could not. */
  readonly playing = signal<string | null>(null);
  readonly mute = signal<{ id: string; gone: boolean; message: string } | null>(null);
  #chosen: string | null = null;
  /** What was open when somebody chose: anything newer comes before the choice. */
  #seen = new Set<string>();
  #cameMs = Number.NEGATIVE_INFINITY;
  #known = "";
  #audio: HTMLAudioElement | null = null;

  constructor(
    readonly desk: DeskModel,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.all = computed(() => mergedIncidents(this.#listed.value, this.desk.desk.value?.incidents ?? []));
  }

  /** Looks at the desk's newest message. */
  take(): void {
    const fresh = this.desk.desk.peek()?.incidents ?? [];
    const key = listKey(fresh);
    // What the message no longer holds is only in the list.
    if (key !== this.#known) void this.load();
    this.#known = key;
    const open = urgent(this.all.peek(), this.desk.airMs());
    if (this.#chosen !== null && open.some((i) => !this.#seen.has(i.id))) this.#chosen = null;
    this.#look(false);
  }

  async load(): Promise<void> {
    try {
      this.#listed.value = (await api.get<Incidents>(`/shows${at(this.desk.slug)}/incidents`)).incidents;
      this.#look(false);
    } catch {
      // The desk's message still brings the newest ones.
    }
  }

  /** Puts an incident on the card. */
  choose(id: string): void {
    this.#chosen = id;
    this.#seen = new Set(this.all.peek().map((i) => i.id));
    this.#look(true);
  }

  async decide(what: "confirm" | "widen" | "dismiss"): Promise<void> {
    const incident = this.shown.peek();
    const airMs = this.desk.airMs();
    if (this.desk.pending.peek() !== null) return;
    if (incident === null || incident.state === "withdrawn" || incident.state === "dismissed") return this.#no("desk.incident.none");
    if (this.now() - this.#cameMs < SETTLE_MS) return this.#no("desk.incident.answer.swapped");
    if (phaseOf(incident, airMs) === "aired") return this.#no("desk.incident.answer.passed");
    const selection = this.desk.selection.peek();
    const body: Decide = what === "widen" ? { do: what, ...widened(incident, selection) } : { do: what };
    await this.desk.tell(what, async () => {
      const now = await this.#send(incident, body);
      if (what === "widen") this.desk.clearSelection();
      return decidedWords(what, now, incident, this.desk.airMs());
    }, selection);
  }

  async judge(incident: Incident, verdict: "right" | "wrong" | "late"): Promise<void> {
    await this.desk.tell("judge", async () => {
      await this.#send(incident, { do: "judge", verdict });
      return { key: "desk.incident.answer.verdict", values: { verdict: `desk.incident.verdict.${verdict}` }, tone: "ok" };
    }, null);
  }

  /** Plays the words, or stops playing them. Only the desk hears it. */
  async play(incident: Incident): Promise<void> {
    const was = this.playing.peek();
    this.#silence();
    if (was === incident.id) return;
    this.playing.value = incident.id;
    this.mute.value = null;
    try {
      const clip = await fetchRaw("GET", `/shows${at(this.desk.slug)}/incidents${at(incident.id)}/clip.wav`);
      const url = URL.createObjectURL(await clip.blob());
      if (this.playing.peek() !== incident.id) return URL.revokeObjectURL(url);
      const audio = new Audio(url);
      this.#audio = audio;
      audio.onended = audio.onerror = () => {
        URL.revokeObjectURL(url);
        if (this.#audio === audio) this.#silence();
      };
      await audio.play();
    } catch (error) {
      if (this.playing.peek() !== incident.id) return;
      this.#silence();
      this.mute.value = { id: incident.id, gone: error instanceof ApiError && error.code === "clip_gone", message: errorWords(error).title };
    }
  }

  close(): void {
    this.#silence();
  }

  #silence(): void {
    this.#audio?.pause();
    this.#audio = null;
    this.playing.value = null;
  }

  async #send(incident: Incident, body: Decide): Promise<Incident> {
    const path = `/shows${at(this.desk.slug)}/incidents${at(incident.id)}`;
    const answer = await api.post<Incident>(path, body, { timeout_ms: TIMEOUT_MS });
    const now = withWords(answer, this.#listed.peek().find((i) => i.id === answer.id));
    const rest = this.#listed.peek().filter((i) => i.id !== now.id);
    this.#listed.value = [now, ...rest];
    const desk = this.desk.desk.peek();
    // The answer is newer than the last message, and the card must not fall back to it.
    if (desk) this.desk.desk.value = { ...desk, incidents: desk.incidents.map((i) => (i.id === now.id ? now : i)) };
    this.#look(true);
    return now;
  }

  #no(key: "desk.incident.none" | "desk.incident.answer.swapped" | "desk.incident.answer.passed"): void {
    this.desk.say({ key, values: {}, tone: "no" });
  }

  /** Brings the card up to date; `byHand` when a person asked for what it shows now. */
  #look(byHand: boolean): void {
    const before = this.shown.peek();
    const next = shownOf(this.all.peek(), this.#chosen, this.desk.airMs());
    if (next?.id !== before?.id) this.#cameMs = byHand && next?.id === this.#chosen ? Number.NEGATIVE_INFINITY : this.now();
    // The first card of an empty place is what the hand waits for; it too needs to be seen first.
    this.shown.value = next;
  }
}
