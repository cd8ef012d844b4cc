/** Placing one order: one key for all tries of the same order, a fresh one for anything else. */
import type { Buyer, Money, NewOrder, Offer, Order } from "../wire/api";
import { api, ApiError, at } from "../wire/http";
import { freshKey } from "./device";

/** Tries of the same order before the buyer is asked to press again. */
const tries_max = 4;
const wait_max_ms = 8_000;

export interface Draft {
  key: string;
  order: NewOrder;
}

export type Placed =
  | { outcome: "ok"; order: Order }
  | { outcome: "price_changed"; price: Money | null }
  /** `again` holds the draft when the same order may still go through with the same key. */
  | { outcome: "refused"; error: ApiError; again: Draft | null };

export function draft(offer: Offer, quantity: number, buyer: Buyer, air_ms: number | null): Draft {
  const order: NewOrder = { sku: offer.sku, quantity, buyer, price_seen: offer.price };
  return { key: freshKey(), order: air_ms === null ? order : { ...order, air_ms: Math.round(air_ms) } };
}

/** The same wish, whatever the picture's time was: same thing, number, buyer and price. */
export function sameWish(a: NewOrder, b: NewOrder): boolean {
  return (
    a.sku === b.sku &&
    a.quantity === b.quantity &&
    a.buyer.name === b.buyer.name &&
    a.buyer.contact === b.buyer.contact &&
    a.price_seen?.minor === b.price_seen?.minor &&
    a.price_seen?.currency === b.price_seen?.currency
  );
}

/** The answer is unknown or "not now": the server may have taken the order, so the key stays. */
export function unsettled(error: ApiError): boolean {
  return error.status === 0 || error.status === 429 || error.status >= 500 || error.status === 408;
}

export async function place(
  slug: string,
  drafted: Draft,
  wait: (ms: number) => Promise<void> = (ms) => new Promise((done) => setTimeout(done, ms)),
  post: typeof api.post = api.post,
): Promise<Placed> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const order = await post<Order>(`/shows${at(slug)}/orders`, drafted.order, { idempotencyKey: drafted.key });
      return { outcome: "ok", order };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.code === "price_changed") return { outcome: "price_changed", price: priceIn(error.detail) };
      if (!unsettled(error)) return { outcome: "refused", error, again: null };
      if (attempt >= tries_max) return { outcome: "refused", error, again: drafted };
      const asked_ms = error.retry_after_s === null ? 400 * 2 ** attempt : error.retry_after_s * 1_000;
      // A long wait is the buyer's to decide, not a spinner's.
      if (asked_ms > wait_max_ms) return { outcome: "refused", error, again: drafted };
      await wait(asked_ms + Math.random() * 250);
    }
  }
}

function priceIn(detail: unknown): Money | null {
  const held = (detail as { price?: unknown } | null)?.price ?? detail;
  const { minor, currency } = (held ?? {}) as Partial<Money>;
  return typeof minor === "number" && typeof currency === "string" ? { minor, currency } : null;
}
