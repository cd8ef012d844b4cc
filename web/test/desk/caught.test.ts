import { afterEach, describe, expect, it, vi } from "vitest";
import { Caught } from "../../src/desk/caught";
import { DeskModel } from "../../src/desk/model";
import type { DeskState, Incident } from "../../src/wire/api";

const incident = (id: string, more: Partial<Incident> = {}): Incident => ({
  id, at: `2026-11-22T09:00:0${id}.000Z`, rule: "core/contempt", also: [], severity: "grave", score: 0.9, from_media_ms: 15_000, to_media_ms: 17_000, text: "…",
  answers: null, stake: { viewers: 0, sku: null, orders: 0 }, response: "mute", left: null, state: "open", by: null, verdict: null, room: null, of: null,
  act: { id: `a${id}`, kind: "mute", from_media_ms: 15_000, to_media_ms: 17_000, late: false, time_to_air_ms: 5000 }, ...more,
});

function desk() {
  const calls: { path: string; body: unknown }[] = [];
  let now = 0;
  let stored: Incident[] = [];
  let answered: Partial<Incident> = {};
  vi.stubGlobal("fetch", (path: string, init: RequestInit) => {
    if (init.method !== "POST") return Promise.resolve(new Response(JSON.stringify(path.endsWith("/incidents") ? { incidents: stored } : [])));
    const body = JSON.parse(String(init.body)) as { do: string };
    calls.push({ path, body });
    const was = stored.find((i) => path.endsWith(`/${i.id}`)) ?? incident("0");
    return Promise.resolve(new Response(JSON.stringify({ ...was, state: body.do === "dismiss" ? "dismissed" : "confirmed", by: "Pat", ...answered })));
  });
  const model = new DeskModel("evening", () => now);
  const caught = new Caught(model, () => now);
  const take = (at: number, incidents: Incident[]) => {
    now = at;
    stored = incidents;
    model.take({
      type: "desk", air_ms: 0, delay_s: 12, in_delay_ms: 12_000, newest_media_ms: 22_000, air_media_ms: 10_000, on: "host", video: "host", audio: "host",
      status: "live", feed: { receiving: true, hints: [] }, standby: null, actions: [], viewers: 0, msgs_per_s: [], orders_per_min: [], revenue: null, pin: null, store: "ok", recording: true, recording_failing: false, orders: 0, held: false,
      hearing: "ok", hearing_behind_ms: 0, hearing_dropped: 0, policy: "act", incidents, lines: [],
    } satisfies DeskState);
    caught.take();
  };
  const answer = (more: Partial<Incident>) => {
    answered = more;
  };
  return { model, caught, calls, take, answer };
}

afterEach(() => vi.unstubAllGlobals());

describe("the keys of an incident", () => {
  it("act on the most urgent one, and go on to the next", async () => {
    const { model, caught, calls, take } = desk();
    take(0, [incident("2", { from_media_ms: 18_000, to_media_ms: 19_000 }), incident("1")]);
    take(1000, [incident("2", { from_media_ms: 18_000, to_media_ms: 19_000 }), incident("1")]);
    await caught.decide("confirm");
    expect(calls).toEqual([{ path: "/api/v1/shows/evening/incidents/1", body: { do: "confirm" } }]);
    expect(model.answer.value?.words.key).toBe("desk.incident.answer.confirm");
    expect(caught.shown.value?.id).toBe("2");
  });

  it("do nothing to a card that has only just come up", async () => {
    const { model, caught, calls, take } = desk();
    take(0, [incident("1")]);
    take(1000, [incident("2", { act: null }), incident("1")]);
    expect(caught.shown.value?.id).toBe("2");
    await caught.decide("dismiss");
    expect(calls).toEqual([]);
    expect(model.answer.value?.words.key).toBe("desk.incident.answer.swapped");
    take(1600, [incident("2", { act: null }), incident("1")]);
    await caught.decide("dismiss");
    expect(calls).toHaveLength(1);
  });

  it("act on a chosen one at once, until a newer one comes", async () => {
    const { caught, calls, take } = desk();
    take(0, [incident("2"), incident("1", { from_media_ms: 18_000, to_media_ms: 19_000 })]);
    caught.choose("1");
    await caught.decide("widen");
    expect(calls[0]?.path.endsWith("/1")).toBe(true);
    take(5000, [incident("3"), incident("2"), incident("1", { state: "confirmed" })]);
    expect(caught.shown.value?.id).not.toBe("1");
  });

  it("widen to the selected words", async () => {
    const { model, caught, calls, take } = desk();
    take(0, [incident("1")]);
    take(1000, [incident("1")]);
    model.selection.value = { fromMs: 13_000, toMs: 16_000 };
    await caught.decide("widen");
    expect(calls[0]?.body).toEqual({ do: "widen", from_media_ms: 13_000, to_media_ms: 17_000 });
    expect(model.selection.value).toBeNull();
  });

  it("leave the words that the answer no longer has", async () => {
    const room = (text: string | null) => ({ at: "2026-11-22T09:01:30.000Z", since: "2026-11-22T09:00:50.000Z", air_media_ms: 0, sure: true, shifts: [], messages: [{ id: "m", text }] });
    const { caught, take, answer } = desk();
    take(0, [incident("1", { room: room("gone from memory") })]);
    await caught.load();
    take(1000, [incident("1", { room: room("gone from memory") })]);
    answer({ text: null, room: room(null) });
    await caught.decide("confirm");
    expect(caught.all.value[0]).toMatchObject({ state: "confirmed", text: "…", room: { messages: [{ text: "gone from memory" }] } });
  });

  it("say so when there is nothing to decide", async () => {
    const { model, caught, calls, take } = desk();
    take(0, []);
    await caught.decide("confirm");
    expect([calls, model.answer.value?.words.key]).toEqual([[], "desk.incident.none"]);
  });
});
