import { describe, expect, it } from "vitest";
import type { Action } from "../../src/wire/api";
import { deskMessage } from "../../src/desk/message";
import { accepted, delayWords, merged, newestUndoable, refused, undone, undoState, wishOf } from "../../src/desk/words";

const action = (more: Partial<Action> = {}): Action => ({
  id: "a1", kind: "mute", from_media_ms: 13_400, to_media_ms: 15_500, from_air_ms: null, airs_at: null, ends_at: null, time_to_air_ms: 3400, late: false, state: "planned", ...more,
});

describe("answers", () => {
  it("say length and time to air", () => {
    expect(accepted(action(), { fromMs: 13_400, toMs: 15_500 }, 10_000)).toEqual({
      key: "desk.answer.span", values: { did: "desk.did.mute", length: "2.1", before: "3.4" }, tone: "ok",
    });
  });

  it("say that an open one lasts until resumed", () => {
    expect(accepted(action({ to_media_ms: null }), null, 10_000).key).toBe("desk.answer.open");
    expect(accepted(action({ to_media_ms: null, time_to_air_ms: 0 }), null, 10_000).key).toBe("desk.answer.open_now");
  });

  it("say what was missed", () => {
    const late = action({ from_media_ms: 14_000, late: true, time_to_air_ms: 0 });
    expect(accepted(late, { fromMs: 13_200, toMs: 15_500 }, 14_000).values).toEqual({
      did: "desk.did.mute", length: "1.5", missed: "0.8",
    });
  });

  it("say how late too late was", () => {
    const words = refused("already_aired", { message: "m", hint: "h" }, { fromMs: 1000, toMs: 2000 }, 3200);
    expect(words).toEqual({ key: "desk.answer.too_late", values: { ago: "1.2" }, tone: "no" });
  });

  it("pass the server's words on when they know no better", () => {
    const words = refused("bad_setting", { message: "the reason is too long", hint: "shorten it" }, null, 0);
    expect(words.values.message).toBe("the reason is too long. shorten it");
    expect(refused("standby_not_ready", { message: "bea has no feed", hint: "h" }, null, 0)).toMatchObject({ key: "desk.answer.standby", values: { message: "bea has no feed" } });
  });
});

describe("undo", () => {
  const check = (a: Partial<Action>, airMs: number, how: string) => expect(undoState(action(a), airMs).how).toBe(how);
  it("follows the air point", () => {
    check({}, 13_000, "undo");
    check({}, 14_000, "shorten");
    check({}, 15_500, "gone");
    check({ to_media_ms: null }, 99_000, "shorten");
    check({ kind: "panic", to_media_ms: null }, 99_000, "resume");
    check({ kind: "panic" }, 99_000, "gone");
    check({ state: "undone" }, 13_000, "gone");
  });

  it("takes the newest first", () => {
    const older = action({ id: "older", at: "2026-01-01T00:00:01.000Z" });
    const newer = action({ id: "newer", at: "2026-01-01T00:00:02.000Z" });
    const panic = action({ id: "panic", kind: "panic", at: "2026-01-01T00:00:03.000Z" });
    expect(newestUndoable([older, newer, panic], 13_000)?.id).toBe("newer");
    expect(newestUndoable([older, newer], 99_000)).toBeNull();
  });

  it("says whether it was in time", () => {
    expect(undone(action({ state: "undone" })).key).toBe("desk.answer.undone");
    expect(undone(action({ state: "shortened" })).key).toBe("desk.answer.shortened");
  });
});

describe("log", () => {
  it("takes the end from the program and closes what it no longer lists", () => {
    const log = [action({ id: "a", to_media_ms: null, state: "active" }), action({ id: "b", to_media_ms: null, state: "active" }), action({ id: "c", to_media_ms: null, state: "active" })];
    const out = merged(log, [action({ id: "a", to_media_ms: 20_000, state: "active" })], (id) => id === "c");
    expect(out.map((a) => [a.id, a.to_media_ms, a.state])).toEqual([["a", 20_000, "active"], ["b", null, "over"], ["c", null, "active"]]);
  });
});

describe("requests", () => {
  it("carry a selection only where one makes sense", () => {
    const span = { fromMs: 1000.4, toMs: 2000.6 };
    expect(wishOf("mute", span, "")).toEqual({ kind: "mute", from_media_ms: 1000, to_media_ms: 2001 });
    expect(wishOf("panic", span, "why")).toEqual({ kind: "panic", reason: "why" });
    expect(wishOf("cut", null, "")).toEqual({ kind: "cut" });
  });
});

describe("delay", () => {
  it("says what a change does", () => {
    expect(delayWords(8, 12, 7900)).toMatchObject({ key: "desk.delay.grows", values: { seconds: "4.0", to: "12" } });
    expect(delayWords(8, 4, 7900)).toMatchObject({ key: "desk.delay.shrinks", values: { lost: "7.9", to: "4" } });
    expect(delayWords(8, 8, 7900).key).toBe("desk.delay.same");
  });
});

describe("desk message", () => {
  it("refuses what is none", () => {
    expect(deskMessage("{")).toBeNull();
    expect(deskMessage("[]")).toBeNull();
    expect(deskMessage('{"type":"chat"}')).toBeNull();
    expect(deskMessage('{"type":"desk","air_media_ms":"x"}')).toBeNull();
  });

  it("fills what is missing", () => {
    const m = deskMessage('{"type":"desk","air_media_ms":1,"newest_media_ms":5,"delay_s":8}');
    expect(m).toMatchObject({ in_delay_ms: 4, actions: [], msgs_per_s: [], viewers: 0, status: "planned" });
  });
});

describe("a show without a program", () => {
  it("is told by its status", () => {
    const m = deskMessage('{"type":"desk","status":"ended","viewers":3}');
    expect(m).toMatchObject({ status: "ended", delay_s: 0, in_delay_ms: 0, why: null, actions: [] });
    expect(deskMessage('{"type":"desk","status":"live"}')).toMatchObject({ why: "not_on_air" });
    const onAir = deskMessage('{"type":"desk","status":"live","why":null,"air_media_ms":1,"newest_media_ms":5,"delay_s":8}');
    expect(onAir).toMatchObject({ why: null });
  });
});
