// The report that stands in one file: the same views as in ops, over data inside the page.

import { useEffect } from "preact/hooks";
import "./report.css";
import { ExposureView } from "../insight/exposure";
import { PlanView } from "../insight/plan";
import { RecoveryView } from "../insight/recovery";
import { Button, Empty, LanguageSwitch, locale, Mark, mount, t } from "../ui";
import { readReport, type ReportData } from "./data";

const data = readReport(document.querySelector("#data")?.textContent ?? "");

function View({ of }: { of: ReportData }) {
  switch (of.kind) {
    case "exposure": return <ExposureView report={of.report} />;
    case "plan": return <PlanView plan={of.plan} frontier={of.frontier} />;
    default: return <RecoveryView recovery={of.recovery} {...(of.currency ? { currency: of.currency } : {})} />;
  }
}

/** On paper every explanation is open. */
function useOpenOnPaper() {
  useEffect(() => {
    const shut: HTMLDetailsElement[] = [];
    const open = () => {
      for (const one of document.querySelectorAll<HTMLDetailsElement>("details:not([open])")) {
        one.open = true;
        shut.push(one);
      }
    };
    const back = () => {
      for (const one of shut.splice(0)) one.open = false;
    };
    addEventListener("beforeprint", open);
    addEventListener("afterprint", back);
    return () => {
      removeEventListener("beforeprint", open);
      removeEventListener("afterprint", back);
    };
  }, []);
}

function ReportPage() {
  useOpenOnPaper();
  const title = data ? t(`insight.report.${data.kind}`) : t("insight.report.title");
  useEffect(() => {
    document.title = `${title} · Ringlight`;
  }, [title, locale.value]);
  if (!data) return <Empty title={t("insight.report.none")} />;
  return (
    <div class="report">
      <header class="report-head">
        <Mark size={28} />
        <h1>{title}</h1>
        <span class="spring" />
        <LanguageSwitch />
        <Button size="small" look="quiet" onClick={() => print()}>{t("insight.report.print")}</Button>
      </header>
      <main><View of={data} /></main>
      <footer class="muted small">{t("insight.report.made")}</footer>
    </div>
  );
}

void mount(ReportPage, { insight: true });
