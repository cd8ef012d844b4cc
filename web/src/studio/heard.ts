// What is heard and judged about a host, at the same moment as the desk sees it: the same socket, the same messages.

import { computed, signal } from "@preact/signals";
import { DeskClock } from "../desk/clock";
import { endMs, isStopped, listKey, mergedIncidents } from "../desk/incidents";
import { DeskSocket, deskUrl } from "../desk/socket";
import type { DeskState, Hearing, Incident, Incidents, Line, Policy } from "../wire/api";
import { api, at } from "../wire/http";

/** Older sentences are in the transcript, and a host has no hand free to scroll further. */
const LINES_MAX = 120;
/** A host reads the line about a held sentence until so long after its moment. */
const HELD_MS = 15_000;

/** The known sentences with a message's: from its first one on the message knows better. */
export function mergedLines(known: readonly Line[], fresh: readonly Line[]): Line[] {
  const first = Math.min(...fresh.map((line) => line.from_media_ms));
  if (!Number.isFinite(first)) return known.filter((line) => line.last);
  const old = known.filter((line) => line.last && line.to_media_ms <= first);
  return [...old, ...[...fresh].sort((a, b) => a.from_media_ms - b.from_media_ms)].slice(-LINES_MAX);
}

/** The sentence that is held now, or was a moment ago; null when none is. */
export function heldOf(incidents: readonly Incident[], airMs: number): Incident | null {
  const held = incidents.filter((i) => isStopped(i) && airMs - endMs(i) < HELD_MS);
  return held.reduce<Incident | null>((newest, i) => (newest === null || i.from_media_ms > newest.from_media_ms ? i : newest), null);
}

/** An incident that a sentence is part of, unless somebody took it back. */
export function brokenBy(line: Line, incidents: readonly Incident[]): Incident | null {
  const standing = (i: Incident) => i.state === "open" || i.state === "confirmed";
  return incidents.find((i) => standing(i) && i.from_media_ms < line.to_media_ms && line.from_media_ms < i.to_media_ms) ?? null;
}

export class Heard {
  readonly lines = signal<Line[]>([]);
  readonly policy = signal<Policy | null>(null);
  readonly hearing = signal<Hearing | null>(null);
  readonly behindMs = signal(0);
  /** Changes with each message, so that what depends on the air point is looked at again. */
  readonly airMs = signal(0);
  readonly #listed = signal<Incident[]>([]);
  readonly #newest = signal<Incident[]>([]);
  readonly incidents = computed(() => mergedIncidents(this.#listed.value, this.#newest.value));
  readonly held = computed(() => heldOf(this.incidents.value, this.airMs.value));
  readonly #clock = new DeskClock();
  readonly #socket: DeskSocket | null;
  #key = "";

  /** `live`: before a show there is nothing to hear, only what will be. */
  constructor(readonly slug: string, readonly live: boolean) {
    this.#socket = live ? new DeskSocket({ url: deskUrl(slug, location.origin), onMessage: (m) => this.#take(m) }) : null;
    void this.#load();
    if (live) void this.#loadLines();
  }

  close(): void {
    this.#socket?.close();
  }

  #take(message: DeskState): void {
    this.#clock.read({ airMs: message.air_media_ms, newestMs: message.newest_media_ms }, performance.now());
    this.airMs.value = message.air_media_ms;
    this.hearing.value = message.hearing;
    this.behindMs.value = message.hearing_behind_ms;
    this.#newest.value = message.incidents;
    this.lines.value = mergedLines(this.lines.peek(), message.lines);
    const key = `${message.policy} ${listKey(message.incidents)}`;
    if (key !== this.#key) void this.#load();
    this.#key = key;
  }

  async #load(): Promise<void> {
    try {
      const all = await api.get<Incidents>(`/shows${at(this.slug)}/incidents`);
      this.#listed.value = all.incidents;
      this.policy.value = all.policy;
      if (!this.live) this.hearing.value = all.hearing;
    } catch {
      // The next change asks again.
    }
  }

  async #loadLines(): Promise<void> {
    try {
      const before = await api.get<Line[]>(`/shows${at(this.slug)}/transcript`);
      this.lines.value = mergedLines(before, this.lines.peek());
    } catch {
      // The messages bring what is said from now on.
    }
  }
}
