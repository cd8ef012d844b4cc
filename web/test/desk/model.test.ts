import { afterEach, describe, expect, it, vi } from "vitest";
import { DeskModel } from "../../src/desk/model";
import type { Action, DeskState } from "../../src/wire/api";

const message = (air: number, more: Partial<DeskState> = {}): DeskState => ({
  type: "desk", air_ms: air, delay_s: 8, in_delay_ms: 8000, newest_media_ms: air + 8000, air_media_ms: air, on: "host", video: "host",
  audio: "host", status: "live", feed: null, standby: null, actions: [], viewers: 0, msgs_per_s: [], orders_per_min: [], revenue: null,
  pin: null, store: "ok", recording: true, recording_failing: false, orders: 0, held: false, hearing: null, hearing_behind_ms: 0, hearing_dropped: 0, policy: null, incidents: [], lines: [], ...more,
});

const mute: Action = {
  id: "a", kind: "mute", from_media_ms: 13_000, to_media_ms: 15_100, from_air_ms: null, airs_at: null, ends_at: null,
  time_to_air_ms: 3000, late: false, state: "planned",
};

interface Call { method: string; path: string; body: unknown }

/** A desk whose server answers by `answer`; every call is noted. */
function desk(answer: (call: Call) => [number, unknown] | "gone") {
  const calls: Call[] = [];
  let now = 0;
  vi.stubGlobal("fetch", (path: string, init: RequestInit) => {
    const call = { method: init.method ?? "GET", path, body: init.body ? JSON.parse(String(init.body)) : null };
    calls.push(call);
    const got = answer(call);
    if (got === "gone") return Promise.reject(new TypeError("network"));
    return Promise.resolve(new Response(JSON.stringify(got[1]), { status: got[0] }));
  });
  const model = new DeskModel("evening", () => now);
  return { model, calls, at: (ms: number) => { now = ms; } };
}

const posted = (calls: Call[]) => calls.filter((c) => c.method !== "GET");

afterEach(() => vi.unstubAllGlobals());

describe("desk model", () => {
  it("sends a selection in media time, says what was done and lets the selection go", async () => {
    const { model, calls } = desk(({ method }) => (method === "POST" ? [201, mute] : [200, []]));
    model.take(message(10_000));
    model.selection.value = { fromMs: 13_000, toMs: 15_100 };
    model.reason.value = " a number ";
    await model.act("mute");
    expect(posted(calls)).toEqual([{ method: "POST", path: "/api/v1/shows/evening/actions", body: { kind: "mute", reason: "a number", from_media_ms: 13_000, to_media_ms: 15_100 } }]);
    expect(model.answer.value?.words).toMatchObject({ key: "desk.answer.span", values: { length: "2.1", before: "3.0" } });
    expect([model.selection.value, model.reason.value, model.pending.value]).toEqual([null, "", null]);
  });

  it("says when an action did not arrive and keeps the selection", async () => {
    const { model } = desk(() => "gone");
    model.take(message(10_000));
    model.selection.value = { fromMs: 13_000, toMs: 15_000 };
    await model.act("cut");
    expect(model.answer.value?.words.key).toBe("desk.answer.not_sent");
    expect(model.selection.value).not.toBeNull();
  });

  it("acts before the first message came", async () => {
    const { model, calls } = desk(() => [201, { ...mute, kind: "panic", to_media_ms: null }]);
    expect(model.live.value).toBe(true);
    await model.act("panic");
    expect(posted(calls)[0]?.body).toEqual({ kind: "panic" });
    expect(model.answer.value?.words.key).toBe("desk.answer.panic");
  });

  it("offers force only where force can help", async () => {
    const refuse = (code: string) => desk(({ method }) => (method === "POST" ? [409, { error: { code, message: "m", hint: "h" } }] : [200, []]));
    const { model } = refuse("standby_not_ready");
    await model.act("hand_over");
    expect(model.answer.value?.force).toBe(true);
    const other = refuse("in_panic").model;
    await other.act("panic");
    expect(other.answer.value?.force).toBe(false);
  });

  it("knows when the session is gone", async () => {
    const { model } = desk(() => [401, { error: { code: "not_signed_in", message: "m", hint: "h" } }]);
    await model.act("mute");
    expect(model.signedOut.value).toBe(true);
    expect(model.answer.value?.words.key).toBe("desk.answer.not_allowed");
  });

  it("lets go of a selection that has aired, in words", () => {
    const { model, at } = desk(() => [200, []]);
    model.take(message(10_000));
    model.selection.value = { fromMs: 10_100, toMs: 10_400 };
    at(1000);
    model.take(message(11_000));
    expect(model.selection.value).toBeNull();
    expect(model.answer.value?.words.key).toBe("desk.answer.selection_aired");
  });

  it("counts everything as aired once the show has ended", () => {
    const { model } = desk(() => [200, []]);
    model.take(message(10_000));
    expect(model.airMs()).toBe(10_000);
    model.take(message(0, { status: "ended" }));
    expect(model.airMs()).toBe(Number.MAX_SAFE_INTEGER);
  });

  it("undoes the newest by its id, and says so when there is none", async () => {
    const { model, calls } = desk(({ method }) => (method === "GET" ? [200, [{ ...mute, at: "2026-01-01T00:00:00.000Z" }]] : [200, { ...mute, state: "undone" }]));
    model.take(message(10_000, { actions: [mute] }));
    await model.loadLog();
    await model.undo();
    expect(posted(calls)).toEqual([{ method: "DELETE", path: "/api/v1/shows/evening/actions/a", body: null }]);
    expect(model.answer.value?.words.key).toBe("desk.answer.undone");
  });
});
