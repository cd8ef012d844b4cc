//! Blocking playlist reload (RFC 8216bis §6.2.5.2): what a request asks for and whether it can be answered.

/// Longest query that is read; a player's is under 60 bytes.
const MAX_QUERY: usize = 512;
/// Segments beyond the last one that a request may ask for.
const ADVANCE_SEGMENTS: u64 = 2;

/// What a playlist request waits for. The default waits for nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Reload {
    /// `_HLS_msn`: answer when this segment is in the playlist.
    pub msn: Option<u64>,
    /// `_HLS_part`: answer when this part of it is.
    pub part: Option<u32>,
    /// `_HLS_skip`: the player would take a delta. None is offered, so the whole playlist answers it.
    pub skip: bool,
}

/// A query that asks for nothing sensible: answer 400.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BadQuery {
    /// Longer than any player sends.
    #[error("the query is longer than {MAX_QUERY} bytes")]
    TooLong,
    /// A number that is not one.
    #[error("{0} is not a decimal number")]
    Number(&'static str),
    /// The same directive twice.
    #[error("{0} is given twice")]
    Twice(&'static str),
    /// A part of no segment.
    #[error("_HLS_part needs _HLS_msn")]
    PartWithoutSegment,
    /// Neither `YES` nor `v2`.
    #[error("_HLS_skip is YES or v2")]
    Skip,
}

/// Whether a request can be answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Readiness {
    /// Answer from this snapshot.
    Now,
    /// Wait for a later snapshot; give up after three target durations (503).
    Wait,
    /// It is over or never comes: 404.
    Gone,
    /// So far ahead that the request is wrong: 400.
    TooFar,
}

/// Reads the query of a playlist request, with or without `?`. Other parameters are not ours and pass.
pub fn parse_query(query: &str) -> Result<Reload, BadQuery> {
    if query.len() > MAX_QUERY {
        return Err(BadQuery::TooLong);
    }
    let mut reload = Reload::default();
    let mut skip = None;
    for pair in query.trim_start_matches('?').split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        match name {
            "_HLS_msn" => once(&mut reload.msn, "_HLS_msn", number("_HLS_msn", value)?)?,
            "_HLS_part" => {
                let part = number("_HLS_part", value)?;
                let part = u32::try_from(part).map_err(|_| BadQuery::Number("_HLS_part"))?;
                once(&mut reload.part, "_HLS_part", part)?;
            }
            "_HLS_skip" if matches!(value, "YES" | "v2") => once(&mut skip, "_HLS_skip", ())?,
            "_HLS_skip" => return Err(BadQuery::Skip),
            _ => {}
        }
    }
    if reload.part.is_some() && reload.msn.is_none() {
        return Err(BadQuery::PartWithoutSegment);
    }
    reload.skip = skip.is_some();
    Ok(reload)
}

fn number(name: &'static str, value: &str) -> Result<u64, BadQuery> {
    let digits = !value.is_empty() && value.bytes().all(|digit| digit.is_ascii_digit());
    digits.then(|| value.parse().ok()).flatten().ok_or(BadQuery::Number(name))
}

fn once<T>(slot: &mut Option<T>, name: &'static str, value: T) -> Result<(), BadQuery> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(BadQuery::Twice(name)),
    }
}

/// Where a playlist ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge {
    /// The newest segment that has a part.
    pub(crate) msn: u64,
    /// Parts of it.
    pub(crate) parts: u32,
    /// No part follows in it.
    pub(crate) complete: bool,
    /// No segment follows.
    pub(crate) ended: bool,
    /// Parts beyond the last that a request may ask for.
    pub(crate) advance_parts: u32,
}

impl Edge {
    pub(crate) fn ready(self, reload: &Reload) -> Readiness {
        let Some(msn) = reload.msn.filter(|_| !self.ended) else { return Readiness::Now };
        if msn > self.msn.saturating_add(ADVANCE_SEGMENTS) {
            return Readiness::TooFar;
        }
        let complete = if self.complete { Some(self.msn) } else { self.msn.checked_sub(1) };
        let Some(part) = reload.part else {
            return if complete.is_some_and(|last| msn <= last) {
                Readiness::Now
            } else {
                Readiness::Wait
            };
        };
        // A part beyond the end of a complete segment means the first one of the next.
        if msn < self.msn || (msn == self.msn && part < self.parts) {
            return Readiness::Now;
        }
        let ahead = if msn == self.msn && !self.complete { part - self.parts } else { part };
        let overflow = msn == self.msn && self.complete;
        if !overflow && ahead >= self.advance_parts { Readiness::TooFar } else { Readiness::Wait }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_read() {
        let check = |query: &str, expected: Result<Reload, BadQuery>| {
            assert_eq!(parse_query(query), expected, "{query}");
        };
        let at = |msn, part| Ok(Reload { msn, part, skip: false });
        check("", at(None, None));
        check("?", at(None, None));
        check("token=x&utm_source=_HLS_msn", at(None, None));
        check("_HLS_msn=7", at(Some(7), None));
        check("?_HLS_part=0&_HLS_msn=7", at(Some(7), Some(0)));
        check("_HLS_msn=7&_HLS_skip=v2", Ok(Reload { msn: Some(7), part: None, skip: true }));
        check("_HLS_part=1", Err(BadQuery::PartWithoutSegment));
        check("_HLS_msn=", Err(BadQuery::Number("_HLS_msn")));
        check("_HLS_msn=-1", Err(BadQuery::Number("_HLS_msn")));
        check("_HLS_msn=+1", Err(BadQuery::Number("_HLS_msn")));
        check("_HLS_msn=99999999999999999999", Err(BadQuery::Number("_HLS_msn")));
        check("_HLS_msn=1&_HLS_part=4294967296", Err(BadQuery::Number("_HLS_part")));
        check("_HLS_msn=1&_HLS_msn=1", Err(BadQuery::Twice("_HLS_msn")));
        check("_HLS_skip=NO", Err(BadQuery::Skip));
        check(&"a".repeat(513), Err(BadQuery::TooLong));
    }

    #[test]
    fn requests_wait_for_what_they_ask() {
        let open = Edge { msn: 10, parts: 3, complete: false, ended: false, advance_parts: 6 };
        let closed = Edge { complete: true, ..open };
        let over = Edge { ended: true, ..closed };
        let check = |edge: Edge, msn, part, expected| {
            let reload = Reload { msn, part, skip: false };
            assert_eq!(edge.ready(&reload), expected, "{reload:?} at {edge:?}");
        };
        check(open, None, None, Readiness::Now);
        check(open, Some(9), None, Readiness::Now);
        check(open, Some(10), None, Readiness::Wait);
        check(open, Some(12), None, Readiness::Wait);
        check(open, Some(13), None, Readiness::TooFar);
        check(open, Some(u64::MAX), Some(0), Readiness::TooFar);
        check(open, Some(10), Some(2), Readiness::Now);
        check(open, Some(10), Some(3), Readiness::Wait);
        check(open, Some(10), Some(8), Readiness::Wait);
        check(open, Some(10), Some(9), Readiness::TooFar);
        check(open, Some(9), Some(99), Readiness::Now);
        check(open, Some(11), Some(0), Readiness::Wait);
        check(open, Some(11), Some(6), Readiness::TooFar);
        check(closed, Some(10), None, Readiness::Now);
        check(closed, Some(10), Some(3), Readiness::Wait);
        check(closed, Some(11), Some(0), Readiness::Wait);
        check(over, Some(99), Some(9), Readiness::Now);
    }
}
