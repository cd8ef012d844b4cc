// The level of the preview's sound along the strip, so that the eye finds the words in the delay.
// A production meter: kept in memory for as long as the sound is in the delay, never stored or sent.

/** One bar per so many milliseconds of media. */
export const LEVEL_STEP_MS = 50;
/** The longest delay and a margin; older bars are dropped first. */
const LEVELS_MAX = Math.ceil(75_000 / LEVEL_STEP_MS);

/** dBFS that the meters show as empty. */
export const FLOOR_DB = -60;

export class LevelTrace {
  readonly #bars = new Map<number, number>();

  /** Notes a level (dBFS) heard at a media moment; the loudest of a step counts. */
  note(mediaMs: number, db: number): void {
    if (!Number.isFinite(mediaMs)) return;
    const step = Math.floor(mediaMs / LEVEL_STEP_MS);
    this.#bars.set(step, Math.max(this.#bars.get(step) ?? Number.NEGATIVE_INFINITY, db));
    while (this.#bars.size > LEVELS_MAX) {
      const first = this.#bars.keys().next();
      if (first.done) break;
      this.#bars.delete(first.value);
    }
  }

  /** Forgets everything that has aired. */
  forgetBefore(mediaMs: number): void {
    const limit = Math.floor(mediaMs / LEVEL_STEP_MS);
    for (const step of this.#bars.keys()) {
      if (step < limit) this.#bars.delete(step);
    }
  }

  /** Bars in `[fromMs, toMs)`: start of the step and height from 0 (floor) to 1 (full scale). */
  bars(fromMs: number, toMs: number): { atMs: number; height: number }[] {
    const bars: { atMs: number; height: number }[] = [];
    const last = Math.ceil(toMs / LEVEL_STEP_MS);
    for (let step = Math.floor(fromMs / LEVEL_STEP_MS); step < last; step++) {
      const db = this.#bars.get(step);
      if (db !== undefined) bars.push({ atMs: step * LEVEL_STEP_MS, height: heightOf(db) });
    }
    return bars;
  }

  get size(): number {
    return this.#bars.size;
  }
}

/** 0 at the floor, 1 at full scale. */
export function heightOf(db: number): number {
  return Math.min(1, Math.max(0, 1 - db / FLOOR_DB));
}

/** RMS and peak in dBFS of one block of samples. */
export function levelOf(samples: Float32Array): { rmsDb: number; peakDb: number } {
  let sum = 0;
  let peak = 0;
  for (const s of samples) {
    sum += s * s;
    const a = Math.abs(s);
    if (a > peak) peak = a;
  }
  return { rmsDb: db(Math.sqrt(sum / Math.max(1, samples.length))), peakDb: db(peak) };
}

function db(amplitude: number): number {
  return amplitude <= 0 ? FLOOR_DB : Math.max(FLOOR_DB, 20 * Math.log10(amplitude));
}
