//! What a stage does when the store did not do what it was asked.

use super::Stage;
use super::batch::{Held, Lost, Ticket};
use units::Timestamp;

use crate::decider::{Decider, Weight};
use crate::entry::{Broken, Entry};

impl<D: Decider, C> Stage<D, C> {
    /// A batch was not stored, or may not have been. It and everything after it is undone; facts are decided again. What
    /// was submitted after it may be stored yet: nothing goes out before all of it is reported.
    pub fn failed(&mut self, ticket: Ticket) -> Lost<D, C> {
        self.given_up.retain(|given_up| *given_up != ticket);
        if !self.flight.iter().any(|flight| flight.ticket == ticket) {
            return Lost::default();
        }
        // What stands before the failed batch may be stored yet.
        let keep = self.flight.iter().take_while(|f| f.ticket != ticket).count();
        let undone: Vec<_> = self.flight.drain(keep..).collect();
        let unreported = undone.iter().filter(|flight| flight.ticket != ticket && !flight.done);
        self.given_up.extend(unreported.map(|flight| flight.ticket));
        self.careful = Some(Ticket(self.next_ticket));
        let open = std::mem::take(&mut self.open);
        self.rewind();
        let mut lost = Lost::default();
        for flight in undone {
            let entries = flight.entries.iter().cloned();
            self.restage(entries.collect(), flight.held, &mut lost);
        }
        self.restage(open.entries, open.held, &mut lost);
        lost
    }

    /// Brings the committed state up to a log that is ahead of it: after a failure whose batch was stored
    /// all the same, or when a store comes back. Only for a stage with nothing in flight; entries that it has are skipped.
    /// What is staged is decided again on top.
    pub fn catch_up(&mut self, log: &[Entry<D>]) -> Result<Lost<D, C>, Broken> {
        let mut lost = Lost::default();
        let known = self.committed_seq;
        let ahead: Vec<_> = log.iter().filter(|entry| entry.seq > known).collect();
        if ahead.is_empty() {
            return Ok(lost);
        }
        for (entry, expected) in ahead.iter().zip(known + 1..) {
            if entry.seq != expected {
                return Err(Broken::Gap { expected, found: entry.seq });
            }
        }
        for entry in ahead {
            for event in &entry.events {
                D::evolve(&mut self.committed, event);
            }
            self.committed_seq = entry.seq;
        }
        let undone: Vec<_> = self.flight.drain(..).collect();
        let open = std::mem::take(&mut self.open);
        self.rewind();
        for flight in undone {
            self.restage(flight.entries.to_vec(), flight.held, &mut lost);
        }
        self.restage(open.entries, open.held, &mut lost);
        Ok(lost)
    }

    /// Back to the committed state, plus what is still in flight.
    fn rewind(&mut self) {
        self.staged = self.committed.clone();
        self.staged_seq = self.committed_seq;
        (self.facts, self.counts) = (0, 0);
        self.memory = D::Memory::default();
        self.last = None;
        for flight in &self.flight {
            for entry in flight.entries.iter() {
                for event in &entry.events {
                    D::evolve(&mut self.staged, event);
                }
                self.staged_seq = entry.seq;
                let weight = entry.input.as_ref().map(D::weight);
                match weight {
                    Some(Weight::Fact) => self.facts += 1,
                    Some(Weight::Count) => self.counts += 1,
                    _ => {}
                }
            }
        }
        // Where the last digest stands is not known any more, so the next one is due early.
        self.digested_seq = 0;
    }

    /// Decides the facts among `entries` again; everyone else hears that it was lost.
    fn restage(&mut self, entries: Vec<Entry<D>>, held: Vec<Held<D, C>>, lost: &mut Lost<D, C>) {
        let mut held = held.into_iter().peekable();
        for Entry { seq, at, input, .. } in entries {
            let Some(input) = input else { continue };
            while let Some(before) = held.next_if(|held| held.seq < seq) {
                lost.take(before, None);
            }
            let own = held.next_if(|held| held.own && held.seq == seq);
            let weight = D::weight(&input);
            if weight == Weight::Ask {
                if let Some(own) = own {
                    lost.take(own, Some(input));
                }
                continue;
            }
            self.decide_again(input, at, own, lost);
        }
        held.for_each(|held| lost.take(held, None));
    }

    fn decide_again(
        &mut self,
        input: D::Input,
        at: Timestamp,
        own: Option<Held<D, C>>,
        lost: &mut Lost<D, C>,
    ) {
        let weight = D::weight(&input);
        let caller = own.and_then(|own| own.caller).map(|(caller, _)| caller);
        match D::decide(&self.staged, &input, at) {
            Ok(decision) if !decision.events.is_empty() => {
                let seq = self.stage(input, decision.events, at, weight);
                let caller = caller.map(|caller| (caller, decision.reply));
                let effects = decision.effects;
                self.open.held.push(Held { seq, caller, own: true, effects });
            }
            // It says nothing new any more; whoever reported it must ask again to hear that.
            _ => lost.callers.extend(caller.map(|caller| (caller, Some(input)))),
        }
    }
}
