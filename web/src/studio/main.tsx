// The studio: what a host needs at arm's length, in large type.

import { useEffect, useMemo, useState } from "preact/hooks";
import "./studio.css";
import { Gate } from "../ops/gate";
import type { Host } from "../wire/api";
import { api } from "../wire/http";
import { hasRole, session, signOut } from "../wire/session";
import { Button, Empty, Failed, LanguageSwitch, Loading, mount, t, useLoad } from "../ui";
import { FeedCard } from "./feedcard";
import { Lamp } from "./lamp";
import { StudioModel } from "./model";
import { Cuts, Notice } from "./notice";
import { ProductCard } from "./product";
import { Held, Record } from "./record";
import { ShowList } from "./showlist";
import { MyStanding } from "./standing";
import { Talk } from "./talk";

function StudioPage() {
  return <Gate roles={["host", "producer", "operator"]} page="studio"><Chosen /></Gate>;
}

/** A host's session says which host; the crew chooses one. */
function Chosen() {
  const asked = new URLSearchParams(location.search).get("host");
  const [host, setHost] = useState(asked);
  const own = session.value?.user.host;
  const crew = hasRole("operator", "producer");
  if (!crew) return own ? <StudioBoard host={null} /> : <Empty title={t("studio.no_host")}>{t("studio.no_host.hint")}</Empty>;
  const choose = (slug: string) => {
    setHost(slug);
    history.replaceState(null, "", `?host=${encodeURIComponent(slug)}`);
  };
  return <CrewStudio host={host ?? own ?? null} onHost={choose} />;
}

/** The crew sees any host's studio; it opens with who streams now, else with the first. */
function CrewStudio({ host, onHost }: { host: string | null; onHost: (slug: string) => void }) {
  const hosts = useLoad(() => api.get<Host[]>("/hosts"), []);
  if (hosts.now.state === "loading") return <Loading />;
  if (hosts.now.state === "failed") return <Failed error={hosts.now.error} retry={hosts.reload} />;
  const all = hosts.now.data;
  const current = all.find((h) => h.slug === host) ?? all.find((h) => h.receiving) ?? all[0];
  if (!current) return <Empty title={t("ops.hosts.empty")} action={<a class="btn" href="/ops#hosts">{t("ops.hosts.new")}</a>} />;
  return <StudioBoard key={current.slug} host={current.slug} hosts={all} onHost={onHost} />;
}

function StudioBoard({ host, hosts = [], onHost }: { host: string | null; hosts?: readonly Host[]; onHost?: (slug: string) => void }) {
  const model = useMemo(() => new StudioModel(host), [host]);
  useEffect(() => () => model.close(), [model]);
  const studio = model.studio.value;
  const failed = model.failed.value;
  if (!studio) return failed ? <Failed error={failed} retry={() => void model.poll()} /> : <Loading />;
  const show = model.show.value;
  const room = model.room.value;
  const heard = model.heard.value;
  const judged = heard !== null && heard.live && (heard.policy.value !== null || heard.hearing.value !== null);
  return (
    <div class="studio">
      <header class="studio-head">
        {hosts.length > 1 ? (
          <select class="studio-host" aria-label={t("studio.host")} value={host ?? ""} onChange={(event) => onHost?.(event.currentTarget.value)}>
            {hosts.map((h) => <option key={h.slug} value={h.slug}>{h.name}</option>)}
          </select>
        ) : <b>{studio.host.name}</b>}
        <span class="spring" />
        <LanguageSwitch />
        <Button size="small" look="quiet" onClick={() => void signOut()}>{t("crew.sign_out")}</Button>
      </header>
      {failed ? <div class="studio-lost" role="alert">{t("studio.lost")}</div> : null}
      {studio.suspended ? <div class="studio-lost" role="alert">{t("studio.suspended")}</div> : null}
      <Lamp show={show} feed={studio.feed} viewers={room?.viewers.value ?? show?.viewers ?? 0} model={model} />
      {judged ? <Held heard={heard} /> : null}
      <main class="studio-main">
        <div class="studio-column">
          {show ? <Notice show={show} policy={heard?.policy.value ?? null} /> : null}
          {room ? <ProductCard shop={room.shop} mine={model.mine.value} /> : <Empty title={t("studio.no_show")}>{t("studio.no_show.hint")}</Empty>}
          {judged ? <Record heard={heard} /> : null}
          <Cuts actions={model.actions.value} />
          <FeedCard studio={studio} />
          <ShowList studio={studio} model={model} />
          <MyStanding host={studio.host.slug} />
        </div>
        {room ? <Talk room={room} /> : null}
      </main>
    </div>
  );
}

void mount(StudioPage, { crew: true });
