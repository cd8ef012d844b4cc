/**
 * What waits for the picture. A change that the host caused carries the AirTime at which it shows on
 * the program; it is kept here until the viewer's own picture has reached that time.
 */

/** A release more often than this would not be seen. */
const tick_ms = 100;
/** More than this never waits: the oldest is let go first. */
export const held_max = 512;
/** With no picture to wait for (autoplay blocked, audio only), a change is let go after this long. */
export const without_picture_ms = 30_000;

interface Held {
  air_ms: number;
  order: number;
  since_ms: number;
  release: () => void;
}

export interface Clock {
  now_ms(): number;
  every(ms: number, run: () => void): () => void;
}

export const pageClock: Clock = {
  now_ms: () => performance.now(),
  every(ms, run) {
    const id = setInterval(run, ms);
    return () => clearInterval(id);
  },
};

export class AirQueue {
  private held: Held[] = [];
  private order = 0;
  private stop: (() => void) | null = null;

  constructor(
    private readonly airNow: () => number | null,
    private readonly clock: Clock = pageClock,
  ) {}

  get length(): number {
    return this.held.length;
  }

  /** Runs `release` once the picture is at `air_ms`: now, if it is already there. */
  push(air_ms: number | null | undefined, release: () => void): void {
    const now = this.airNow();
    if (air_ms === null || air_ms === undefined || (now !== null && now >= air_ms)) {
      // What already waits for an earlier time goes first, so that order on air is kept.
      this.tick();
      release();
      return;
    }
    this.held.push({ air_ms, order: this.order++, since_ms: this.clock.now_ms(), release });
    this.held.sort((a, b) => a.air_ms - b.air_ms || a.order - b.order);
    while (this.held.length > held_max) this.held.shift()?.release();
    this.stop ??= this.clock.every(tick_ms, () => this.tick());
  }

  /** Lets go of everything whose time has come. */
  tick(): void {
    const air_ms = this.airNow();
    const now_ms = this.clock.now_ms();
    const due = (item: Held) =>
      air_ms === null ? now_ms - item.since_ms >= without_picture_ms : air_ms >= item.air_ms;
    const ready = this.held.filter(due);
    if (ready.length > 0) this.held = this.held.filter((item) => !ready.includes(item));
    for (const item of ready) item.release();
    if (this.held.length === 0) this.clear();
  }

  clear(): void {
    this.held = [];
    this.stop?.();
    this.stop = null;
  }
}
