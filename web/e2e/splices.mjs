// A viewer in Chromium who only watches. Says "playing" once the picture moves, samples it until its standard input
// ends, and then says how far it played and how long it stood still at most.
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const base = process.env.RINGLIGHT_BASE;
const start_timeout_ms = 30_000;

const browser = await chromium.launch({
  executablePath: process.env.RINGLIGHT_CHROMIUM,
  args: [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required",
  ],
});
try {
  const page = await browser.newPage();
  const defects = [];
  page.on("pageerror", (error) => defects.push(error.message));
  await page.goto(`${base}/watch/evening`);
  await page.waitForFunction(() => (document.querySelector("video")?.currentTime ?? 0) > 0.5, undefined, { timeout: start_timeout_ms });
  await page.evaluate(() => {
    globalThis.ringlightSamples = [];
    setInterval(() => {
      const video = document.querySelector("video");
      globalThis.ringlightSamples.push([performance.now(), video?.currentTime ?? -1, video?.videoWidth ?? 0]);
    }, 100);
  });
  process.stdout.write("playing\n");
  for await (const _ of process.stdin);
  const samples = await page.evaluate(() => globalThis.ringlightSamples);
  let [still_ms, worst_ms] = [0, 0];
  for (let n = 1; n < samples.length; n += 1) {
    still_ms = samples[n][1] > samples[n - 1][1] ? 0 : still_ms + samples[n][0] - samples[n - 1][0];
    worst_ms = Math.max(worst_ms, still_ms);
  }
  const [first, last] = [samples[0], samples.at(-1)];
  const widths = [...new Set(samples.map((sample) => sample[2]))];
  assert.deepEqual(defects, []);
  process.stdout.write(`${JSON.stringify({ watched_ms: Math.round(last[0] - first[0]), played_ms: Math.round((last[1] - first[1]) * 1000), worst_ms: Math.round(worst_ms), widths })}\n`);
} finally {
  await browser.close();
}
