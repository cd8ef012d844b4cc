/** The watch page: loads the show by its slug and lays the parts out, phone first. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { Picture } from "../player/picture";
import { Empty, Failed, LanguageSwitch, Loading, localWhen, Mark, mount, slugOfPage, t, Tabs, useLoad } from "../ui";
import type { Watch } from "../wire/api";
import { ApiError, api, at } from "../wire/http";
import { BuyModel } from "./buying";
import { Talk } from "./chat";
import { CutLine, Head, OnPicture } from "./head";
import { WatchModel } from "./model";
import { secondOf } from "./second";
import { Offers, Pinned } from "./offers";
import { Orders } from "./orders";
import { BuySheet } from "./sheet";
import "./watch.css";

const wide = matchMedia("(min-width: 960px)");

function useWide(): boolean {
  const [now, setNow] = useState(wide.matches);
  useEffect(() => {
    const changed = () => setNow(wide.matches);
    wide.addEventListener("change", changed);
    return () => wide.removeEventListener("change", changed);
  }, []);
  return now;
}

function WatchPage() {
  const slug = slugOfPage();
  const load = useLoad(() => api.get<Watch>(`/shows${at(slug)}/watch`), [slug]);
  if (load.now.state === "loading") return <Loading />;
  if (load.now.state === "failed") {
    const gone = load.now.error instanceof ApiError && load.now.error.status === 404;
    return gone ? <Empty title={t("watch.unknown")} action={<a class="btn" href="/">{t("watch.home")}</a>} /> : <Failed error={load.now.error} retry={load.reload} />;
  }
  return <Live slug={slug} watch={load.now.data} />;
}

function Live({ slug, watch }: { slug: string; watch: Watch }) {
  const [model, setModel] = useState<WatchModel | null>(null);
  useEffect(() => {
    const made = new WatchModel(slug, watch);
    setModel(made);
    const back = () => {
      if (!document.hidden) made.room?.retryNow();
    };
    document.addEventListener("visibilitychange", back);
    addEventListener("online", back);
    return () => {
      document.removeEventListener("visibilitychange", back);
      removeEventListener("online", back);
      made.close();
    };
  }, [slug, watch]);
  return model ? <Layout model={model} /> : null;
}

type Panel = "chat" | "offers" | "orders";

function Layout({ model }: { model: WatchModel }) {
  const buy = useMemo(() => new BuyModel(model), [model]);
  const isWide = useWide();
  const { show, offers } = model.state.value;
  const [chosen, setPanel] = useState<Panel>(show.status === "ended" ? "offers" : "chat");
  buy.showOrders = () => setPanel("orders");
  const ended = show.status === "ended";
  const panels: Panel[] = [...(ended && !model.room ? [] : ["chat" as const]), ...(isWide ? [] : ["offers" as const]), "orders"];
  const panel = panels.includes(chosen) ? chosen : (panels[0] ?? "orders");
  const label: Record<Panel, string> = {
    chat: t("chat.title"),
    offers: `${t("offers.title")} ${offers.length}`,
    orders: model.orders.value.length > 0 ? `${t("orders.title")} ${model.orders.value.length}` : t("orders.title"),
  };
  useEffect(() => {
    document.title = `${show.title} · Ringlight`;
  }, [show.title]);
  return (
    <div class="watch">
      <header class="watch-top">
        <a class="watch-name" href="/"><Mark /><span>Ringlight</span></a>
        <LanguageSwitch />
      </header>
      <main class="watch-main">
        <Screen model={model} />
        <Head model={model} />
        {isWide ? (
          <section class="shelf" aria-labelledby="shelf">
            <h2 id="shelf">{t("offers.title")}</h2>
            <Offers model={model} buy={buy} />
          </section>
        ) : null}
      </main>
      <aside class="watch-side" aria-label={label[panel]}>
        <Pinned model={model} buy={buy} />
        <div class="side-tabs">
          <Tabs label={t("watch.panels")} current={panel} onChange={(id) => setPanel(id as Panel)} tabs={panels.map((id) => ({ id, label: label[id] }))} />
        </div>
        <div class="panel" role="tabpanel" aria-label={label[panel]}>
          {panel === "chat" ? <Talk model={model} /> : null}
          {panel === "offers" ? <div class="panel-scroll"><Offers model={model} buy={buy} /><Foot /></div> : null}
          {panel === "orders" ? <div class="panel-scroll"><Orders model={model} /><Foot /></div> : null}
        </div>
      </aside>
      <BuySheet buy={buy} />
    </div>
  );
}

/** On a phone there is no head line for it, so the language stands at the end of the quieter panels. */
function Foot() {
  return <div class="panel-foot"><LanguageSwitch /></div>;
}

function Screen({ model }: { model: WatchModel }) {
  const { show } = model.state.value;
  const { playlist, air } = model.watch.value;
  if (model.replay && !show.recording) {
    return <div class="picture"><div class="picture-state"><p>{t("watch.no_recording")}</p></div></div>;
  }
  // Until something has aired there is no playlist; the model asks when there is.
  if (!show.on_air && show.status !== "ended" && !model.watch.value.show.on_air) {
    return <div class="picture"><div class="picture-state"><Before model={model} /></div><OnPicture model={model} /></div>;
  }
  return (
    <Picture src={playlist} epoch={air.epoch} live={!model.replay} from_s={secondOf(location.search)} onStream={(stream) => model.setStream(stream)} poster={<Before model={model} />}>
      <OnPicture model={model} />
      <CutLine model={model} />
      <Ended model={model} />
    </Picture>
  );
}

function Before({ model }: { model: WatchModel }) {
  const { show } = model.state.value;
  return (
    <>
      <Mark size={56} />
      <p class="before-title">{show.status === "live" ? t("watch.soon") : t("player.not_on_air")}</p>
      <p class="before-text">
        {show.status === "planned" && show.starts_at ? t("watch.starts", { when: localWhen(show.starts_at) }) : t("watch.soon.text", { host: show.host.name })}
      </p>
    </>
  );
}

/** The show ended while it was watched: the last pictures stay, and the way to the replay is here. */
function Ended({ model }: { model: WatchModel }) {
  const over = model.state.value.show.status === "ended" && !model.replay;
  const picture = model.stream.value?.state.value;
  // The show is over before the viewer's picture is; the last seconds are still shown.
  if (!over || picture === "playing" || picture === "loading") return null;
  return (
    <div class="picture-ended" role="status">
      <span>{t("watch.ended")}</span>
      <button type="button" class="picture-pill" onClick={() => location.reload()}>{t("watch.to_replay")}</button>
    </div>
  );
}

// The player comes on the way while the show is asked for.
void import("hls.js/light").catch(() => {});
void mount(WatchPage);
