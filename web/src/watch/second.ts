/** The second of a recording that an address asks for: `?t=2512`. Pure. */

/** A recording is at most some days long. */
const most_s = 7 * 24 * 3600;

/** Seconds into the recording; 0 when none are asked for or what is asked for is no time. */
export function secondOf(search: string): number {
  const asked = new URLSearchParams(search).get("t") ?? "";
  const seconds = /^\d{1,7}(\.\d{1,3})?$/.test(asked) ? Number(asked) : 0;
  return Math.min(seconds, most_s);
}
