// What is recorded and who sees it, said before the show; and what the desk did, as soon as it is done.

import { wordsOfLength } from "../desk/words";
import type { Action, Policy, Show } from "../wire/api";
import { localTime, t, tOr, utc } from "../ui";

const SHOWN_MAX = 20;

/** With a policy the host is told before the show what listens, by which rules, and how far a machine may go. */
export function Notice({ show, policy }: { show: Show; policy: Policy | null }) {
  return (
    <details class="s-card s-notice" open={show.status === "planned"}>
      <summary>{t("studio.notice.title")}</summary>
      <ul>
        <li>{t("studio.notice.preview")}</li>
        <li>{t("studio.notice.delay", { seconds: show.delay_s })}</li>
        <li>{t("studio.notice.recorded")}</li>
        <li>{t("studio.notice.sealed")}</li>
        <li>{t(policy ? "studio.notice.meters" : "studio.notice.not")}</li>
      </ul>
      {policy ? (
        <p class="s-judged">
          {t("studio.notice.judged", { packs: policy.rules.map(packName).join(", ") || "—" })} {t(policy.mode === "act" ? "studio.notice.act" : "studio.notice.advise")} {t("studio.notice.kept")}
        </p>
      ) : null}
    </details>
  );
}

function packName(pack: string): string {
  const says = tOr(`ops.policy.pack.${pack}`, "");
  return says ? `${pack} (${says})` : pack;
}

/** What the desk did, newest first. */
export function Cuts({ actions }: { actions: readonly Action[] }) {
  if (actions.length === 0) return null;
  return (
    <section class="s-card s-setup" aria-label={t("studio.cuts.title")}>
      <h2 class="s-label">{t("studio.cuts.title")}</h2>
      <ul class="s-cuts num" tabIndex={0}>
        {actions.slice(0, SHOWN_MAX).map((a) => <Done key={a.id} action={a} />)}
      </ul>
    </section>
  );
}

function Done({ action }: { action: Action }) {
  const length = wordsOfLength(action);
  const undone = action.state === "undone" ? t("desk.log.undone") : null;
  return (
    <li>
      <time class="muted" dateTime={action.at} title={action.at ? utc(action.at) : ""}>{action.at ? localTime(action.at, { timeStyle: "medium" }) : ""}</time>{" "}
      <b>{t(`desk.kind.${action.kind}`)}</b> {length === null ? null : t("desk.s", { n: length })}{" "}
      <span class="muted">{[action.actor, action.reason, undone].filter(Boolean).join(" · ")}</span>
    </li>
  );
}
