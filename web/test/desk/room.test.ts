import { describe, expect, it } from "vitest";
import { casesOf, CHANNELS, channelsOf, isQuiet, merged, messageCurve, nothing, othersOf, places, RoomClock, salesCurve, shareAt, shareCurve, SPAN_S, STEP_S, turnAt, WINDOW_S } from "../../src/desk/room";
import { turnWords } from "../../src/desk/roomwords";
import type { Incident, RoomChannel, RoomSecond, RoomTurn, RoomUsual } from "../../src/wire/api";

const NOW = 1_795_377_600;

const second = (at_s: number, messages: number, hits: Partial<Record<RoomChannel, number>> = {}): RoomSecond => ({
  at_s, messages, copies: 0, thinned: 0,
  hits: CHANNELS.map((channel) => hits[channel] ?? 0),
  of: CHANNELS.map((_, n) => (n < 7 ? messages : 1)),
});
const usual = (channel: RoomChannel, evidence = 0): RoomUsual => ({ channel, is_chat: CHANNELS.indexOf(channel) < 7, usual: 0.02, evidence });
const turn = (more: Partial<RoomTurn> = {}): RoomTurn => ({
  at: new Date(NOW * 1000).toISOString(), since: new Date((NOW - 42) * 1000).toISOString(), air_media_ms: 0, sure: true,
  shifts: [{ channel: "hostile", before: 0.021, now: 0.312, hits: 75, of: 240 }], messages: [], ...more,
});
const incident = (id: string, more: Partial<Incident> = {}): Incident => ({
  id, at: `2026-11-22T09:00:0${id}.000Z`, rule: "core/contempt", also: [], severity: "grave", score: 0.91, from_media_ms: 20_000, to_media_ms: 22_800,
  text: "…", answers: null, stake: { viewers: 1, sku: null, orders: 0 }, response: "mute", act: null, left: null, state: "open", by: null, verdict: null, room: null, of: null, ...more,
});

describe("the trace of a room", () => {
  it("takes what is new, lets a later answer replace, and forgets what is old", () => {
    const first = merged(nothing, { seconds: [second(NOW - 2, 1), second(NOW - 1, 2)], minutes: [] });
    const next = merged(first, { seconds: [second(NOW - 1, 5), second(NOW, 3)], minutes: [] });
    expect(next.seconds.map((one) => [one.at_s - NOW, one.messages])).toEqual([[-2, 1], [-1, 5], [0, 3]]);
    const later = merged(next, { seconds: [second(NOW + SPAN_S + WINDOW_S, 1)], minutes: [] });
    expect(later.seconds.map((one) => one.at_s - NOW)).toEqual([0, SPAN_S + WINDOW_S]);
  });

  it("stays bounded however long the desk is open", () => {
    let trace = nothing;
    for (let n = 0; n < 900; n += 1) trace = merged(trace, { seconds: [second(NOW + n, 1)], minutes: [{ at_min: Math.floor((NOW + n) / 60), orders: 1, cancelled: 0, refunds: 0, unfollows: 0 }] });
    expect(trace.seconds.length).toBe(SPAN_S + WINDOW_S + 1);
    expect(trace.minutes.length).toBe(1);
  });

  it("takes an answer without a second as no news", () => {
    const first = merged(nothing, { seconds: [second(NOW, 1)], minutes: [] });
    expect(merged(first, { seconds: [], minutes: [] }).seconds).toEqual(first.seconds);
    expect(merged(nothing, { seconds: [], minutes: [] })).toEqual(nothing);
  });
});

describe("a share in a moving window", () => {
  const seconds = [second(NOW - WINDOW_S, 100, { hostile: 100 }), second(NOW - 10, 30, { hostile: 3 }), second(NOW, 10, { hostile: 7, boycott: 1 })];
  it("counts what lies in it, both ends by the second", () => {
    expect(shareAt(seconds, "hostile", NOW)).toBeCloseTo(10 / 40);
    expect(shareAt(seconds, "hostile", NOW - 1)).toBeCloseTo(103 / 130);
    expect(shareAt(seconds, "boycott", NOW)).toBeCloseTo(1 / 40);
    expect(shareAt(seconds, "hostile", NOW - 60)).toBeNull();
  });

  it("is a curve of ten minutes whose last point is now", () => {
    const ends = places(NOW + 3.7);
    expect(ends.length).toBe(SPAN_S / STEP_S + 1);
    expect(ends.at(-1)).toBe(NOW);
    expect((ends.at(-1) ?? 0) - (ends[0] ?? 0)).toBe(SPAN_S);
    const curve = shareCurve(seconds, "hostile", NOW);
    expect(curve.at(-1)).toBeCloseTo(0.25);
    expect(curve[0]).toBeNull();
    const busy = Array.from({ length: 700 }, (_, n) => second(NOW - n, (n * 7) % 13, { hostile: (n * 5) % 3 })).toReversed();
    expect(shareCurve(busy, "hostile", NOW)).toEqual(places(NOW).map((end) => shareAt(busy, "hostile", end)));
    expect(messageCurve(seconds, NOW).at(-1)).toBeCloseTo(40 / WINDOW_S);
  });

  it("is quiet where nobody wrote such a thing in ten minutes", () => {
    expect(isQuiet(seconds, "hostile", NOW)).toBe(false);
    expect(isQuiet(seconds, "refund_words", NOW)).toBe(true);
    expect(isQuiet(seconds, "hostile", NOW + SPAN_S)).toBe(true);
  });
});

describe("the channels that are drawn", () => {
  it("are those that say something, by evidence where room is short, in their own order", () => {
    const seconds = [second(NOW, 10, { hostile: 1, boycott: 1, complaint: 1 })];
    const channels = [usual("hostile", 0.1), usual("boycott", 0.9), usual("complaint", 0.5), usual("insult_words"), usual("unfollows", 3)];
    const found = channelsOf({ channels }, seconds, NOW, 2);
    const names = (list: RoomUsual[]) => list.map((one) => one.channel);
    expect([names(found.shown), names(found.more), names(found.quiet)]).toEqual([["boycott", "complaint"], ["hostile"], ["insult_words"]]);
    expect(channelsOf({ channels }, [], NOW, 2).shown).toEqual([]);
  });
});

describe("sales", () => {
  it("have a value for each minute, also for one in which nothing was sold", () => {
    const minute = Math.floor(NOW / 60);
    const minutes = [{ at_min: minute - 2, orders: 4, cancelled: 1, refunds: 0, unfollows: 2 }, { at_min: minute, orders: 1, cancelled: 0, refunds: 3, unfollows: 0 }];
    expect(salesCurve(minutes, "orders", NOW).slice(-4)).toEqual([0, 4, 0, 1]);
    expect(salesCurve(minutes, "unfollows", NOW).length).toBe(10);
    expect(salesCurve([], "refunds", NOW)).toEqual(Array.from({ length: 10 }, () => 0));
    // The minute at hand is not a fall.
    expect(salesCurve(minutes, "orders", NOW + 60).slice(-2)).toEqual([0, 1]);
  });
});

describe("the moment that the room turned", () => {
  it("is that of the newest sure turn within the span", () => {
    const old = incident("1", { room: turn({ at: new Date((NOW - 300) * 1000).toISOString(), since: new Date((NOW - 330) * 1000).toISOString() }) });
    const now = incident("2", { room: turn() });
    const leans = incident("3", { room: turn({ sure: false, at: new Date((NOW + 5) * 1000).toISOString() }) });
    const found = turnAt([old, leans, now, incident("4")], NOW);
    expect([found?.incident.id, found?.since_s]).toEqual(["2", NOW - 42]);
    expect(turnAt([leans], NOW)).toBeNull();
    expect(turnAt([now], NOW + SPAN_S)).toBeNull();
    expect(turnAt([incident("5", { room: turn({ since: "never" }) })], NOW)).toBeNull();
  });

  it("counts from when it was known, however long before it began", () => {
    const slow = incident("1", { room: turn({ since: new Date((NOW - 880) * 1000).toISOString() }) });
    expect(turnAt([slow], NOW)?.since_s).toBe(NOW - 880);
    expect(turnAt([slow], NOW + SPAN_S - 1)?.incident.id).toBe("1");
    expect(turnAt([slow], NOW + SPAN_S)).toBeNull();
  });

  it("is none that people took for a mistake", () => {
    const older = incident("1", { room: turn({ at: new Date((NOW - 100) * 1000).toISOString() }) });
    for (const more of [{ state: "dismissed" }, { state: "withdrawn" }, { verdict: "wrong" }] as const) {
      expect(turnAt([incident("2", { room: turn(), ...more }), older], NOW)?.incident.id).toBe("1");
    }
    expect(turnAt([incident("2", { room: turn(), state: "confirmed", verdict: "right" }), older], NOW)?.incident.id).toBe("2");
  });

  it("is said with its figures, and without a word about anybody", () => {
    const words = turnWords(turn());
    expect(words?.key).toBe("desk.turn.chat");
    expect(words?.values).toMatchObject({ channel: "hostile", now: 0.312, of: 240, before: 0.021 });
    const events = turnWords(turn({ sure: false, shifts: [{ channel: "unfollows", before: 0.01, now: 0.5, hits: 20, of: 40 }] }));
    expect([events?.key, events?.values]).toEqual(["desk.turn.leans_events", { channel: "unfollows", now: 0.5, of: 40, hits: 20, before: 0.01 }]);
    expect(turnWords(turn({ shifts: [] }))).toBeNull();
  });
});

describe("a case", () => {
  const lead = incident("1");
  const list = [incident("5"), incident("3", { of: "1" }), incident("2", { of: "1" }), lead];
  it("holds the sentences that go on with it, the oldest first, in the place of its newest one", () => {
    const cases = casesOf(list);
    expect(cases.map((one) => [one.lead.id, one.more.map((i) => i.id).join("")])).toEqual([["5", ""], ["1", "23"]]);
    expect(othersOf(cases, "1").map((i) => i.id)).toEqual(["2", "3"]);
    expect(othersOf(cases, "3").map((i) => i.id)).toEqual(["1", "2"]);
    expect(othersOf(cases, "9")).toEqual([]);
  });

  it("whose lead is not listed leads itself, and a circle ends", () => {
    expect(casesOf([incident("2", { of: "1" })])[0]?.lead.id).toBe("2");
    const circle = casesOf([incident("1", { of: "2" }), incident("2", { of: "1" })]);
    expect(circle.reduce((sum, one) => sum + 1 + one.more.length, 0)).toBe(2);
    expect(casesOf([incident("1", { of: "1" })])).toHaveLength(1);
  });
});

describe("the server's second", () => {
  it("is this page's own until the server told it", () => expect(new RoomClock().now(NOW)).toBe(NOW));

  it("is what the quickest answer told", () => {
    const clock = new RoomClock();
    clock.read(NOW + 3600, NOW);
    clock.read(NOW + 3599, NOW + 2);
    expect(clock.now(NOW + 10)).toBe(NOW + 3610);
  });

  it("follows when this page's clock is set", () => {
    const clock = new RoomClock();
    clock.read(NOW, NOW - 3600);
    clock.read(NOW + 1, NOW + 1);
    expect(clock.now(NOW + 2)).toBe(NOW + 2);
  });
});
