//! Which incidents: what was asked, held to what the caller may see.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use show::sentinel::{IncidentState, Verdict};
use store::{MAX_PAGE, Reader, StoreError, Versioned};
use units::{IncidentId, Timestamp};
use utoipa::IntoParams;

use crate::errors::{ApiError, ApiResult, Code};
use crate::people::{Caller, Role};
use crate::shows::cases::{CASES, Case};

/// Which incidents. What is absent or empty does not narrow.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct CaseFilter {
    /// Of this host.
    host: Option<String>,
    /// Of this show.
    show: Option<String>,
    /// Whose gravest or other rule is this.
    rule: Option<String>,
    /// `open`, `confirmed`, `dismissed` or `withdrawn`.
    state: Option<String>,
    /// `right`, `wrong`, `late`, or `none` for those without a verdict.
    verdict: Option<String>,
    /// From this time on, RFC 3339.
    from: Option<String>,
    /// Before this time, RFC 3339.
    to: Option<String>,
    /// Older than this incident: `next` of the page before.
    before: Option<String>,
    /// Incidents on a page, 1 to 200; 50 when absent.
    pub(super) limit: Option<usize>,
}

/// A filter that is checked.
pub(super) struct Which {
    host: Option<String>,
    show: Option<String>,
    rule: Option<String>,
    state: Option<IncidentState>,
    verdict: Option<Option<Verdict>>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    before: Option<IncidentId>,
}

/// What matches.
pub(super) struct Found {
    /// Newest first.
    pub(super) cases: Vec<Case>,
    /// All that match, on whatever page.
    pub(super) total: usize,
    /// There are older ones.
    pub(super) more: bool,
}

impl CaseFilter {
    /// Checks it; hosts are held to their own incidents.
    pub(super) fn which(&self, caller: &Caller) -> ApiResult<Which> {
        let given = |field: &Option<String>| field.clone().filter(|text| !text.is_empty());
        let user = caller.with_role(&[Role::Producer, Role::Operator, Role::Host])?;
        let mut host = given(&self.host);
        if !user.produces() {
            let own = user.host.clone().ok_or(Code::Forbidden)?;
            if host.is_some_and(|host| host != own) {
                return Err(Code::Forbidden.into());
            }
            host = Some(own);
        }
        let verdict = match given(&self.verdict).as_deref() {
            Some("none") => Some(None),
            Some(text) => Some(Some(named("verdict", text, "right, wrong, late or none")?)),
            None => None,
        };
        let state = given(&self.state);
        let state = state
            .map(|text| named("state", &text, "open, confirmed, dismissed or withdrawn"))
            .transpose()?;
        let before = given(&self.before).map(|text| text.parse::<IncidentId>());
        Ok(Which {
            host,
            show: given(&self.show),
            rule: given(&self.rule),
            state,
            verdict,
            from: time("from", given(&self.from))?,
            to: time("to", given(&self.to))?,
            before: before.transpose().map_err(|_| invalid("before", "an incident's id"))?,
        })
    }
}

fn invalid(field: &str, wanted: &str) -> ApiError {
    ApiError::about(Code::InvalidField, format!("{field}: {wanted}"))
}

fn named<T: DeserializeOwned>(field: &str, text: &str, wanted: &str) -> ApiResult<T> {
    serde_json::from_value(text.into()).map_err(|_| invalid(field, wanted))
}

fn time(field: &str, text: Option<String>) -> ApiResult<Option<Timestamp>> {
    let parse = |text: String| {
        Timestamp::parse_rfc3339(&text)
            .ok_or_else(|| invalid(field, "a time such as 2026-11-22T20:00:00Z"))
    };
    text.map(parse).transpose()
}

impl Which {
    /// Whether a show is among those that are asked for.
    pub(super) fn is_of(&self, show: &str, host: &str) -> bool {
        self.show.as_deref().is_none_or(|it| it == show)
            && self.host.as_deref().is_none_or(|it| it == host)
    }

    /// A stretch of time as far as it is asked for.
    pub(super) fn span(&self, start: Timestamp, end: Timestamp) -> [Timestamp; 2] {
        let from = self.from.map_or(start, |from| from.max(start));
        [from, self.to.map_or(end, |to| to.min(end))]
    }

    fn fits(&self, case: &Case) -> bool {
        let incident = &case.incident;
        let rule = |rule: &String| incident.rule == *rule || incident.also.contains(rule);
        self.is_of(&case.show, &case.host)
            && self.rule.as_ref().is_none_or(rule)
            && self.state.is_none_or(|state| incident.state == state)
            && self.verdict.is_none_or(|verdict| incident.verdict == verdict)
            && self.from.is_none_or(|from| from <= incident.at)
            && self.to.is_none_or(|to| incident.at < to)
    }

    /// Each that matches, whatever page it stands on. Blocks on the disk.
    pub(super) fn each(
        &self,
        reader: &dyn Reader,
        each: &mut dyn FnMut(Case),
    ) -> Result<(), StoreError> {
        let mut after: Option<String> = None;
        loop {
            let page = self.page(reader, after.as_deref())?;
            after = page.last().map(|last| last.key.clone());
            let over = page.len() < MAX_PAGE;
            page.into_iter()
                .map(|row| row.value)
                .filter(|case| self.fits(case))
                .for_each(&mut *each);
            if over {
                return Ok(());
            }
        }
    }

    fn page(
        &self,
        reader: &dyn Reader,
        after: Option<&str>,
    ) -> Result<Vec<Versioned<Case>>, StoreError> {
        match (&self.show, &self.host) {
            (Some(show), _) => CASES.list_by(reader, "show", show, after, MAX_PAGE),
            (None, Some(host)) => CASES.list_by(reader, "host", host, after, MAX_PAGE),
            (None, None) => CASES.list(reader, "", after, MAX_PAGE),
        }
    }

    /// The newest that match, at most `limit`. Blocks on the disk.
    pub(super) fn find(&self, reader: &dyn Reader, limit: usize) -> ApiResult<Found> {
        let place = |case: &Case| (case.incident.at, case.incident.id);
        let before = match self.before {
            Some(id) => {
                let row = CASES.get(reader, &id.to_string())?;
                Some(place(
                    &row.ok_or_else(|| invalid("before", "there is no such incident"))?.value,
                ))
            }
            None => None,
        };
        let (mut cases, mut total): (Vec<Case>, usize) = (Vec::new(), 0);
        self.each(reader, &mut |case| {
            total += 1;
            if before.is_none_or(|before| place(&case) < before) {
                cases.push(case);
            }
            // What is too old for the page is let go from time to time, so that a long history takes no memory.
            if cases.len() >= 2 * limit + MAX_PAGE {
                newest(&mut cases, limit + 1);
            }
        })?;
        newest(&mut cases, limit + 1);
        let more = cases.len() > limit;
        cases.truncate(limit);
        Ok(Found { cases, total, more })
    }
}

fn newest(cases: &mut Vec<Case>, limit: usize) {
    cases.sort_unstable_by_key(|case| std::cmp::Reverse((case.incident.at, case.incident.id)));
    cases.truncate(limit);
}
