// The offers of one show and which of them is on screen; shared by desk and studio.

import { type Signal, signal } from "@preact/signals";
import type { Money, Offer, Pin, Watch } from "../wire/api";
import { api, at } from "../wire/http";
import type { RoomMessage } from "../wire/room";

/** The offers as the server last told them; the room's messages keep them fresh. */
export class Shop {
  readonly offers = signal<Offer[]>([]);
  readonly pin: Signal<Pin | null> = signal(null);
  readonly failed = signal<unknown>(null);

  constructor(readonly slug: string) {}

  async load(): Promise<void> {
    try {
      const [offers, watch] = await Promise.all([api.get<Offer[]>(`/shows${at(this.slug)}/offers`), api.get<Watch>(`/shows${at(this.slug)}/watch`)]);
      this.offers.value = offers.map(known).filter((o) => o.price !== null);
      this.pin.value = watch.pin;
      this.failed.value = null;
    } catch (error) {
      this.failed.value = error;
    }
  }

  take(message: RoomMessage): void {
    if (message.type === "pin") this.pin.value = { sku: message.sku, air_ms: message.air_ms };
    else if (message.type === "stock") this.#change(message.sku, { left: message.left });
    else if (message.type === "sold_out") this.#change(message.sku, { left: 0 });
    else if (message.type === "offer") {
      const { seq: _seq, epoch: _epoch, at: _at, air_ms: _air, type: _type, ...terms } = message;
      if (this.offers.peek().some((o) => o.sku === terms.sku)) this.#change(terms.sku, terms);
      else void this.load();
    }
  }

  async setPin(sku: string | null): Promise<Pin> {
    const pin = await api.post<Pin>(`/shows${at(this.slug)}/pin`, { sku });
    this.pin.value = pin;
    return pin;
  }

  /** New terms; a limit of null lifts it, which the API writes as 0. */
  async setTerms(sku: string, terms: { price: Money; limit: number | null }): Promise<void> {
    const path = `/shows${at(this.slug)}/offers${at(sku)}`;
    const offers = await api.patch<Offer[]>(path, { price: terms.price, limit: terms.limit ?? 0 });
    this.offers.value = offers.map(known).filter((o) => o.price !== null);
  }

  #change(sku: string, change: Partial<Offer>): void {
    this.offers.value = this.offers.peek().map((o) => (o.sku === sku ? Object.assign({}, o, change) : o));
  }
}

/** A product that was removed from the catalogue keeps its SKU for a title. */
function known(offer: Offer): Offer {
  return offer.title ? offer : Object.assign({}, offer, { title: offer.sku });
}
