// Hosts and their stream keys. A new key or a suspension drops the feed at once.

import { useState } from "preact/hooks";
import type { Host, HostWithKey, Studio } from "../wire/api";
import { api, at } from "../wire/http";
import { hasRole } from "../wire/session";
import { Badge, Button, type Column, Dialog, Field, Notice, notifyError, t, Table, useLoad, useRefresh } from "../ui";
import { HoldButton } from "../desk/hold";
import { Secret } from "../studio/secret";
import { Loaded } from "./data";
import { isSlug, slugify } from "./fields";
import { Form } from "./form";

type Open = { what: "new" } | { what: "edit" | "key"; host: Host } | null;

export function HostsTab() {
  const hosts = useLoad(() => api.get<Host[]>("/hosts"), []);
  const [open, setOpen] = useState<Open>(null);
  const [made, setMade] = useState<HostWithKey | null>(null);
  useRefresh(hosts.reload);
  // One panel at a time: they share one place.
  const show = (next: Open) => {
    setMade(null);
    setOpen(next);
  };
  const operator = hasRole("operator");
  return (
    <>
      <Loaded load={hosts}>
        {(rows) => (
          <Table
            rows={rows}
            columns={columns(operator, show)}
            rowKey={(host) => host.slug}
            caption={t("ops.tab.hosts")}
            exportName="hosts"
            empty={t("ops.hosts.empty")}
            tools={operator ? <Button size="small" look="primary" onClick={() => show({ what: "new" })}>{t("ops.hosts.new")}</Button> : null}
          />
        )}
      </Loaded>
      {open?.what === "new" ? <NewHost onClose={() => setOpen(null)} onMade={(host) => { setMade(host); hosts.reload(); }} /> : null}
      {open?.what === "edit" ? <EditHost host={open.host} onClose={() => setOpen(null)} onSaved={hosts.reload} /> : null}
      {open?.what === "key" ? <KeyPanel host={open.host} onClose={() => setOpen(null)} /> : null}
      {made ? (
        <Dialog title={t("ops.hosts.made", { name: made.host.name })} onClose={() => setMade(null)}>
          <Secret label={t("studio.setup.key")} value={made.stream_key} />
          <p class="muted small">{t("ops.hosts.key_hint")}</p>
        </Dialog>
      ) : null}
    </>
  );
}

function columns(operator: boolean, open: (open: Open) => void): Column<Host>[] {
  return [
    { key: "name", title: t("ops.name"), value: (h) => h.name },
    { key: "slug", title: t("ops.slug"), value: (h) => h.slug },
    { key: "state", title: t("ops.status"), value: (h) => stateOf(h), cell: (h) => <Badge dot={h.receiving}>{stateOf(h)}</Badge> },
    { key: "followers", title: t("ops.followers"), numeric: true, value: (h) => h.followers },
    {
      key: "do", title: "", value: () => null,
      cell: (h) => (
        <span class="cell-actions">
          <a class="btn btn-plain btn-small" href={`/studio?host=${encodeURIComponent(h.slug)}`}>{t("crew.page.studio")}</a>
          {operator ? <Button size="small" onClick={() => open({ what: "key", host: h })}>{t("ops.hosts.key")}</Button> : null}
          {operator ? <Button size="small" look="quiet" onClick={() => open({ what: "edit", host: h })}>{t("ops.edit")}</Button> : null}
        </span>
      ),
    },
  ];
}

function stateOf(host: Host): string {
  if (host.suspended) return t("ops.hosts.suspended");
  return t(host.receiving ? "studio.feed.receiving" : "studio.feed.silent");
}

function NewHost({ onClose, onMade }: { onClose: () => void; onMade: (host: HostWithKey) => void }) {
  const [name, setName] = useState("");
  const [slug, setSlug] = useState("");
  const ok = name.trim() !== "" && isSlug(slug);
  return (
    <Form title={t("ops.hosts.new")} submit={t("ops.create")} onClose={onClose} disabled={!ok} onSave={async () => onMade(await api.post<HostWithKey>("/hosts", { slug, name: name.trim() }))}>
      <Field label={t("ops.name")} value={name} required onValue={(v) => { if (slug === slugify(name)) setSlug(slugify(v)); setName(v); }} />
      <Field label={t("ops.slug")} value={slug} required spellcheck={false} autocapitalize="none" onValue={setSlug} hint={t("ops.slug.hint")} error={slug && !isSlug(slug) ? t("ops.slug.bad") : null} />
    </Form>
  );
}

function EditHost({ host, onClose, onSaved }: { host: Host; onClose: () => void; onSaved: () => void }) {
  const [name, setName] = useState(host.name);
  const suspend = (suspended: boolean) => {
    api.patch(`/hosts${at(host.slug)}`, { suspended }).then(() => { onSaved(); onClose(); }, notifyError);
  };
  const save = async () => {
    await api.patch(`/hosts${at(host.slug)}`, { name: name.trim() });
    onSaved();
  };
  return (
    <Form title={host.name} onClose={onClose} onSave={save} disabled={name.trim() === "" || name.trim() === host.name}>
      <Field label={t("ops.name")} value={name} required onValue={setName} />
      <div class="form-part">
        <p class="muted small">{t(host.suspended ? "ops.hosts.suspended_words" : "ops.hosts.suspend_words")}</p>
        {host.suspended ? <Button onClick={() => suspend(false)}>{t("ops.hosts.readmit")}</Button> : <HoldButton label={t("ops.hosts.suspend")} holding={t("desk.life.holding")} onHeld={() => suspend(true)} />}
      </div>
    </Form>
  );
}

/** The key in force, hidden until asked for, and the way to another one. */
function KeyPanel({ host, onClose }: { host: Host; onClose: () => void }) {
  const studio = useLoad(() => api.get<Studio>(`/studio?host=${encodeURIComponent(host.slug)}`), [host.slug]);
  const [fresh, setFresh] = useState<string | null>(null);
  const rotate = () => {
    api.post<{ stream_key: string }>(`/hosts${at(host.slug)}/key`).then((answer) => setFresh(answer.stream_key), notifyError);
  };
  return (
    <Dialog title={t("ops.hosts.key_of", { name: host.name })} onClose={onClose}>
      <div class="stack">
        {fresh ? <Notice title={t("ops.hosts.rotated")} /> : null}
        <Loaded load={studio}>
          {(data) => (
            <>
              <Secret label={t("studio.setup.url")} value={data.rtmp_url} open />
              {fresh ?? data.stream_key ? <Secret key={fresh ?? "old"} label={t("studio.setup.key")} value={fresh ?? data.stream_key ?? ""} /> : null}
            </>
          )}
        </Loaded>
        <p class="muted small">{t("ops.hosts.rotate_words")}</p>
        <HoldButton label={t("ops.hosts.rotate")} holding={t("desk.life.holding")} onHeld={rotate} />
      </div>
    </Dialog>
  );
}
