//! A ticket is the promise of an answer: synced, or not at all. No runtime is needed to wait for one.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::{Outage, StoreError};

/// What a commit tells about the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Committed {
    /// The last sequence number of the batch's stream after it; 0 when the batch has no log part.
    pub last_seq: u64,
    /// The chain's hash after the batch's record; zero when the batch has no log part.
    pub hash: [u8; 32],
}

/// The answer to a batch.
pub(crate) type Answer = Result<Committed, StoreError>;

type Callback = Box<dyn FnOnce(Answer) + Send>;

enum State {
    Waiting,
    Calling(Callback),
    Done(Answer),
    Taken,
}

struct Shared {
    state: Mutex<State>,
    done: Condvar,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // No code that may panic runs under this lock, so a poisoned one still holds a whole state.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The receiving half. It is resolved exactly once, even when the store dies.
#[must_use = "a batch whose ticket is dropped may fail unnoticed"]
pub struct Ticket(Arc<Shared>);

/// The resolving half, for those who implement [`crate::Store`]. Dropped unused, it answers `Unavailable`.
pub struct Resolver(Option<Arc<Shared>>);

impl Ticket {
    /// A new pair.
    pub fn new() -> (Self, Resolver) {
        let shared = Arc::new(Shared { state: Mutex::new(State::Waiting), done: Condvar::new() });
        (Self(Arc::clone(&shared)), Resolver(Some(shared)))
    }

    /// A ticket that is resolved from the start.
    pub fn resolved(answer: Result<Committed, StoreError>) -> Self {
        Self(Arc::new(Shared { state: Mutex::new(State::Done(answer)), done: Condvar::new() }))
    }

    /// Blocks this thread until the answer is there.
    pub fn wait(self) -> Result<Committed, StoreError> {
        let mut state = self.0.state();
        loop {
            match std::mem::replace(&mut *state, State::Taken) {
                State::Done(answer) => return answer,
                other => *state = other,
            }
            state = self.0.done.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Calls `callback` with the answer: at once on this thread when it is there already, else later on the store's
    /// writer thread. It must be short and must not wait for the store: the next transaction waits for it.
    pub fn on_done(self, callback: impl FnOnce(Result<Committed, StoreError>) + Send + 'static) {
        let mut state = self.0.state();
        match std::mem::replace(&mut *state, State::Taken) {
            State::Done(answer) => {
                drop(state);
                callback(answer);
            }
            _ => *state = State::Calling(Box::new(callback)),
        }
    }

    /// The answer if it is there, else the ticket back.
    pub fn try_take(self) -> Result<Result<Committed, StoreError>, Self> {
        let mut state = self.0.state();
        match std::mem::replace(&mut *state, State::Taken) {
            State::Done(answer) => Ok(answer),
            other => {
                *state = other;
                drop(state);
                Err(self)
            }
        }
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ticket")
    }
}

impl Resolver {
    /// Gives the answer. A callback that panics is caught: the writer thread outlives it.
    pub fn resolve(mut self, answer: Result<Committed, StoreError>) {
        if let Some(shared) = self.0.take() {
            give(&shared, answer);
        }
    }
}

impl Drop for Resolver {
    fn drop(&mut self) {
        if let Some(shared) = self.0.take() {
            give(&shared, Err(Outage::Stopped.into()));
        }
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Resolver")
    }
}

fn give(shared: &Shared, answer: Answer) {
    let mut state = shared.state();
    match std::mem::replace(&mut *state, State::Taken) {
        State::Calling(callback) => {
            drop(state);
            // The panic hook has reported it already; there is nobody left to tell.
            let _ = catch_unwind(AssertUnwindSafe(|| callback(answer)));
        }
        _ => {
            *state = State::Done(answer);
            drop(state);
            shared.done.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn an_answer_reaches_whoever_asks_before_or_after() {
        let (ticket, resolver) = Ticket::new();
        let Err(ticket) = ticket.try_take() else { panic!("no answer yet") };
        let waiting = std::thread::spawn(move || ticket.wait());
        resolver.resolve(Ok(Committed { last_seq: 7, hash: [1; 32] }));
        assert_eq!(waiting.join().expect("joins").map(|c| c.last_seq), Ok(7));

        let (sender, answers) = mpsc::channel();
        let (ticket, resolver) = Ticket::new();
        let early = sender.clone();
        ticket.on_done(move |answer| early.send(answer).expect("sends"));
        resolver.resolve(Err(StoreError::Busy));
        Ticket::resolved(Err(StoreError::Busy))
            .on_done(move |answer| sender.send(answer).expect("sends"));
        assert_eq!(answers.iter().collect::<Vec<_>>(), vec![Err(StoreError::Busy); 2]);
    }

    #[test]
    fn a_lost_resolver_is_an_answer() {
        let (ticket, resolver) = Ticket::new();
        drop(resolver);
        assert_eq!(ticket.wait(), Err(Outage::Stopped.into()));
    }
}
