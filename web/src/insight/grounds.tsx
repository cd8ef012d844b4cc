/** What figures rest on, and what was not used. Always shown. */
import { Notice, number, t, Table, type Column } from "../ui";
import { Part, rows_first } from "./figure";
import { sayAll } from "./said";
import type { Exposure, Said } from "./types";

export function MadeUp() {
  return <Notice title={t("insight.made_up")}>{t("insight.made_up.more")}</Notice>;
}

export function Assumptions({ said, title }: { said: readonly (Said | string)[]; title?: string }) {
  if (said.length === 0) return null;
  return (
    <Part title={title ?? t("insight.assumptions")}>
      <ul class="i-list">
        {sayAll(said).map((one) => <li key={one.text} lang={one.lang}>{one.text}</li>)}
      </ul>
    </Part>
  );
}

type Rejected = Exposure["rejected_rows"][number];

export function Rejected({ report }: { report: Exposure }) {
  const files = report.files.filter((file) => file.rejected + file.repeated > 0);
  const columns: Column<Rejected>[] = [
    { key: "file", title: t("insight.file"), value: (row) => row.file },
    { key: "line", title: t("insight.line"), numeric: true, value: (row) => row.line },
    { key: "reason", title: t("insight.reason"), value: (row) => row.reason },
  ];
  return (
    <Part title={t("insight.rejected")}>
      {files.length === 0 ? <p>{t("insight.rejected.none")}</p> : (
        <ul class="i-list">
          {files.map((file) => <li key={file.file}>{t("insight.rejected.file", { file: file.file, rejected: number(file.rejected), repeated: number(file.repeated) })}</li>)}
        </ul>
      )}
      {report.rejected_rows.length > 0 ? (
        <Table first={rows_first} rows={report.rejected_rows} columns={columns} rowKey={(row) => `${row.file} ${row.line} ${row.reason}`} caption={t("insight.rejected")} exportName="rejected-rows" />
      ) : null}
    </Part>
  );
}
