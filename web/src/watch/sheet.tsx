/** The buy sheet: asks once who buys, shows what it costs, and says plainly what came of it. */
import { useState } from "preact/hooks";
import { Button, Dialog, errorWords, Field, money, Notice, Price, t, times, tn } from "../ui";
import type { BuyModel, Buying } from "./buying";
import { mostOf } from "./buying";
import { buyer } from "./device";
import { Thing } from "./offers";

const name_max = 80;
const contact_max = 120;

export function BuySheet({ buy }: { buy: BuyModel }) {
  const now = buy.sheet.value;
  if (!now) return null;
  return (
    <Dialog title={t("buy.title")} place="sheet" onClose={() => buy.close()}>
      <Form key={now.offer.sku} buy={buy} now={now} />
    </Dialog>
  );
}

function Form({ buy, now }: { buy: BuyModel; now: Buying }) {
  const known = buyer.value;
  const [name, setName] = useState(known?.name ?? "");
  const [contact, setContact] = useState(known?.contact ?? "");
  const [asked, setAsked] = useState(false);
  const missing = (text: string) => (asked && !text.trim() ? t("buy.needed") : null);
  const send = (event: Event) => {
    event.preventDefault();
    setAsked(true);
    if (name.trim() && contact.trim()) void buy.order({ name: name.trim(), contact: contact.trim() });
  };
  return (
    <form class="sheet" onSubmit={send} noValidate>
      <div class="sheet-thing">
        <Thing offer={now.offer} />
        <div class="offer-words">
          <span class="offer-title">{now.offer.title}</span>
          <Price amount={now.price} was={now.before ? null : now.offer.was} />
        </div>
        <Quantity buy={buy} now={now} />
      </div>
      {now.before ? (
        <Notice title={t("buy.price_changed")}>{t("buy.price_changed.text", { before: money(now.before), now: money(now.price) })}</Notice>
      ) : null}
      <Field label={t("buy.name")} value={name} onValue={setName} error={missing(name)} autoComplete="name" maxLength={name_max} />
      <Field label={t("buy.contact")} value={contact} onValue={setContact} error={missing(contact)} hint={t("buy.contact.hint")} autoComplete="tel" maxLength={contact_max} />
      <Refusal now={now} />
      <Button type="submit" look="primary" size="large" busy={now.placing}>
        {now.placing ? t("buy.placing") : t(now.before ? "buy.order_anyway" : "buy.order", { total: money(times(now.price, now.quantity)) })}
      </Button>
      <p class="small muted">{t("buy.payment")}</p>
    </form>
  );
}

function Refusal({ now }: { now: Buying }) {
  if (!now.error) return null;
  const words = errorWords(now.error);
  return <Notice kind="error" title={words.title}>{now.again ? t("buy.safe_again") : words.hint}</Notice>;
}

function Quantity({ buy, now }: { buy: BuyModel; now: Buying }) {
  const most = mostOf(now.offer);
  const step = (by: number) => () => buy.setQuantity(now.quantity + by);
  return (
    <div class="quantity" role="group" aria-label={t("buy.quantity")}>
      <button type="button" onClick={step(-1)} disabled={now.quantity <= 1} aria-label={t("buy.less")}>−</button>
      <output class="num" aria-label={tn("buy.pieces", now.quantity)}>{now.quantity}</output>
      <button type="button" onClick={step(1)} disabled={now.quantity >= most} aria-label={t("buy.more")}>+</button>
    </div>
  );
}
