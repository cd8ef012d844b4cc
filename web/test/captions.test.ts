import { describe, expect, it } from "vitest";
import { cuesOf, renditionOf, segmentsOf, textAt, withCues } from "../src/player/captions";

describe("a stream's captions", () => {
  it("are found in the multivariant playlist", () => {
    const tag = '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="captions",NAME="中文",LANGUAGE="zh",DEFAULT=NO,AUTOSELECT=YES,CHARACTERISTICS="public.accessibility.transcribes-spoken-dialog",URI="captions.m3u8"';
    expect(renditionOf(`#EXTM3U\n${tag}\n#EXT-X-STREAM-INF:BANDWIDTH=1,SUBTITLES="captions"\nmain.m3u8\n`)).toEqual({ uri: "captions.m3u8", language: "zh", name: "中文" });
    expect(renditionOf("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nmain.m3u8\n")).toBeNull();
    expect(renditionOf('#EXT-X-MEDIA:TYPE=AUDIO,URI="sound.m3u8"')).toBeNull();
  });

  it("have segments with dates", () => {
    const list = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-PROGRAM-DATE-TIME:2026-11-22T09:00:00.000Z\n#EXTINF:2.000,\nsub-7.vtt\n#EXT-X-DISCONTINUITY\n#EXTINF:1.5,\nsub-8.vtt\n#EXT-X-ENDLIST\n";
    const at = Date.parse("2026-11-22T09:00:00Z");
    expect(segmentsOf(list)).toEqual({ segments: [{ uri: "sub-7.vtt", from_ms: at, length_ms: 2000 }, { uri: "sub-8.vtt", from_ms: at + 2000, length_ms: 1500 }], ended: true });
    expect(segmentsOf("#EXTM3U\n#EXTINF:2,\na.vtt\n")).toEqual({ segments: [{ uri: "a.vtt", from_ms: null, length_ms: 2000 }], ended: false });
  });

  it("are read as text, with the map of their clock", () => {
    const head = "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n";
    expect(cuesOf(`${head}\n00:00:01.500 --> 00:00:02.500\none\n\n01:06:40.000 --> 01:06:41.250 align:start\na &lt;b&gt; &amp; c\ntwo <i>lines</i>\n`)).toEqual([
      { from_ms: 1500, to_ms: 2500, text: "one" },
      { from_ms: 4_000_000, to_ms: 4_001_250, text: "a <b> & c\ntwo lines" },
    ]);
    expect(cuesOf("WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:01.000,MPEGTS:900000\n\n00:01.000 --> 00:02.000\nx")).toEqual([{ from_ms: 10_000, to_ms: 11_000, text: "x" }]);
  });

  it("are none in what is no cue", () => {
    expect(cuesOf("WEBVTT\n\nNOTE nothing\n\n00:00:02.000 --> 00:00:01.000\nbackwards\n\n00:00:03.000 --> soon\nx\n\n00:00:03.000 --> 00:00:04.000\n\n")).toEqual([]);
  });

  it("stand on the picture while it is there", () => {
    const cues = [{ from_ms: 1000, to_ms: 2000, text: "one" }, { from_ms: 1500, to_ms: 3000, text: "two" }];
    expect([999, 1000, 1999, 2000, 3000, null].map((at) => textAt(cues, at))).toEqual(["", "one", "one\ntwo", "two", "", ""]);
  });

  it("come once, however many segments tell of them", () => {
    const one = { from_ms: 1500, to_ms: 2500, text: "one" };
    expect(withCues([one], [{ ...one }, { from_ms: 1000, to_ms: 1400, text: "late" }]).map((cue) => cue.text)).toEqual(["late", "one"]);
  });
});
