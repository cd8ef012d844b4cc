import { describe, expect, it } from "vitest";
import {
  blocksOf, caretAfter, caretSpan, dragTo, frameOf, gridLines, gripAt, mediaAt, stillInDelay, xOf,
} from "../../src/desk/strip";

const frame = frameOf(10_000, 18_000, 8000);
const WIDTH = 800;

describe("scale", () => {
  it("puts the air point left and the preview right", () => {
    expect(xOf(frame, WIDTH, 10_000)).toBe(0);
    expect(xOf(frame, WIDTH, 18_000)).toBe(800);
    expect(mediaAt(frame, WIDTH, 250)).toBe(12_500);
  });

  it("leaves the right part empty while a stall eats the delay", () => {
    const eaten = frameOf(10_000, 14_000, 8000);
    expect(xOf(eaten, WIDTH, 14_000)).toBe(400);
    expect(mediaAt(eaten, WIDTH, 700)).toBe(14_000);
  });

  it("has a shape without a delay and without a width", () => {
    expect(frameOf(5, 5, 0).spanMs).toBe(1000);
    expect(mediaAt(frame, 0, 10)).toBe(10_000);
  });
});

describe("grid", () => {
  const check = (spanMs: number, width: number, labels: number[]) => {
    const lines = gridLines(spanMs, width);
    expect(lines.filter((l) => l.labelled).map((l) => l.seconds)).toEqual(labels);
  };
  it("labels what fits", () => {
    check(8000, 800, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    check(8000, 320, [0, 2, 4, 6, 8]);
    check(60_000, 800, [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60]);
    check(1000, 320, [0, 0.5, 1]);
  });
});

describe("blocks", () => {
  it("cuts at both edges and drops what has aired", () => {
    const blocks = blocksOf(frame, WIDTH, [
      { id: "aired", kind: "mute", fromMs: 7000, toMs: 9000 },
      { id: "airing", kind: "mute", fromMs: 9000, toMs: 11_000 },
      { id: "open", kind: "cut", fromMs: 16_000, toMs: null },
      { id: "future", kind: "cut", fromMs: 30_000, toMs: null },
    ]);
    expect(blocks.map((b) => [b.id, b.x, b.width, b.open, b.begun])).toEqual([
      ["airing", 0, 100, false, true],
      ["open", 600, 200, true, false],
    ]);
  });

  it("gives overlapping ones their own lanes", () => {
    const blocks = blocksOf(frame, WIDTH, [
      { id: "a", kind: "mute", fromMs: 11_000, toMs: 14_000 },
      { id: "b", kind: "cover", fromMs: 12_000, toMs: 13_000 },
      { id: "c", kind: "mute", fromMs: 14_500, toMs: 15_000 },
    ]);
    expect(blocks.map((b) => b.lane)).toEqual([0, 1, 0]);
  });
});

describe("drag", () => {
  it("makes an interval in either direction", () => {
    const drag = { grip: "outside" as const, anchorMs: 13_000, start: null };
    expect(dragTo(drag, 15_000, frame)).toEqual({ fromMs: 13_000, toMs: 15_000 });
    expect(dragTo(drag, 11_000, frame)).toEqual({ fromMs: 11_000, toMs: 13_000 });
    expect(dragTo(drag, 13_010, frame)).toBeNull();
  });

  it("moves edges and the whole", () => {
    const start = { fromMs: 12_000, toMs: 14_000 };
    expect(gripAt(frame, WIDTH, start, 201, 8)).toBe("from");
    expect(gripAt(frame, WIDTH, start, 396, 8)).toBe("to");
    expect(gripAt(frame, WIDTH, start, 300, 8)).toBe("inside");
    expect(gripAt(frame, WIDTH, start, 500, 8)).toBe("outside");
    expect(dragTo({ grip: "to", anchorMs: 14_000, start }, 16_000, frame)).toEqual({ fromMs: 12_000, toMs: 16_000 });
    expect(dragTo({ grip: "inside", anchorMs: 13_000, start }, 99_000, frame)).toEqual({ fromMs: 16_000, toMs: 18_000 });
  });
});

describe("keyboard", () => {
  const key = (k: string, shiftKey = false, altKey = false) => ({ key: k, shiftKey, altKey });
  it("extends with shift from where it started", () => {
    let caret = caretAfter(null, key("ArrowLeft", false, true), frame);
    expect(caret).toEqual({ anchorMs: 17_000, headMs: 17_000 });
    caret = caretAfter(caret, key("ArrowLeft", true, true), frame);
    caret = caretAfter(caret, key("ArrowLeft", true), frame);
    expect(caret && caretSpan(caret)).toEqual({ fromMs: 15_900, toMs: 17_000 });
  });

  it("stays between the air point and the preview", () => {
    expect(caretAfter(null, key("ArrowRight"), frame)?.headMs).toBe(18_000);
    expect(caretAfter(null, key("Home"), frame)?.headMs).toBe(10_000);
    expect(caretAfter(null, key("x"), frame)).toBeNull();
  });
});

describe("what can still be stopped", () => {
  it("shrinks as the media airs", () => {
    const span = { fromMs: 12_000, toMs: 14_000 };
    expect(stillInDelay(span, 11_000)).toEqual(span);
    expect(stillInDelay(span, 13_500)).toEqual({ fromMs: 13_500, toMs: 14_000 });
    expect(stillInDelay(span, 14_000)).toBeNull();
  });
});
