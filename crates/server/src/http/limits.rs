//! Counting that keeps one sender from taking everything: token buckets in bounded memory, and the lock-out on sign-in.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use units::{Duration, Timestamp};

/// Senders that a table remembers; the ones that were quiet longest are forgotten first.
const SENDERS_MAX: usize = 100_000;

/// Token buckets by sender.
pub(crate) struct Buckets<K> {
    per_s: f64,
    burst: f64,
    senders: Mutex<HashMap<K, (f64, Timestamp)>>,
}

impl<K: Hash + Eq + Clone> Buckets<K> {
    pub(crate) fn new(per_s: f64, burst: f64) -> Self {
        Self { per_s, burst, senders: Mutex::new(HashMap::new()) }
    }

    /// Takes one token, or says how many milliseconds to wait.
    pub(crate) fn take(&self, sender: &K, now: Timestamp) -> Result<(), i64> {
        let mut senders = self.senders.lock().unwrap_or_else(PoisonError::into_inner);
        if senders.len() >= SENDERS_MAX && !senders.contains_key(sender) {
            let refill = Duration::from_ms((self.burst / self.per_s * 1000.0) as i64);
            senders.retain(|_, (_, last)| now - *last < refill);
            if senders.len() >= SENDERS_MAX {
                senders.clear();
            }
        }
        let (tokens, last) = senders.entry(sender.clone()).or_insert((self.burst, now));
        *tokens = (*tokens + (now - *last).secs_f64() * self.per_s).min(self.burst);
        *last = now;
        if *tokens >= 1.0 {
            *tokens -= 1.0;
            return Ok(());
        }
        Err(((1.0 - *tokens) / self.per_s * 1000.0).ceil() as i64)
    }
}

/// Counts wrong passwords by name and by address, and locks either out for a while. Keys are of bounded length.
pub(crate) struct Lockout {
    attempts_max: u32,
    lasts: Duration,
    wrong: Mutex<HashMap<String, (u32, Timestamp)>>,
}

impl Lockout {
    pub(crate) fn new(attempts_max: u32, minutes: u32) -> Self {
        let lasts = Duration::from_s(i64::from(minutes) * 60);
        Self { attempts_max, lasts, wrong: Mutex::new(HashMap::new()) }
    }

    /// Lets `who` try, or says how many milliseconds they wait. An attempt counts as wrong from its beginning: those that
    /// are checked at the same time must not all find the door open.
    pub(crate) fn attempt(&self, who: &str, now: Timestamp) -> Result<(), i64> {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        if wrong.len() >= SENDERS_MAX && !wrong.contains_key(who) {
            wrong.retain(|_, (_, last)| now - *last < self.lasts);
            // Somebody fills the table: whoever is locked out stays so, the others begin anew.
            if wrong.len() >= SENDERS_MAX {
                wrong.retain(|_, (count, _)| *count >= self.attempts_max);
            }
            if wrong.len() >= SENDERS_MAX {
                return Err(self.lasts.ms());
            }
        }
        let (count, last) = wrong.entry(who.to_owned()).or_insert((0, now));
        if now - *last >= self.lasts {
            *count = 0;
        }
        if *count >= self.attempts_max {
            return Err((self.lasts - (now - *last)).ms());
        }
        (*count, *last) = (*count + 1, now);
        Ok(())
    }

    /// The last attempt was right: what was wrong before is forgotten.
    pub(crate) fn succeeded(&self, who: &str) {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner).remove(who);
    }

    /// The last attempt does not count; those before do.
    pub(crate) fn forgive(&self, who: &str) {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((count, _)) = wrong.get_mut(who) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                wrong.remove(who);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_refills_with_time() {
        let buckets = Buckets::new(2.0, 2.0);
        let at = Timestamp::from_ms;
        assert!(buckets.take(&1, at(0)).is_ok() && buckets.take(&1, at(0)).is_ok());
        assert_eq!(buckets.take(&1, at(0)), Err(500));
        assert!(buckets.take(&2, at(0)).is_ok());
        assert!(buckets.take(&1, at(500)).is_ok());
    }

    #[test]
    fn wrong_passwords_lock_out_and_time_lets_in() {
        let lockout = Lockout::new(2, 1);
        let at = Timestamp::from_ms;
        assert!(lockout.attempt("pat", at(0)).is_ok() && lockout.attempt("pat", at(1)).is_ok());
        assert_eq!(lockout.attempt("pat", at(1)), Err(60_000));
        assert!(lockout.attempt("kim", at(1)).is_ok());
        assert!(lockout.attempt("pat", at(60_001)).is_ok());
        lockout.succeeded("kim");
        for _ in 0..9 {
            assert!(lockout.attempt("kim", at(2)).is_ok());
            lockout.forgive("kim");
        }
    }

    #[test]
    fn a_full_table_keeps_who_is_locked_out() {
        let lockout = Lockout::new(2, 1);
        let at = Timestamp::from_ms(0);
        let _ = (lockout.attempt("pat", at), lockout.attempt("pat", at));
        for n in 0..SENDERS_MAX + 10 {
            let _ = lockout.attempt(&n.to_string(), at);
        }
        assert!(lockout.attempt("pat", at).is_err());
    }
}
