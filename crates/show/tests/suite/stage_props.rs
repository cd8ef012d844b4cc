//! The stage over a store that fails now and then: what ends up live is what a replay of the stored entries gives; nobody is
//! told of an order that is not stored; everybody is answered once; facts survive.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use proptest::prelude::*;
use show::entry::Entry;
use show::moderation::{Gate, Moderation, Verdict};
use show::shop::{Reply, Shop};
use show::stage::{Batch, JOURNAL_COUNTS_MAX, JOURNAL_MAX, Lost, Released, Stage, Step, Ticket};
use show::*;
use units::*;

use crate::shop_props::{Op, check_state, input, op, opening};
use crate::world::{T0, by, cases};

/// What the store and the shell do between inputs.
#[derive(Debug, Clone)]
enum Act {
    Ask(Op),
    Submit,
    /// The oldest batch in the store's queue is synced.
    Sync,
    /// It is not, and so none behind it is.
    Fail,
    /// It is, but the store says that it is not.
    SyncUnheard,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        10 => op().prop_map(Act::Ask),
        4 => Just(Act::Submit),
        4 => Just(Act::Sync),
        1 => Just(Act::Fail),
        1 => Just(Act::SyncUnheard),
    ]
}

/// A shell with a store that keeps expected sequence numbers.
struct Shell<D: Decider> {
    stage: Stage<D, usize>,
    queue: VecDeque<Batch<D>>,
    stored: Vec<Entry<D>>,
    /// How often each caller was answered.
    answers: BTreeMap<usize, usize>,
    released: Vec<Released<D, usize>>,
    lost: usize,
}

impl<D: Decider> Shell<D> {
    fn new() -> Self {
        Self {
            stage: Stage::new("test"),
            queue: VecDeque::new(),
            stored: Vec::new(),
            answers: BTreeMap::new(),
            released: Vec::new(),
            lost: 0,
        }
    }
    fn handle(&mut self, input: D::Input, at: Timestamp, caller: usize) {
        self.answers.insert(caller, 0);
        match self.stage.handle(input, at, caller) {
            Step::Staged { .. } => {}
            Step::Answered(answer) => {
                assert_eq!(self.stage.staged_seq(), self.stored.len() as u64, "S-3");
                self.answered(answer.caller);
            }
            Step::Refused { caller, .. } | Step::Overflowed { caller } => self.answered(caller),
        }
    }
    fn answered(&mut self, caller: usize) {
        *self.answers.entry(caller).or_default() += 1;
    }
    fn submit(&mut self) {
        self.queue.extend(self.stage.take_batch());
    }
    fn store(&mut self, batch: &Batch<D>) {
        assert_eq!(batch.expected_seq, self.stored.len() as u64);
        let entries: Vec<Entry<D>> = entry::decode(&batch.body()).expect("a record");
        assert_eq!(entries, batch.entries.to_vec());
        self.stored.extend(entries);
    }
    fn sync(&mut self) {
        let Some(batch) = self.queue.pop_front() else { return };
        self.store(&batch);
        let released = self.stage.committed(batch.ticket);
        for answer in &released.answers {
            assert!(answer.seq <= self.stored.len() as u64, "S-3");
            self.answered(answer.caller);
        }
        self.released.push(released);
    }
    fn fail(&mut self) {
        let tickets: Vec<Ticket> = self.queue.drain(..).map(|batch| batch.ticket).collect();
        for ticket in tickets {
            let lost = self.stage.failed(ticket);
            self.lost(lost);
        }
    }
    fn sync_unheard(&mut self) {
        let Some(batch) = self.queue.pop_front() else { return };
        self.store(&batch);
        self.queue.push_front(batch);
        self.fail();
        let lost = self.stage.catch_up(&self.stored).expect("a log without gaps");
        self.lost(lost);
    }
    fn lost(&mut self, lost: Lost<D, usize>) {
        self.lost += lost.callers.len();
        lost.callers.into_iter().for_each(|(caller, _)| self.answered(caller));
    }
    fn drain(&mut self) {
        for _ in 0..1000 {
            self.submit();
            if self.queue.is_empty() {
                return;
            }
            self.sync();
        }
        panic!("the stage never comes to rest");
    }
    fn replayed(&self) -> D::State {
        let mut rebuild = entry::Rebuild::<D>::default();
        for entry in &self.stored {
            rebuild.push(entry).expect("R-1");
        }
        rebuild.finish().0
    }
    fn check_end(&self) {
        assert_eq!(self.stage.state(), &self.replayed(), "R-1");
        assert_eq!(self.stage.state(), self.stage.committed_state());
        assert_eq!(self.stage.staged_seq(), self.stored.len() as u64);
        let wrong: Vec<_> = self.answers.iter().filter(|(_, n)| **n != 1).collect();
        assert!(wrong.is_empty(), "not answered once: {wrong:?}");
        let keys = self.released.iter().flat_map(|r| r.effects.iter().map(|(key, _)| key));
        let keys: Vec<_> = keys.collect();
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len(), "an effect ran twice");
    }
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn what_is_live_is_what_was_stored(acts in prop::collection::vec(act(), 0..150)) {
        let mut shell = Shell::<Shop>::new();
        let mut now = T0;
        for (n, input) in opening().into_iter().enumerate() {
            shell.handle(input, now, n);
        }
        shell.drain();
        for (n, act) in acts.iter().enumerate() {
            match act {
                Act::Ask(op) => {
                    if let Op::Pass { s } = op {
                        now = now + Duration::from_s(*s);
                    }
                    let input = input(op, n, shell.stage.state().orders());
                    shell.handle(input, now, 1000 + n);
                }
                Act::Submit => shell.submit(),
                Act::Sync => shell.sync(),
                Act::Fail => shell.fail(),
                Act::SyncUnheard => shell.sync_unheard(),
            }
            check_state(shell.stage.state());
            check_state(shell.stage.committed_state());
            // S-3: whoever was told of an order finds it in what was stored.
            for answer in shell.released.iter().flat_map(|released| &released.answers) {
                if let Reply::Order(order) | Reply::Again(order) = &answer.reply {
                    prop_assert!(shell.stage.committed_state().order(order.id).is_some());
                }
            }
        }
        shell.drain();
        shell.check_end();
    }

    #[test]
    fn what_was_enforced_stays_enforced_and_is_stored_in_the_end(
        acts in prop::collection::vec((act(), 0u128..6, any::<bool>()), 0..100),
    ) {
        let mut shell = Shell::<Show>::new();
        let mut banned = BTreeSet::new();
        for (n, (act, viewer, ban)) in acts.iter().enumerate() {
            let viewer = ViewerId::from_u128(*viewer);
            match act {
                Act::Ask(_) => {
                    let act = if *ban {
                        banned.insert(viewer);
                        Moderation::Ban { viewer }
                    } else {
                        banned.remove(&viewer);
                        Moderation::Unban { viewer }
                    };
                    shell.handle(Input::Moderate { act, by: by(), reason: None }, T0, n);
                }
                Act::Submit => shell.submit(),
                Act::Sync => shell.sync(),
                Act::Fail => shell.fail(),
                Act::SyncUnheard => shell.sync_unheard(),
            }
            let gate = shell.stage.state().gate();
            for viewer in (0..6).map(ViewerId::from_u128) {
                let speaks = gate.check(viewer, None, T0) == Verdict::Say;
                prop_assert_eq!(speaks, !banned.contains(&viewer), "C-1");
            }
        }
        shell.drain();
        shell.check_end();
        let gate: Gate = shell.replayed().gate();
        for viewer in &banned {
            prop_assert_eq!(gate.check(*viewer, None, T0), Verdict::Refuse(Rejection::Banned));
        }
    }
}

fn count(n: u32) -> Input {
    let second = moderation::Second { said: n, ..Default::default() };
    Input::Fact { fact: desk::Fact::RoomCounted(second) }
}

fn ban(n: u128) -> Input {
    let act = Moderation::Ban { viewer: ViewerId::from_u128(n) };
    Input::Moderate { act, by: by(), reason: None }
}

#[test]
fn the_journal_is_bounded_counts_go_first_and_the_overflow_is_recorded() {
    let mut stage = Stage::<Show, ()>::new("show/evening");
    let overflowed = |step| matches!(step, Step::Overflowed { .. });
    for _ in 0..JOURNAL_COUNTS_MAX {
        assert!(!overflowed(stage.handle(count(1), T0, ())));
    }
    for _ in 0..5 {
        assert!(overflowed(stage.handle(count(1), T0, ())));
    }
    for n in 0..(JOURNAL_MAX - JOURNAL_COUNTS_MAX) as u128 {
        assert!(!overflowed(stage.handle(ban(n), T0, ())));
    }
    assert!(overflowed(stage.handle(ban(1 << 64), T0, ())));
    assert_eq!(stage.state().desk.overflowed, 0);
    // A failure loses nothing that the journal took.
    let first = stage.take_batch().expect("a batch");
    assert_eq!(stage.failed(first.ticket).callers, []);
    assert_eq!(stage.state().room.silenced.len(), JOURNAL_MAX - JOURNAL_COUNTS_MAX);
    while let Some(batch) = stage.take_batch() {
        assert_eq!(stage.state().desk.overflowed, 0);
        stage.committed(batch.ticket);
    }
    stage.handle(count(1), T0, ());
    assert_eq!(stage.state().desk.overflowed, 6);
    assert_eq!(stage.state().room.said, JOURNAL_COUNTS_MAX as u64 + 1);
}

#[test]
fn the_last_events_are_those_of_the_last_input_alone() {
    let mut stage = Stage::<Show, ()>::new("show/evening");
    stage.handle(ban(1), T0, ());
    assert_eq!(stage.last_events().len(), 1);
    stage.digest(T0);
    assert_eq!(stage.last_events().len(), 1);
    // The same ban again rests on the first one and decides nothing.
    assert_eq!(stage.handle(ban(1), T0, ()), Step::Staged { seq: 2 });
    assert_eq!(stage.last_events(), []);
}

#[test]
fn tickets_may_be_reported_out_of_order() {
    let mut stage = Stage::<Show, u32>::new("show/evening");
    let mut tickets = Vec::new();
    for n in 0..3 {
        stage.handle(ban(n.into()), T0, n);
        tickets.push(stage.take_batch().expect("a batch").ticket);
    }
    assert_eq!(stage.committed(tickets[1]), Released::default());
    let both = stage.committed(tickets[0]);
    let callers: Vec<u32> = both.answers.iter().map(|answer| answer.caller).collect();
    assert_eq!(callers, [0, 1]);
    assert_eq!(stage.committed(tickets[0]), Released::default());
    assert_eq!(stage.failed(Ticket(99)), Lost::default());
    assert_eq!(stage.committed(tickets[2]).answers.len(), 1);
}

/// A store that says a batch is lost, and stores it and the one behind it all the same.
#[test]
fn a_log_that_is_ahead_is_never_forked() {
    let mut stage = Stage::<Show, ()>::new("show/evening");
    let mut log = Vec::new();
    let take = |stage: &mut Stage<Show, ()>| {
        stage.handle(ban(u128::from(stage.staged_seq()) + 1), T0, ());
        stage.take_batch()
    };
    let (first, second) = (take(&mut stage).expect("a batch"), take(&mut stage).expect("a batch"));
    log.extend(first.entries.to_vec());
    stage.failed(first.ticket);
    assert_eq!(stage.in_flight(), 1, "the second may be stored yet");
    assert!(take(&mut stage).is_none(), "what goes out now would stand behind an unknown end");
    log.extend(second.entries.to_vec());
    stage.committed(second.ticket);
    // Of batches that go out together one would expect entry 2, which is the log's last and not the stage's.
    let probe = take(&mut stage).expect("a batch");
    assert_eq!(probe.expected_seq, 0);
    assert!(take(&mut stage).is_none(), "one at a time until one is stored");
    stage.failed(probe.ticket);
    assert_eq!(stage.in_flight(), 0);
    stage.catch_up(&log).expect("a log without gaps");
    let batch = stage.take_batch().expect("what the log does not hold yet");
    assert_eq!(batch.expected_seq, log.len() as u64);
    log.extend(batch.entries.to_vec());
    stage.committed(batch.ticket);
    let mut rebuild = entry::Rebuild::<Show>::default();
    log.iter().for_each(|entry| rebuild.push(entry).expect("R-1"));
    assert_eq!(rebuild.state(), stage.state());
    assert!(take(&mut stage).is_some() && take(&mut stage).is_some(), "batches overlap again");
}

#[test]
fn a_digest_stands_behind_each_milestone_and_at_the_end() {
    let mut stage = Stage::<Show, ()>::new("show/evening");
    let plan = Plan {
        show: "evening".parse().expect("a slug"),
        host: "anna".parse().expect("a slug"),
        standby: None,
        language: "zh".to_owned(),
        delay_s: 8,
        starts_at: None,
        start: StartMode::Auto,
        policy: None,
    };
    stage.handle(Input::Plan { plan, by: by() }, T0, ());
    stage.handle(ban(1), T0, ());
    stage.digest(T0);
    stage.digest(T0);
    let batch = stage.take_batch().expect("a batch");
    let kinds: Vec<bool> = batch.entries.iter().map(|entry| entry.digest.is_some()).collect();
    assert_eq!(kinds, [false, true, false, true]);
    let mut bent = batch.entries.to_vec();
    bent[2].events.clear();
    let mut rebuild = entry::Rebuild::<Show>::default();
    let outcome = bent.iter().try_for_each(|entry| rebuild.push(entry));
    assert!(matches!(outcome, Err(entry::Broken::Digest { seq: 3, .. })), "{outcome:?}");
}
