/** Answers between the absences that a report holds. */
import type { Interval, Levels, WhatIf } from "./types";

export interface Loss {
  days: number;
  lost: Levels<number>;
  interval: Interval;
  part: Levels<number>;
}

const nothing: Loss = { days: 0, lost: { low: 0, mid: 0, high: 0 }, interval: [0, 0], part: { low: 0, mid: 0, high: 0 } };

export function lossOf(answer: WhatIf): Loss {
  return { days: answer.days, lost: answer.lost, interval: answer.lost_interval, part: answer.part_of_gmv };
}

/** The host's known answers for the same first day, from no absence to the longest. */
export function knownLosses(answers: readonly WhatIf[], host: string): Loss[] {
  const own = answers.filter((answer) => answer.host === host);
  const from = own[0]?.from;
  const same = own.filter((answer) => answer.from === from).map(lossOf);
  return [nothing, ...same.toSorted((a, b) => a.days - b.days)];
}

/** A straight line between two neighbours. */
export function between(known: readonly Loss[], days: number): Loss | null {
  const after = known.findIndex((loss) => loss.days >= days);
  const [a, b] = [known[Math.max(0, after - 1)], known[after]];
  if (!a || !b) return null;
  const part = b.days > a.days ? (days - a.days) / (b.days - a.days) : 1;
  const mix = (from: number, to: number) => from + part * (to - from);
  const levels = (from: Levels<number>, to: Levels<number>): Levels<number> => ({ low: mix(from.low, to.low), mid: mix(from.mid, to.mid), high: mix(from.high, to.high) });
  return { days, lost: levels(a.lost, b.lost), interval: [mix(a.interval[0], b.interval[0]), mix(a.interval[1], b.interval[1])], part: levels(a.part, b.part) };
}
