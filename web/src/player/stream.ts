/**
 * One HLS stream on one `<video>`: low latency by hls.js (loaded when first needed) or by the browser
 * itself, recovery from errors, and the AirTime of the picture. It knows no show.
 */
import { signal, type ReadonlySignal } from "@preact/signals";
import type Hls from "hls.js/light";
import type { ErrorData } from "hls.js/light";
import { Captions } from "./captions";

export type StreamState =
  | "loading"
  /** The playlist answers 404: nothing has aired yet. */
  | "not_on_air"
  | "playing"
  /** Ready, but the browser wants a tap first. */
  | "blocked"
  | "waiting"
  | "trouble"
  | "ended"
  | "unsupported";

export interface StreamOptions {
  src: string;
  /** The wall clock of AirTime 0 (RFC 3339); without it `airNow` is null. */
  epoch?: string | null;
  /** A replay starts at its beginning and does not chase the live edge. */
  live?: boolean;
  /** Where a replay starts, in seconds of the recording. */
  from_s?: number;
  /** Never falls behind for long: a picture that is late leaves out what it missed. */
  tight?: boolean;
}

const retry_ms = 2_000;
/** A picture further behind than this offers the way back to live. */
export const behind_max_s = 12;
/** A tight picture may be this much later than it aims for. */
const tight_slack_s = 2.5;
/** A jump needs time to show; another one before would only stutter. */
const jump_every_ms = 4_000;
/** A picture that stands still so long is sent to the live edge; so long again, and the player begins anew. */
const still_ms = 3_000;
const look_every_ms = 1_000;

// The distance to the live edge is the playlist's own PART-HOLD-BACK: a count of segments set here would
// win over it and keep every picture three target durations late.
const config = {
  lowLatencyMode: true,
  enableWorker: false,
  backBufferLength: 30,
  maxBufferLength: 20,
  maxLiveSyncPlaybackRate: 1.1,
  // A show that is not on air is asked for again by `Stream`, not by the loader.
  manifestLoadPolicy: {
    default: { maxTimeToFirstByteMs: 8_000, maxLoadTimeMs: 10_000, timeoutRetry: null, errorRetry: null },
  },
};

/** After a stall a viewer's picture keeps more distance; a tight one catches up instead. */
const tight = { maxLiveSyncPlaybackRate: 1.5, liveSyncOnStallIncrease: 0 };

export class Stream {
  private readonly stateSignal = signal<StreamState>("loading");
  private readonly mutedSignal = signal(false);
  private readonly behindSignal = signal(0);
  private hls: Hls | null = null;
  private retry: ReturnType<typeof setTimeout> | null = null;
  private gone = false;
  private recoveries = 0;
  private jumped_ms = Number.NEGATIVE_INFINITY;
  private at_s = 0;
  private moved_ms = 0;
  private looking: ReturnType<typeof setInterval> | null = null;
  private epoch_ms: number | null = null;
  private readonly leave = new AbortController();
  /** Null for a picture that never shows them. */
  readonly captions: Captions | null;

  constructor(
    readonly video: HTMLVideoElement,
    private readonly options: StreamOptions,
  ) {
    this.setEpoch(options.epoch);
    this.captions = options.tight ? null : new Captions({
      src: options.src,
      live: this.isLive,
      airNow: () => this.airNow(),
      airOf: (date_ms) => (this.epoch_ms === null ? null : date_ms - this.epoch_ms),
    });
    this.listen();
    void this.start();
  }

  get state(): ReadonlySignal<StreamState> {
    return this.stateSignal;
  }

  get muted(): ReadonlySignal<boolean> {
    return this.mutedSignal;
  }

  /** Seconds between the picture and the live edge; 0 for a replay. */
  get behind_s(): ReadonlySignal<number> {
    return this.behindSignal;
  }

  /** The epoch is known only once the show has been on air, and another after a restart of the server. */
  setEpoch(epoch: string | null | undefined): void {
    const at_ms = epoch ? Date.parse(epoch) : Number.NaN;
    this.epoch_ms = Number.isNaN(at_ms) ? null : at_ms;
  }

  /** The AirTime of the picture in milliseconds; null before the first picture. */
  airNow(): number | null {
    if (this.epoch_ms === null || this.video.readyState < 2) return null;
    const date = this.hls ? this.hls.playingDate?.getTime() : nativeDate_ms(this.video);
    return date === undefined || date === null || Number.isNaN(date) ? null : date - this.epoch_ms;
  }

  /** Seconds between the picture and the newest media that the server has; null before the first picture. */
  latency_s(): number | null {
    if (this.video.readyState < 2) return null;
    const latency = this.hls?.latency ?? Number.NaN;
    return Number.isFinite(latency) && latency > 0 ? latency : null;
  }

  /** Starts the picture from a tap, with sound. */
  play(): void {
    this.video.muted = false;
    void this.video.play().catch(() => this.autoplay());
  }

  setMuted(muted: boolean): void {
    this.video.muted = muted;
    if (!muted && this.video.paused) void this.video.play().catch(() => {});
  }

  goLive(): void {
    const edge = this.edge_s();
    if (edge !== null) this.video.currentTime = edge;
    void this.video.play().catch(() => {});
  }

  destroy(): void {
    this.gone = true;
    this.leave.abort();
    if (this.retry) clearTimeout(this.retry);
    if (this.looking) clearInterval(this.looking);
    this.captions?.close();
    this.hls?.destroy();
    this.hls = null;
    this.video.removeAttribute("src");
    this.video.load();
  }

  private get isLive(): boolean {
    return this.options.live ?? true;
  }

  private listen(): void {
    const { signal } = this.leave;
    const on = (name: keyof HTMLMediaElementEventMap, run: () => void) =>
      this.video.addEventListener(name, run, { signal });
    on("playing", () => {
      this.recoveries = 0;
      this.stateSignal.value = "playing";
      void this.captions?.find();
    });
    on("waiting", () => {
      if (this.stateSignal.value === "playing") this.stateSignal.value = "waiting";
    });
    on("resize", () => {
      const { videoWidth: width, videoHeight: height } = this.video;
      // A phone held upright sends an upright picture; the box takes its shape.
      if (width > 0 && height > 0) this.video.parentElement?.style.setProperty("--picture-ratio", `${width} / ${height}`);
    });
    on("ended", () => {
      this.stateSignal.value = "ended";
    });
    on("volumechange", () => {
      this.mutedSignal.value = this.video.muted || this.video.volume === 0;
    });
    on("timeupdate", () => {
      const edge = this.edge_s();
      const behind = this.isLive && edge !== null ? Math.max(0, edge - this.video.currentTime) : 0;
      // Whole seconds, so that the page is not drawn again four times a second.
      this.behindSignal.value = Math.round(behind);
      if (this.options.tight && behind > tight_slack_s) this.jump();
    });
  }

  /** A picture that waits fires no `timeupdate`, so it is looked at by the clock. */
  private look(Maker: typeof Hls): void {
    const now = performance.now();
    const waits = this.hls !== null && !this.video.paused && this.video.readyState >= 1 && this.video.readyState < 3;
    if (!waits || this.video.currentTime !== this.at_s) {
      this.at_s = this.video.currentTime;
      this.moved_ms = now;
      return;
    }
    if (now - this.moved_ms > 2 * still_ms) {
      this.moved_ms = now;
      this.hls?.destroy();
      this.startHls(Maker);
    } else if (now - this.moved_ms > still_ms) this.jump();
  }

  private jump(): void {
    const now = performance.now();
    if (now - this.jumped_ms < jump_every_ms) return;
    this.jumped_ms = now;
    this.goLive();
  }

  private edge_s(): number | null {
    if (this.hls) return this.hls.liveSyncPosition;
    const { seekable } = this.video;
    return seekable.length > 0 ? seekable.end(seekable.length - 1) - 1 : null;
  }

  private async start(): Promise<void> {
    const { default: Hls } = await import("hls.js/light");
    if (this.gone) return;
    if (Hls.isSupported()) {
      this.startHls(Hls);
      if (this.isLive) this.looking = setInterval(() => this.look(Hls), look_every_ms);
    } else if (this.video.canPlayType("application/vnd.apple.mpegurl")) this.startNative();
    else this.stateSignal.value = "unsupported";
  }

  private startHls(Maker: typeof Hls): void {
    const hls = new Maker({ ...config, ...(this.isLive ? {} : { startPosition: this.options.from_s ?? 0, lowLatencyMode: false }), ...(this.options.tight ? tight : {}) });
    this.hls = hls;
    hls.on(Maker.Events.MANIFEST_PARSED, () => this.autoplay());
    hls.on(Maker.Events.ERROR, (_event, data) => this.failed(Maker, hls, data));
    hls.attachMedia(this.video);
    hls.loadSource(this.options.src);
  }

  private failed(Maker: typeof Hls, hls: Hls, data: ErrorData): void {
    if (!data.fatal) return;
    const missing = data.response?.code === 404 && data.type === Maker.ErrorTypes.NETWORK_ERROR;
    this.stateSignal.value = missing && this.video.readyState < 2 ? "not_on_air" : "trouble";
    if (data.type === Maker.ErrorTypes.MEDIA_ERROR && this.recoveries < 3) {
      this.recoveries += 1;
      hls.recoverMediaError();
      return;
    }
    this.again(() => {
      hls.destroy();
      this.startHls(Maker);
    });
  }

  private startNative(): void {
    this.ownCaptions();
    const load = () => {
      this.video.src = this.options.src;
      this.autoplay();
    };
    this.video.addEventListener(
      "error",
      () => {
        this.stateSignal.value = this.video.readyState < 2 ? "not_on_air" : "trouble";
        this.again(load);
      },
      { signal: this.leave.signal },
    );
    const { from_s } = this.options;
    if (!this.isLive && from_s) {
      this.video.addEventListener("loadedmetadata", () => { this.video.currentTime = from_s; }, { signal: this.leave.signal, once: true });
    }
    load();
  }

  /** The browser's own captions would stand over ours; only its own full screen, which hides ours, shows them. */
  private ownCaptions(): void {
    const { signal } = this.leave;
    const { textTracks } = this.video;
    let full = false;
    const set = () => {
      for (const track of textTracks) track.mode = full && this.captions?.on.value ? "showing" : "disabled";
    };
    textTracks.addEventListener("addtrack", set, { signal });
    for (const [name, on] of [["webkitbeginfullscreen", true], ["webkitendfullscreen", false]] as const) {
      this.video.addEventListener(name, () => { full = on; set(); }, { signal });
    }
  }

  private again(run: () => void): void {
    if (this.retry) clearTimeout(this.retry);
    this.retry = setTimeout(() => {
      if (!this.gone) run();
    }, retry_ms);
  }

  /** With sound if the browser allows it, else muted with a clear way to sound, else by a tap. */
  private autoplay(): void {
    this.video.play().catch(() => {
      if (this.gone) return;
      this.video.muted = true;
      this.video.play().catch(() => {
        if (!this.gone) this.stateSignal.value = "blocked";
      });
    });
  }
}

/** Safari's own reading of PROGRAM-DATE-TIME. */
function nativeDate_ms(video: HTMLVideoElement): number | null {
  const start = (video as HTMLVideoElement & { getStartDate?: () => Date }).getStartDate?.();
  return start ? start.getTime() + video.currentTime * 1_000 : null;
}
