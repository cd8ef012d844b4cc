//! How a run breaks off and how it ends: a crash and what is known after it, and the way to rest.

use std::collections::BTreeMap;

use show::shop::{Config, Input as Sell};
use show::{Input, Status};
use store::Reader;
use units::{Duration, Timestamp};

use super::{Asker, REST_MAX, Sim, stream};
use crate::buyers::skus;
use crate::check::{Checked, Invariant, check_privacy, check_tables, check_terms, holds};
use crate::ledger::Ledger;
use crate::onair::producer;
use crate::store::Owner;

impl Sim {
    pub(super) fn check_logs(&mut self) -> Checked {
        let disk = &self.store.disk;
        self.shows.iter_mut().try_for_each(|show| show.check_log(disk))?;
        self.shop.check_log(disk)?;
        check_tables(disk)
    }

    /// The process dies, and another one goes on from what was synced.
    pub(crate) fn crash(&mut self) -> Checked {
        self.crashes += 1;
        self.store.crash();
        let disk = &self.store.disk;
        for i in 0..self.shows.len() {
            self.shows[i] = Ledger::open(Owner::Show(i), &stream(i), disk)?;
        }
        self.shop = Ledger::open(Owner::Shop, "shop", disk)?;
        let held = !std::mem::take(&mut self.unsafe_facts).is_empty();
        self.asked.clear();
        self.now = self.now + self.store.downtime();
        self.terms = self.shows.iter().flat_map(|show| show.state().shop_inputs()).collect();
        let unopened = |(sku, stock)| Sell::StockOpened { sku, stock };
        self.terms.extend(skus().into_iter().zip([30, 5, 500]).map(unopened));
        self.terms
            .push_back(Sell::ConfigSet { config: Config { expires_after_s: 60, provider: true } });
        self.telling = None;
        self.buyers.restarted(self.shop.state(), &mut self.ids, self.now)?;
        self.room.restarted(&self.shows[0].state().gate(), self.now)?;
        for host in &mut self.hosts {
            host.dropped(self.now);
        }
        if let Some(onair) = self.onair.take() {
            let state = self.shows[0].state().clone();
            self.onair = onair.restart(&state, held, self.now)?;
            self.note(|| format!("a crash, held: {held}"));
            if held {
                self.add("held after a crash", 1);
            }
            self.desk.must_resume(self.now);
        }
        self.check_logs()
    }

    /// Everybody goes home, and what is under way is finished.
    pub(crate) fn rest(&mut self) -> Checked {
        self.open = false;
        self.store.clear_up();
        self.hosts.iter_mut().for_each(|host| host.clear_up(self.now));
        if self.shows[0].state().status == Status::Live {
            self.ask_show(0, Input::End { by: producer() }, Asker::Desk)?;
        }
        if let Some(mut onair) = self.onair.take() {
            onair.finish(self.now)?;
            for (name, n) in
                ["frames aired", "frames stopped", "parts"].into_iter().zip(onair.counts())
            {
                self.add(name, n);
            }
        }
        self.hosts.iter_mut().for_each(|host| host.dropped(Timestamp(i64::MAX / 2)));
        for _ in 0..REST_MAX {
            if self.is_idle() {
                self.shows.iter_mut().for_each(|show| show.digest(self.now));
                self.shop.digest(self.now);
                for _ in 0..50 {
                    self.step(Duration::from_ms(20))?;
                }
                if self.is_idle() {
                    return Ok(());
                }
            }
            self.step(Duration::from_ms(100))?;
        }
        holds(Invariant::Answer, false, || "the run never comes to rest".to_owned())
    }

    fn is_idle(&self) -> bool {
        let outbox = self.store.disk.outbox_next().ok().flatten();
        self.store.is_idle()
            && self.shows.iter().all(Ledger::is_idle)
            && self.shop.is_idle()
            && self.buyers.is_idle()
            && self.terms.is_empty()
            && outbox.is_none()
    }

    pub(crate) fn check_end(&mut self) -> Checked {
        self.check_logs()?;
        self.shows.iter().try_for_each(Ledger::check_answered)?;
        self.shop.check_answered()?;
        self.buyers.check_end(self.shop.state())?;
        for show in &self.shows {
            check_terms(show.state(), self.shop.state())?;
        }
        check_privacy(&self.store.disk)
    }

    pub(super) fn count(&mut self) -> BTreeMap<&'static str, u64> {
        let failures =
            self.shop.failures + self.shows.iter().map(|show| show.failures).sum::<u64>();
        let entries = self.shop.seq() + self.shows.iter().map(Ledger::seq).sum::<u64>();
        let [placed, refused, again] = self.buyers.counts;
        let counts = [
            ("orders placed", placed),
            ("orders refused", refused),
            ("asked again", again),
            ("batches failed", failures),
            ("entries", entries),
            ("crashes", self.crashes),
            ("connections", u64::from(self.connections)),
            ("said", self.room.said),
            ("silenced", self.room.refused),
        ];
        std::mem::take(&mut self.buyers.refused)
            .into_iter()
            .for_each(|(code, n)| self.add(code, n));
        counts.into_iter().for_each(|(name, n)| self.add(name, n));
        self.counts.clone()
    }
}
