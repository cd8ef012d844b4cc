// The shows: plan, change, start, end, and the ways to desk and page.

import { useState } from "preact/hooks";
import type { Show } from "../wire/api";
import { api, at } from "../wire/http";
import { allShows } from "../wire/shows";
import { Badge, Button, type Column, notifyError, number, t, Table, useLoad, useRefresh, When } from "../ui";
import { HoldButton } from "../desk/hold";
import { Loaded } from "./data";
import { ShowForm } from "./showform";

export function ShowsTab() {
  const shows = useLoad(() => allShows(), []);
  useRefresh(shows.reload);
  const [editing, setEditing] = useState<Show | "new" | null>(null);
  const step = (show: Show, name: "start" | "end") => {
    api.post(`/shows${at(show.slug)}/${name}`).catch(notifyError).finally(shows.reload);
  };
  return (
    <>
      <Loaded load={shows}>
        {(rows) => (
          <Table
            rows={rows}
            columns={columns(step, setEditing)}
            rowKey={(show) => show.slug}
            caption={t("ops.tab.shows")}
            exportName="shows"
            empty={t("ops.shows.empty")}
            tools={<Button size="small" look="primary" onClick={() => setEditing("new")}>{t("ops.shows.new")}</Button>}
          />
        )}
      </Loaded>
      {editing ? <ShowForm key={editing === "new" ? "new" : editing.slug} show={editing === "new" ? null : editing} onClose={() => setEditing(null)} onSaved={shows.reload} /> : null}
    </>
  );
}

function columns(step: (show: Show, name: "start" | "end") => void, edit: (show: Show) => void): Column<Show>[] {
  return [
    { key: "title", title: t("ops.title"), value: (s) => s.title, cell: (s) => <a href={`/watch/${encodeURIComponent(s.slug)}`}>{s.title}</a> },
    { key: "slug", title: t("ops.slug"), value: (s) => s.slug },
    { key: "host", title: t("ops.host"), value: (s) => s.host.name },
    { key: "standby", title: t("ops.standby"), value: (s) => s.standby?.name ?? "" },
    { key: "status", title: t("ops.status"), value: (s) => s.status, cell: (s) => <Badge tone={s.status === "live" ? "program" : "neutral"} dot={s.status === "live"}>{t(`crew.status.${s.status}`)}</Badge> },
    { key: "time", title: t("ops.when"), value: (s) => timeOf(s) ?? "", cell: (s) => (timeOf(s) ? <When time={timeOf(s) ?? ""} /> : <span class="muted">{t("studio.shows.no_time")}</span>) },
    { key: "delay", title: t("ops.delay"), numeric: true, value: (s) => s.delay_s, cell: (s) => t("desk.s", { n: number(s.delay_s) }) },
    { key: "viewers", title: t("ops.viewers"), numeric: true, value: (s) => s.viewers },
    {
      key: "do", title: "", value: () => null,
      cell: (s) => (
        <span class="cell-actions">
          {s.status !== "ended" ? <a class="btn btn-plain btn-small" href={`/desk/${encodeURIComponent(s.slug)}`}>{t("crew.page.desk")}</a> : null}
          {s.status === "planned" ? null : <a class="btn btn-plain btn-small" href={`/recap/${encodeURIComponent(s.slug)}`}>{t("crew.page.recap")}</a>}
          {s.status === "planned" ? <Button size="small" onClick={() => step(s, "start")}>{t("ops.start")}</Button> : null}
          {s.status === "live" ? <HoldButton label={t("ops.end")} holding={t("desk.life.holding")} onHeld={() => step(s, "end")} /> : null}
          <Button size="small" look="quiet" onClick={() => edit(s)}>{t("ops.edit")}</Button>
        </span>
      ),
    },
  ];
}

function timeOf(show: Show): string | null {
  return show.ended_at ?? show.started_at ?? show.starts_at ?? null;
}

