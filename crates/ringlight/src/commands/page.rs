//! Results as a page in one file, for those who would rather look than read.

use insight::exposure::report::Report;
use insight::plan::{FrontierFile, PlanFile};
use insight::recovery::Recovery;
use serde::Serialize;

/// Said where there is no page.
pub(crate) const NOT_BUILT: &str =
    "no report.html: this ringlight was built without its web part; `make build` builds both";

/// What the page shows.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Page<'a> {
    Exposure { report: &'a Report },
    Plan { plan: &'a PlanFile, frontier: &'a FrontierFile },
    Recovery { recovery: &'a Recovery },
}

/// The page, where the web part was built.
pub(crate) fn of(page: &Page<'_>) -> serde_json::Result<Option<String>> {
    Ok(webui::report(&serde_json::to_string(page)?))
}
