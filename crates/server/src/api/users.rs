//! Accounts and their API tokens, for operators.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use units::TokenId;
use utoipa::ToSchema;

use crate::app::App;
use crate::clock;
use crate::errors::{ApiError, ApiResult, Code, ErrorBody};
use crate::http::body::{Body, Path};
use crate::people::{Caller, Role, User, UserChange};

const LABEL_MAX: usize = 100;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUser {
    name: String,
    password: String,
    roles: Vec<Role>,
    host: Option<String>,
    brand: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangedUser {
    roles: Option<Vec<Role>>,
    password: Option<String>,
    disabled: Option<bool>,
    /// An empty text means none.
    host: Option<String>,
    /// An empty text means none.
    brand: Option<String>,
}

/// An account as operators see it.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserView {
    name: String,
    roles: Vec<Role>,
    disabled: bool,
    host: Option<String>,
    brand: Option<String>,
}

impl From<&User> for UserView {
    fn from(user: &User) -> Self {
        Self {
            name: user.name.clone(),
            roles: user.roles.clone(),
            disabled: user.disabled,
            host: user.host.clone(),
            brand: user.brand.clone(),
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewToken {
    /// What it is for.
    label: String,
}

/// An API token; `token` is there only in the answer that makes it.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenView {
    #[schema(value_type = String)]
    id: TokenId,
    label: String,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

/// All accounts.
#[utoipa::path(get, path = "/users", tag = "people",
    responses((status = 200, body = [UserView]), (status = "default", body = ErrorBody)))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> ApiResult<Json<Vec<UserView>>> {
    caller.operator()?;
    Ok(Json(app.people.users.all().iter().map(|user| UserView::from(&**user)).collect()))
}

/// Add an account.
#[utoipa::path(post, path = "/users", tag = "people", request_body = NewUser,
    responses((status = 201, body = UserView), (status = "default", body = ErrorBody)))]
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(ask): Body<NewUser>,
) -> ApiResult<(StatusCode, Json<UserView>)> {
    caller.operator()?;
    known(&app, ask.host.as_deref(), ask.brand.as_deref())?;
    let change = UserChange {
        roles: Some(ask.roles),
        host: Some(ask.host),
        brand: Some(ask.brand),
        ..UserChange::default()
    };
    let user = app.people.create(&ask.name, &ask.password, change).await?;
    Ok((StatusCode::CREATED, Json(UserView::from(&*user))))
}

/// Change an account. A new password or other roles end its sessions.
#[utoipa::path(patch, path = "/users/{name}", tag = "people", request_body = ChangedUser,
    responses((status = 200, body = UserView), (status = "default", body = ErrorBody)))]
pub(crate) async fn change(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(name): Path<String>,
    Body(ask): Body<ChangedUser>,
) -> ApiResult<Json<UserView>> {
    let operator = caller.operator()?;
    let loses_operator = ask.disabled == Some(true)
        || ask.roles.as_ref().is_some_and(|roles| !roles.contains(&Role::Operator));
    if operator.name == name && loses_operator {
        return Err(ApiError::about(Code::Forbidden, "operators do not lock themselves out"));
    }
    known(&app, ask.host.as_deref(), ask.brand.as_deref())?;
    let or_none =
        |text: Option<String>| text.map(|text| Some(text).filter(|text| !text.is_empty()));
    let change = UserChange {
        roles: ask.roles,
        password: ask.password,
        disabled: ask.disabled,
        host: or_none(ask.host),
        brand: or_none(ask.brand),
    };
    let changed = app.people.change(&name, change).await;
    // Even when the store failed half way: what was taken away is gone.
    app.rooms.close_without_right();
    let user = changed?;
    Ok(Json(UserView::from(&*user)))
}

/// The API tokens of an account, without their secrets.
#[utoipa::path(get, path = "/users/{name}/tokens", tag = "people",
    responses((status = 200, body = [TokenView]), (status = "default", body = ErrorBody)))]
pub(crate) async fn tokens(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(name): Path<String>,
) -> ApiResult<Json<Vec<TokenView>>> {
    caller.operator()?;
    app.people.users.get(&name).ok_or(Code::UnknownUser)?;
    let view = |token: &crate::people::Token| TokenView {
        id: token.id,
        label: token.label.clone(),
        created_at: token.created_at.rfc3339(),
        token: None,
    };
    Ok(Json(app.people.tokens_of(&name).iter().map(|token| view(token)).collect()))
}

/// Make an API token. Its secret is in this answer only.
#[utoipa::path(post, path = "/users/{name}/tokens", tag = "people", request_body = NewToken,
    responses((status = 201, body = TokenView), (status = "default", body = ErrorBody)))]
pub(crate) async fn add_token(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(name): Path<String>,
    Body(ask): Body<NewToken>,
) -> ApiResult<(StatusCode, Json<TokenView>)> {
    caller.operator()?;
    let user = app.people.users.get(&name).ok_or(Code::UnknownUser)?;
    let label = match ask.label.as_str() {
        "" => String::new(),
        label => crate::names::clean_text(label, LABEL_MAX).ok_or_else(|| {
            ApiError::about(Code::InvalidField, format!("label: {LABEL_MAX} characters at most"))
        })?,
    };
    let (secret, token) = app.people.add_token(&user.name, &label, None, clock::now()).await?;
    let view = TokenView {
        id: token.id,
        label: token.label.clone(),
        created_at: token.created_at.rfc3339(),
        token: Some(secret),
    };
    Ok((StatusCode::CREATED, Json(view)))
}

/// Withdraw an API token.
#[utoipa::path(delete, path = "/users/{name}/tokens/{id}", tag = "people",
    responses((status = 204), (status = "default", body = ErrorBody)))]
pub(crate) async fn remove_token(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((name, id)): Path<(String, String)>,
) -> ApiResult<StatusCode> {
    caller.operator()?;
    let id: TokenId = id.parse().map_err(|_| Code::NotFound)?;
    app.people.remove_token(&name, id).await?;
    app.rooms.close_without_right();
    Ok(StatusCode::NO_CONTENT)
}

fn known(app: &App, host: Option<&str>, brand: Option<&str>) -> ApiResult<()> {
    if let Some(host) =
        host.filter(|host| !host.is_empty() && app.catalogue.hosts.get(host).is_none())
    {
        return Err(ApiError::about(Code::UnknownHost, host));
    }
    if let Some(brand) =
        brand.filter(|brand| !brand.is_empty() && app.catalogue.brands.get(brand).is_none())
    {
        return Err(ApiError::about(Code::UnknownBrand, brand));
    }
    Ok(())
}
