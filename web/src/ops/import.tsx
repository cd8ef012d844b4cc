// The import of a product CSV with Shopify's export headers, with every refused line by its number.

import { useState } from "preact/hooks";
import type { ImportReport } from "../wire/api";
import { api } from "../wire/http";
import { Button, Dialog, errorWords, Field, Notice, number, t, Table } from "../ui";

const TIMEOUT_MS = 60_000;
/** A file larger than the server takes is said so before it is sent. */
const FILE_MAX = 16 * 1024 * 1024;

export function ImportPanel({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const [file, setFile] = useState<File | null>(null);
  const [currency, setCurrency] = useState("CNY");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [report, setReport] = useState<ImportReport | null>(null);
  const tooLarge = (file?.size ?? 0) > FILE_MAX;
  const send = async (event: Event) => {
    event.preventDefault();
    if (!file) return;
    setBusy(true);
    setError(null);
    try {
      const path = `/products/import?currency=${encodeURIComponent(currency)}`;
      setReport(await api.post<ImportReport>(path, await file.text(), { contentType: "text/csv", timeout_ms: TIMEOUT_MS }));
      onDone();
    } catch (failed) {
      setError(failed);
    } finally {
      setBusy(false);
    }
  };
  const words = error ? errorWords(error) : null;
  return (
    <Dialog title={t("ops.import.title")} onClose={onClose}>
      <form class="stack" onSubmit={send}>
        <p class="muted small">{t("ops.import.words")}</p>
        <div class="field">
          <label for="import-file">{t("ops.import.file")}</label>
          <input id="import-file" type="file" accept=".csv,text/csv" class="input file" onChange={(event) => { setFile(event.currentTarget.files?.[0] ?? null); setReport(null); }} />
        </div>
        <Field label={t("ops.currency")} value={currency} maxLength={3} onValue={(v) => setCurrency(v.toUpperCase())} hint={t("ops.import.currency")} />
        {tooLarge ? <Notice kind="error" title={t("ops.import.large")} /> : null}
        {words ? <Notice kind="error" title={words.title}>{words.hint}</Notice> : null}
        <Button type="submit" look="primary" busy={busy} disabled={!file || tooLarge || !/^[A-Z]{3}$/.test(currency)}>{t("ops.import.send")}</Button>
        {report ? <Report report={report} /> : null}
      </form>
    </Dialog>
  );
}

function Report({ report }: { report: ImportReport }) {
  return (
    <section class="stack" aria-live="polite">
      <p class="num"><b>{t("ops.import.done", { created: number(report.created), updated: number(report.updated), rejected: number(report.rejected.length) })}</b></p>
      {report.rejected.length > 0 ? (
        <Table
          rows={report.rejected}
          columns={[
            { key: "line", title: t("ops.import.line"), numeric: true, value: (r) => r.line },
            { key: "reason", title: t("ops.reason"), value: (r) => r.reason },
          ]}
          rowKey={(r) => `${r.line} ${r.reason}`}
          caption={t("ops.import.refused")}
          filter={false}
          exportName="refused-lines"
        />
      ) : null}
    </section>
  );
}
