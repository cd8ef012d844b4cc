// Level meters and the monitor's loudspeaker, by WebAudio on the players' own elements.
// Meters only: levels are shown and forgotten, never stored or sent.

import { signal } from "@preact/signals";
import { FLOOR_DB, levelOf } from "./levels";

const BLOCK = 1024;
/** Volume moves over this long, so that switching the monitor does not click. */
const FADE_S = 0.02;

/** The browser lets sound run only after a gesture; until then the meters say so. */
export const metersRunning = signal(false);

let context: AudioContext | null = null;

function audio(): AudioContext {
  context ??= new AudioContext({ latencyHint: "interactive" });
  return context;
}

/** To be called from a gesture: lets every meter start. */
export async function startMeters(): Promise<void> {
  try {
    await audio().resume();
    metersRunning.value = audio().state === "running";
  } catch {
    metersRunning.value = false;
  }
}

/** One picture's meter and its way to the loudspeaker (silent until `listen`). */
export class Meter {
  readonly #analyser: AnalyserNode;
  readonly #gain: GainNode;
  readonly #source: MediaElementAudioSourceNode;
  readonly #block = new Float32Array(BLOCK);

  /** An element can feed one meter for its whole life, so each player element gets exactly one. */
  constructor(video: HTMLMediaElement) {
    const ctx = audio();
    this.#source = ctx.createMediaElementSource(video);
    this.#analyser = ctx.createAnalyser();
    this.#analyser.fftSize = BLOCK;
    this.#gain = ctx.createGain();
    this.#gain.gain.value = 0;
    this.#source.connect(this.#analyser);
    this.#source.connect(this.#gain);
    this.#gain.connect(ctx.destination);
    // The gain decides what is heard; a muted element would feed silence to the meter.
    video.muted = false;
    video.volume = 1;
  }

  level(): { rmsDb: number; peakDb: number } {
    if (!metersRunning.peek()) return { rmsDb: FLOOR_DB, peakDb: FLOOR_DB };
    this.#analyser.getFloatTimeDomainData(this.#block);
    return levelOf(this.#block);
  }

  listen(on: boolean): void {
    this.#gain.gain.setTargetAtTime(on ? 1 : 0, audio().currentTime, FADE_S);
  }

  close(): void {
    this.#source.disconnect();
    this.#gain.disconnect();
    this.#analyser.disconnect();
  }
}
