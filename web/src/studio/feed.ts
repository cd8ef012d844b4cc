// What the server receives, in the words of the people who set up the encoder. Pure.

import type { Feed } from "../wire/api";

/** How the receiving light stands. */
export type Light = "receiving" | "silent" | "refused";

export function lightOf(feed: Feed | null): Light {
  if (feed?.refused) return "refused";
  return feed?.receiving ? "receiving" : "silent";
}

/** `avc1.64001f` is what OBS calls H.264; a codec without another name keeps its own. */
export function codecName(codec: string): string {
  if (/^avc[13]/i.test(codec) || /^h\.?264$/i.test(codec)) return "H.264";
  if (/^mp4a\.40\.2$/i.test(codec) || /^aac/i.test(codec)) return "AAC-LC";
  if (/^(hvc1|hev1)/i.test(codec)) return "HEVC";
  if (/^av01/i.test(codec)) return "AV1";
  return codec;
}

export function bitrate(kbps: number): string {
  return kbps >= 1000 ? `${(kbps / 1000).toFixed(1)} Mbit/s` : `${Math.round(kbps)} kbit/s`;
}

export interface FeedFigures {
  size: string;
  fps: string;
  video: string;
  audio: string;
  /** 0 without sound */
  channels: number;
  rate: string;
  key: string | null;
}

/** The figures of a running feed; null while there is none. */
export function figuresOf(feed: Feed | null): FeedFigures | null {
  if (!feed?.receiving) return null;
  const { video, audio } = feed;
  return {
    size: video ? `${video.width}×${video.height}` : "—",
    fps: video ? `${Math.round(video.fps * 10) / 10}` : "—",
    video: video ? codecName(video.codec) : "—",
    audio: audio ? `${codecName(audio.codec)} · ${audio.sample_rate / 1000} kHz` : "—",
    channels: audio?.channels ?? 0,
    rate: bitrate((video?.bitrate_kbps ?? 0) + (audio?.bitrate_kbps ?? 0)),
    // Not known before the second key frame.
    key: video?.key_interval_s ? video.key_interval_s.toFixed(1) : null,
  };
}

/** The kind of a refusal, as the end of a key `studio.refused.…`. */
export function refusalKey(code: string): string {
  if (code === "video_format" || code === "multitrack") return code;
  return code.startsWith("audio_") ? "audio" : "video";
}
