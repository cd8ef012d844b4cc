import { describe, expect, it } from "vitest";
import { draft, place, sameWish, type Draft } from "../src/watch/order";
import { apply, arrived, chat_max, cutAt, opened, sellable, type RoomState, unknownOffer } from "../src/watch/state";
import type { NewOrder, Offer, Watch } from "../src/wire/api";
import { ApiError } from "../src/wire/http";
import type { RoomMessage } from "../src/wire/room";

const price = { minor: 7_900, currency: "CNY" };
const offer: Offer = { sku: "LIP-01", title: "Lipstick", brand: "rouge", category: "lips", price, left: 5, selling: true };
const watch: Watch = {
  show: { slug: "evening", title: "Evening", host: { slug: "anna", name: "Anna" }, language: "zh", status: "live", delay_s: 8, start: "auto", viewers: 3, on_air: true, recording: true },
  playlist: "/live/evening/index.m3u8",
  air: { epoch: "2026-01-01T00:00:00.000Z", now_ms: 60_000 },
  pin: null,
  offers: [offer],
  later: [],
  following: false,
  device: { nick: "Viewer 1" },
  cuts: [],
};
const base = { seq: 1, epoch: 1, at: "2026-01-01T00:00:00.000Z" };
const fold = (messages: object[]): RoomState => messages.reduce((state: RoomState, message) => apply(state, { ...base, ...message } as RoomMessage), opened(watch));
const say = (id: string) => ({ type: "chat", id, viewer: "v", nick: "n", text: id });

describe("the room's messages", () => {
  it("keep the newest talk, each once, and take back what is deleted", () => {
    const many = Array.from({ length: chat_max + 5 }, (_, i) => say(`m${i}`));
    const state = fold([...many, say("m20"), { type: "deleted", ids: ["m30", "gone"] }]);
    expect(state.chat).toHaveLength(chat_max - 1);
    expect(state.chat[0]?.id).toBe("m5");
  });

  it("change stock, price and pin", () => {
    const state = fold([
      { type: "stock", sku: "LIP-01", left: 2 },
      { type: "offer", ...offer, price: { minor: 6_900, currency: "CNY" }, left: 2, air_ms: 5 },
      { type: "offer", ...offer, sku: "NEW" },
      { type: "pin", sku: "LIP-01", air_ms: 5 },
    ]);
    expect(state.offers.map((one) => [one.sku, one.price.minor, one.left])).toEqual([["LIP-01", 6_900, 2], ["NEW", 7_900, 5]]);
    expect(state.offers[0]).not.toHaveProperty("seq");
    expect(state.pin?.sku).toBe("LIP-01");
    expect(fold([{ type: "pin", sku: "LIP-01", air_ms: 5 }, { type: "pin", sku: null, air_ms: 9 }]).pin).toBeNull();
    expect(fold([{ type: "sold_out", sku: "LIP-01" }]).offers[0]?.left).toBe(0);
  });

  it("are not needed for what the page was told in advance", () => {
    const later = { ...offer, price: { minor: 6_900, currency: "CNY" }, left: 9 };
    const told = arrived(opened(watch), { air_ms: 61_000, offer: later, pin: null });
    expect(told.offers.map((one) => [one.price.minor, one.left])).toEqual([[6_900, 5]]);
    const pinned = arrived(told, { air_ms: 62_000, offer: null, pin: { sku: "LIP-01", air_ms: 62_000 } });
    expect([told.pin, pinned.pin?.sku, arrived(pinned, { air_ms: 63_000, offer: { ...offer, sku: "NEW" }, pin: null }).offers.length]).toEqual([null, "LIP-01", 2]);
  });

  it("put the end of a cut in the place of its beginning", () => {
    const cuts = fold([{ type: "cut", id: "a", kind: "cut", from_air_ms: 10 }, { type: "cut", id: "a", kind: "cut", from_air_ms: 10, to_air_ms: 20 }]).cuts;
    expect(cuts).toEqual([{ id: "a", kind: "cut", from_air_ms: 10, to_air_ms: 20 }]);
  });

  it("say why the room refused, until the next message goes through", () => {
    const refused = { type: "refused", code: "slow_mode", message: "slow", hint: "", retry_after_ms: 3_000 };
    expect(fold([refused]).answer).toMatchObject({ code: "slow_mode", retry_after_ms: 3_000 });
  });
});

describe("an offer", () => {
  const check = (change: Partial<Offer>, air_ms: number | null) => sellable({ ...offer, ...change }, air_ms);
  it("opens and closes when the picture is there", () => {
    const timed = { opens_air_ms: 1_000, closes_air_ms: 5_000 };
    expect(check({ ...timed, selling: false, why: "not_open" }, 400)).toMatchObject({ ok: false, why: "not_open", opens_in_ms: 600 });
    expect(check({ ...timed, selling: false, why: "not_open" }, 1_000)).toEqual({ ok: true, closes_in_ms: 4_000 });
    expect(check({ ...timed, selling: true }, 5_000)).toMatchObject({ ok: false, why: "closed" });
    expect(check({ ...timed, selling: false, why: "show_ended" }, 2_000)).toMatchObject({ ok: false, why: "not_selling" });
  });
  it("is sold out before anything else", () => {
    expect(check({ left: 0, opens_air_ms: 9 }, 1)).toMatchObject({ ok: false, why: "sold_out" });
  });
  it("without a window follows the server", () => {
    expect(check({}, null)).toEqual({ ok: true, closes_in_ms: null });
    expect(check({ selling: false, why: "frozen" }, 5)).toMatchObject({ ok: false, why: "not_selling", words: "frozen" });
  });
});

describe("the line about a cut", () => {
  it("stays while the cut lasts and a moment longer", () => {
    const cuts = [{ id: "a", kind: "mute", from_air_ms: 1_000, to_air_ms: 2_000 }];
    expect([null, 999, 1_000, 6_999, 7_000].map((air) => cutAt(cuts, air) !== null)).toEqual([false, false, true, true, false]);
    expect(cutAt([{ id: "a", kind: "panic", from_air_ms: 1_000 }], 90_000)).not.toBeNull();
  });
});

describe("placing an order", () => {
  const buyer = { name: "Mia", contact: "+33 1" };
  function shop(answers: (ApiError | "ok")[]) {
    const seen: { key: string | undefined; order: NewOrder }[] = [];
    const waits: number[] = [];
    const post = (async (_path: string, order: NewOrder, options?: { idempotencyKey?: string }) => {
      seen.push({ key: options?.idempotencyKey, order });
      const answer = answers.shift() ?? "ok";
      if (answer === "ok") return { id: "o1" };
      throw answer;
    }) as never;
    const wait = async (ms: number) => void waits.push(ms);
    return { seen, waits, go: (drafted: Draft) => place("evening", drafted, wait, post) };
  }
  const busy = (retry: number | null) => new ApiError(429, "queue_full", "too many", "", retry);

  it("sends the price seen and the picture's time, with a fresh key each", () => {
    const [a, b] = [draft(offer, 2, buyer, 1_234.6), draft(offer, 2, buyer, null)];
    expect(a.order).toEqual({ sku: "LIP-01", quantity: 2, buyer, price_seen: price, air_ms: 1_235 });
    expect(b.order).not.toHaveProperty("air_ms");
    expect(a.key).not.toBe(b.key);
  });

  it("knows the same wish at another moment of the picture", () => {
    const wish = draft(offer, 1, buyer, 5).order;
    expect(sameWish(wish, draft(offer, 1, buyer, 9_000).order)).toBe(true);
    expect(sameWish(wish, draft(offer, 2, buyer, 5).order)).toBe(false);
    expect(sameWish(wish, draft(offer, 1, { ...buyer, contact: "x" }, 5).order)).toBe(false);
    expect(sameWish(wish, draft({ ...offer, price: { ...price, minor: 1 } }, 1, buyer, 5).order)).toBe(false);
  });

  it("keeps key and body through retries", async () => {
    const { seen, waits, go } = shop([busy(2), new ApiError(0, "time_out", ""), new ApiError(503, "store_unavailable", ""), "ok"]);
    expect(await go(draft(offer, 1, buyer, 5))).toMatchObject({ outcome: "ok" });
    expect(new Set(seen.map((one) => one.key)).size).toBe(1);
    expect(new Set(seen.map((one) => JSON.stringify(one.order))).size).toBe(1);
    expect(waits[0]).toBeGreaterThanOrEqual(2_000);
  });

  it("gives the draft back when it is unknown whether the order went through", async () => {
    const lost = () => new ApiError(0, "network", "");
    const { go } = shop([lost(), lost(), lost(), lost()]);
    const drafted = draft(offer, 1, buyer, 5);
    expect(await go(drafted)).toMatchObject({ outcome: "refused", again: drafted });
    expect(await shop([busy(60)]).go(drafted)).toMatchObject({ outcome: "refused", again: drafted });
  });

  it("does not repeat what was refused for good", async () => {
    const { seen, go } = shop([new ApiError(409, "sold_out", "sold out")]);
    expect(await go(draft(offer, 1, buyer, 5))).toMatchObject({ outcome: "refused", again: null });
    expect(seen).toHaveLength(1);
  });

  it("asks again at the new price", async () => {
    const now = { minor: 8_900, currency: "CNY" };
    const changed = (detail: unknown) => shop([new ApiError(409, "price_changed", "", "", null, detail)]).go(draft(offer, 1, buyer, 5));
    expect(await changed({ price: now })).toEqual({ outcome: "price_changed", price: now });
    expect(await changed(now)).toEqual({ outcome: "price_changed", price: now });
    expect(await changed(null)).toEqual({ outcome: "price_changed", price: null });
  });
});

describe("an offer's terms from the room", () => {
  const { left: _left, ...terms } = offer;

  it("keep the number that is left", () => {
    const state = fold([{ type: "stock", sku: offer.sku, left: 7 }, { ...terms, type: "offer", price: { minor: 6900, currency: "CNY" } }]);
    expect(state.offers[0]).toMatchObject({ left: 7, price: { minor: 6900 } });
  });

  it("do not bring back what was sold while they waited for the picture", () => {
    const state = fold([{ type: "sold_out", sku: offer.sku }, { ...terms, left: 3, type: "offer" }]);
    expect(state.offers[0]?.left).toBe(0);
  });

  it("of an unknown product are asked for before they are shown", () => {
    const message = { ...base, ...terms, sku: "NEW-01", type: "offer" } as RoomMessage;
    expect(unknownOffer(opened(watch), message)).toBe(true);
    expect(apply(opened(watch), message).offers).toHaveLength(1);
  });
});

describe("a part that was cut", () => {
  const cut = { type: "cut", id: "a", kind: "mute", state: "planned", from_air_ms: 5_000, to_air_ms: null };

  it("is forgotten when it is undone", () => {
    expect(fold([cut, { ...cut, state: "undone" }]).cuts).toEqual([]);
  });

  it("moves instead of being there twice", () => {
    expect(fold([cut, { ...cut, from_air_ms: 5_400, to_air_ms: 7_000 }]).cuts).toMatchObject([{ from_air_ms: 5_400, to_air_ms: 7_000 }]);
  });
});
