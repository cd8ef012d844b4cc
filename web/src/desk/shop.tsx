// The offers of the show at the desk: which is pinned, what is left, price and limit.

import { useState } from "preact/hooks";
import type { Offer } from "../wire/api";
import { Button, cls, decimalOf, Field, money, notifyError, number, parseMoney, t, tOr } from "../ui";
import type { DeskModel } from "./model";
import type { Shop } from "./offers";
import { seconds } from "./words";

export function ShopPanel({ shop, model }: { shop: Shop; model: DeskModel }) {
  const offers = shop.offers.value;
  const pinned = shop.pin.value?.sku ?? null;
  const [editing, setEditing] = useState<string | null>(null);
  const pin = async (sku: string | null) => {
    try {
      const done = await shop.setPin(sku);
      const left = seconds(done.air_ms - (model.desk.peek()?.air_ms ?? done.air_ms));
      model.say({ key: sku ? "desk.shop.pinned_says" : "desk.shop.unpinned_says", values: { sku: sku ?? "", left }, tone: "ok" });
    } catch (error) {
      notifyError(error);
    }
  };
  const sorted = [...offers].sort((a, b) => Number(b.sku === pinned) - Number(a.sku === pinned));
  return (
    <section class="panel" aria-label={t("desk.shop.title")}>
      <header class="panel-head"><h2>{t("desk.shop.title")}</h2></header>
      {offers.length === 0 ? <p class="panel-empty muted">{t(shop.failed.value ? "desk.shop.failed" : "desk.shop.empty")}</p> : null}
      <ul class="offers panel-scroll">
        {sorted.map((offer) => (
          <li key={offer.sku} class={cls("offer", offer.sku === pinned && "offer-pinned")}>
            <div class="offer-line">
              <span class="offer-name clip" title={`${offer.title} · ${offer.sku}`}>
                {offer.sku === pinned ? <span class="offer-on">{t("desk.shop.pinned")}</span> : null}
                {offer.title}
              </span>
              <Button size="small" look={offer.sku === pinned ? "quiet" : "plain"} onClick={() => void pin(offer.sku === pinned ? null : offer.sku)}>
                {t(offer.sku === pinned ? "desk.shop.unpin" : "desk.shop.pin")}
              </Button>
            </div>
            <div class="offer-line muted num">
              <button type="button" class="link" aria-expanded={editing === offer.sku} onClick={() => setEditing(editing === offer.sku ? null : offer.sku)}>
                {money(offer.price)}{offer.limit ? ` · ${t("desk.shop.limit_of", { n: number(offer.limit) })}` : ""} · {t("desk.shop.change")}
              </button>
              <span class="clip offer-sku">{offer.sku}</span>
              <span>{offer.left > 0 ? t("desk.shop.left", { n: number(offer.left) }) : t("desk.shop.sold_out")}</span>
            </div>
            {!offer.selling && offer.why && offer.left > 0 ? <p class="small muted">{tOr(`offers.why.${offer.why}`, offer.why)}</p> : null}
            {editing === offer.sku ? <Terms shop={shop} offer={offer} onDone={() => setEditing(null)} /> : null}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Terms({ shop, offer, onDone }: { shop: Shop; offer: Offer; onDone: () => void }) {
  const [price, setPrice] = useState(decimalOf(offer.price));
  const [limit, setLimit] = useState(offer.limit ? String(offer.limit) : "");
  const parsed = parseMoney(price, offer.price.currency);
  const many = limit.trim() === "" ? null : Number(limit);
  const limitOk = many === null || (Number.isInteger(many) && many > 0);
  const save = async (event: Event) => {
    event.preventDefault();
    if (!parsed || !limitOk) return;
    try {
      await shop.setTerms(offer.sku, { price: parsed, limit: many });
      onDone();
    } catch (error) {
      notifyError(error);
    }
  };
  return (
    <form class="terms" onSubmit={save}>
      <Field label={t("desk.shop.price", { currency: offer.price.currency })} value={price} onValue={setPrice} inputMode="decimal" error={parsed ? null : t("desk.shop.price_bad")} />
      <Field label={t("desk.shop.limit")} value={limit} onValue={setLimit} inputMode="numeric" error={limitOk ? null : t("desk.shop.limit_bad")} />
      <Button type="submit" size="small" look="primary">{t("ui.save")}</Button>
    </form>
  );
}
