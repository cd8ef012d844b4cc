// Orders: found by show and status, settled by hand, exported.

import { useState } from "preact/hooks";
import type { Order, OrderPage, OrderStatus } from "../wire/api";
import { api, at } from "../wire/http";
import { allShows } from "../wire/shows";
import { hasRole } from "../wire/session";
import { clock } from "../ui/format";
import { Badge, Button, cls, type Column, Dialog, money, notify, notifyError, Select, t, Table, useLoad, When } from "../ui";
import { Loaded } from "./data";

const STATUSES: readonly OrderStatus[] = ["reserved", "paid", "cancelled_by_buyer", "cancelled_by_seller", "refunded", "expired"];
/** The server gives at most so many at once. */
const PAGE = 200;

export type OrderStep = "paid" | "cancelled" | "refunded";

/** What a person can do with an order in this state. */
export function nextSteps(status: OrderStatus): OrderStep[] {
  if (status === "reserved") return ["paid", "cancelled"];
  return status === "paid" ? ["refunded"] : [];
}

interface Filter {
  show: string;
  status: string;
}

function query(filter: Filter, more: Record<string, string> = {}): string {
  const params = new URLSearchParams(more);
  if (filter.show) params.set("show", filter.show);
  if (filter.status) params.set("status", filter.status);
  const text = params.toString();
  return text ? `?${text}` : "";
}

export function OrdersTab() {
  const [filter, setFilter] = useState<Filter>({ show: "", status: "" });
  const [older, setOlder] = useState<OrderPage>({ orders: [], next: null });
  const [asked, setAsked] = useState<{ order: Order; step: OrderStep } | null>(null);
  const [erasing, setErasing] = useState<Order | null>(null);
  const orders = useLoad(() => api.get<OrderPage>(`/orders${query(filter, { limit: String(PAGE) })}`), [filter.show, filter.status]);
  const shows = useLoad(() => allShows(), []);
  const set = (change: Partial<Filter>) => {
    setOlder({ orders: [], next: null });
    setFilter({ ...filter, ...change });
  };
  const more = async (after: number) => {
    try {
      const page = await api.get<OrderPage>(`/orders${query(filter, { limit: String(PAGE), after: String(after) })}`);
      setOlder((before) => ({ orders: [...before.orders, ...page.orders], next: page.next ?? null }));
    } catch (error) {
      notifyError(error);
    }
  };
  const erase = async (order: Order) => {
    setErasing(null);
    try {
      await api.delete(`/orders${at(order.id)}/contact`);
      // The same buyer may have ordered more than once.
      setOlder({ orders: [], next: null });
      orders.reload();
      notify(t("ops.order.erased"));
    } catch (error) {
      notifyError(error);
    }
  };
  const step = async (order: Order, to: OrderStep) => {
    setAsked(null);
    try {
      const done = await api.post<Order>(`/orders${at(order.id)}/status`, { to });
      setOlder((before) => ({ ...before, orders: before.orders.map((o) => (o.id === done.id ? done : o)) }));
      orders.reload();
    } catch (error) {
      notifyError(error);
    }
  };
  const showOptions = shows.now.state === "ready" ? shows.now.data.map((s) => ({ value: s.slug, label: s.title })) : [];
  return (
    <>
      <div class="ops-filters">
        <Select label={t("ops.show")} value={filter.show} options={[{ value: "", label: t("ops.all") }, ...showOptions]} onValue={(show) => set({ show })} />
        <Select label={t("ops.status")} value={filter.status} options={[{ value: "", label: t("ops.all") }, ...STATUSES.map((s) => ({ value: s, label: t(`ops.order.${s}`) }))]} onValue={(status) => set({ status })} />
        <span class="spring" />
        <a class="btn btn-plain btn-small" href={`/api/v1/orders.csv${query(filter)}`} download>{t("ops.orders.csv")}</a>
      </div>
      <Loaded load={orders}>
        {(first) => {
          const rows = [...first.orders, ...older.orders];
          const next = (older.orders.length > 0 ? older.next : first.next) ?? null;
          return (
            <>
              <Table rows={rows} columns={columns((order, to) => (to === "paid" ? void step(order, to) : setAsked({ order, step: to })), setErasing)} rowKey={(o) => o.id} caption={t("ops.tab.orders")} empty={t("ops.orders.empty")} exportName="orders-shown" />
              {next !== null ? <Button look="quiet" onClick={() => void more(next)}>{t("ops.orders.older")}</Button> : null}
            </>
          );
        }}
      </Loaded>
      {asked ? (
        <Dialog title={t(`ops.order.ask.${asked.step === "refunded" ? "refunded" : "cancelled"}`)} onClose={() => setAsked(null)}>
          <div class="stack">
            <p>{asked.order.title} × {asked.order.quantity} · {money(asked.order.total)}{asked.order.buyer ? ` · ${asked.order.buyer.name}` : ""}</p>
            <div class="row">
              <Button look="primary" onClick={() => void step(asked.order, asked.step)}>{t(`ops.order.do.${asked.step}`)}</Button>
              <Button look="quiet" onClick={() => setAsked(null)}>{t("ui.cancel")}</Button>
            </div>
          </div>
        </Dialog>
      ) : null}
      {erasing ? (
        <Dialog title={t("ops.order.ask.erase")} onClose={() => setErasing(null)}>
          <div class="stack">
            <p>{erasing.buyer?.name} · {erasing.buyer?.contact}</p>
            <p class="muted">{t("ops.order.erase.text")}</p>
            <div class="row">
              <Button look="primary" onClick={() => void erase(erasing)}>{t("ops.order.do.erase")}</Button>
              <Button look="quiet" onClick={() => setErasing(null)}>{t("ui.cancel")}</Button>
            </div>
          </div>
        </Dialog>
      ) : null}
    </>
  );
}

function columns(step: (order: Order, to: OrderStep) => void, erase: (order: Order) => void): Column<Order>[] {
  const settles = hasRole("operator");
  return [
    { key: "at", title: t("ops.when"), value: (o) => o.at, cell: (o) => <When time={o.at} /> },
    { key: "id", title: t("ops.order.id"), value: (o) => o.id, cell: (o) => <span class="num small" title={o.id}>{o.id.slice(-8)}</span> },
    { key: "title", title: t("ops.product"), value: (o) => o.title, cell: (o) => <span class="cell-two">{o.title}<span class="muted small">{o.sku}</span></span> },
    { key: "show", title: t("ops.show"), value: (o) => o.show, cell: (o) => <span class="cell-two">{o.show}<span class="muted small num" title={t("ops.order.air")}>{clock(o.air_ms, false)}</span></span> },
    { key: "quantity", title: t("ops.quantity"), numeric: true, value: (o) => o.quantity },
    { key: "total", title: t("ops.total"), numeric: true, value: (o) => o.total.minor, cell: (o) => money(o.total) },
    { key: "buyer", title: t("ops.buyer"), value: (o) => (o.buyer ? `${o.buyer.name} ${o.buyer.contact}` : ""), cell: (o) => (o.buyer ? <span class="cell-two">{o.buyer.name}<span class="muted small">{o.buyer.contact}</span></span> : <span class="muted">—</span>) },
    { key: "status", title: t("ops.status"), value: (o) => t(`ops.order.${o.status}`), cell: (o) => <Badge>{t(`ops.order.${o.status}`)}</Badge> },
    ...(settles ? [{
      key: "do", title: "", value: () => null,
      cell: (o: Order) => (
        <span class="cell-actions">
          {nextSteps(o.status).map((s) => <Button key={s} size="small" look={s === "paid" ? "plain" : "quiet"} class={cls(`step-${s}`)} onClick={() => step(o, s)}>{t(`ops.order.do.${s}`)}</Button>)}
          {o.buyer ? <Button size="small" look="quiet" onClick={() => erase(o)}>{t("ops.order.do.erase")}</Button> : null}
        </span>
      ),
    }] : []),
  ];
}
