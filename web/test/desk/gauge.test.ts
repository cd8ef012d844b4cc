import { describe, expect, it } from "vitest";
import { delayShare, delayTooShort, healthOf, hhmmss, onAirKey } from "../../src/desk/gauge";
import type { DeskState } from "../../src/wire/api";

const desk = (more: Partial<DeskState> = {}): DeskState => ({
  type: "desk", air_ms: 0, delay_s: 8, in_delay_ms: 8000, newest_media_ms: 8000, air_media_ms: 0,
  on: "host", video: "host", audio: "host", status: "live",
  feed: { receiving: true, hints: [], video: { codec: "avc1", width: 1280, height: 720, fps: 30, bitrate_kbps: 2400, key_interval_s: 2, b_frames: false } },
  standby: null, actions: [], viewers: 0, msgs_per_s: [], orders_per_min: [], revenue: null, pin: null, store: "ok", recording: true, recording_failing: false, orders: 0, held: false, hearing: null, hearing_behind_ms: 0, hearing_dropped: 0, policy: null, incidents: [], lines: [], ...more,
});

describe("gauge", () => {
  it("shows what is left", () => {
    expect(delayShare(4000, 8)).toBe(0.5);
    expect(delayShare(9000, 8)).toBe(1);
    expect(delayShare(0, 0)).toBe(1);
  });
});

describe("health", () => {
  const check = (more: Partial<DeskState>, keys: string[]) =>
    expect(healthOf(desk(more)).map((h) => `${h.key.replace("desk.health.", "").replace("desk.", "")}:${h.well}`)).toEqual(keys);
  it("is in words", () => {
    check({}, ["hearing.none:true", "feed:true", "store:true", "recording:true"]);
    check({ feed: null, store: "down", recording: false }, ["hearing.none:true", "no_feed:false", "store_down:false", "not_recording:false"]);
    check({ status: "planned", store: "degraded" }, ["feed:true", "store_degraded:false"]);
    check({ status: "ended" }, ["store:true"]);
  });

  it("says how listening does", () => {
    const hears = (more: Partial<DeskState>) => healthOf(desk(more)).find((h) => h.key.startsWith("desk.hearing"));
    expect(hears({ hearing: "ok" })).toEqual({ key: "desk.hearing.ok", values: {}, well: true });
    expect(hears({ hearing: "late", hearing_behind_ms: 4300 })).toEqual({ key: "desk.hearing.late", values: { seconds: "4" }, well: false });
    expect(hears({ hearing: "late", hearing_behind_ms: 20 })?.values).toEqual({ seconds: "1" });
    for (const hearing of ["out", "no_model", "language", "full"] as const) expect(hears({ hearing })?.well, hearing).toBe(false);
    expect(hears({ hearing: "ok", status: "planned" })).toBeUndefined();
  });

  it("warns of a delay that leaves a person no time only while words are judged", () => {
    const short = (more: Partial<DeskState>) => delayTooShort(desk(more));
    expect([short({ hearing: "ok", delay_s: 8 }), short({ hearing: "late", delay_s: 9.9 })]).toEqual([true, true]);
    expect([short({ hearing: "ok", delay_s: 10 }), short({ hearing: null, delay_s: 8 }), short({ hearing: "no_model", delay_s: 8 }), short({ hearing: "ok", delay_s: 8, status: "ended" })]).toEqual([false, false, false, false]);
  });
});

describe("on air", () => {
  const check = (more: Partial<DeskState>, key: string) => expect(onAirKey(desk(more))).toBe(key);
  it("names what viewers get", () => {
    check({}, "host");
    check({ audio: "silence" }, "muted");
    check({ video: "slate" }, "covered");
    check({ on: "slate", video: "slate", audio: "silence" }, "slate");
    check({ on: "standby", video: "standby", audio: "standby" }, "standby");
    check({ status: "planned" }, "planned");
  });
});

describe("on-air clock", () => {
  it("keeps its width", () => {
    expect(hhmmss(2_467_900)).toBe("00:41:07");
    expect(hhmmss(-5)).toBe("00:00:00");
  });
});
