import { describe, expect, it } from "vitest";
import { DeskClock, STALE_MS } from "../../src/desk/clock";

describe("desk clock", () => {
  it("knows nothing before the first message", () => {
    expect(new DeskClock().at(5)).toBeNull();
    expect(new DeskClock().stale(99_999)).toBe(false);
  });

  it("runs on between messages", () => {
    const clock = new DeskClock();
    clock.read({ airMs: 1000, newestMs: 9000 }, 100);
    expect(clock.at(350)).toEqual({ airMs: 1250, newestMs: 9250 });
  });

  it("glides over jitter and snaps at a real jump", () => {
    const clock = new DeskClock();
    clock.read({ airMs: 1000, newestMs: 9000 }, 0);
    clock.read({ airMs: 1300, newestMs: 9300 }, 250);
    expect(clock.at(250)?.airMs).toBeCloseTo(1260);
    clock.read({ airMs: 5000, newestMs: 9550 }, 500);
    expect(clock.at(500)?.airMs).toBe(5000);
  });

  it("stands still where the server's clock stands", () => {
    const clock = new DeskClock();
    clock.read({ airMs: 1000, newestMs: 9000 }, 0);
    clock.read({ airMs: 1250, newestMs: 9000 }, 250);
    const at = clock.at(500);
    expect(at?.newestMs).toBe(9000);
    expect(at?.airMs).toBe(1500);
  });

  it("never lets air pass the newest moment", () => {
    const clock = new DeskClock();
    clock.read({ airMs: 8900, newestMs: 9000 }, 0);
    clock.read({ airMs: 9000, newestMs: 9000 }, 250);
    expect(clock.at(900)).toEqual({ airMs: 9000, newestMs: 9000 });
  });

  it("freezes and says so when messages stop", () => {
    const clock = new DeskClock();
    clock.read({ airMs: 0, newestMs: 8000 }, 0);
    expect(clock.at(60_000)).toEqual({ airMs: STALE_MS, newestMs: 8000 + STALE_MS });
    expect(clock.stale(STALE_MS + 1)).toBe(true);
  });
});
