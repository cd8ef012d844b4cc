//! How hosts and brands stand and why, and their appeals. Hosts see their own, operators see all and decide.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::Reader;
use utoipa::{IntoParams, ToSchema};

use crate::analysis::aside;
use crate::analysis::standing::{Appeal, Decided, Kind, NoStanding, Record, day};
use crate::app::{App, text};
use crate::clock;
use crate::errors::{ApiError, ApiResult, Code, ErrorBody};
use crate::http::body::{Body, Params, Path};
use crate::people::{Caller, Role};

/// Characters of a reason at most.
const REASON_MAX: usize = 2000;
/// Appeals of one host or brand that wait at once.
const OPEN_MAX: usize = 20;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct StandingOf {
    /// `host` (when absent) or `brand`.
    #[serde(default)]
    #[param(inline)]
    kind: Kind,
}

/// One standing in the list.
#[derive(Serialize, ToSchema)]
pub(crate) struct StandingRow {
    kind: Kind,
    /// Name in addresses.
    host: String,
    name: String,
    /// Score, interval, dimensions, pieces of evidence each with its effect, assumptions.
    #[schema(value_type = Object)]
    standing: Value,
}

/// One standing with what stands beside it.
#[derive(Serialize, ToSchema)]
pub(crate) struct StandingView {
    #[serde(flatten)]
    row: StandingRow,
    /// Points for breaches: what was given, what decayed, what was earned back.
    #[schema(value_type = Object)]
    ledger: Value,
    /// The newest first.
    appeals: Vec<AppealView>,
}

/// An objection to a piece of evidence.
#[derive(Serialize, ToSchema)]
pub(crate) struct AppealView {
    id: String,
    /// The piece of evidence.
    of: String,
    by: String,
    reason: String,
    state: AppealState,
    asked_at: String,
    decided_at: Option<String>,
    /// What the operator answered.
    answer: Option<String>,
}

/// Where an appeal stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AppealState {
    /// Nobody has decided.
    Open,
    /// The evidence counts no more.
    Upheld,
    /// The evidence stays.
    Refused,
}

impl From<&Appeal> for AppealView {
    fn from(appeal: &Appeal) -> Self {
        let decided = appeal.decided.as_ref();
        Self {
            id: appeal.id.clone(),
            of: appeal.of.clone(),
            by: appeal.by.clone(),
            reason: appeal.reason.clone(),
            state: match decided.map(|decided| decided.upheld) {
                None => AppealState::Open,
                Some(true) => AppealState::Upheld,
                Some(false) => AppealState::Refused,
            },
            asked_at: appeal.asked_at.rfc3339(),
            decided_at: text(decided.map(|decided| decided.at)),
            answer: decided.map(|decided| decided.reason.clone()),
        }
    }
}

/// How everybody stands.
#[utoipa::path(get, path = "/standing", tag = "standing", params(StandingOf),
    responses((status = 200, body = Vec<StandingRow>), (status = "default", body = ErrorBody)))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Params(ask): Params<StandingOf>,
) -> ApiResult<Json<Vec<StandingRow>>> {
    caller.operator()?;
    let named: Vec<(String, String)> = match ask.kind {
        Kind::Host => {
            app.catalogue.hosts.all().iter().map(|it| (it.slug.clone(), it.name.clone())).collect()
        }
        Kind::Brand => {
            app.catalogue.brands.all().iter().map(|it| (it.slug.clone(), it.name.clone())).collect()
        }
    };
    let views = views(&app, ask.kind, named).await?;
    Ok(Json(views.into_iter().map(|view| view.row).collect()))
}

/// How one host or brand stands, and why.
#[utoipa::path(get, path = "/standing/{slug}", tag = "standing", params(StandingOf),
    responses((status = 200, body = StandingView), (status = "default", body = ErrorBody)))]
pub(crate) async fn one(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(slug): Path<String>,
    Params(ask): Params<StandingOf>,
) -> ApiResult<Json<StandingView>> {
    may_see(&caller, ask.kind, &slug)?;
    Ok(Json(view(&app, ask.kind, slug).await?))
}

/// Hosts see their own, brand managers their brand's, operators all.
fn may_see(caller: &Caller, kind: Kind, slug: &str) -> ApiResult<()> {
    let user = caller.with_role(&[Role::Operator, Role::Host, Role::BrandManager])?;
    let own = match kind {
        Kind::Host => user.has(Role::Host) && user.host.as_deref() == Some(slug),
        Kind::Brand => user.has(Role::BrandManager) && user.brand.as_deref() == Some(slug),
    };
    if own || user.has(Role::Operator) { Ok(()) } else { Err(Code::Forbidden.into()) }
}

async fn view(app: &App, kind: Kind, slug: String) -> ApiResult<StandingView> {
    let name = match kind {
        Kind::Host => app.catalogue.hosts.get(&slug).map(|host| host.name.clone()),
        Kind::Brand => app.catalogue.brands.get(&slug).map(|brand| brand.name.clone()),
    };
    let unknown = match kind {
        Kind::Host => Code::UnknownHost,
        Kind::Brand => Code::UnknownBrand,
    };
    let name = name.ok_or_else(|| ApiError::about(unknown, &slug))?;
    let mut views = views(app, kind, vec![(slug, name)]).await?;
    views.pop().ok_or_else(|| Code::Internal.into())
}

async fn views(
    app: &App,
    kind: Kind,
    named: Vec<(String, String)>,
) -> ApiResult<Vec<StandingView>> {
    let appeals: Vec<Appeal> = app.appeals.all().iter().map(|it| Appeal::clone(it)).collect();
    let (store, today) = (Arc::clone(&app.store), day(clock::now()));
    let turn = Arc::clone(&app.standings).lock_owned().await;
    let work = aside("standing", turn, move || {
        let record = Record::read(&*store as &dyn Reader).map_err(NoStanding::from)?;
        let norms = record.norms(kind)?;
        let views: Result<Vec<StandingView>, NoStanding> = named
            .into_iter()
            .map(|(slug, name)| {
                let (standing, ledger) = record.standing(kind, &slug, &norms, &appeals, today)?;
                let mine = appeals.iter().filter(|it| it.kind == kind && it.slug == slug);
                let mut mine: Vec<&Appeal> = mine.collect();
                mine.sort_by_key(|appeal| std::cmp::Reverse(appeal.asked_at));
                Ok(StandingView {
                    appeals: mine.into_iter().map(AppealView::from).collect(),
                    ledger: serde_json::to_value(ledger).unwrap_or_default(),
                    row: StandingRow {
                        kind,
                        host: slug,
                        name,
                        standing: serde_json::to_value(standing).unwrap_or_default(),
                    },
                })
            })
            .collect();
        Ok(views?)
    });
    work.await?.map_err(|error| match error.downcast::<NoStanding>() {
        Ok(NoStanding::Store(error)) => error.into(),
        Ok(NoStanding::Standing(error)) => ApiError::about(Code::CannotTell, error.to_string()),
        Err(error) => internal(error),
    })
}

fn internal(error: anyhow::Error) -> ApiError {
    tracing::error!(%error, "standing");
    Code::Internal.into()
}

/// An objection.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AppealAsk {
    /// The id of the piece of evidence.
    of: String,
    /// Why it should not count.
    reason: String,
}

/// Object to a piece of evidence: the host, the brand, or an operator for them.
#[utoipa::path(post, path = "/standing/{slug}/appeals", tag = "standing", params(StandingOf), request_body = AppealAsk,
    responses((status = 201, body = StandingView), (status = "default", body = ErrorBody)))]
pub(crate) async fn appeal(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(slug): Path<String>,
    Params(of): Params<StandingOf>,
    Body(ask): Body<AppealAsk>,
) -> ApiResult<(StatusCode, Json<StandingView>)> {
    may_see(&caller, of.kind, &slug)?;
    let reason = reason(&ask.reason)?;
    let mine = app.appeals.all();
    let mine: Vec<_> = mine.iter().filter(|it| it.kind == of.kind && it.slug == slug).collect();
    if mine.iter().any(|appeal| appeal.of == ask.of) {
        return Err(ApiError::about(Code::AlreadyExists, "this piece was appealed before"));
    }
    if mine.iter().filter(|appeal| appeal.decided.is_none()).count() >= OPEN_MAX {
        return Err(ApiError::about(Code::TooManyRequests, "as many appeals wait as may wait"));
    }
    let store = Arc::clone(&app.store);
    let turn = Arc::clone(&app.standings).lock_owned().await;
    let (whose, piece) = (slug.clone(), ask.of.clone());
    let holds = aside("standing", turn, move || {
        Ok(Record::read(&*store as &dyn Reader)?.holds(of.kind, &whose, &piece))
    });
    if !holds.await?.map_err(internal)? {
        return Err(ApiError::about(Code::UnknownEvidence, ask.of));
    }
    let id = Appeal::key(of.kind, &slug, &ask.of);
    let appeal = Appeal {
        id: id.clone(),
        kind: of.kind,
        slug: slug.clone(),
        of: ask.of,
        by: caller.signed_in()?.name.clone(),
        reason,
        asked_at: clock::now(),
        decided: None,
    };
    app.appeals.insert(&id, appeal).await?;
    Ok((StatusCode::CREATED, Json(view(&app, of.kind, slug).await?)))
}

/// What an operator decides.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecisionAsk {
    /// Whether the evidence counts no more.
    upheld: bool,
    /// Why, for the one who asked.
    reason: String,
}

/// Decide about an appeal; once.
#[utoipa::path(post, path = "/standing/{slug}/appeals/{id}/decision", tag = "standing", params(StandingOf),
    request_body = DecisionAsk,
    responses((status = 200, body = StandingView), (status = "default", body = ErrorBody)))]
pub(crate) async fn decide(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((slug, id)): Path<(String, String)>,
    Params(of): Params<StandingOf>,
    Body(ask): Body<DecisionAsk>,
) -> ApiResult<Json<StandingView>> {
    let user = Arc::clone(caller.operator()?);
    let reason = reason(&ask.reason)?;
    let known = app.appeals.get(&id).ok_or_else(|| ApiError::about(Code::UnknownAppeal, &id))?;
    let (store, judge) = (Arc::clone(&app.store), Arc::clone(&user));
    let concerns = move || known.concerns(&judge, &*store as &dyn Reader);
    if tokio::task::spawn_blocking(concerns).await.map_err(|_| Code::Internal)?? {
        let says =
            "whoever asked, or confirmed the incident, does not decide: another operator does";
        return Err(ApiError::about(Code::Forbidden, says));
    }
    let by = user.name.clone();
    let of_this = |appeal: &Appeal| appeal.kind == of.kind && appeal.slug == slug;
    app.appeals
        .update(&id, Code::UnknownAppeal, |appeal| {
            if !of_this(appeal) {
                return Err(ApiError::about(Code::UnknownAppeal, &id));
            }
            if appeal.decided.is_some() {
                return Err(Code::AppealDecided.into());
            }
            let decided = Decided { upheld: ask.upheld, by, reason, at: clock::now() };
            Ok(Appeal { decided: Some(decided), ..appeal.clone() })
        })
        .await?;
    Ok(Json(view(&app, of.kind, slug).await?))
}

fn reason(text: &str) -> ApiResult<String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > REASON_MAX {
        return Err(ApiError::about(Code::InvalidField, "reason: 1 to 2000 characters"));
    }
    Ok(text.to_owned())
}
