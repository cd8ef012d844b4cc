// The studio: what a host needs at arm's length, in large type.

import { useEffect, useMemo, useState } from "preact/hooks";
import "./studio.css";
import { Gate } from "../ops/gate";
import type { Host } from "../wire/api";
import { api } from "../wire/http";
import { hasRole, session, signOut } from "../wire/session";
import { Button, Empty, Failed, LanguageSwitch, Loading, mount, Select, t, useLoad } from "../ui";
import { FeedCard } from "./feedcard";
import { Lamp } from "./lamp";
import { StudioModel } from "./model";
import { Notice } from "./notice";
import { ProductCard } from "./product";
import { ShowList } from "./showlist";
import { Talk } from "./talk";

function StudioPage() {
  return <Gate roles={["host", "producer", "operator"]} page="studio"><Chosen /></Gate>;
}

/** A host's session says which host; the crew chooses one. */
function Chosen() {
  const asked = new URLSearchParams(location.search).get("host");
  const [host, setHost] = useState(asked);
  const own = hasRole("host") && session.value?.user.host;
  if (!own && !host) return <Choose onHost={setHost} />;
  return <StudioBoard host={own && !asked ? null : host} />;
}

function Choose({ onHost }: { onHost: (slug: string) => void }) {
  const hosts = useLoad(() => api.get<Host[]>("/hosts"), []);
  if (hosts.now.state === "loading") return <Loading />;
  if (hosts.now.state === "failed") return <Failed error={hosts.now.error} retry={hosts.reload} />;
  const options = hosts.now.data.map((h) => ({ value: h.slug, label: h.name }));
  return (
    <main class="studio studio-choose">
      <h1>{t("studio.choose")}</h1>
      <Select label={t("studio.host")} value="" options={[{ value: "", label: "—" }, ...options]} onValue={(slug) => slug && onHost(slug)} />
    </main>
  );
}

function StudioBoard({ host }: { host: string | null }) {
  const model = useMemo(() => new StudioModel(host), [host]);
  useEffect(() => () => model.close(), [model]);
  const studio = model.studio.value;
  const failed = model.failed.value;
  if (!studio) return failed ? <Failed error={failed} retry={() => void model.poll()} /> : <Loading />;
  const show = model.show.value;
  const room = model.room.value;
  return (
    <div class="studio">
      <header class="studio-head">
        <b>{studio.host.name}</b>
        <span class="spring" />
        <LanguageSwitch />
        <Button size="small" look="quiet" onClick={() => void signOut()}>{t("crew.sign_out")}</Button>
      </header>
      {failed ? <div class="studio-lost" role="alert">{t("studio.lost")}</div> : null}
      {studio.suspended ? <div class="studio-lost" role="alert">{t("studio.suspended")}</div> : null}
      <Lamp show={show} feed={studio.feed} viewers={room?.viewers.value ?? show?.viewers ?? 0} model={model} />
      <main class="studio-main">
        <div class="studio-column">
          {show ? <Notice show={show} actions={model.actions.value} /> : null}
          {room ? <ProductCard shop={room.shop} mine={model.mine.value} /> : <Empty title={t("studio.no_show")}>{t("studio.no_show.hint")}</Empty>}
          <FeedCard studio={studio} />
          <ShowList studio={studio} model={model} />
        </div>
        {room ? <Talk room={room} /> : null}
      </main>
    </div>
  );
}

void mount(StudioPage, { crew: true });
