//! Signing in and out, and the first admin link.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::response::{AppendHeaders, IntoResponse};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::clock;
use crate::errors::{ApiResult, Code, ErrorBody};
use crate::http::body::Body;
use crate::people::{Caller, Role, SESSION_COOKIE, User, UserChange, cookie, set_cookie};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    name: String,
    #[schema(format = Password)]
    password: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Setup {
    /// From the admin link that the first start prints.
    token: String,
    name: String,
    #[schema(format = Password)]
    password: String,
}

/// Who is signed in.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionView {
    user: Account,
    /// Goes into the header `x-csrf-token` of every request that changes something.
    csrf: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Account {
    name: String,
    roles: Vec<Role>,
    /// The host that this account is.
    host: Option<String>,
    /// The brand that this account manages.
    brand: Option<String>,
}

impl From<&User> for Account {
    fn from(user: &User) -> Self {
        Self {
            name: user.name.clone(),
            roles: user.roles.clone(),
            host: user.host.clone(),
            brand: user.brand.clone(),
        }
    }
}

/// Sign in with name and password.
#[utoipa::path(post, path = "/session", tag = "people", request_body = SignIn,
    responses((status = 200, body = SessionView), (status = "default", body = ErrorBody)))]
pub(crate) async fn sign_in(
    State(app): State<Arc<App>>,
    caller: SignInCaller,
    Body(ask): Body<SignIn>,
) -> ApiResult<impl IntoResponse> {
    let from = caller.from.to_string();
    let (secret, session) =
        app.people.sign_in(&ask.name, &ask.password, &from, clock::now()).await?;
    let user = app.people.users.get(&session.user).ok_or(Code::Internal)?;
    Ok(opened(&app, &secret, &user, session.csrf, caller.https))
}

/// Who is signed in.
#[utoipa::path(get, path = "/session", tag = "people",
    responses((status = 200, body = SessionView), (status = "default", body = ErrorBody)))]
pub(crate) async fn who(caller: Caller) -> ApiResult<Json<SessionView>> {
    let user = Account::from(&**caller.signed_in()?);
    Ok(Json(SessionView {
        user,
        csrf: caller.session.as_ref().map(|session| session.csrf.clone()),
    }))
}

/// Sign out.
#[utoipa::path(delete, path = "/session", tag = "people",
    responses((status = 204), (status = "default", body = ErrorBody)))]
pub(crate) async fn sign_out(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: axum::http::HeaderMap,
) -> ApiResult<impl IntoResponse> {
    if let Some(secret) = cookie(&headers, SESSION_COOKIE) {
        app.people.sign_out(secret).await?;
        app.rooms.close_without_right();
    }
    let gone = set_cookie(SESSION_COOKIE, "", 0, caller.https);
    Ok((axum::http::StatusCode::NO_CONTENT, AppendHeaders([(SET_COOKIE, gone)])))
}

/// Make the first operator with the admin link that the first start printed.
#[utoipa::path(post, path = "/setup", tag = "people", request_body = Setup,
    responses((status = 200, body = SessionView), (status = "default", body = ErrorBody)))]
pub(crate) async fn setup(
    State(app): State<Arc<App>>,
    caller: SignInCaller,
    Body(ask): Body<Setup>,
) -> ApiResult<impl IntoResponse> {
    let first = app.setup_link.check(&ask.token).await?;
    let change =
        UserChange { roles: Some(vec![Role::Operator, Role::Producer]), ..UserChange::default() };
    let user = app.people.create(&ask.name, &ask.password, change).await?;
    first.close();
    let (secret, session) = app.people.open_session(&user, clock::now()).await?;
    Ok(opened(&app, &secret, &user, session.csrf, caller.https))
}

fn opened(
    app: &App,
    secret: &str,
    user: &User,
    csrf: String,
    https: bool,
) -> impl IntoResponse + use<> {
    let age_s = i64::from(app.config.people.session_days) * 86_400;
    let header = set_cookie(SESSION_COOKIE, secret, age_s, https);
    (
        AppendHeaders([(SET_COOKIE, header)]),
        Json(SessionView { user: user.into(), csrf: Some(csrf) }),
    )
}

/// Where a sign-in comes from. It takes no notice of an old session, whose CSRF token the page may have lost.
pub(crate) struct SignInCaller {
    /// Whom the lock-out counts.
    from: std::net::IpAddr,
    https: bool,
}

impl axum::extract::FromRequestParts<Arc<App>> for SignInCaller {
    type Rejection = crate::errors::ApiError;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        app: &Arc<App>,
    ) -> ApiResult<Self> {
        // A foreign page must not sign a visitor in under its own account.
        if !crate::http::same_origin(app, parts) {
            return Err(Code::CsrfRejected.into());
        }
        let peer = crate::http::peer(app, &parts.extensions, &parts.headers);
        Ok(Self { from: peer.sender(), https: app.config.https() || peer.https })
    }
}
