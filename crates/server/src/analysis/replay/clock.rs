//! When a moment of the feed aired, by what the log says: marks of the program name the newest moment that had arrived, and a
//! moment airs a delay after it arrived. A log without marks is dated by the arrival of the host's feed.

use show::desk::{Fact, Source};
use units::{Duration, MediaTime, Timestamp};

/// When which moment was the newest.
#[derive(Debug, Clone, Default)]
pub(super) struct Clock {
    /// In order of time.
    marks: Vec<(Timestamp, MediaTime)>,
    feed: Option<(Timestamp, MediaTime)>,
}

impl Clock {
    /// Takes note of a fact.
    pub(super) fn note(&mut self, fact: &Fact) {
        match fact {
            Fact::ProgramMark(mark) if self.marks.last().is_none_or(|last| last.0 < mark.at) => {
                self.marks.push((mark.at, mark.newest));
            }
            Fact::FeedOpened { source: Source::Host, feed } if self.feed.is_none() => {
                self.feed = Some((feed.at, feed.from_media));
            }
            _ => {}
        }
    }

    /// The moment of the feed that was on air; nothing where the log does not say.
    pub(super) fn on_air(&self, at: Timestamp, delay: Duration) -> Option<MediaTime> {
        let later = self.marks.partition_point(|mark| mark.0 <= at);
        let mark = self.marks.get(later.saturating_sub(1)).copied();
        let (then, newest) = mark.or(self.feed)?;
        Some(newest + (at - then) - delay)
    }
}

#[cfg(test)]
mod tests {
    use show::desk::Mark;
    use units::AirTime;

    use super::*;

    #[test]
    fn a_moment_airs_a_delay_after_it_arrived() {
        let at = Timestamp::from_ms;
        let mut clock = Clock::default();
        let delay = Duration::from_s(12);
        assert_eq!(clock.on_air(at(0), delay), None);
        for (ms, newest) in [(100_000, 40_000), (104_000, 44_000), (110_000, 47_000)] {
            clock.note(&Fact::ProgramMark(Mark {
                next_segment: 1,
                air: AirTime::from_ms(0),
                at: at(ms),
                inits: 1,
                discontinuities: 0,
                newest: MediaTime::from_ms(newest),
                audio: None,
            }));
        }
        let on_air = |ms| clock.on_air(at(ms), delay).map(MediaTime::ms);
        assert_eq!(on_air(105_000), Some(33_000), "after the mark before it");
        assert_eq!(on_air(111_000), Some(36_000), "a stall shifts what comes after it");
        assert_eq!(on_air(99_000), Some(27_000), "before the first mark, by that one");
    }
}
