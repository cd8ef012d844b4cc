// Start and end of the show, and the way to what it was. The end is final, so it is held and not clicked.

import { useState } from "preact/hooks";
import type { Show } from "../wire/api";
import { api, at } from "../wire/http";
import { Button, errorWords, t } from "../ui";
import { HoldButton } from "./hold";
import type { DeskModel } from "./model";

export function LifeButton({ model, show }: { model: DeskModel; show: Show }) {
  const [busy, setBusy] = useState(false);
  const status = model.desk.value?.status ?? show.status;
  const send = async (step: "start" | "end") => {
    setBusy(true);
    try {
      await api.post(`/shows${at(show.slug)}/${step}`);
      model.say({ key: step === "start" ? "desk.life.started" : "desk.life.ended", values: {}, tone: "ok" });
    } catch (error) {
      const words = errorWords(error);
      model.say({ key: "desk.answer.refused", values: { message: `${words.title} ${words.hint}` }, tone: "no" });
    } finally {
      setBusy(false);
    }
  };
  if (status === "planned") return <Button size="small" look="primary" busy={busy} onClick={() => void send("start")}>{t("desk.life.start")}</Button>;
  if (status === "live") return <HoldButton label={t("desk.life.end")} holding={t("desk.life.holding")} busy={busy} onHeld={() => void send("end")} />;
  return <a class="btn btn-plain btn-small" href={`/recap/${encodeURIComponent(show.slug)}`}>{t("crew.page.recap")}</a>;
}
