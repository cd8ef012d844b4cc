//! Who sends a request: somebody signed in, a bearer of an API token, or a device that watches.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::{AUTHORIZATION, COOKIE, ORIGIN};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, Method};

use super::device::{self, Device};
use super::{Credential, Role, Session, User};
use crate::app::App;
use crate::clock;
use crate::errors::{ApiError, ApiResult, Code};
use crate::secrets::same;

/// Name of the session cookie.
pub(crate) const SESSION_COOKIE: &str = "rl_session";
const CSRF_HEADER: &str = "x-csrf-token";
/// Sent by our own pages; no foreign page can send it without a preflight, which is refused.
const PAGE_HEADER: &str = "x-ringlight";

/// Whoever sends the request.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) user: Option<Arc<User>>,
    pub(crate) session: Option<Arc<Session>>,
    /// By what `user` is signed in.
    pub(crate) credential: Option<Credential>,
    pub(crate) device: Option<Device>,
    /// Whom limits per address count.
    pub(crate) sender: IpAddr,
    /// The client's side is HTTPS, so cookies are for HTTPS only.
    pub(crate) https: bool,
}

impl Caller {
    /// Reads who it is from the headers, and refuses what did not come from our own pages.
    pub(crate) fn of(
        app: &App,
        method: &Method,
        headers: &HeaderMap,
        extensions: &Extensions,
    ) -> ApiResult<Self> {
        let now = clock::now();
        let device = cookie(headers, device::COOKIE)
            .and_then(|token| Device::from_token(token, &app.secrets));
        let peer = crate::http::peer(app, extensions, headers);
        let mut caller = Self {
            user: None,
            session: None,
            credential: None,
            device,
            sender: peer.sender(),
            https: app.config.https() || peer.https,
        };
        if let Some(bearer) = headers.get(AUTHORIZATION) {
            let token = bearer.to_str().ok().and_then(|value| value.strip_prefix("Bearer "));
            let credential = token.map(|token| app.people.by_token(token.trim()));
            let user = credential.as_ref().and_then(|by| app.people.holder(by, now));
            caller.user = Some(user.ok_or(Code::BadToken)?);
            caller.credential = credential;
            return Ok(caller);
        }
        let unsafe_method = !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
        let signed_in = cookie(headers, SESSION_COOKIE).and_then(|secret| {
            let credential = app.people.by_cookie(secret);
            let user = app.people.holder(&credential, now)?;
            Some((app.people.session(secret)?, user, credential))
        });
        if let Some((session, user, credential)) = signed_in {
            let sent = headers.get(CSRF_HEADER).map(|value| value.as_bytes());
            let fits = sent.is_some_and(|sent| same(sent, session.csrf.as_bytes()));
            if unsafe_method && !fits {
                return Err(Code::CsrfRejected.into());
            }
            caller.user = Some(user);
            caller.session = Some(session);
            caller.credential = Some(credential);
        } else if unsafe_method
            && device.is_some()
            && headers.contains_key(ORIGIN)
            && !headers.contains_key(PAGE_HEADER)
        {
            return Err(Code::CsrfRejected.into());
        }
        Ok(caller)
    }

    /// The account, or 401.
    pub(crate) fn signed_in(&self) -> ApiResult<&Arc<User>> {
        self.user.as_ref().ok_or_else(|| Code::NotSignedIn.into())
    }

    /// The account if it has one of these roles, else 401 or 403.
    pub(crate) fn with_role(&self, roles: &[Role]) -> ApiResult<&Arc<User>> {
        let user = self.signed_in()?;
        if roles.iter().any(|role| user.has(*role)) {
            Ok(user)
        } else {
            Err(Code::Forbidden.into())
        }
    }

    pub(crate) fn operator(&self) -> ApiResult<&Arc<User>> {
        self.with_role(&[Role::Operator])
    }

    /// Who may act on the program: producers and operators.
    pub(crate) fn producer(&self) -> ApiResult<&Arc<User>> {
        self.with_role(&[Role::Producer, Role::Operator])
    }

    /// A producer, an operator, or the account of this host.
    pub(crate) fn crew_of(&self, host: &str) -> ApiResult<&Arc<User>> {
        let user = self.signed_in()?;
        if user.is_crew_of(host) { Ok(user) } else { Err(Code::Forbidden.into()) }
    }
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        Self::of(app, &parts.method, &parts.headers, &parts.extensions)
    }
}

/// The value of a cookie.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

/// The header that sets a cookie; an empty value removes it.
pub(crate) fn set_cookie(name: &str, value: &str, max_age_s: i64, https: bool) -> String {
    let secure = if https { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age_s}{secure}")
}
