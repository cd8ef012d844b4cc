//! Accounts in the store: users, their sessions and their API tokens.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::rand_core::OsRng;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use serde::{Deserialize, Serialize};
use store::Store;
use units::{Duration, Timestamp, TokenId, UserId};

use super::Role;
use crate::config;
use crate::docs::Docs;
use crate::errors::{ApiError, ApiResult, Code};
use crate::http::limits::Lockout;
use crate::mint;
use crate::secrets::Secrets;

/// Password checks at once: each takes a core for some tens of milliseconds and 19 MiB.
const CHECKS_AT_ONCE: usize = 2;
/// Password checks that wait for their turn; one more is refused.
const CHECKS_WAITING_MAX: usize = 64;
const PASSWORD_MAX: usize = 256;
const NAME_MAX: usize = 64;
const TOKENS_PER_USER_MAX: usize = 50;
/// Open sessions of one user; a further one ends the one that would end first.
const SESSIONS_PER_USER_MAX: usize = 50;

/// An account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) id: UserId,
    pub(crate) name: String,
    pub(crate) roles: Vec<Role>,
    /// PHC string; argon2id.
    password: String,
    #[serde(default)]
    pub(crate) disabled: bool,
    pub(crate) host: Option<String>,
    pub(crate) brand: Option<String>,
}

impl User {
    pub(crate) fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Sits at the desk and moderates: producers and operators.
    pub(crate) fn produces(&self) -> bool {
        self.has(Role::Producer) || self.has(Role::Operator)
    }

    /// Produces, or is this host.
    pub(crate) fn is_crew_of(&self, host: &str) -> bool {
        self.produces() || (self.has(Role::Host) && self.host.as_deref() == Some(host))
    }
}

/// A signed-in browser; its key is the keyed hash of the cookie.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Session {
    pub(crate) user: String,
    pub(crate) csrf: String,
    pub(crate) expires_at: Timestamp,
}

/// An API token; its key is the keyed hash of the token.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Token {
    pub(crate) id: TokenId,
    pub(crate) user: String,
    pub(crate) label: String,
    pub(crate) created_at: Timestamp,
}

/// By what somebody is signed in: the key of a session's row or of a token's.
#[derive(Clone)]
pub(crate) enum Credential {
    Session(String),
    Token(String),
}

/// What an account may be changed to.
#[derive(Default)]
pub(crate) struct UserChange {
    pub(crate) roles: Option<Vec<Role>>,
    pub(crate) password: Option<String>,
    pub(crate) disabled: Option<bool>,
    pub(crate) host: Option<Option<String>>,
    pub(crate) brand: Option<Option<String>>,
}

/// All accounts.
pub(crate) struct People {
    pub(crate) users: Docs<User>,
    sessions: Docs<Session>,
    tokens: Docs<Token>,
    secrets: Secrets,
    settings: config::People,
    lockout: Lockout,
    checks: Arc<tokio::sync::Semaphore>,
    /// Places in the queue for a check, those being checked included.
    places: Arc<tokio::sync::Semaphore>,
    /// Compared against when there is no such user, so that the time taken does not tell.
    decoy: String,
}

impl People {
    pub(crate) fn load(
        store: &Arc<dyn Store>,
        secrets: &Secrets,
        settings: &config::People,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            users: Docs::load("user", store)?,
            sessions: Docs::load("session", store)?,
            tokens: Docs::load("token", store)?,
            secrets: secrets.clone(),
            settings: settings.clone(),
            lockout: Lockout::new(settings.login_attempts, settings.lockout_minutes),
            checks: Arc::new(tokio::sync::Semaphore::new(CHECKS_AT_ONCE)),
            places: Arc::new(tokio::sync::Semaphore::new(CHECKS_AT_ONCE + CHECKS_WAITING_MAX)),
            decoy: hash_password(&mint::secret(""))?,
        })
    }

    /// Adds an account.
    pub(crate) async fn create(
        &self,
        name: &str,
        password: &str,
        change: UserChange,
    ) -> ApiResult<Arc<User>> {
        let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '@');
        if name.is_empty() || name.len() > NAME_MAX || !name.chars().all(fits) {
            return Err(ApiError::about(Code::InvalidField, "name: letters, digits, and - _ . @"));
        }
        let user = User {
            id: UserId(mint::uuid()),
            name: name.to_owned(),
            roles: sorted(change.roles.unwrap_or_default()),
            password: self.hashed(password).await?,
            disabled: false,
            host: change.host.flatten(),
            brand: change.brand.flatten(),
        };
        self.users.insert(name, user).await
    }

    /// Changes an account. Its sessions end when its password or roles change or it is disabled.
    pub(crate) async fn change(&self, name: &str, change: UserChange) -> ApiResult<Arc<User>> {
        let password = match &change.password {
            Some(password) => Some(self.hashed(password).await?),
            None => None,
        };
        let ends_sessions =
            password.is_some() || change.disabled == Some(true) || change.roles.is_some();
        let user = self
            .users
            .update(name, Code::UnknownUser, |old| {
                let mut user = old.clone();
                user.roles = sorted(change.roles.unwrap_or(user.roles));
                user.password = password.unwrap_or(user.password);
                user.disabled = change.disabled.unwrap_or(user.disabled);
                user.host = change.host.unwrap_or(user.host);
                user.brand = change.brand.unwrap_or(user.brand);
                Ok(user)
            })
            .await?;
        if ends_sessions {
            self.end_sessions(name).await?;
        }
        Ok(user)
    }

    /// Checks a password and opens a session; answers the cookie's value with it.
    pub(crate) async fn sign_in(
        &self,
        name: &str,
        password: &str,
        from: &str,
        now: Timestamp,
    ) -> ApiResult<(String, Session)> {
        // A name that no account can have is not worth remembering.
        if name.len() > NAME_MAX {
            return Err(Code::BadCredentials.into());
        }
        let wait = |ms| ApiError::from(Code::LockedOut).retry_after_ms(ms);
        self.lockout.attempt(from, now).map_err(wait)?;
        self.lockout.attempt(name, now).map_err(|ms| {
            self.lockout.forgive(from);
            wait(ms)
        })?;
        let user = self.users.get(name).filter(|user| !user.disabled);
        let hash = user.as_ref().map_or_else(|| self.decoy.clone(), |user| user.password.clone());
        let right = match self.verify(password, hash).await {
            Ok(right) => right,
            Err(error) => {
                self.lockout.forgive(name);
                self.lockout.forgive(from);
                return Err(error);
            }
        };
        let Some(user) = user.filter(|_| right) else { return Err(Code::BadCredentials.into()) };
        self.lockout.succeeded(name);
        self.lockout.forgive(from);
        let (secret, session) = self.open_session(&user, now).await?;
        // The password may have been changed while the old one was checked; its change has ended all sessions but this.
        let stands = |now: &User| !now.disabled && now.password == user.password;
        if self.users.get(name).is_none_or(|now| !stands(&now)) {
            self.sign_out(&secret).await?;
            return Err(Code::BadCredentials.into());
        }
        Ok((secret, session))
    }

    /// Opens a session for somebody who has proved who they are.
    pub(crate) async fn open_session(
        &self,
        user: &User,
        now: Timestamp,
    ) -> ApiResult<(String, Session)> {
        let secret = mint::secret("rls_");
        let expires_at = now + Duration::from_s(i64::from(self.settings.session_days) * 86_400);
        let session = Session { user: user.name.clone(), csrf: mint::secret(""), expires_at };
        if let Some(first) = self
            .sessions
            .surplus(SESSIONS_PER_USER_MAX, |s| (s.user == user.name).then_some(s.expires_at))
        {
            self.sessions.remove(&first).await?;
        }
        self.sessions.insert(&self.key("session", &secret), session.clone()).await?;
        Ok((secret, session))
    }

    /// Who is signed in by this, for as long as it is good for that.
    pub(crate) fn holder(&self, credential: &Credential, now: Timestamp) -> Option<Arc<User>> {
        let name = match credential {
            Credential::Session(key) => {
                self.sessions.get(key).filter(|session| now < session.expires_at)?.user.clone()
            }
            Credential::Token(key) => self.tokens.get(key)?.user.clone(),
        };
        self.users.get(&name).filter(|user| !user.disabled)
    }

    /// What a cookie is good for.
    pub(crate) fn by_cookie(&self, secret: &str) -> Credential {
        Credential::Session(self.key("session", secret))
    }

    /// What an API token is good for.
    pub(crate) fn by_token(&self, secret: &str) -> Credential {
        Credential::Token(self.key("token", secret))
    }

    /// The session that a cookie opens.
    pub(crate) fn session(&self, secret: &str) -> Option<Arc<Session>> {
        self.sessions.get(&self.key("session", secret))
    }

    pub(crate) async fn sign_out(&self, secret: &str) -> ApiResult<()> {
        self.sessions.remove(&self.key("session", secret)).await
    }

    /// Who an actor of the log is, for people.
    pub(crate) fn name_of(&self, actor: &show::Actor) -> String {
        match actor {
            show::Actor::User { id } => self
                .users
                .find(|user| user.id == *id)
                .map_or_else(|| id.to_string(), |user| user.name.clone()),
            show::Actor::Host { host } => host.to_string(),
            show::Actor::Rule { rule } => rule.clone(),
            show::Actor::System => "server".to_owned(),
        }
    }

    pub(crate) fn tokens_of(&self, name: &str) -> Vec<Arc<Token>> {
        self.tokens.all().into_iter().filter(|token| token.user == name).collect()
    }

    /// Adds an API token with a given or a minted secret; answers the secret, which is not kept.
    pub(crate) async fn add_token(
        &self,
        name: &str,
        label: &str,
        secret: Option<&str>,
        now: Timestamp,
    ) -> ApiResult<(String, Arc<Token>)> {
        if self.tokens_of(name).len() >= TOKENS_PER_USER_MAX {
            return Err(ApiError::about(Code::InvalidField, "a user has 50 tokens at most"));
        }
        let secret = secret.map_or_else(|| mint::secret("rl_"), str::to_owned);
        let key = self.key("token", &secret);
        // The same token for the same user is there already: a bootstrap file that was broken off is applied once more.
        if let Some(known) = self.tokens.get(&key).filter(|token| token.user == name) {
            return Ok((secret, known));
        }
        let token = Token {
            id: TokenId(mint::uuid()),
            user: name.to_owned(),
            label: label.to_owned(),
            created_at: now,
        };
        let token = self.tokens.insert(&key, token).await.map_err(|error| match error.code {
            // The key of the row is no name that anybody chose.
            Code::AlreadyExists => {
                ApiError::about(Code::AlreadyExists, "another user has this token")
            }
            _ => error,
        })?;
        Ok((secret, token))
    }

    pub(crate) async fn remove_token(&self, name: &str, id: TokenId) -> ApiResult<()> {
        let key = self.tokens.key_of(|token| token.user == name && token.id == id);
        self.tokens.remove(&key.ok_or(Code::NotFound)?).await
    }

    /// Forgets sessions that have expired.
    pub(crate) async fn prune(&self, now: Timestamp) -> ApiResult<()> {
        while let Some(key) = self.sessions.key_of(|session| session.expires_at <= now) {
            self.sessions.remove(&key).await?;
        }
        Ok(())
    }

    async fn end_sessions(&self, name: &str) -> ApiResult<()> {
        while let Some(key) = self.sessions.key_of(|session| session.user == name) {
            self.sessions.remove(&key).await?;
        }
        Ok(())
    }

    /// Whether anybody can run the platform.
    pub(crate) fn has_operator(&self) -> bool {
        self.users.find(|user| user.has(Role::Operator) && !user.disabled).is_some()
    }

    async fn hashed(&self, password: &str) -> ApiResult<String> {
        let length = password.chars().count();
        if length < self.settings.password_min || password.len() > PASSWORD_MAX {
            return Err(Code::WeakPassword.into());
        }
        let password = password.to_owned();
        self.in_turn(move || hash_password(&password)).await?.map_err(|_| Code::Internal.into())
    }

    async fn verify(&self, password: &str, hash: String) -> ApiResult<bool> {
        if password.len() > PASSWORD_MAX {
            return Ok(false);
        }
        let password = password.to_owned();
        self.in_turn(move || {
            PasswordHash::new(&hash).is_ok_and(|hash| {
                Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
            })
        })
        .await
    }

    /// Runs slow hashing off the runtime's threads, a few at a time. The turn ends with the work, not with its caller.
    async fn in_turn<R: Send + 'static>(
        &self,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> ApiResult<R> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| Code::Busy)?;
        let turn = Arc::clone(&self.checks).acquire_owned().await.map_err(|_| Code::Busy)?;
        let work = move || {
            let _held = (place, turn);
            work()
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| Code::Internal.into())
    }

    fn key(&self, purpose: &str, secret: &str) -> String {
        self.secrets.hash_hex(purpose, secret.as_bytes())
    }
}

fn sorted(mut roles: Vec<Role>) -> Vec<Role> {
    roles.sort_unstable();
    roles.dedup();
    roles
}

fn hash_password(password: &str) -> anyhow::Result<String> {
    let salt = SaltString::generate(&mut OsRng);
    let hash = Argon2::default().hash_password(password.as_bytes(), &salt);
    Ok(hash.map_err(|error| anyhow::anyhow!("argon2: {error}"))?.to_string())
}
