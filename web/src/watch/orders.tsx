/** What this device has ordered in this show. */
import { useState } from "preact/hooks";
import { Badge, Button, Empty, money, notifyError, t, tOr, When } from "../ui";
import type { Order } from "../wire/api";
import { buyer, keepBuyer } from "./device";
import type { WatchModel } from "./model";

export function Orders({ model }: { model: WatchModel }) {
  const orders = model.orders.value;
  return (
    <div class="orders">
      {orders.length === 0 ? (
        <Empty title={t("orders.empty.title")}>{t("orders.empty.text")}</Empty>
      ) : (
        <ul>{orders.map((order) => <Row key={order.id} order={order} model={model} />)}</ul>
      )}
      {buyer.value ? (
        <p class="orders-who small muted">
          {t("orders.kept", { name: buyer.value.name, contact: buyer.value.contact })}{" "}
          <button type="button" class="link" onClick={() => keepBuyer(null)}>{t("orders.forget")}</button>
        </p>
      ) : null}
    </div>
  );
}

function Row({ order, model }: { order: Order; model: WatchModel }) {
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const cancel = async () => {
    setBusy(true);
    try {
      await model.cancel(order);
    } catch (error) {
      notifyError(error);
      void model.loadOrders();
    }
    setBusy(false);
    setAsking(false);
  };
  return (
    <li class="order">
      <div class="order-words">
        <span class="offer-title">{order.quantity > 1 ? `${order.quantity} × ` : ""}{order.title}</span>
        <span class="num">{money(order.total)}</span>
      </div>
      <div class="order-words">
        <span class="row">
          <Badge tone={order.status === "paid" ? "accent" : "neutral"}>{tOr(`orders.status.${order.status}`, order.status)}</Badge>
          <span class="small muted">{order.status === "reserved" && order.expires_at ? <>{t("orders.until")} <When time={order.expires_at} /></> : <When time={order.at} />}</span>
        </span>
        {order.status === "reserved" && !asking ? <Button look="quiet" size="small" onClick={() => setAsking(true)}>{t("orders.cancel")}</Button> : null}
      </div>
      {asking ? (
        <div class="order-ask">
          <span>{t("orders.cancel.ask")}</span>
          <span class="row">
            <Button size="small" busy={busy} onClick={() => void cancel()}>{t("orders.cancel.yes")}</Button>
            <Button look="quiet" size="small" onClick={() => setAsking(false)}>{t("orders.cancel.no")}</Button>
          </span>
        </div>
      ) : null}
    </li>
  );
}
