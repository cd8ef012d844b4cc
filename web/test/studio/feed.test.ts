import { describe, expect, it } from "vitest";
import { bitrate, codecName, figuresOf, lightOf } from "../../src/studio/feed";
import { currentShow } from "../../src/studio/shows";
import type { Feed, Show } from "../../src/wire/api";

const feed: Feed = {
  receiving: true, hints: [],
  video: { codec: "avc1.64001f", width: 1280, height: 720, fps: 29.97, bitrate_kbps: 2400, key_interval_s: 2, b_frames: false },
  audio: { codec: "mp4a.40.2", sample_rate: 44_100, channels: 2, bitrate_kbps: 128 },
};

describe("feed", () => {
  it("has a light", () => {
    expect(lightOf(null)).toBe("silent");
    expect(lightOf(feed)).toBe("receiving");
    expect(lightOf({ ...feed, refused: { code: "codec_hevc", message: "HEVC", at: "2026-01-01T00:00:00.000Z" } })).toBe("refused");
  });

  it("has figures in the encoder's words", () => {
    expect(figuresOf(feed)).toEqual({ size: "1280×720", fps: "30", video: "H.264", audio: "AAC-LC · 44.1 kHz", channels: 2, rate: "2.5 Mbit/s", key: "2.0" });
    expect(figuresOf({ ...feed, receiving: false })).toBeNull();
    expect(figuresOf({ receiving: true, hints: [] })?.size).toBe("—");
    const fresh = feed.video ? { ...feed.video, key_interval_s: null } : null;
    expect(figuresOf({ ...feed, video: fresh })?.key).toBeNull();
  });

  it("names codecs and rates", () => {
    expect(codecName("hvc1.1.6.L93")).toBe("HEVC");
    expect(codecName("vp09")).toBe("vp09");
    expect(bitrate(640)).toBe("640 kbit/s");
  });
});

describe("current show", () => {
  const show = (slug: string, status: Show["status"], starts_at: string | null = null, host = "anna") => ({ slug, status, starts_at, host: { slug: host, name: host } }) as Show;
  const check = (shows: Show[], slug: string | undefined) => expect(currentShow(shows, "anna")?.slug).toBe(slug);
  it("is the live one, else the next planned one", () => {
    check([show("a", "ended"), show("b", "planned", "2026-02-01T00:00:00.000Z"), show("c", "live")], "c");
    check([show("b", "planned", "2026-02-01T00:00:00.000Z"), show("d", "planned", "2026-01-01T00:00:00.000Z")], "d");
    check([show("x", "planned"), show("d", "planned", "2026-01-01T00:00:00.000Z")], "d");
    check([show("a", "ended")], undefined);
    check([show("other", "live", null, "bea"), show("own", "live")], "own");
    check([show("other", "live", null, "bea"), show("own", "planned")], "other");
    check([show("other", "planned", null, "bea")], undefined);
  });
});
