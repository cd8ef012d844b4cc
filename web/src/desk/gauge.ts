// The delay gauge and the health line: what the figures mean, in keys and shares. Pure.

import type { MessageKey } from "../ui/i18n";
import type { DeskState } from "../wire/api";

/** One word of health: a key, its figures, and whether it is well. */
export interface Health {
  key: MessageKey;
  values: Record<string, string>;
  well: boolean;
}

/** Share of the configured delay that is left, 0 to 1; a delay of zero is always full. */
export function delayShare(inDelayMs: number, delayS: number): number {
  if (delayS <= 0) return 1;
  return Math.min(1, Math.max(0, inDelayMs / (delayS * 1000)));
}

/** Feed, store and recording in words, in the order in which a producer must act. */
export function healthOf(desk: DeskState): Health[] {
  return [hearingHealth(desk), feedHealth(desk), storeHealth(desk), recordingHealth(desk)].filter((h): h is Health => h !== null);
}

function feedHealth(desk: DeskState): Health | null {
  if (desk.status === "ended") return null;
  const { feed } = desk;
  if (feed?.refused) return { key: "desk.health.feed_refused", values: { why: feed.refused.message }, well: false };
  if (!feed?.receiving) return { key: "desk.health.no_feed", values: {}, well: false };
  const kbps = (feed.video?.bitrate_kbps ?? 0) + (feed.audio?.bitrate_kbps ?? 0);
  return { key: "desk.health.feed", values: { mbps: (kbps / 1000).toFixed(1) }, well: true };
}

/** A delay below this gives a person at the desk hardly any time, when listening is on. */
export const DELAY_FOR_PEOPLE_S = 10;

function hearingHealth(desk: DeskState): Health | null {
  if (desk.status !== "live") return null;
  if (desk.hearing === null) return { key: "desk.hearing.none", values: {}, well: true };
  const values: Record<string, string> = desk.hearing === "late" ? { seconds: String(Math.max(1, Math.round(desk.hearing_behind_ms / 1000))) } : {};
  return { key: `desk.hearing.${desk.hearing}`, values, well: desk.hearing === "ok" };
}

/** True when listening is on and nothing is judged all the same. */
export function isDeaf(desk: DeskState): boolean {
  return desk.hearing !== null && desk.hearing !== "ok" && desk.hearing !== "late";
}

/** True when words are judged and the delay is too short for a person to do anything about them. */
export function delayTooShort(desk: DeskState): boolean {
  return desk.status === "live" && desk.hearing !== null && !isDeaf(desk) && desk.delay_s < DELAY_FOR_PEOPLE_S;
}

function storeHealth(desk: DeskState): Health {
  if (desk.store === "down") return { key: "desk.health.store_down", values: {}, well: false };
  if (desk.store === "degraded") return { key: "desk.health.store_degraded", values: {}, well: false };
  return { key: "desk.health.store", values: {}, well: true };
}

function recordingHealth(desk: DeskState): Health | null {
  if (desk.status !== "live") return null;
  if (desk.recording) return { key: "desk.health.recording", values: {}, well: true };
  return { key: "desk.health.not_recording", values: { why: desk.storage_note ?? "" }, well: false };
}

/** What viewers get now, as the end of a key `desk.onair.…`. */
export type OnAir = "planned" | "ended" | "slate" | "standby" | "covered" | "muted" | "host";

export function onAirKey(desk: DeskState): OnAir {
  if (desk.status !== "live") return desk.status;
  if (desk.on === "slate") return "slate";
  if (desk.on === "standby") return "standby";
  if (desk.video === "slate") return "covered";
  return desk.audio === "silence" ? "muted" : "host";
}

/** hh:mm:ss of a length: the on-air clock keeps its width for a whole show. */
export function hhmmss(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number) => String(n).padStart(2, "0");
  return `${two(Math.floor(s / 3600))}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

/** The mean of the last `n` values but the newest, which is still being counted. */
export function rateOf(values: readonly number[], n: number): number {
  const whole = values.slice(0, -1).slice(-n);
  return whole.length === 0 ? 0 : whole.reduce((sum, value) => sum + value, 0) / whole.length;
}
