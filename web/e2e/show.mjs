// A show in Chromium: a viewer plays, chats and buys; a producer signs in at the desk, mutes with the key M and resumes
// with R. What the viewer hears is captured sample by sample. Prints one line of JSON for whoever judges the recording.
//
// Environment: RINGLIGHT_BASE, RINGLIGHT_NAME, RINGLIGHT_PASSWORD, RINGLIGHT_CHROMIUM.

import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import { hear, heard, longest } from "./sound.mjs";

const base = process.env.RINGLIGHT_BASE;
const step_timeout_ms = 30_000;
/** Shorter than this no mute is asked for. */
const mute_ms = 1_500;
/** A window of the capture, and what a mute may be longer than asked: the packets at its edges. */
const window_ms = 20;
const edge_ms = 110;

const browser = await chromium.launch({
  executablePath: process.env.RINGLIGHT_CHROMIUM,
  args: [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required",
  ],
});
const defects = [];

async function visit(who, path, more = {}) {
  const context = await browser.newContext({ ...more, locale: "en-US", viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  page.setDefaultTimeout(step_timeout_ms);
  page.on("pageerror", (error) => defects.push(`${who}: ${error.message}`));
  page.on("console", (line) => {
    if (line.type() === "error" && /Content Security Policy/.test(line.text())) defects.push(`${who}: ${line.text()}`);
  });
  await page.goto(`${base}${path}`);
  return page;
}

/** Asks until there is an answer. */
async function until(what, look) {
  const began = Date.now();
  for (;;) {
    const found = await look();
    if (found) return found;
    assert.ok(Date.now() - began < step_timeout_ms, `waited for ${what}`);
    await new Promise((again) => setTimeout(again, 100));
  }
}

async function play() {
  const page = await visit("viewer", "/watch/evening", { bypassCSP: true });
  await page.waitForFunction(() => {
    const video = document.querySelector("video");
    return video && video.videoWidth > 0 && video.currentTime > 0 && !video.paused && video.readyState >= 3;
  });
  await hear(page);
  return page;
}

async function chat(page) {
  await page.getByLabel("Say something").fill("good evening from the browser");
  await page.getByRole("button", { name: "Send" }).click();
  await page.locator(".line-text", { hasText: "good evening from the browser" }).waitFor();
}

async function buy(page) {
  await page.getByRole("button", { name: "Buy Lipstick LIP-01" }).first().click();
  await page.getByLabel("Name", { exact: true }).fill("Li Lei");
  await page.getByLabel("Phone or email").fill("li@example.invalid");
  await page.getByRole("button", { name: /^Order for/ }).click();
  await page.getByText(/^Ordered:/).waitFor();
}

async function signIn() {
  const page = await visit("producer", "/desk/evening");
  await page.locator("input[name=username]").fill(process.env.RINGLIGHT_NAME);
  await page.locator("input[name=password]").fill(process.env.RINGLIGHT_PASSWORD);
  await page.locator("button[type=submit]").click();
  await page.locator("button.key[aria-keyshortcuts=M]:enabled").waitFor();
  return page;
}

async function actions(page) {
  const answer = await page.request.get(`${base}/api/v1/shows/evening/actions`);
  assert.equal(answer.status(), 200);
  return answer.json();
}

async function airNow(page) {
  return (await (await page.request.get(`${base}/api/v1/shows/evening/watch`)).json()).air.now_ms;
}

try {
  const viewer = await play();
  await chat(viewer);
  await buy(viewer);
  const producer = await signIn();
  const orders = await (await producer.request.get(`${base}/api/v1/orders`)).json();
  assert.equal(orders.orders.length, 1);
  assert.equal(orders.orders[0].buyer.name, "Li Lei");

  // Some sound first, so that there is a before.
  await until("two seconds of sound", async () => longest(await heard(viewer), (rms) => rms > 0.02).length * window_ms >= 2_000);
  const pressed = await airNow(producer);
  await producer.keyboard.press("m");
  await producer.locator(".answer-ok").waitFor();
  await until("the mute to last", async () => (await airNow(producer)) - pressed >= mute_ms);
  await producer.keyboard.press("r");
  const mute = await until("both actions in the log", async () => {
    const log = await actions(producer);
    return log.some((a) => a.kind === "resume") ? log.find((a) => a.kind === "mute" && a.to_air_ms !== null) : null;
  });
  const length_ms = mute.to_air_ms - mute.from_air_ms;
  assert.ok(length_ms >= mute_ms, JSON.stringify(mute));

  const sound = await until("sound after the mute", async () => {
    const windows = await heard(viewer);
    const quiet = longest(windows, (rms) => rms < 1e-4);
    const after = windows.slice(quiet.to);
    return quiet.length * window_ms >= mute_ms && after.filter((w) => w.rms > 0.02).length * window_ms >= 1_500 ? { windows, quiet } : null;
  });
  // Only whole windows count, so up to two of them may lie across the edges of a silence.
  const quiet_ms = sound.quiet.length * window_ms;
  assert.ok(quiet_ms > length_ms - 2 * window_ms && quiet_ms <= length_ms + edge_ms, `silent for ${quiet_ms} ms, muted for ${length_ms} ms`);
  const others = sound.windows.filter((w, n) => (n < sound.quiet.from - 2 || n > sound.quiet.to + 2) && w.rms < 0.02 && !w.waiting);
  assert.ok(others.length === 0, `no sound ${others.length * window_ms} ms outside of the mute`);
  assert.deepEqual(defects, []);
  process.stdout.write(`${JSON.stringify({ from_air_ms: mute.from_air_ms, to_air_ms: mute.to_air_ms, length_ms, quiet_ms })}\n`);
} finally {
  await browser.close();
}
