// The desk's picture of the server's media clocks between two messages of the desk socket.
// Owns extrapolation only: it never decides whether a moment can still be stopped (the server does).

/** One desk message's figures, in milliseconds of the host channel's media time. */
export interface Reading {
  airMs: number;
  newestMs: number;
}

interface Hand {
  /** media − local clock, smoothed */
  offsetMs: number;
  /** 1 while the clock runs, 0 while it stands */
  rate: 0 | 1;
  valueMs: number;
}

/** A jump beyond this is real (a dump, a reconnect), not jitter of the network. */
const SNAP_MS = 400;
/** Share of the error that one message corrects: the strip glides rather than twitches. */
const PULL = 0.2;
/** Without a message for so long the desk shows a frozen strip rather than an invented one. */
export const STALE_MS = 2000;

/** Advances of both clocks as the local monotonic clock goes on. */
export class DeskClock {
  #air: Hand | null = null;
  #newest: Hand | null = null;
  #atMs = 0;

  /** Takes a message that arrived at `nowMs` of the local monotonic clock. */
  read(reading: Reading, nowMs: number): void {
    const elapsedMs = nowMs - this.#atMs;
    this.#air = follow(this.#air, reading.airMs, nowMs, elapsedMs);
    this.#newest = follow(this.#newest, reading.newestMs, nowMs, elapsedMs);
    this.#atMs = nowMs;
  }

  /** The clocks at `nowMs`; null before the first message. Air never passes the newest moment. */
  at(nowMs: number): Reading | null {
    if (this.#air === null || this.#newest === null) return null;
    const t = Math.min(nowMs, this.#atMs + STALE_MS);
    const newestMs = value(this.#newest, t);
    return { airMs: Math.min(value(this.#air, t), newestMs), newestMs };
  }

  /** True when no message came for `STALE_MS`. */
  stale(nowMs: number): boolean {
    return this.#air !== null && nowMs - this.#atMs > STALE_MS;
  }
}

function value(hand: Hand, nowMs: number): number {
  return hand.rate === 1 ? nowMs + hand.offsetMs : hand.valueMs;
}

function follow(last: Hand | null, valueMs: number, nowMs: number, elapsedMs: number): Hand {
  const offsetMs = valueMs - nowMs;
  if (last === null) return { offsetMs, rate: 1, valueMs };
  const advancedMs = valueMs - last.valueMs;
  const rate = elapsedMs >= 100 && advancedMs < elapsedMs * 0.25 ? 0 : 1;
  const error = offsetMs - last.offsetMs;
  const glide = last.rate === 1 && Math.abs(error) < SNAP_MS;
  return { offsetMs: glide ? last.offsetMs + error * PULL : offsetMs, rate, valueMs };
}
