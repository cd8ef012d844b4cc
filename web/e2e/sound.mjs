// What a viewer hears: taps the page's <video> with WebAudio and keeps the loudness of each 20 ms.

const worklet = `
  const windowFrames = 960;
  class Ear extends AudioWorkletProcessor {
    sum = 0; count = 0;
    process([input]) {
      const left = input[0];
      for (let n = 0; n < 128; n += 1) {
        const sample = left ? left[n] : 0;
        this.sum += sample * sample;
        this.count += 1;
        if (this.count === windowFrames) {
          this.port.postMessage(Math.sqrt(this.sum / this.count));
          this.sum = 0; this.count = 0;
        }
      }
      return true;
    }
  }
  registerProcessor("ear", Ear);
`;

/** Begins to listen. The picture must be playing, and the page's context made with `bypassCSP`: pages allow no other scripts. */
export async function hear(page) {
  await page.evaluate(async (source) => {
    const video = document.querySelector("video");
    video.muted = false;
    // A player that catches up with the live edge plays a little faster; a second that is measured must be a second.
    video.playbackRate = 1;
    Object.defineProperty(video, "playbackRate", { get: () => 1, set: () => {} });
    const context = new AudioContext({ sampleRate: 48_000 });
    await context.audioWorklet.addModule(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
    const ear = new AudioWorkletNode(context, "ear");
    const windows = [];
    let waiting = true;
    let begun = false;
    video.addEventListener("waiting", () => { waiting = true; });
    // A player that waits for data is silent for that reason; the next window after it counts again.
    video.addEventListener("playing", () => { waiting = false; });
    waiting = video.readyState < 3;
    ear.port.onmessage = ({ data: rms }) => {
      begun ||= rms > 0.02;
      if (begun) windows.push({ rms, waiting });
    };
    context.createMediaElementSource(video).connect(ear);
    ear.connect(context.destination);
    await context.resume();
    globalThis.ringlightHeard = windows;
  }, worklet);
}

/** The windows so far, from the first sound on: `{rms, waiting}`. */
export function heard(page) {
  return page.evaluate(() => globalThis.ringlightHeard.slice());
}

/** The longest run of windows that fit: `{from, to, length}`, `to` not included. */
export function longest(windows, fits) {
  let best = { from: 0, to: 0, length: 0 };
  let from = 0;
  for (let n = 0; n <= windows.length; n += 1) {
    if (n < windows.length && fits(windows[n].rms)) continue;
    if (n - from > best.length) best = { from, to: n, length: n - from };
    from = n + 1;
  }
  return best;
}
