// The two pictures and the strip between them.

import { useState } from "preact/hooks";
import type { Stream } from "../player/stream";
import type { Show } from "../wire/api";
import { Badge, t, tOr } from "../ui";
import type { Caught } from "./caught";
import { onAirKey } from "./gauge";
import type { LevelTrace } from "./levels";
import type { DeskModel } from "./model";
import { Monitor } from "./monitor";
import { StripView } from "./stripview";

export interface StageProps {
  model: DeskModel;
  caught: Caught;
  levels: LevelTrace;
  show: Show | null;
  slug: string;
  playheadMs: () => number | null;
  onLevel: (db: number) => void;
  onPreview: (stream: Stream | null) => void;
}

type Listening = "preview" | "program" | null;

export function Stage({ model, caught, levels, show, slug, playheadMs, onLevel, onPreview }: StageProps) {
  const [source, setSource] = useState<"host" | "standby">("host");
  const [listening, setListening] = useState<Listening>(null);
  const listen = (to: Exclude<Listening, null>) => () => setListening(listening === to ? null : to);
  const path = `/live/${encodeURIComponent(slug)}`;
  const desk = model.desk.value;
  const feed = source === "host" ? desk?.feed : desk?.standby?.feed;
  const name = source === "host" ? show?.host.name : show?.standby?.name;
  return (
    <>
      <div class="monitors">
        <Monitor
          kind="preview"
          src={`${path}/preview/${source}/index.m3u8`}
          label={name ?? ""}
          note={show?.standby ? <SourceSwitch show={show} source={source} onSource={setSource} /> : null}
          plays={feed?.receiving ?? false}
          poster={t(source === "host" ? "desk.monitor.no_host_feed" : "desk.monitor.no_standby_feed")}
          listening={listening === "preview"}
          onListen={listen("preview")}
          onStream={(stream) => onPreview(source === "host" ? stream : null)}
          {...(source === "host" ? { onLevel } : {})}
        />
        <Monitor
          kind="program"
          src={`${path}/index.m3u8`}
          label={<OnAirWords model={model} show={show} />}
          plays={desk !== null && desk.status !== "planned" && desk.why !== "not_on_air"}
          poster={t("desk.monitor.nothing_aired")}
          listening={listening === "program"}
          onListen={listen("program")}
        />
      </div>
      <StripView model={model} caught={caught} levels={levels} playheadMs={playheadMs} />
    </>
  );
}

function SourceSwitch({ show, source, onSource }: { show: Show; source: "host" | "standby"; onSource: (s: "host" | "standby") => void }) {
  const of = (s: "host" | "standby", name: string) => (
    <button type="button" class="listen" aria-pressed={source === s} onClick={() => onSource(s)}>{name}</button>
  );
  return <span class="source-switch" role="group" aria-label={t("desk.monitor.source")}>{of("host", show.host.name)}{of("standby", show.standby?.name ?? "")}</span>;
}

/** What viewers get at this moment, and why when it is not the host. */
function OnAirWords({ model, show }: { model: DeskModel; show: Show | null }) {
  const desk = model.desk.value;
  if (!desk) return null;
  const key = onAirKey(desk);
  const who = key === "standby" ? (desk.standby?.name ?? "") : (show?.host.name ?? "");
  const words = t(`desk.onair.${key}`, { name: who });
  if (key === "host") return <>{words}</>;
  // That an action runs is said by the strip and the list; any other reason is said here.
  const why = desk.why && desk.why !== "action" && key !== desk.why ? tOr(`desk.why.${desk.why}`, desk.why) : "";
  return <Badge tone={desk.status === "live" ? "delay" : "neutral"}>{why ? `${words} · ${why}` : words}</Badge>;
}
