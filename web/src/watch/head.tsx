/** What is on: title, host, follow, how many watch; and the calm line about a cut. */
import { Badge, Button, Mark, notifyError, t, tn, When } from "../ui";
import type { WatchModel } from "./model";
import { cutAt } from "./state";

export function Head({ model }: { model: WatchModel }) {
  const { show, viewers } = model.state.value;
  const following = model.following.value;
  const follow = () => model.follow(!following).catch(notifyError);
  return (
    <div class="head">
      <a class="head-home" href="/" aria-label={t("watch.home")}><Mark size={26} /></a>
      <div class="head-words">
        <h1 class="clip">{show.title}</h1>
        <p class="head-line">
          {show.status === "live" && show.on_air ? <Badge tone="program" dot>{t("show.live")}</Badge> : null}
          {show.status === "ended" ? <Badge>{t("front.replay")}</Badge> : null}
          <span class="clip muted">{show.host.name}</span>
          {show.status === "ended" && show.started_at ? <span class="muted"><When time={show.started_at} /></span> : null}
          {show.status === "ended" ? null : <span class="muted num head-count">{tn("show.viewers", viewers)}</span>}
        </p>
      </div>
      <Button size="small" look={following ? "quiet" : "plain"} aria-pressed={following} aria-label={t(following ? "watch.unfollow.label" : "watch.follow.label", { host: show.host.name })} onClick={() => void follow()}>
        {following ? `✓ ${t("watch.following")}` : t("watch.follow")}
      </Button>
    </div>
  );
}

/** Viewers are told that something was cut; nothing more is made of it. */
export function CutLine({ model }: { model: WatchModel }) {
  const cut = cutAt(model.state.value.cuts, model.air_ms.value);
  return <p class="cut-line" role="status">{cut ? t(cut.kind === "mute" ? "watch.cut.sound" : "watch.cut") : ""}</p>;
}
