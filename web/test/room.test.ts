import { describe, expect, it } from "vitest";
import { AirQueue, held_max, without_picture_ms, type Clock } from "../src/wire/air";
import { backoff_ms, Room, roomUrl, type RoomMessage, type Socket } from "../src/wire/room";

function remove<T>(list: T[], item: T): void {
  const place = list.indexOf(item);
  if (place >= 0) list.splice(place, 1);
}

/** A clock that moves only when told. */
function handClock() {
  const runs: { ms: number; run: () => void; at: number }[] = [];
  let now = 0;
  const clock: Clock = {
    now_ms: () => now,
    every(ms, run) {
      const item = { ms, run, at: now + ms };
      runs.push(item);
      return () => remove(runs, item);
    },
  };
  const advance = (ms: number) => {
    const end = now + ms;
    for (;;) {
      const next = runs.filter((item) => item.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      now = next.at;
      next.at += next.ms;
      next.run();
    }
    now = end;
  };
  return { clock, advance, timers: runs };
}

class FakeSocket implements Socket {
  sent: Record<string, unknown>[] = [];
  closed = false;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  onerror: (() => void) | null = null;
  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }
  close(): void {
    this.closed = true;
  }
  hear(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

const at = "2026-01-01T00:00:00.000Z";
const state = { status: "live", pin: null, viewers: 1, slow_s: 0, hold: false, locked: false };
const welcome = (epoch: number, resumed: boolean, missed = 0) => ({ type: "welcome", epoch, at, viewer: { id: "me", nick: "n" }, resumed, missed, state });
const chat = (seq: number, epoch = 1) => ({ type: "chat", seq, epoch, at, id: `c${seq}`, viewer: "v", nick: "n", text: `t${seq}` });

function stage(airNow: () => number | null = () => 0) {
  const { clock, advance, timers } = handClock();
  const sockets: FakeSocket[] = [];
  const heard: RoomMessage[] = [];
  const waits: { ms: number; run: () => void }[] = [];
  const room = new Room({
    slug: "evening",
    airNow,
    onMessage: (message) => heard.push(message),
    nick: () => "mia",
    open: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
    clock,
    after: (ms, run) => {
      const item = { ms, run };
      waits.push(item);
      return () => remove(waits, item);
    },
    random: () => 0.5,
  });
  const socket = (n: number) => sockets[n] as FakeSocket;
  const retry = () => waits.shift()?.run();
  const words = () => heard.flatMap((message) => (message.type === "chat" ? [message.text] : []));
  return { room, socket, sockets, heard, words, waits, retry, advance, timers };
}

describe("room", () => {
  it("says hello with the nick and no resume at first", () => {
    const { socket, room } = stage();
    expect(room.connection.value).toEqual({ phase: "connecting", attempt: 0 });
    socket(0).onopen?.();
    expect(socket(0).sent).toEqual([{ type: "hello", nick: "mia" }]);
    socket(0).hear(welcome(1, false));
    expect(room.connection.value).toEqual({ phase: "open" });
  });

  it("resumes by epoch and seq, hands each message on once, and says what was missed", () => {
    const { socket, room, retry, words, waits } = stage();
    socket(0).onopen?.();
    socket(0).hear(welcome(1, false));
    for (const seq of [3, 4, 5]) socket(0).hear(chat(seq));
    socket(0).onclose?.();
    expect(room.connection.value).toMatchObject({ phase: "waiting", attempt: 1 });
    expect(waits[0]?.ms).toBe(375);
    retry();
    socket(1).onopen?.();
    expect(socket(1).sent[0]).toEqual({ type: "hello", nick: "mia", resume: { epoch: 1, seq: 5 } });
    socket(1).hear(welcome(1, true, 7));
    for (const seq of [5, 6, 7]) socket(1).hear(chat(seq));
    expect(words()).toEqual(["t3", "t4", "t5", "t6", "t7"]);
    expect(room.missed.value).toBe(7);
  });

  it("takes the history of a new epoch whole", () => {
    const { socket, retry, words } = stage();
    socket(0).hear(welcome(1, false));
    socket(0).hear(chat(900));
    socket(0).onclose?.();
    retry();
    socket(1).hear(welcome(2, false));
    socket(1).hear(chat(1, 2));
    socket(1).hear(chat(2, 2));
    expect(words()).toEqual(["t900", "t1", "t2"]);
  });

  it("keeps what a window hands on out of order", () => {
    const { socket, words } = stage();
    socket(0).hear(welcome(1, false));
    for (const seq of [5, 4, 6]) socket(0).hear(chat(seq));
    expect(words()).toEqual(["t5", "t4", "t6"]);
  });

  it("holds what the host caused until the picture is there, and lets talk pass", () => {
    let air = 1_000;
    const { socket, heard, advance } = stage(() => air);
    socket(0).hear(welcome(1, false));
    socket(0).hear({ type: "pin", seq: 1, epoch: 1, at, sku: "LIP-01", air_ms: 4_000 });
    socket(0).hear({ type: "cut", seq: 2, epoch: 1, at, kind: "mute", from_air_ms: 3_000 });
    socket(0).hear(chat(3));
    socket(0).hear({ type: "stock", seq: 4, epoch: 1, at, sku: "LIP-01", left: 3 });
    const types = () => heard.map((message) => message.type);
    expect(types()).toEqual(["welcome", "chat", "stock"]);
    advance(200);
    expect(types()).toHaveLength(3);
    air = 3_500;
    advance(200);
    expect(types()).toEqual(["welcome", "chat", "stock", "cut"]);
    air = 4_000;
    advance(200);
    expect(types().at(-1)).toBe("pin");
  });

  it("keeps what is held across a reconnection", () => {
    let air = 0;
    const { socket, heard, advance, retry } = stage(() => air);
    socket(0).hear(welcome(1, false));
    socket(0).hear({ type: "pin", seq: 1, epoch: 1, at, sku: "A", air_ms: 500 });
    socket(0).onclose?.();
    retry();
    socket(1).hear(welcome(1, true));
    air = 600;
    advance(200);
    expect(heard.filter((message) => message.type === "pin")).toHaveLength(1);
  });

  it("drops a connection that is silent for too long", () => {
    const { socket, room, advance } = stage();
    socket(0).onopen?.();
    socket(0).hear(welcome(1, false));
    advance(40_000);
    expect(socket(0).sent.filter((message) => message.type === "ping")).toHaveLength(2);
    advance(40_000);
    expect(socket(0).closed).toBe(true);
    expect(room.connection.value.phase).toBe("waiting");
  });

  it("survives what is no message", () => {
    const { socket, heard } = stage();
    for (const data of ["", "{", "null", "[]", "12", '{"a":1}', new Uint8Array(3)]) socket(0).onmessage?.({ data });
    expect(heard).toEqual([]);
  });

  it("leaves no timer behind", () => {
    const { room, socket, timers, waits } = stage(() => 0);
    socket(0).hear(welcome(1, false));
    socket(0).hear({ type: "pin", seq: 1, epoch: 1, at, sku: "A", air_ms: 500 });
    room.close();
    expect(timers).toEqual([]);
    expect(waits).toEqual([]);
    expect(socket(0).closed).toBe(true);
  });

  it("waits longer after each failure, up to a limit, partly at random", () => {
    const waits = [1, 2, 3, 4, 5, 6, 60].map((attempt) => backoff_ms(attempt, () => 1));
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
    expect(backoff_ms(3, () => 0)).toBe(1_000);
  });

  it("speaks wss where the page came over https", () => {
    expect(roomUrl("a b", "https://shop.test")).toBe("wss://shop.test/api/v1/shows/a%20b/room");
    expect(roomUrl("x", "http://127.0.0.1:8080")).toBe("ws://127.0.0.1:8080/api/v1/shows/x/room");
  });
});

describe("air queue", () => {
  it("lets go in the order of the picture", () => {
    let air: number | null = 0;
    const { clock, advance } = handClock();
    const queue = new AirQueue(() => air, clock);
    const out: string[] = [];
    for (const [name, air_ms] of [["c", 30], ["a", 10], ["b", 10]] as const) queue.push(air_ms, () => out.push(name));
    air = 40;
    advance(100);
    expect(out).toEqual(["a", "b", "c"]);
  });

  it("does not wait for ever for a picture that never comes", () => {
    const { clock, advance, timers } = handClock();
    const queue = new AirQueue(() => null, clock);
    const out: number[] = [];
    queue.push(5_000, () => out.push(1));
    advance(without_picture_ms - 200);
    expect(out).toEqual([]);
    advance(400);
    expect(out).toEqual([1]);
    expect(timers).toEqual([]);
  });

  it("is bounded: the earliest goes when it is full", () => {
    const { clock } = handClock();
    const queue = new AirQueue(() => 0, clock);
    const out: number[] = [];
    for (let i = 1; i <= held_max + 2; i += 1) queue.push(i, () => out.push(i));
    expect(out).toEqual([1, 2]);
    expect(queue.length).toBe(held_max);
  });
});
