// Reports in Chromium, from the disk: they open without a network, say what they hold, fit a telephone, and save pictures.
//
// Arguments: the reports' files. Environment: RINGLIGHT_CHROMIUM; RINGLIGHT_SHOTS, a folder for pictures of the pages.

import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const shots = process.env.RINGLIGHT_SHOTS;
const browser = await chromium.launch({ executablePath: process.env.RINGLIGHT_CHROMIUM, args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"] });
const defects = [];

async function open(file, width, locale) {
  const context = await browser.newContext({ locale, viewport: { width, height: 900 } });
  const page = await context.newPage();
  page.on("pageerror", (error) => defects.push(`${file}: ${error.message}`));
  page.on("console", (line) => ["error", "warning"].includes(line.type()) && defects.push(`${file}: ${line.text()}`));
  page.on("request", (request) => /^(file|blob):/.test(request.url()) || defects.push(`${file} asks for ${request.url()}`));
  await page.goto(pathToFileURL(file).href);
  await page.locator("canvas").first().waitFor();
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= width, `${file} is ${wide} px wide at ${width}`);
  if (shots) await page.screenshot({ path: join(shots, `${basename(file)}-${width}-${locale}.png`), fullPage: true });
  return page;
}

async function check(file) {
  const page = await open(file, 1280, "en-US");
  assert.equal(await page.locator(".i-figure-interval:empty").count(), 0);
  const pictures = page.locator(".i-picture");
  for (const picture of await pictures.all()) {
    const [saved] = await Promise.all([page.waitForEvent("download"), picture.getByRole("button", { name: /^Save the picture/ }).click()]);
    assert.ok(statSync(await saved.path()).size > 5_000, saved.suggestedFilename());
    const [figures] = await Promise.all([page.waitForEvent("download"), picture.getByRole("button", { name: /^Save the figures/ }).click()]);
    assert.ok(statSync(await figures.path()).size > 10, figures.suggestedFilename());
  }
  const chart = page.locator(".i-canvas").first();
  await chart.focus();
  await page.keyboard.press("End");
  assert.notEqual(await chart.getAttribute("aria-valuetext"), "");
  await page.getByLabel("Language").selectOption("ru");
  await page.getByRole("button", { name: "Печать" }).waitFor();
  const words = await page.locator("#app").innerText();
  assert.ok(!/insight\.[a-z]/.test(words), "a phrase is missing");
  await open(file, 360, "zh-CN");
  return { file: basename(file), title: await page.title(), pictures: await pictures.count(), names: await page.locator(".i-row-label").allTextContents() };
}

try {
  const seen = [];
  for (const file of process.argv.slice(2)) seen.push(await check(file));
  assert.deepEqual(defects, []);
  process.stdout.write(`${JSON.stringify(seen)}\n`);
} finally {
  await browser.close();
}
