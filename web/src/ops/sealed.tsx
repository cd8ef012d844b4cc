// Sealed clips: what was stopped, opened only with a reason that is logged.

import { useState } from "preact/hooks";
import type { Sealed } from "../wire/api";
import { api, at, fetchRaw } from "../wire/http";
import { allShows } from "../wire/shows";
import { Button, clock, download, Field, notify, number, Select, t, Table, tOr, useLoad, When } from "../ui";
import { Loaded } from "./data";
import { Form } from "./form";

const REASON_MIN = 5;
const TIMEOUT_MS = 120_000;

export function SealedTab() {
  const shows = useLoad(() => allShows(), []);
  const [slug, setSlug] = useState("");
  return (
    <Loaded load={shows}>
      {(all) => {
        const begun = all.filter((s) => s.status !== "planned");
        const current = slug || begun[0]?.slug || "";
        return (
          <>
            <p class="muted ops-intro">{t("ops.sealed.words")}</p>
            <div class="ops-filters">
              <Select label={t("ops.show")} value={current} options={begun.map((s) => ({ value: s.slug, label: s.title }))} onValue={setSlug} />
            </div>
            {current ? <Clips key={current} slug={current} /> : <p class="muted">{t("ops.sealed.none")}</p>}
          </>
        );
      }}
    </Loaded>
  );
}

function Clips({ slug }: { slug: string }) {
  const clips = useLoad(() => api.get<Sealed[]>(`/shows${at(slug)}/sealed`), [slug]);
  const [opening, setOpening] = useState<Sealed | null>(null);
  return (
    <>
      <Loaded load={clips}>
        {(rows) => (
          <Table
            rows={rows}
            columns={[
              { key: "from", title: t("ops.sealed.from"), numeric: true, value: (c) => c.from_media_ms, cell: (c) => clock(c.from_media_ms) },
              { key: "length", title: t("ops.sealed.length"), numeric: true, value: (c) => c.to_media_ms - c.from_media_ms, cell: (c) => t("desk.s", { n: ((c.to_media_ms - c.from_media_ms) / 1000).toFixed(1) }) },
              { key: "kind", title: t("ops.sealed.kind"), value: (c) => c.kind, cell: (c) => tOr(`desk.kind.${c.kind}`, c.kind) },
              { key: "size", title: t("ops.sealed.size"), numeric: true, value: (c) => c.bytes, cell: (c) => size(c.bytes) },
              { key: "complete", title: t("ops.sealed.complete"), value: (c) => t(c.complete ? "ops.sealed.whole" : "ops.sealed.partial") },
              { key: "expires", title: t("ops.sealed.expires"), value: (c) => c.expires_at, cell: (c) => <When time={c.expires_at} /> },
              { key: "do", title: "", value: () => null, cell: (c) => <span class="cell-actions"><Button size="small" onClick={() => setOpening(c)}>{t("ops.sealed.open")}</Button></span> },
            ]}
            rowKey={(c) => c.id}
            caption={t("ops.tab.sealed")}
            empty={t("ops.sealed.empty")}
          />
        )}
      </Loaded>
      {opening ? <OpenForm clip={opening} slug={slug} onClose={() => setOpening(null)} /> : null}
    </>
  );
}

function OpenForm({ clip, slug, onClose }: { clip: Sealed; slug: string; onClose: () => void }) {
  const [reason, setReason] = useState("");
  const open = async () => {
    const answer = await fetchRaw("POST", `/sealed${at(clip.id)}/open`, { reason: reason.trim() }, { timeout_ms: TIMEOUT_MS });
    download(`${slug}-${Math.round(clip.from_media_ms / 1000)}s-${clip.kind}.flv`, "video/x-flv", await answer.arrayBuffer());
    notify(t("ops.sealed.opened"));
  };
  return (
    <Form title={t("ops.sealed.open_title")} submit={t("ops.sealed.open")} onClose={onClose} onSave={open} disabled={reason.trim().length < REASON_MIN}>
      <p class="muted small">{t("ops.sealed.open_words")}</p>
      <Field label={t("ops.reason")} value={reason} required minLength={REASON_MIN} maxLength={500} hint={t("ops.sealed.reason_hint")} onValue={setReason} />
    </Form>
  );
}

function size(bytes: number): string {
  return bytes < 1e6 ? `${number(Math.ceil(bytes / 1e3))} kB` : `${number(bytes / 1e6, { maximumFractionDigits: 1 })} MB`;
}
