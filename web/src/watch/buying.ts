/** The buyer's way from the button to an order, with every turn it may take. */
import { signal } from "@preact/signals";
import { money, notify, notifyError, sameMoney, t } from "../ui";
import type { Buyer, Money, Offer, Order } from "../wire/api";
import type { ApiError } from "../wire/http";
import { buyer, keepBuyer, keepDraft, keptDraft } from "./device";
import type { WatchModel } from "./model";
import { draft, place, sameWish, type Draft } from "./order";

export interface Buying {
  offer: Offer;
  quantity: number;
  /** The price that the buyer saw when they opened the sheet, and agrees to by ordering. */
  price: Money;
  /** The price they agreed to before, when it has changed since. */
  before: Money | null;
  placing: boolean;
  error: ApiError | null;
  /** The last try may have gone through; another press repeats it with the same key. */
  again: boolean;
}

/** More of one thing than this is not an impulse but a wholesale order. */
const quantity_max = 99;

export function mostOf(offer: Offer): number {
  return Math.max(1, Math.min(offer.limit ?? quantity_max, offer.left, quantity_max));
}

export class BuyModel {
  /** What the sheet shows; null while it is shut. */
  readonly sheet = signal<Buying | null>(null);
  /** The offer that is being ordered by one tap, for its button. */
  readonly placing = signal<string | null>(null);

  constructor(private readonly model: WatchModel) {}

  /** One tap where the buyer is known; the sheet where not. */
  async tap(offer: Offer): Promise<void> {
    const known = buyer.value;
    if (!known) {
      this.open(offer);
      return;
    }
    if (this.placing.value) return;
    this.placing.value = offer.sku;
    const buying = fresh(offer);
    await this.send(buying, draft(offer, 1, known, this.model.airNow()), true);
    this.placing.value = null;
  }

  open(offer: Offer): void {
    this.sheet.value = fresh(offer);
  }

  close(): void {
    this.sheet.value = null;
  }

  setQuantity(quantity: number): void {
    const now = this.sheet.value;
    if (!now || now.placing) return;
    const held = Math.min(Math.max(1, quantity), mostOf(now.offer));
    this.sheet.value = { ...now, quantity: held, error: null, again: false };
  }

  /** Orders what the sheet shows: with the old key if the same order may be on its way already. */
  async order(who: Buyer): Promise<void> {
    const now = this.sheet.value;
    if (!now || now.placing) return;
    keepBuyer(who);
    this.sheet.value = { ...now, placing: true, error: null };
    await this.send(now, draft({ ...now.offer, price: now.price }, now.quantity, who, this.model.airNow()), false);
  }

  private async send(buying: Buying, wish: Draft, oneTap: boolean): Promise<void> {
    const { slug } = this.model;
    const unsettled = keptDraft(slug);
    // The same wish again, while it is unknown whether the first try went through, is the same order.
    const drafted = unsettled && sameWish(unsettled.order, wish.order) ? unsettled : wish;
    keepDraft(slug, drafted);
    const placed = await place(slug, drafted);
    if (placed.outcome !== "refused" || !placed.again) keepDraft(slug, null);
    // A sheet that was shut, or is about something else by now, is left alone.
    const inView = oneTap || this.sheet.value?.offer.sku === buying.offer.sku;
    if (placed.outcome === "ok") {
      this.done(placed.order);
      if (!oneTap && inView) this.close();
      return;
    }
    if (placed.outcome === "price_changed") {
      const price = placed.price ?? (await this.priceNow(buying.offer)) ?? buying.price;
      const before = sameMoney(price, buying.price) ? null : buying.price;
      if (!inView) notify(t("buy.price_changed"), undefined, "order");
      else this.sheet.value = { ...buying, offer: { ...buying.offer, price }, price, before, placing: false, error: null, again: false };
      return;
    }
    if (!inView) notifyError(placed.error);
    if (placed.error.code === "sold_out") void this.model.reload().catch(() => {});
    if (inView) this.sheet.value = { ...buying, placing: false, error: placed.error, again: placed.again !== null };
  }

  private done(order: Order): void {
    this.model.ordered(order);
    const see = { label: t("buy.done.see"), run: () => this.showOrders() };
    notify(t("buy.done", { title: order.title, total: money(order.total) }), see, "order");
  }

  /** Set by the page: brings the buyer's orders into view. */
  showOrders: () => void = () => {};

  private async priceNow(offer: Offer): Promise<Money | null> {
    try {
      const watch = await this.model.reload();
      return watch.offers.find((known) => known.sku === offer.sku)?.price ?? null;
    } catch {
      return null;
    }
  }
}

function fresh(offer: Offer): Buying {
  return { offer, quantity: 1, price: offer.price, before: null, placing: false, error: null, again: false };
}
