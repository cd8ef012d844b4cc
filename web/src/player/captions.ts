/**
 * Captions in step with the picture. The stream's WebVTT rendition is read here, cue by cue on the program's own clock
 * (AirTime): the light build of hls.js reads none, and the full one costs every phone 70 KB more. It draws nothing.
 */
import { signal, type ReadonlySignal } from "@preact/signals";

/** A piece of text on the program's clock. */
export interface Cue {
  from_ms: number;
  to_ms: number;
  text: string;
}

export interface Rendition {
  uri: string;
  language: string;
  name: string;
}

export interface CaptionSegment {
  uri: string;
  /** Wall clock, as PROGRAM-DATE-TIME says; null where the playlist says none. */
  from_ms: number | null;
  length_ms: number;
}

const attribute = (line: string, name: string): string => new RegExp(`[:,]${name}="([^"]*)"`).exec(line)?.[1] ?? "";

/** The captions that a multivariant playlist lists; null when it lists none. */
export function renditionOf(master: string): Rendition | null {
  const line = master.split(/\r?\n/).find((one) => one.startsWith("#EXT-X-MEDIA:") && /[:,]TYPE=SUBTITLES\b/.test(one));
  const uri = line ? attribute(line, "URI") : "";
  return line && uri ? { uri, language: attribute(line, "LANGUAGE"), name: attribute(line, "NAME") } : null;
}

/** The segments of a captions playlist; a segment without a date of its own follows the one before it. */
export function segmentsOf(playlist: string): { segments: CaptionSegment[]; ended: boolean } {
  const segments: CaptionSegment[] = [];
  let length_ms = 0;
  let next_ms: number | null = null;
  for (const line of playlist.split(/\r?\n/)) {
    if (line.startsWith("#EXT-X-PROGRAM-DATE-TIME:")) {
      const at = Date.parse(line.slice(line.indexOf(":") + 1));
      next_ms = Number.isNaN(at) ? null : at;
    } else if (line.startsWith("#EXTINF:")) length_ms = (Number.parseFloat(line.slice(8)) || 0) * 1000;
    else if (line && !line.startsWith("#")) {
      segments.push({ uri: line, from_ms: next_ms, length_ms });
      next_ms = next_ms === null ? null : next_ms + length_ms;
    }
  }
  return { segments, ended: playlist.includes("#EXT-X-ENDLIST") };
}

const stamp = /^(?:(\d{2,}):)?(\d{2}):(\d{2})\.(\d{3})$/;

function stamp_ms(text: string): number | null {
  const match = stamp.exec(text.trim());
  if (!match) return null;
  const [, h = "0", m = "0", s = "0", ms = "0"] = match;
  return ((Number(h) * 60 + Number(m)) * 60 + Number(s)) * 1000 + Number(ms);
}

/** The cues of a WebVTT file, its map applied; settings, notes and markup are left out. */
export function cuesOf(file: string): Cue[] {
  const map = /^X-TIMESTAMP-MAP=(.*)$/m.exec(file)?.[1] ?? "";
  const offset_ms = Number(/MPEGTS:(\d+)/.exec(map)?.[1] ?? 0) / 90 - (stamp_ms(/LOCAL:([\d:.]+)/.exec(map)?.[1] ?? "") ?? 0);
  const cues: Cue[] = [];
  for (const block of file.replaceAll("\r\n", "\n").split(/\n{2,}/)) {
    const lines = block.split("\n");
    const at = lines.findIndex((line) => line.includes("-->"));
    if (at < 0) continue;
    const [from = "", rest = ""] = (lines[at] ?? "").split("-->");
    const [from_ms, to_ms] = [stamp_ms(from), stamp_ms(rest.trim().split(/\s/)[0] ?? "")];
    const text = plain(lines.slice(at + 1).join("\n")).trim();
    if (from_ms !== null && to_ms !== null && to_ms > from_ms && text) cues.push({ from_ms: from_ms + offset_ms, to_ms: to_ms + offset_ms, text });
  }
  return cues;
}

const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", nbsp: "\u00a0", lrm: "\u200e", rlm: "\u200f" };

function plain(text: string): string {
  return text.replaceAll(/<[^>]*>/g, "").replaceAll(/&(\w+);/g, (whole, name: string) => entities[name] ?? whole);
}

/** What stands on the picture at a moment; empty when nothing does. */
export function textAt(cues: readonly Cue[], air_ms: number | null): string {
  if (air_ms === null) return "";
  return cues.filter((cue) => cue.from_ms <= air_ms && air_ms < cue.to_ms).map((cue) => cue.text).join("\n");
}

/** The same cue comes once with every segment that it touches. */
export function withCues(cues: readonly Cue[], more: readonly Cue[]): Cue[] {
  const fresh = more.filter((cue) => !cues.some((known) => known.from_ms === cue.from_ms && known.text === cue.text));
  return fresh.length === 0 ? [...cues] : [...cues, ...fresh].sort((a, b) => a.from_ms - b.from_ms);
}

const look_every_ms = 100;
const load_every_ms = 1_000;
/** A live playlist is asked for about as often as it grows. */
const list_every_ms = 2_000;
/** A replay reads so far ahead of its picture. */
const ahead_ms = 20_000;
/** Behind the picture cues are let go of. */
const behind_ms = 30_000;
const cues_max = 2_000;
const at_once = 4;
const key = "rl_captions";

interface Options {
  /** The multivariant playlist. */
  src: string;
  live: boolean;
  airNow: () => number | null;
  /** A wall-clock moment on the program's clock; null while that is not known. */
  airOf: (date_ms: number) => number | null;
}

export class Captions {
  private readonly found = signal<Rendition | null>(null);
  private readonly wanted = signal(remembered());
  private readonly shown = signal("");
  private cues: Cue[] = [];
  private segments: CaptionSegment[] = [];
  private readonly loaded = new Set<string>();
  private ended = false;
  private asked = false;
  private listed_ms = Number.NEGATIVE_INFINITY;
  private loading = false;
  private timers: ReturnType<typeof setInterval>[] = [];

  constructor(private readonly options: Options) {}

  /** The stream's captions; null while it has none. */
  get available(): ReadonlySignal<Rendition | null> {
    return this.found;
  }

  get on(): ReadonlySignal<boolean> {
    return this.wanted;
  }

  /** What stands on the picture now. */
  get text(): ReadonlySignal<string> {
    return this.shown;
  }

  /** Looks once whether the stream has captions; called when there is a picture. */
  async find(): Promise<void> {
    if (this.asked) return;
    this.asked = true;
    const master = await text(this.options.src);
    this.found.value = master === null ? null : renditionOf(master);
    this.asked = master !== null;
    this.run();
  }

  setOn(on: boolean): void {
    this.wanted.value = on;
    remember(on);
    this.run();
  }

  /** A caption that came too late for its segment. */
  add(cue: Cue): void {
    this.keep([cue]);
  }

  close(): void {
    for (const timer of this.timers) clearInterval(timer);
    this.timers = [];
    this.found.value = null;
    this.shown.value = "";
  }

  private run(): void {
    const runs = this.wanted.value && this.found.value !== null;
    if (runs === this.timers.length > 0) return;
    for (const timer of this.timers) clearInterval(timer);
    this.timers = runs ? [setInterval(() => this.look(), look_every_ms), setInterval(() => void this.load(), load_every_ms)] : [];
    this.shown.value = "";
    if (runs) void this.load();
  }

  private look(): void {
    this.shown.value = textAt(this.cues, this.options.airNow());
  }

  private async load(): Promise<void> {
    const rendition = this.found.value;
    if (this.loading || !rendition) return;
    this.loading = true;
    try {
      const list = resolved(rendition.uri, this.options.src);
      if (!this.ended && performance.now() - this.listed_ms > list_every_ms) {
        this.listed_ms = performance.now();
        const playlist = await text(list);
        if (playlist !== null) ({ segments: this.segments, ended: this.ended } = segmentsOf(playlist));
      }
      await Promise.all(this.due().map((segment) => this.fetch(segment, list)));
    } finally {
      this.loading = false;
    }
  }

  /** Segments that the picture is near and that were not read yet. */
  private due(): CaptionSegment[] {
    const now = this.options.airNow();
    if (now === null) return [];
    const near = (segment: CaptionSegment) => {
      const from = segment.from_ms === null ? null : this.options.airOf(segment.from_ms);
      if (from === null) return true;
      return from + segment.length_ms > now - list_every_ms && (this.options.live || from < now + ahead_ms);
    };
    return this.segments.filter((segment) => !this.loaded.has(segment.uri) && near(segment)).slice(0, at_once);
  }

  private async fetch(segment: CaptionSegment, list: string): Promise<void> {
    this.loaded.add(segment.uri);
    const file = await text(resolved(segment.uri, list));
    // A file that did not come is asked for again as long as it is listed.
    if (file === null) this.loaded.delete(segment.uri);
    else this.keep(cuesOf(file));
  }

  private keep(more: readonly Cue[]): void {
    const now = this.options.airNow();
    const old = this.options.live && now !== null ? now - behind_ms : Number.NEGATIVE_INFINITY;
    this.cues = withCues(this.cues.filter((cue) => cue.to_ms > old), more).slice(-cues_max);
  }
}

function resolved(uri: string, base: string): string {
  return new URL(uri, new URL(base, location.href)).href;
}

async function text(url: string): Promise<string | null> {
  try {
    const response = await fetch(url, { credentials: "same-origin", signal: AbortSignal.timeout(8_000) });
    return response.ok ? await response.text() : null;
  } catch {
    return null;
  }
}

function remembered(): boolean {
  try {
    return localStorage.getItem(key) === "1";
  } catch {
    return false;
  }
}

function remember(on: boolean): void {
  try {
    if (on) localStorage.setItem(key, "1");
    else localStorage.removeItem(key);
  } catch {
    // Without storage it holds for this visit.
  }
}
