/** A `<video>` with its stream, its plain-words states and the few controls a live show needs. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../ui/i18n";
import { isTyping, letterOf } from "../ui/keys";
import type { Captions } from "./captions";
import "./picture.css";
import { behind_max_s, Stream } from "./stream";

interface PictureProps {
  src: string;
  epoch?: string | null;
  live?: boolean;
  /** Where a replay starts, in seconds. */
  from_s?: number;
  /** The desk's two pictures: no controls and no sound until asked. */
  bare?: boolean;
  poster?: ComponentChildren;
  onStream?: (stream: Stream | null) => void;
  children?: ComponentChildren;
}

export function Picture({ src, epoch, live = true, from_s = 0, bare = false, onStream, poster, children }: PictureProps) {
  const video = useRef<HTMLVideoElement>(null);
  const [stream, setStream] = useState<Stream | null>(null);
  useEffect(() => {
    if (!video.current) return undefined;
    if (bare) video.current.muted = true;
    const made = new Stream(video.current, { src, epoch: epoch ?? null, live, tight: bare, from_s });
    setStream(made);
    onStream?.(made);
    return () => {
      onStream?.(null);
      made.destroy();
    };
  }, [src, live, bare]);
  useEffect(() => stream?.setEpoch(epoch), [stream, epoch]);
  return (
    <div class="picture">
      <video ref={video} playsInline autoPlay={false} controls={!bare && !live} aria-label={t("player.picture")} />
      {stream ? <Over stream={stream} bare={bare} live={live} poster={poster} /> : null}
      {children}
    </div>
  );
}

function Over({ stream, bare, live, poster }: { stream: Stream; bare: boolean; live: boolean; poster?: ComponentChildren }) {
  const state = stream.state.value;
  if (state === "not_on_air") return <div class="picture-state">{poster ?? <p>{t("player.not_on_air")}</p>}</div>;
  if (state === "unsupported") return <div class="picture-state"><p>{t("player.unsupported")}</p></div>;
  if (state === "blocked") {
    return (
      <button type="button" class="picture-state picture-tap" onClick={() => stream.play()}>
        <span class="picture-pill"><Glyph name="play" />{t("player.tap_to_play")}</span>
      </button>
    );
  }
  return (
    <>
      {state === "loading" ? <div class="picture-state"><p>{t("player.loading")}</p></div> : null}
      {state === "trouble" ? <div class="picture-note" role="status">{t("player.trouble")}</div> : null}
      {state === "waiting" ? <span class="picture-wait" aria-hidden="true" /> : null}
      {stream.captions ? <Cues captions={stream.captions} high={!live} /> : null}
      {!bare && state !== "loading" ? <Controls stream={stream} live={live} /> : null}
    </>
  );
}

/** On the picture itself, so that they go to full screen with it. */
function Cues({ captions, high }: { captions: Captions; high: boolean }) {
  const text = captions.text.value;
  if (!text) return null;
  return <p class={high ? "cue cue-high" : "cue"} lang={captions.available.value?.language || undefined}><span>{text}</span></p>;
}

function CaptionsButton({ captions }: { captions: Captions }) {
  const on = captions.on.value;
  const there = captions.available.value !== null;
  useEffect(() => {
    if (!there) return undefined;
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing || isTyping(event.target)) return;
      if (letterOf(event) === "c") captions.setOn(!captions.on.peek());
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [captions, there]);
  if (!there) return null;
  return (
    <button type="button" class="picture-icon" aria-pressed={on} aria-keyshortcuts="c" aria-label={t("player.captions")} title={t("player.captions")} onClick={() => captions.setOn(!on)}>
      <Glyph name="captions" />
    </button>
  );
}

function Controls({ stream, live }: { stream: Stream; live: boolean }) {
  const muted = stream.muted.value;
  const behind = stream.behind_s.value;
  return (
    <>
      {muted ? (
        <button type="button" class={live ? "picture-pill picture-sound" : "picture-pill picture-sound picture-sound-high"} onClick={() => stream.setMuted(false)}>
          <Glyph name="muted" />
          {t("player.tap_for_sound")}
        </button>
      ) : null}
      {live ? (
        <div class="picture-controls">
          {behind > behind_max_s ? (
            <button type="button" class="picture-pill" onClick={() => stream.goLive()}>{t("player.to_live")}</button>
          ) : null}
          {muted ? null : (
            <button type="button" class="picture-icon" aria-label={t("player.mute")} onClick={() => stream.setMuted(true)}><Glyph name="sound" /></button>
          )}
          {stream.captions ? <CaptionsButton captions={stream.captions} /> : null}
          <button type="button" class="picture-icon" aria-label={t("player.fullscreen")} onClick={() => fullScreen(stream.video)}><Glyph name="full" /></button>
        </div>
      ) : stream.captions ? <div class="picture-controls picture-controls-high"><CaptionsButton captions={stream.captions} /></div> : null}
    </>
  );
}

function fullScreen(video: HTMLVideoElement): void {
  const box = video.parentElement;
  const old = video as HTMLVideoElement & { webkitEnterFullscreen?: () => void };
  if (document.fullscreenElement) void document.exitFullscreen();
  else if (box?.requestFullscreen) void box.requestFullscreen().catch(() => {});
  else old.webkitEnterFullscreen?.();
}

const glyphs = {
  play: "M8 5v14l11-7z",
  sound: "M4 9v6h4l5 4V5L8 9H4zm12 .5a4 4 0 0 1 0 5M18.5 7a8 8 0 0 1 0 10",
  muted: "M4 9v6h4l5 4V5L8 9H4zm12 .5 5 5m0-5-5 5",
  captions: "M3 6h18v12H3zM11 10.4a2.1 2.1 0 1 0 0 3.2M17.5 10.4a2.1 2.1 0 1 0 0 3.2",
  full: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
} as const;

function Glyph({ name }: { name: keyof typeof glyphs }) {
  return (
    <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">
      <path d={glyphs[name]} />
    </svg>
  );
}
