import { describe, expect, it } from "vitest";
import { delayShare, healthOf, hhmmss, onAirKey } from "../../src/desk/gauge";
import type { DeskState } from "../../src/wire/api";

const desk = (more: Partial<DeskState> = {}): DeskState => ({
  type: "desk", air_ms: 0, delay_s: 8, in_delay_ms: 8000, newest_media_ms: 8000, air_media_ms: 0,
  on: "host", video: "host", audio: "host", status: "live",
  feed: { receiving: true, hints: [], video: { codec: "avc1", width: 1280, height: 720, fps: 30, bitrate_kbps: 2400, key_interval_s: 2, b_frames: false } },
  standby: null, actions: [], viewers: 0, msgs_per_s: [], orders_per_min: [], revenue: null, pin: null, store: "ok", recording: true, recording_failing: false, orders: 0, held: false, ...more,
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
    expect(healthOf(desk(more)).map((h) => `${h.key.slice(12)}:${h.well}`)).toEqual(keys);
  it("is in words", () => {
    check({}, ["feed:true", "store:true", "recording:true"]);
    check({ feed: null, store: "down", recording: false }, ["no_feed:false", "store_down:false", "not_recording:false"]);
    check({ status: "planned", store: "degraded" }, ["feed:true", "store_degraded:false"]);
    check({ status: "ended" }, ["store:true"]);
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
