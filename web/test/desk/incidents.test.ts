import { describe, expect, it } from "vitest";
import { decidedWords, doneWords, isStopped, isTurnAlone, listKey, mergedIncidents, phaseOf, plainRule, shownOf, urgent, widened } from "../../src/desk/incidents";
import type { Incident, IncidentAct } from "../../src/wire/api";

const act = (more: Partial<IncidentAct> = {}): IncidentAct => ({ id: "act", kind: "mute", from_media_ms: 20_000, to_media_ms: 22_800, late: false, time_to_air_ms: 8100, ...more });
const incident = (id: string, more: Partial<Incident> = {}): Incident => ({
  id, at: `2026-11-22T09:00:0${id}.000Z`, rule: "core/contempt", also: [], severity: "grave", score: 0.91, from_media_ms: 20_000, to_media_ms: 22_800,
  text: "…", answers: null, stake: { viewers: 1, sku: null, orders: 0 }, response: "mute", act: null, left: null, state: "open", by: null, verdict: null, room: null, of: null, ...more,
});
const ids = (list: readonly Incident[]) => list.map((i) => i.id).join("");

describe("the moment of an incident", () => {
  it("waits, airs and passes", () => {
    expect([19_999, 20_000, 22_799, 22_800].map((air) => phaseOf(incident("1"), air))).toEqual(["waits", "airs", "airs", "aired"]);
  });

  it("lasts as long as what stops it", () => {
    expect(phaseOf(incident("1", { act: act({ to_media_ms: 25_000 }) }), 24_000)).toBe("airs");
    expect(phaseOf(incident("1", { act: act({ to_media_ms: null }) }), 24_000)).toBe("aired");
  });
});

describe("urgency", () => {
  it("puts what airs by itself before what is stopped, then the sooner, then the graver", () => {
    const stopped = incident("1", { act: act(), from_media_ms: 12_000 });
    const later = incident("2", { from_media_ms: 21_000 });
    const mild = incident("3", { severity: "notice" });
    const grave = incident("4");
    expect(ids(urgent([stopped, later, mild, grave], 10_000))).toBe("4321");
  });

  it("leaves out what is decided and what has passed", () => {
    const list = [incident("1", { state: "confirmed" }), incident("2", { state: "dismissed" }), incident("3", { state: "withdrawn" }), incident("4", { to_media_ms: 9_000, from_media_ms: 8_000 }), incident("5")];
    expect(ids(urgent(list, 10_000))).toBe("5");
  });

  it("counts as stopped only what still is", () => {
    expect([incident("1", { act: act() }), incident("1", { act: act(), state: "dismissed" }), incident("1")].map(isStopped)).toEqual([true, false, false]);
  });
});

describe("the card", () => {
  const open = incident("1");
  const old = incident("2", { state: "confirmed", from_media_ms: 1000, to_media_ms: 3000 });
  it("shows what a person chose, else the most urgent, else what waits for a verdict", () => {
    expect(shownOf([open, old], "2", 10_000)?.id).toBe("2");
    expect(shownOf([open, old], "gone", 10_000)?.id).toBe("1");
    expect(shownOf([old], null, 10_000)?.id).toBe("2");
  });

  it("is empty when all is said or long ago", () => {
    expect(shownOf([{ ...old, verdict: "right" }], null, 10_000)).toBeNull();
    expect(shownOf([old], null, 60_000)).toBeNull();
    expect(shownOf([{ ...old, state: "withdrawn" }], null, 10_000)).toBeNull();
  });
});

describe("a room that turned", () => {
  const room = { at: "2026-11-22T09:01:30.000Z", since: "2026-11-22T09:00:50.000Z", air_media_ms: 20_000, sure: true, shifts: [], messages: [] };
  const alone = incident("1", { rule: "room/turn", from_media_ms: 20_000, to_media_ms: 20_000, text: null, room });
  it("is held up for a verdict though its moment passed a minute ago", () => {
    expect(shownOf([incident("2", { state: "confirmed" }), alone], null, 90_000)?.id).toBe("1");
    expect(shownOf([alone], null, 239_999)?.id).toBe("1");
    expect(shownOf([alone], null, 240_000)).toBeNull();
  });

  it("counts from when it was known, however long before it began", () => {
    const slow = { ...alone, room: { ...room, since: "2026-11-22T08:46:30.000Z" } };
    const said = incident("2", { state: "confirmed", from_media_ms: 900_000, to_media_ms: 902_000 });
    expect(shownOf([slow, said], null, 921_000)?.id).toBe("1");
    expect(shownOf([slow], null, 1_101_000)).toBeNull();
    expect(shownOf([{ ...alone, room: { ...room, since: "never" } }], null, 90_000)?.id).toBe("1");
  });

  it("has nothing in the delay without words", () => {
    expect([isTurnAlone(alone), isTurnAlone(incident("2", { room }))]).toEqual([true, false]);
    expect(doneWords(alone).key).toBe("desk.turn.alone");
    expect(urgent([alone], 20_000)).toEqual([]);
  });
});

describe("the list", () => {
  it("takes the message's view and keeps what the message no longer holds", () => {
    const merged = mergedIncidents([incident("1"), incident("2")], [incident("3"), incident("2", { state: "confirmed" })]);
    expect(merged.map((i) => `${i.id}:${i.state}`)).toEqual(["3:open", "2:confirmed", "1:open"]);
  });

  const room = (...texts: (string | null)[]) => ({ at: "2026-11-22T09:01:30.000Z", since: "2026-11-22T09:00:50.000Z", air_media_ms: 0, sure: true, shifts: [], messages: texts.map((text, n) => ({ id: `m${n}`, text })) });
  it("keeps words that the message no longer has", () => {
    const listed = incident("1", { text: "said", answers: "asked", room: room("one", "two", null) });
    const [found] = mergedIncidents([listed], [incident("1", { text: null, answers: null, state: "confirmed", room: room(null, "newer", "three", null) })]);
    expect([found?.state, found?.text, found?.answers]).toEqual(["confirmed", "said", "asked"]);
    expect(found?.room?.messages.map((one) => one.text)).toEqual(["one", "newer", "three", null]);
    // What the list says is gone stays gone.
    expect(mergedIncidents([incident("1", { text: null, room: room(null) })], [incident("1", { text: null, room: room(null) })])[0]?.room?.messages[0]?.text).toBeNull();
    expect(mergedIncidents([listed], [incident("1", { room: null })])[0]?.room).toBeNull();
  });

  it("is asked for again after a decision and when words go", () => {
    const key = (more: Partial<Incident>) => listKey([incident("1", { room: room("one"), ...more })]);
    const known = key({});
    expect([{ state: "confirmed" }, { verdict: "right" }, { text: null }, { answers: "asked" }, { room: room(null) }, { room: room("one", "two") }].map((more) => key(more as Partial<Incident>) === known)).toEqual(Array.from({ length: 6 }, () => false));
    expect(key({ score: 0.5, room: room("other") })).toBe(known);
  });
});

describe("what was done", () => {
  const check = (more: Partial<Incident>, key: string, values: Record<string, string>) => expect(doneWords(incident("1", more))).toMatchObject({ key: `desk.incident.${key}`, values });
  it("is said with figures", () => {
    check({ act: act() }, "provisional", { did: "desk.did.mute", length: "2.8", before: "8.1" });
    check({ act: act(), state: "confirmed" }, "confirmed", { length: "2.8", before: "8.1" });
    check({ act: act({ late: true }) }, "late", { length: "2.8" });
    check({ act: act({ time_to_air_ms: null }) }, "stopped", { length: "2.8" });
    check({ act: act({ kind: "hand_over", to_media_ms: null }) }, "open_end", { did: "desk.did.hand_over" });
    check({ act: act(), state: "dismissed", by: "Pat" }, "dismissed", { by: "Pat" });
    check({ act: act(), state: "withdrawn" }, "withdrawn", {});
  });

  it("says why nothing was done", () => {
    for (const left of ["bound", "aired", "refused"] as const) check({ left }, `left.${left}`, {});
    check({ response: "advise" }, "left.advise", {});
  });
});

describe("a decision", () => {
  const was = incident("1", { act: act() });
  const check = (what: "confirm" | "widen" | "dismiss", now: Incident, before: Incident, air: number, key: string, values: Record<string, string>) =>
    expect(decidedWords(what, now, before, air)).toEqual({ key: `desk.incident.answer.${key}`, values, tone: "ok" });
  it("is answered by what the program applied", () => {
    check("confirm", was, was, 14_000, "confirm", { did: "desk.did.mute", length: "2.8", before: "6.0" });
    check("widen", incident("1", { act: act({ from_media_ms: 19_000, to_media_ms: 24_800 }) }), was, 14_000, "widen", { did: "desk.did.mute", length: "5.8", before: "5.0" });
    check("confirm", incident("1", { act: act({ to_media_ms: null }) }), was, 14_000, "open_end", { did: "desk.did.mute" });
    check("dismiss", was, was, 14_000, "airs", { before: "6.0" });
    check("dismiss", was, was, 21_000, "airs_rest", {});
    check("dismiss", incident("1"), incident("1"), 14_000, "noted", {});
  });

  it("widens to the selection and never narrows", () => {
    expect(widened(was, null)).toEqual({});
    expect(widened(was, { fromMs: 18_500.4, toMs: 21_000 })).toEqual({ from_media_ms: 18_500, to_media_ms: 22_800 });
    expect(widened(incident("1"), { fromMs: 21_000, toMs: 26_000 })).toEqual({ from_media_ms: 20_000, to_media_ms: 26_000 });
    expect(widened(incident("1", { act: act({ to_media_ms: null }) }), { fromMs: 18_000, toMs: 26_000 })).toEqual({ from_media_ms: 18_000 });
  });
});

describe("a rule without a name", () => {
  it("is read from its id", () => expect(plainRule("house/no_competitor_names")).toBe("no competitor names"));
});
