// Operations: the tables behind the shows. Each tab is one list with its forms.

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import "./ops.css";
import type { Role } from "../wire/api";
import { hasRole, session, signOut } from "../wire/session";
import { Button, LanguageSwitch, mount, t, Tabs } from "../ui";
import { BrandsTab } from "./brands";
import { later } from "./business/later";
import { Gate } from "./gate";
import { HostsTab } from "./hosts";
import { OrdersTab } from "./orders";
import { ProductsTab } from "./products";
import { SealedTab } from "./sealed";
import { ShowsTab } from "./shows";
import { UsersTab } from "./users";

interface OpsTab {
  id: "shows" | "incidents" | "orders" | "products" | "brands" | "hosts" | "users" | "sealed" | "exposure" | "plan" | "recovery" | "standing";
  roles: Role[];
  Page: ComponentType;
  group?: "business";
}

const tabs: OpsTab[] = [
  { id: "shows", roles: ["operator", "producer"], Page: ShowsTab },
  { id: "incidents", roles: ["operator", "producer"], Page: later(() => import("./incidents/tab").then((page) => page.IncidentsTab)) },
  { id: "orders", roles: ["operator", "producer", "brand_manager"], Page: OrdersTab },
  { id: "products", roles: ["operator", "producer", "brand_manager"], Page: ProductsTab },
  { id: "brands", roles: ["operator"], Page: BrandsTab },
  { id: "hosts", roles: ["operator", "producer"], Page: HostsTab },
  { id: "users", roles: ["operator"], Page: UsersTab },
  { id: "sealed", roles: ["operator"], Page: SealedTab },
  { id: "exposure", group: "business", roles: ["operator", "brand_manager"], Page: later(() => import("./business/exposure").then((page) => page.ExposureTab)) },
  { id: "plan", group: "business", roles: ["operator"], Page: later(() => import("./business/plan").then((page) => page.PlanTab)) },
  { id: "recovery", group: "business", roles: ["operator"], Page: later(() => import("./business/recovery").then((page) => page.RecoveryTab)) },
  { id: "standing", group: "business", roles: ["operator", "brand_manager"], Page: later(() => import("./business/standing").then((page) => page.StandingTab)) },
];

function OpsPage() {
  return <Gate roles={["operator", "producer", "brand_manager"]} page="ops"><Next /></Gate>;
}

/** Desk and studio send people here to sign in; only a path of this site is followed back. */
function Next() {
  const next = new URLSearchParams(location.search).get("next");
  const safe = next !== null && /^\/(?![/\\])/.test(next);
  useEffect(() => {
    if (safe) location.replace(next);
  }, [safe, next]);
  return safe ? null : <Board />;
}

function Board() {
  const mine = tabs.filter((tab) => hasRole(...tab.roles));
  const [current, setCurrent] = useState(() => location.hash.slice(1));
  useEffect(() => {
    const follow = () => setCurrent(location.hash.slice(1));
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  const tab = mine.find((one) => one.id === current) ?? mine[0];
  if (!tab) return null;
  const tabsOf = (group: OpsTab["group"]) => mine.filter((one) => one.group === group).map((one) => ({ id: one.id, label: t(`ops.tab.${one.id}`) }));
  const business = tabsOf("business");
  const go = (id: string) => {
    location.hash = id;
  };
  return (
    <div class="ops">
      <header class="ops-head">
        <a href="/" class="ops-name">Ringlight</a>
        <Tabs tabs={tabsOf(undefined)} current={tab.id} onChange={go} label={t("crew.page.ops")} />
        <span class="spring" />
        <span class="muted small">{session.value?.user.name}</span>
        <LanguageSwitch />
        <Button size="small" look="quiet" onClick={() => void signOut()}>{t("crew.sign_out")}</Button>
      </header>
      {business.length > 0 ? (
        <div class="ops-group">
          <span class="muted small">{t("ops.group.business")}</span>
          <Tabs tabs={business} current={tab.id} onChange={go} label={t("ops.group.business")} />
        </div>
      ) : null}
      <main class="ops-main">
        <div class="ops-panel" role="tabpanel" aria-label={t(`ops.tab.${tab.id}`)}><tab.Page key={tab.id} /></div>
      </main>
    </div>
  );
}

void mount(OpsPage, { crew: true });
