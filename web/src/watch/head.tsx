/** What is on: title, host, follow, how many watch; and the calm line about a cut. */
import { Badge, Button, Mark, notifyError, t, tn, When } from "../ui";
import type { WatchModel } from "./model";
import { cutAt } from "./state";

export function Head({ model }: { model: WatchModel }) {
  const { show } = model.state.value;
  const following = model.following.value;
  const follow = () => model.follow(!following).catch(notifyError);
  return (
    <div class="head">
      <a class="head-home" href="/" aria-label={t("watch.home")}><Mark size={26} /></a>
      <div class="head-words">
        <h1 class="clip">{show.title}</h1>
        <p class="head-line muted">
          <span class="clip">{show.host.name}</span>
          {show.status === "ended" && show.started_at ? <span class="head-when"><When time={show.started_at} /></span> : null}
        </p>
      </div>
      <Button size="small" look={following ? "quiet" : "plain"} aria-pressed={following} aria-label={t(following ? "watch.unfollow.label" : "watch.follow.label", { host: show.host.name })} onClick={() => void follow()}>
        {following ? `✓ ${t("watch.following")}` : t("watch.follow")}
      </Button>
    </div>
  );
}

/** On the picture: whether this is live, and how many watch. */
export function OnPicture({ model }: { model: WatchModel }) {
  const { show, viewers } = model.state.value;
  return (
    <div class="on-picture">
      {show.status === "live" && show.on_air && !model.replay ? <Badge tone="program" dot>{t("show.live")}</Badge> : null}
      {model.replay ? <Badge>{t("front.replay")}</Badge> : <Badge><span class="num">{tn("show.viewers", viewers)}</span></Badge>}
    </div>
  );
}

/** Viewers are told that something was cut; nothing more is made of it. */
export function CutLine({ model }: { model: WatchModel }) {
  const cut = cutAt(model.state.value.cuts, model.air_ms.value);
  return <p class="cut-line" role="status">{cut ? t(cut.kind === "mute" ? "watch.cut.sound" : "watch.cut") : ""}</p>;
}
