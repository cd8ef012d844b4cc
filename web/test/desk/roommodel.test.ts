import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RoomModel } from "../../src/desk/roommodel";

const NOW = 1_795_377_600;
const second = (at_s: number) => ({ at_s, messages: 1, copies: 0, thinned: 0, hits: [], of: [] });

/** A page whose server answers by `answer`; what was asked for is noted. */
function page(answer: (path: string) => unknown, wanted = true) {
  const asked: string[] = [];
  const heard: (() => void)[] = [];
  const document = { hidden: false, addEventListener: (_: string, run: () => void) => heard.push(run), removeEventListener: () => heard.splice(0) };
  vi.stubGlobal("document", document);
  vi.stubGlobal("fetch", (path: string) => {
    asked.push(path.slice(path.indexOf("/reading")));
    const got = answer(path);
    return got === null ? Promise.reject(new TypeError("network")) : Promise.resolve(new Response(JSON.stringify(got)));
  });
  const model = new RoomModel("evening", () => wanted);
  return { model, asked, document, look: () => heard.forEach((run) => run()) };
}

const view = (seconds: number[], now_s = NOW) => ({ now_ms: now_s * 1000, reading: "ok", alarms_per_1000h: 10, unread: 0, channels: [], seconds: seconds.map(second), minutes: [] });

beforeEach(() => vi.useFakeTimers({ now: NOW * 1000 }));
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("asking for the room", () => {
  it("goes on from the newest second, once a second", async () => {
    let at = NOW;
    const { model, asked } = page(() => view([at++]));
    await vi.advanceTimersByTimeAsync(2500);
    expect(asked).toEqual(["/reading", `/reading?since=${NOW}`, `/reading?since=${NOW + 1}`]);
    expect(model.trace.value.seconds.map((one) => one.at_s)).toEqual([NOW, NOW + 1, NOW + 2]);
    model.close();
    await vi.advanceTimersByTimeAsync(5000);
    expect(asked.length).toBe(3);
  });

  it("rests while nobody looks, and asks at once when somebody does", async () => {
    const { asked, document, look } = page(() => view([]));
    await vi.advanceTimersByTimeAsync(100);
    document.hidden = true;
    await vi.advanceTimersByTimeAsync(10_000);
    const rested = asked.length;
    expect(rested).toBe(1);
    document.hidden = false;
    look();
    await vi.advanceTimersByTimeAsync(100);
    expect(asked.length).toBe(rested + 1);
  });

  it("says that the server does not answer, keeps what is known and asks less often", async () => {
    let fails = false;
    const { model, asked } = page(() => (fails ? null : view([NOW])));
    await vi.advanceTimersByTimeAsync(100);
    fails = true;
    await vi.advanceTimersByTimeAsync(4000);
    expect([model.lost.value, asked.length, model.trace.value.seconds.length]).toEqual([true, 2, 1]);
    fails = false;
    await vi.advanceTimersByTimeAsync(3000);
    expect(model.lost.value).toBe(false);
  });

  it("tells the server's time, also where the room has been quiet for minutes and this page's clock is off", async () => {
    const { model } = page(() => view([NOW - 240], NOW));
    await vi.advanceTimersByTimeAsync(0);
    expect(model.now_s()).toBe(NOW);
    model.close();
    vi.setSystemTime((NOW - 3600) * 1000);
    const behind = page(() => view([NOW - 240], NOW)).model;
    await vi.advanceTimersByTimeAsync(0);
    expect(behind.now_s()).toBe(NOW);
    behind.close();
  });

  it("asks once about a show that is not live", async () => {
    const { asked } = page(() => view([]), false);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(asked.length).toBe(1);
  });
});
