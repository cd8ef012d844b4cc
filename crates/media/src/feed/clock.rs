//! 32-bit milliseconds become 64-bit ones that do not jump.

use super::Track;

/// A stamp may lie this far behind its track's last one: encoders jitter.
const MAX_BACK_MS: i64 = 1000;
/// A stamp may lie this far ahead: a connection that is silent longer is closed anyway.
const MAX_AHEAD_MS: i64 = 20_000;

/// A stamp, unwrapped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Stamp {
    pub(super) ms: i64,
    /// The source's clock jumped; `ms` goes on where the newest stamp was.
    pub(super) jumped: bool,
}

#[derive(Clone, Copy, Debug)]
struct Last {
    raw: u32,
    ms: i64,
}

/// Unwraps the stamps of both tracks on one line of time.
#[derive(Default, Debug)]
pub(super) struct SourceClock {
    last: [Option<Last>; 2],
}

impl SourceClock {
    /// Places a stamp. The first of all is zero.
    pub(super) fn stamp(&mut self, track: Track, raw: u32) -> Stamp {
        let (own, other) = match track {
            Track::Video => (self.last[0], self.last[1]),
            Track::Audio => (self.last[1], self.last[0]),
        };
        let by_other = other.map(|other| follow(other, raw));
        let (ms, jumped) = match (own, other) {
            (Some(own), _) if plausible(own, follow(own, raw)) => (follow(own, raw), false),
            (Some(own), Some(other)) => match by_other {
                // The other track has jumped already: keep in step with it.
                Some(ms) if plausible(own, ms) => (ms, true),
                _ => (own.ms.max(other.ms), true),
            },
            (Some(own), None) => (own.ms, true),
            (None, Some(other)) => {
                let ms = follow(other, raw);
                if (ms - other.ms).abs() <= MAX_AHEAD_MS { (ms, false) } else { (other.ms, true) }
            }
            (None, None) => (0, false),
        };
        let slot = match track {
            Track::Video => &mut self.last[0],
            Track::Audio => &mut self.last[1],
        };
        *slot = Some(Last { raw, ms });
        Stamp { ms, jumped }
    }
}

/// Where a stamp lies by the last one. ffmpeg and OBS keep 31 bits only, so their clock wraps at 2^31 already.
fn follow(last: Last, raw: u32) -> i64 {
    let step = raw.wrapping_sub(last.raw) as i32;
    let ms = last.ms + i64::from(step);
    let ms_31 = last.ms + i64::from(step << 1 >> 1);
    if !plausible(last, ms) && plausible(last, ms_31) { ms_31 } else { ms }
}

fn plausible(last: Last, ms: i64) -> bool {
    (-MAX_BACK_MS..=MAX_AHEAD_MS).contains(&(ms - last.ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(stamps: &[(Track, u32)], expected: &[(i64, bool)]) {
        let mut clock = SourceClock::default();
        let read: Vec<_> = stamps
            .iter()
            .map(|(track, raw)| clock.stamp(*track, *raw))
            .map(|s| (s.ms, s.jumped))
            .collect();
        assert_eq!(read, expected);
    }

    #[test]
    fn time_goes_on_over_the_wrap_and_over_jitter() {
        use Track::{Audio, Video};
        check(
            &[(Video, 4_294_967_280), (Audio, 4_294_967_290), (Video, 17), (Audio, 5), (Video, 12)],
            &[(0, false), (10, false), (33, false), (21, false), (28, false)],
        );
    }

    #[test]
    fn a_clock_of_31_bits_wraps_too() {
        use Track::{Audio, Video};
        check(
            &[(Video, 0x7fff_fff6), (Audio, 0x7fff_fffb), (Video, 30), (Audio, 28), (Video, 70)],
            &[(0, false), (5, false), (40, false), (38, false), (80, false)],
        );
    }

    #[test]
    fn a_source_that_starts_over_keeps_both_tracks_in_step() {
        use Track::{Audio, Video};
        check(
            &[(Video, 500_000), (Audio, 500_010), (Video, 0), (Audio, 5), (Video, 40)],
            &[(0, false), (10, false), (10, true), (15, true), (50, false)],
        );
    }

    #[test]
    fn tracks_with_unrelated_clocks_are_laid_side_by_side() {
        use Track::{Audio, Video};
        check(
            &[(Video, 0), (Audio, 3_000_000_000), (Video, 40), (Audio, 3_000_000_021)],
            &[(0, false), (0, true), (40, false), (21, false)],
        );
    }
}
