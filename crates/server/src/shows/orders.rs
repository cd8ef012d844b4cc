//! Carries out what the sentinel orders, in its order and at once: safety acts first and is recorded afterwards. What the
//! program refuses goes back to the sentinel as a signal.

use std::sync::{Arc, Weak};

use media::program::{Applied, Kind, State as Stage, When, Wish};
use show::desk::{self, ActionState, Fact};
use show::sentinel::{Act, Order, Response, Signal};
use show::text::TextRef;
use show::{Actor, Input};
use store::TextRow;
use tokio::sync::{mpsc, oneshot};
use units::ActionId;

use super::ShowHandle;
use crate::errors::{ApiError, Code};
use crate::onair::{OnAir, action_kind, to_air};
use crate::tasks::Tasks;
use crate::{clock, mint};

/// Orders that wait. The sentinel gives a few for each window, so this is minutes of them.
const ORDERS_MAX: usize = 256;

/// How long a program that is not there is waited for.
const PROGRAM_LOOKS: u32 = 20;
const PROGRAM_LOOK_EVERY: std::time::Duration = std::time::Duration::from_millis(100);

enum Work {
    Order { order: Order, by: Actor },
    Barrier(oneshot::Sender<()>),
}

/// The way to the task that carries orders out.
pub(crate) struct Orders {
    show: Weak<ShowHandle>,
    queue: mpsc::Sender<Work>,
}

impl Orders {
    pub(super) fn start(show: &Arc<ShowHandle>, tasks: &Arc<Tasks>) -> Self {
        let (queue, mut work) = mpsc::channel(ORDERS_MAX);
        let weak = Arc::downgrade(show);
        let carry = {
            let show = Weak::clone(&weak);
            async move {
                while let Some(work) = work.recv().await {
                    match work {
                        Work::Barrier(done) => drop(done.send(())),
                        Work::Order { order, by } => {
                            let Some(show) = show.upgrade() else { return };
                            carry_out(&show, order, by).await;
                        }
                    }
                }
            }
        };
        tasks.run("orders", show.slug.as_str(), carry, || {});
        Self { show: weak, queue }
    }

    /// Never waits: the show's owner gives orders, and it must go on. A stop that finds no room goes back as not done.
    pub(super) fn give(&self, order: Order, by: Actor) {
        if self.queue.try_send(Work::Order { order, by }).is_ok() {
            return;
        }
        tracing::error!("an order of the sentinel found no room");
        if let (Order::Stop(act), Some(show)) = (order, self.show.upgrade()) {
            not_done(&show, act.id, &Code::QueueFull.into());
        }
    }

    /// Waits until every order that was given is carried out.
    pub(crate) async fn settle(&self) {
        let (done, wait) = oneshot::channel();
        if self.queue.send(Work::Barrier(done)).await.is_ok() {
            let _ = wait.await;
        }
    }
}

async fn carry_out(show: &ShowHandle, order: Order, by: Actor) {
    let Some(onair) = program(show).await else {
        if let Order::Stop(act) = order {
            not_done(show, act.id, &Code::NoProgram.into());
        }
        return;
    };
    match order {
        Order::Stop(act) => match stop(&onair, &act).await {
            Ok(applied) => record(show, &applied, by, None, false),
            Err(refusal) => not_done(show, act.id, &refusal),
        },
        Order::Change(act) => match onair.change(act.id, act.from, act.to).await {
            Ok(applied) => show.fact(Fact::ActionMoved {
                id: applied.id,
                from_air: applied.from_air,
                to_air: to_air(&applied),
                to_media: applied.to,
                from_media: Some(applied.from),
            }),
            // All of it has aired as it was: the next window begins a new stop for what goes on.
            Err(refusal) if refusal.code == Code::AlreadyAired => {
                not_done(show, act.id, &refusal);
            }
            Err(refusal) => {
                tracing::warn!(code = refusal.code.row().0, "a stop keeps its interval")
            }
        },
        Order::Undo(act) => {
            // What has aired as a whole cannot be taken back, and need not be.
            let Ok(applied) = onair.undo(act.id).await else { return };
            let to_air = (applied.state == Stage::Shortened).then(|| show.air_clock().now);
            show.fact(Fact::ActionUndone { id: applied.id, by, to_air });
        }
    }
}

/// The program; one that has just fallen is on air again in a moment.
async fn program(show: &ShowHandle) -> Option<OnAir> {
    for _ in 0..PROGRAM_LOOKS {
        if let Some(onair) = show.onair() {
            return Some(onair);
        }
        tokio::time::sleep(PROGRAM_LOOK_EVERY).await;
    }
    None
}

async fn stop(onair: &OnAir, act: &Act) -> Result<Applied, ApiError> {
    let kind = match act.response {
        Response::HandOver => Kind::HandOver,
        Response::Cover => Kind::Cover,
        Response::Mute | Response::Advise | Response::Off => Kind::Mute,
    };
    let (from, to) = (Some(When::Media(act.from)), act.to.map(When::Media));
    onair.act(act.id, Wish { kind, from, to, force: false }).await
}

fn not_done(show: &ShowHandle, action: ActionId, refusal: &ApiError) {
    let aired = refusal.code == Code::AlreadyAired;
    let instead = ActionId(mint::uuid());
    show.tell(Input::Signal { signal: Signal::NotDone { action, aired, instead } });
}

/// Tells the log what was done, after it was done.
pub(crate) fn record(
    show: &ShowHandle,
    applied: &Applied,
    by: Actor,
    reason: Option<(TextRef, TextRow)>,
    forced: bool,
) {
    let action = desk::Action {
        id: applied.id,
        kind: action_kind(applied.kind),
        by,
        reason: reason.as_ref().map(|(reference, _)| *reference),
        from_media: applied.from,
        to_media: applied.to,
        from_air: applied.from_air,
        to_air: to_air(applied),
        time_to_air: applied.time_to_air,
        late: applied.late,
        forced,
        at: clock::now(),
        state: if applied.kind == Kind::Resume { ActionState::Ended } else { ActionState::Active },
        undone_at: None,
    };
    let texts = reason.map(|(_, row)| row).into_iter().collect();
    show.tell_with(Input::Fact { fact: Fact::ActionTaken(action) }, texts);
}
