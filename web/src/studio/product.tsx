// The product that is on screen and the one that comes next.

import type { Shop } from "../desk/offers";
import type { Offer } from "../wire/api";
import { Button, money, notifyError, number, t } from "../ui";

/** The offer after the pinned one, in the show's order; sold-out ones are passed over. */
export function nextOffer(offers: readonly Offer[], pinned: string | null): Offer | null {
  const here = offers.findIndex((o) => o.sku === pinned);
  for (let i = 1; i <= offers.length; i++) {
    const offer = offers[(here + i) % offers.length];
    if (offer && offer.sku !== pinned && offer.left > 0) return offer;
  }
  return null;
}

/** `mine` is false at a show that this host only stands by for: the products are then read only. */
export function ProductCard({ shop, mine }: { shop: Shop; mine: boolean }) {
  const offers = shop.offers.value;
  const pinned = shop.pin.value?.sku ?? null;
  const now = offers.find((o) => o.sku === pinned) ?? null;
  const next = nextOffer(offers, pinned);
  const pin = (sku: string | null) => shop.setPin(sku).catch(notifyError);
  return (
    <section class="s-card" aria-label={t("studio.product.title")}>
      <div class="product-now">
        <span class="s-label">{t("studio.product.now")}</span>
        {now ? <Product offer={now} /> : <p class="muted">{t("studio.product.none")}</p>}
        {now && mine ? <Button onClick={() => void pin(null)}>{t("desk.shop.unpin")}</Button> : null}
      </div>
      {next ? (
        <div class="product-next">
          <span class="s-label">{t("studio.product.next")}</span>
          <Product offer={next} />
          {mine ? <Button look="primary" size="large" onClick={() => void pin(next.sku)}>{t("studio.product.show")}</Button> : null}
        </div>
      ) : null}
      {offers.length > 1 ? (
        <details class="product-all">
          <summary>{t("studio.product.all", { n: number(offers.length) })}</summary>
          <ul>
            {offers.map((o) => (
              <li key={o.sku}><Product offer={o} />{mine ? <Button size="small" disabled={o.sku === pinned} onClick={() => void pin(o.sku)}>{t(o.sku === pinned ? "desk.shop.pinned" : "desk.shop.pin")}</Button> : null}</li>
            ))}
          </ul>
        </details>
      ) : null}
    </section>
  );
}

function Product({ offer }: { offer: Offer }) {
  return (
    <div class="product">
      <b class="product-name">{offer.title}</b>
      <span class="num">{money(offer.price)} · {offer.left > 0 ? t("desk.shop.left", { n: number(offer.left) }) : t("desk.shop.sold_out")}</span>
    </div>
  );
}
