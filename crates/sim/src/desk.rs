//! A producer who does anything at any time: acts on the program, takes it back, changes the delay, pins and prices; and
//! moderators whose bans must hold at once.

use std::collections::{BTreeMap, BTreeSet};

use media::program::{Channel, Kind, When, Wish};
use show::moderation::{Gate, Moderation, Verdict};
use show::offer::Window;
use show::{Input, OfferChange, Sku};
use units::{ActionId, AirTime, Duration, MediaTime, Money, Timestamp, ViewerId};

use crate::buyers::{LIMIT, brand, price, skus};
use crate::check::{Checked, Invariant, holds};
use crate::onair::producer;
use crate::world::{Ids, Rng};

/// Viewers who talk.
const TALKERS: i64 = 6;

/// What the desk does next.
pub(crate) enum Move {
    Act(ActionId, Wish),
    Undo(ActionId),
    SetDelay(Duration),
    DropFeed(Channel),
    /// An input to the show.
    Ask(Input),
}

/// What the desk sees when it decides.
pub(crate) struct Sight {
    pub(crate) now: Timestamp,
    /// The newest moment of the preview.
    pub(crate) newest: MediaTime,
    /// When what the host does now airs.
    pub(crate) newest_air: AirTime,
}

/// See the module.
pub(crate) struct Desk {
    rng: Rng,
    next_at: Timestamp,
    /// Milliseconds between two moves, at most.
    pace_ms: i64,
    taken: Vec<ActionId>,
    resume_at: Option<Timestamp>,
}

impl Desk {
    pub(crate) fn new(mut rng: Rng, now: Timestamp) -> Self {
        let pace_ms = rng.pick(&[900, 3000, 9000]);
        let next_at = now + rng.ms(0, 12_000);
        Self { rng, next_at, pace_ms, taken: Vec::new(), resume_at: None }
    }

    /// Somebody must resume soon.
    pub(crate) fn must_resume(&mut self, now: Timestamp) {
        self.resume_at = Some(now + self.rng.ms(500, 8000));
    }

    pub(crate) fn step(&mut self, sight: &Sight, ids: &mut Ids) -> Option<Move> {
        if self.resume_at.is_some_and(|at| at <= sight.now) {
            self.resume_at = None;
            return Some(Move::Act(ActionId::from_u128(ids.next()), Wish::now(Kind::Resume)));
        }
        if sight.now < self.next_at {
            return None;
        }
        self.next_at = sight.now + self.rng.ms(0, self.pace_ms);
        Some(match self.rng.below(20) {
            0..=8 => {
                let id = ActionId::from_u128(ids.next());
                Move::Act(id, self.wish(id, sight))
            }
            9..=11 if !self.taken.is_empty() => {
                // Mostly one of the last ones, sometimes one long past.
                let back =
                    if self.rng.chance(800) { self.rng.below(3) } else { self.rng.below(40) };
                let place = self.taken.len().saturating_sub(back + 1);
                Move::Undo(self.taken[place])
            }
            12 => Move::SetDelay(Duration::from_ms(
                self.rng.pick(&[0, 500, 1000, 3000, 5000, 8000, 12_000]),
            )),
            13 if self.rng.chance(300) => {
                Move::DropFeed(self.rng.pick(&[Channel::Host, Channel::Standby]))
            }
            _ => Move::Ask(self.sale(sight)),
        })
    }

    fn wish(&mut self, id: ActionId, sight: &Sight) -> Wish {
        let rng = &mut self.rng;
        let kind = rng.pick(&[
            Kind::Mute,
            Kind::Mute,
            Kind::Cut,
            Kind::Cut,
            Kind::Cover,
            Kind::HandOver,
            Kind::HandOver,
            Kind::Dump,
            Kind::Panic,
            Kind::Resume,
        ]);
        if kind == Kind::Resume {
            return Wish::now(kind);
        }
        let mut when = |permille: u32, low: i64, high: i64| {
            let span = rng.ms(low, high);
            let moment = if rng.chance(500) {
                When::Preview(span)
            } else {
                When::Media(sight.newest + span)
            };
            rng.chance(permille).then_some(moment)
        };
        let (from, to) = (when(600, -12_000, 3000), when(700, -9000, 8000));
        let force = rng.chance(300);
        self.taken.push(id);
        if kind == Kind::Panic || to.is_none() {
            self.must_resume(sight.now);
        }
        Wish { kind, from, to, force }
    }

    fn sale(&mut self, sight: &Sight) -> Input {
        let rng = &mut self.rng;
        let (by, air) = (producer(), sight.newest_air);
        let sku: Sku = skus()[rng.below(3)].clone();
        let change = |rng: &mut Rng| {
            let opens = rng.chance(500).then(|| air + rng.ms(0, 6000));
            let closes = rng.chance(500).then(|| air + rng.ms(4000, 20_000));
            let (price, window) = (Some(price(rng)), Some(Window { opens, closes }));
            OfferChange {
                price: price.filter(|_| rng.chance(600)),
                limit: None,
                window: window.filter(|_| rng.chance(500)),
            }
        };
        match rng.below(8) {
            0 => Input::OfferRemove { sku, air, by },
            1 | 2 => {
                let price: Money = price(rng);
                // The limit of the first product stays, so that it can be checked at the end.
                let limit = (sku == skus()[0]).then_some(LIMIT);
                let terms = OfferChange { limit, ..change(rng) };
                Input::OfferAdd { sku, brand: brand(), price, terms, air, by }
            }
            3..=5 => Input::OfferChange { sku, change: change(rng), air, by },
            _ => Input::Pin { sku: rng.chance(800).then_some(sku), air, by },
        }
    }
}

/// What became of the last ban of a viewer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ban {
    /// Reported and not synced, as this question.
    Told(u64),
    /// Synced: it survives a crash.
    Synced,
}

/// Moderators, and viewers who talk whether they may or not.
pub(crate) struct Room {
    rng: Rng,
    banned: BTreeMap<ViewerId, Ban>,
    /// Messages that were let through, and that were not.
    pub(crate) said: u64,
    pub(crate) refused: u64,
}

impl Room {
    pub(crate) fn new(rng: Rng) -> Self {
        Self { rng, banned: BTreeMap::new(), said: 0, refused: 0 }
    }

    /// What a moderator does, if anything; it goes to the show as the question `ask`.
    pub(crate) fn moderate(&mut self, ask: u64) -> Option<Input> {
        if !self.rng.chance(40) {
            return None;
        }
        let viewer = ViewerId::from_u128(self.rng.range(1, TALKERS) as u128);
        let act = match self.rng.below(8) {
            0..=2 => Moderation::Ban { viewer },
            3 | 4 => Moderation::Unban { viewer },
            5 => Moderation::TimeOut { viewer, seconds: self.rng.range(1, 20) as u32 },
            6 => Moderation::Slow { seconds: self.rng.range(0, 3) as u32 },
            _ => Moderation::Hold { on: self.rng.chance(300) },
        };
        match act {
            // A ban of who is banned already says nothing new: the first one may still be on its way to the log.
            Moderation::Ban { .. } if !self.banned.contains_key(&viewer) => {
                self.banned.insert(viewer, Ban::Told(ask));
            }
            Moderation::Unban { .. } => {
                self.banned.remove(&viewer);
            }
            _ => {}
        }
        Some(Input::Moderate { act, by: producer(), reason: None })
    }

    /// A question was answered: what it said is synced. `lost`: it was not taken at all.
    pub(crate) fn heard(&mut self, ask: u64, lost: bool) {
        let mine = |ban: &Ban| *ban == Ban::Told(ask);
        if lost {
            self.banned.retain(|_, ban| !mine(ban));
        }
        for ban in self.banned.values_mut().filter(|ban| mine(ban)) {
            *ban = Ban::Synced;
        }
    }

    /// C-1: everybody talks, and nobody who is banned is heard.
    pub(crate) fn talk(&mut self, gate: &Gate, now: Timestamp) -> Checked {
        let viewer = ViewerId::from_u128(self.rng.range(1, TALKERS) as u128);
        let verdict = gate.check(viewer, None, now);
        let banned = self.banned.contains_key(&viewer);
        match verdict {
            Verdict::Refuse(_) => self.refused += 1,
            _ => self.said += 1,
        }
        holds(Invariant::C1, !banned || matches!(verdict, Verdict::Refuse(_)), || {
            format!("{viewer:?} is banned and heard: {verdict:?}")
        })
    }

    /// After a crash: every ban that was synced holds, and only what was not is forgotten.
    pub(crate) fn restarted(&mut self, gate: &Gate, now: Timestamp) -> Checked {
        let holds_still =
            |viewer: &ViewerId| matches!(gate.check(*viewer, None, now), Verdict::Refuse(_));
        let lost: BTreeSet<_> =
            self.banned.keys().filter(|viewer| !holds_still(viewer)).copied().collect();
        for viewer in lost {
            let synced = self.banned.remove(&viewer) == Some(Ban::Synced);
            holds(Invariant::C1, !synced, || format!("a crash has lost the ban of {viewer:?}"))?;
        }
        self.banned.values_mut().for_each(|ban| *ban = Ban::Synced);
        Ok(())
    }
}
