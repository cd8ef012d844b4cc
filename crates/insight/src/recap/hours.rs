//! Who was on air when: facts of the schedule. Lengths are of the program's clock, which stands still while the server is
//! down; times of the day are when the program changed over.

use show::desk::{OnAir, Source};
use units::{AirTime, Duration, Timestamp};

/// Away from air for at least so long is a break; a shorter cut, cover or slip is not.
pub const BREAK_LEAST: Duration = Duration::from_s(60);
/// Changes of who is on air that are kept; later ones are counted.
pub const SHIFTS_MAX: usize = 10_000;

/// Whose picture or sound airs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The host's.
    Host,
    /// The standby's.
    Standby,
    /// Nobody's: slate and silence.
    Nobody,
}

impl Who {
    fn of(on_air: &OnAir) -> Self {
        let sources = [on_air.video, on_air.audio];
        if sources.contains(&Source::Host) {
            Self::Host
        } else if sources.contains(&Source::Standby) {
            Self::Standby
        } else {
            Self::Nobody
        }
    }
}

/// A change of who is on air.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shift {
    /// Who was on air.
    pub who: Who,
    /// From when, on the program's clock.
    pub from: AirTime,
    /// From when, by the day.
    pub at: Timestamp,
}

/// From when to when, and when it began by the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// When it began.
    pub at: Timestamp,
    /// Its first moment of the program.
    pub from: AirTime,
    /// Its first moment after.
    pub to: AirTime,
}

/// Who was on air when.
#[derive(Debug, Clone, Default)]
pub struct Hours {
    shifts: Vec<Shift>,
    now: Option<Who>,
    left_out: u64,
}

impl Hours {
    pub(super) fn on_air(&mut self, on_air: &OnAir, at: Timestamp) {
        let who = Who::of(on_air);
        if self.now.replace(who) == Some(who) {
            return;
        }
        if self.shifts.len() < SHIFTS_MAX {
            self.shifts.push(Shift { who, from: on_air.air, at });
        } else {
            self.left_out += 1;
        }
    }

    /// Changes beyond [`SHIFTS_MAX`].
    pub(super) fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Stretches with their ends; the last one ends at `end`.
    fn stretches(&self, end: AirTime) -> impl Iterator<Item = (Shift, AirTime)> + '_ {
        self.shifts.iter().enumerate().map(move |(place, shift)| {
            let next = self.shifts.get(place + 1).map_or(end, |next| next.from);
            (*shift, next.max(shift.from))
        })
    }

    /// How long somebody was on air.
    #[must_use]
    pub fn of(&self, who: Who, end: AirTime) -> Duration {
        let own = self.stretches(end).filter(|(shift, _)| shift.who == who);
        own.fold(Duration::ZERO, |sum, (shift, to)| sum + (to - shift.from))
    }

    /// The host's sessions, with shorter pauses than [`BREAK_LEAST`] counted in.
    #[must_use]
    pub fn sessions(&self, end: AirTime) -> Vec<Stretch> {
        let mut sessions: Vec<Stretch> = Vec::new();
        for (shift, to) in self.stretches(end).filter(|(shift, _)| shift.who == Who::Host) {
            match sessions.last_mut() {
                Some(last) if shift.from - last.to < BREAK_LEAST => last.to = to,
                _ => sessions.push(Stretch { at: shift.at, from: shift.from, to }),
            }
        }
        sessions
    }

    /// What lies between the host's sessions.
    #[must_use]
    pub fn breaks(&self, end: AirTime) -> Vec<Stretch> {
        let at = |air: AirTime| {
            let next = self.shifts.partition_point(|shift| shift.from <= air);
            self.shifts.get(next.saturating_sub(1)).map_or(Timestamp::default(), |shift| shift.at)
        };
        let pause =
            |two: &[Stretch]| Stretch { at: at(two[0].to), from: two[0].to, to: two[1].from };
        self.sessions(end).windows(2).map(pause).collect()
    }

    /// When the standby was on air.
    #[must_use]
    pub fn hand_overs(&self, end: AirTime) -> Vec<Stretch> {
        let own = self.stretches(end).filter(|(shift, _)| shift.who == Who::Standby);
        own.map(|(shift, to)| Stretch { at: shift.at, from: shift.from, to }).collect()
    }
}
