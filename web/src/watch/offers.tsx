/** What is for sale: the pinned offer under the picture, and all of them. */
import { useState } from "preact/hooks";
import { Button, clock, cls, Empty, money, Price, t, tn, tOr } from "../ui";
import type { Offer } from "../wire/api";
import type { BuyModel } from "./buying";
import type { WatchModel } from "./model";
import { sellable, type Sellable } from "./state";

/** From here on the number left is worth a stronger word. */
const few = 10;

interface Props {
  model: WatchModel;
  buy: BuyModel;
}

export function Pinned({ model, buy }: Props) {
  const { pin, offers } = model.state.value;
  const offer = offers.find((known) => known.sku === pin?.sku);
  return (
    <div class="pin">
      <p class="sr" role="status">{offer ? `${t("offers.now")}: ${offer.title}, ${money(offer.price)}` : ""}</p>
      {offer ? (
        <>
          <About offer={offer} model={model} buy={buy} />
          <Buy offer={offer} model={model} buy={buy} primary />
        </>
      ) : null}
    </div>
  );
}

export function Offers({ model, buy }: Props) {
  const { offers, pin, show } = model.state.value;
  if (offers.length === 0) return <Empty title={t("offers.empty.title")}>{t("offers.empty.text", { host: show.host.name })}</Empty>;
  return (
    <ul class="offers">
      {offers.map((offer) => (
        <li key={offer.sku} class={cls("offer", offer.sku === pin?.sku && "offer-pinned")}>
          <About offer={offer} model={model} buy={buy} now={offer.sku === pin?.sku} />
          <Buy offer={offer} model={model} buy={buy} />
        </li>
      ))}
    </ul>
  );
}

/** What it is and costs; pressing it opens the sheet, where quantity and details are chosen. */
function About({ offer, model, buy, now }: Props & { offer: Offer; now?: boolean }) {
  const can = useSellable(offer, model);
  const words = (
    <>
      <Thing offer={offer} />
      <span class="offer-words">
        {now ? <span class="offer-now">{t("offers.now")}</span> : null}
        <span class="offer-title">{offer.title}</span>
        <span class="offer-line"><Price amount={offer.price} was={offer.was} /><Left offer={offer} model={model} /></span>
      </span>
    </>
  );
  if (!can.ok) return <div class="offer-open offer-shut">{words}</div>;
  return <button type="button" class="offer-open" title={t("offers.choose")} onClick={() => buy.open(offer)}>{words}</button>;
}

/** The product's picture, or its first letter where there is none. */
export function Thing({ offer }: { offer: Offer }) {
  const [broken, setBroken] = useState(false);
  return offer.image && !broken ? (
    <img class="thing" src={offer.image} alt="" loading="lazy" onError={() => setBroken(true)} />
  ) : (
    <span class="thing thing-none" aria-hidden="true">{[...offer.title][0] ?? "·"}</span>
  );
}

function Buy({ offer, model, buy, primary }: Props & { offer: Offer; primary?: boolean }) {
  const can = useSellable(offer, model);
  if (!can.ok) return <span class="offer-why">{whyNot(can)}</span>;
  return (
    <Button
      look={primary ? "primary" : "plain"}
      size={primary ? "normal" : "small"}
      busy={buy.placing.value === offer.sku}
      onClick={() => void buy.tap(offer)}
      aria-label={t("buy.label", { title: offer.title })}
    >
      {t("buy.button")}
    </Button>
  );
}

/** Reads the picture's time only where a window needs it, so that other offers are not drawn again with it. */
function useSellable(offer: Offer, model: WatchModel): Sellable {
  const timed = typeof offer.opens_air_ms === "number" || typeof offer.closes_air_ms === "number";
  return sellable(offer, timed ? model.air_ms.value : null);
}

function Left({ offer, model }: { offer: Offer; model: WatchModel }) {
  const can = useSellable(offer, model);
  if (can.ok && can.closes_in_ms !== null) return <span class="offer-left num">{t("offers.closes_in", { time: clock(can.closes_in_ms, false) })}</span>;
  if (!can.ok) return null;
  return <span class={cls("offer-left num", offer.left <= few && "offer-few")}>{offer.left <= few ? tn("offers.only_left", offer.left) : tn("offers.left", offer.left)}</span>;
}

function whyNot(can: Extract<Sellable, { ok: false }>): string {
  if (can.why === "not_open" && can.opens_in_ms !== undefined) return t("offers.opens_in", { time: clock(can.opens_in_ms, false) });
  if (can.why === "sold_out") return t("offers.sold_out");
  if (can.why === "closed") return t("offers.closed");
  return can.words ? tOr(`offers.why.${can.words}`, can.words) : t("offers.not_selling");
}
