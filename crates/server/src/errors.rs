//! The one table of refusals: code, status, message, hint. Every answer that is not a success comes from here.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

macro_rules! refusals {
    ($($name:ident $code:literal $status:literal $message:literal $hint:literal;)+) => {
        /// Why a request was refused.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(crate) enum Code { $(#[doc = $message] $name,)+ }

        impl Code {
            /// Every code, in the order of the table.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The stable name, the HTTP status, the message and the hint.
            #[must_use]
            pub(crate) const fn row(self) -> (&'static str, u16, &'static str, &'static str) {
                match self { $(Self::$name => ($code, $status, $message, $hint),)+ }
            }
        }
    };
}

refusals! {
    // what was sent
    BadRequest "bad_request" 400 "the request could not be read" "compare it with /api/v1/openapi.json";
    BadJson "bad_json" 400 "the body is not the JSON that this call takes" "compare it with /api/v1/openapi.json";
    BadQuery "bad_query" 400 "the query is not valid" "compare it with /api/v1/openapi.json";
    BadCsv "bad_csv" 400 "the file is not a product CSV" "export products as CSV from Shopify, or copy its header line";
    InvalidField "invalid_field" 422 "a field has a value that cannot be used" "the message names the field";
    TooLarge "too_large" 413 "the body is larger than this call takes" "send less at once";
    UnsupportedType "unsupported_type" 415 "the content type is not one that this call takes" "send application/json, or text/csv where the call says so";
    MethodNotAllowed "method_not_allowed" 405 "this address does not take that method" "see /api/v1/openapi.json";
    NotFound "not_found" 404 "there is nothing at this address" "check the address";
    Timeout "timeout" 408 "the request took too long to arrive" "send it again";
    // who asks
    NotSignedIn "not_signed_in" 401 "you are not signed in" "sign in at /ops, or send an API token as a bearer";
    BadCredentials "bad_credentials" 401 "name or password is wrong" "try again, or ask an operator for a new password";
    BadToken "bad_token" 401 "the API token is not valid" "an operator can make a new one in /ops";
    LockedOut "locked_out" 429 "too many wrong passwords" "wait as long as Retry-After says";
    Forbidden "forbidden" 403 "your roles do not allow this" "ask an operator";
    CsrfRejected "csrf_rejected" 403 "the request did not come from this site's own page" "reload the page and try again";
    SetupClosed "setup_closed" 403 "the admin link was used already or is not the newest" "sign in, or read the newest link in the server's output";
    WeakPassword "weak_password" 422 "the password is too short" "use 12 characters or more";
    // what is there
    UnknownShow "unknown_show" 404 "there is no show of this name" "see /api/v1/front";
    UnknownHost "unknown_host" 404 "there is no host of this name" "see the hosts in /ops";
    UnknownBrand "unknown_brand" 404 "there is no brand of this name" "create the brand first";
    UnknownProduct "unknown_product" 404 "there is no product with this SKU" "see the products in /ops";
    UnknownUser "unknown_user" 404 "there is no user of this name" "see the users in /ops";
    UnknownOrder "unknown_order" 404 "there is no such order, or it is not yours" "orders are shown to the device that placed them";
    UnknownAction "unknown_action" 404 "there is no such action in this show" "see the show's actions";
    UnknownOffer "unknown_offer" 404 "this product is not offered in this show" "see the show's offers";
    UnknownMessage "unknown_message" 404 "there is no such message" "it may be gone already";
    UnknownIncident "unknown_incident" 404 "there is no such incident" "see the show's incidents";
    ClipGone "clip_gone" 410 "the sound of this incident is no longer in memory" "what was stopped is in a sealed clip; what aired is in the recording";
    IncidentDecided "incident_decided" 409 "somebody has decided about this incident already" "act on the program instead: mute, cut, undo";
    UnknownEvidence "unknown_evidence" 404 "there is no such piece of evidence" "see the standing";
    UnknownAppeal "unknown_appeal" 404 "there is no such appeal" "see the standing";
    AppealDecided "appeal_decided" 409 "this appeal was decided already" "load the standing again";
    AnalysisRuns "analysis_runs" 409 "an analysis is running" "wait for it, or stop it";
    NoAnalysis "no_analysis" 409 "nothing was analysed since the server started" "an operator can compute exposure in /ops";
    CannotTell "cannot_tell" 422 "the data do not answer this" "the message says why";
    UnknownSeal "unknown_seal" 404 "there is no such sealed clip" "see the show's sealed clips";
    SealExpired "seal_expired" 410 "the sealed clip has expired" "its key is gone; nobody can open it";
    AlreadyExists "already_exists" 409 "the name is taken" "choose another";
    Changed "changed" 409 "somebody changed this at the same time" "load it again and repeat your change";
    // the show
    NotPlanned "not_planned" 409 "the show has started or ended already" "plan a new show";
    AlreadyLive "already_live" 409 "the show is live already" "there is nothing to do";
    AlreadyEnded "already_ended" 409 "the show has been ended already" "plan a new show";
    PlanFixed "plan_fixed" 409 "this part of the plan cannot change any more" "the message names the field";
    NotLive "not_live" 409 "the show is not live" "start it first";
    ShowEnded "show_ended" 409 "the show has ended" "see /api/v1/front for what is on";
    HostBusy "host_busy" 409 "the host has a live show already" "end that show first";
    HostSuspended "host_suspended" 409 "the host is suspended" "an operator can lift it in /ops";
    NotOnAir "not_on_air" 404 "this show has not been on air yet" "wait until the host streams and the delay has passed";
    GoneFromWindow "gone_from_window" 404 "this part is no longer kept" "load the playlist again";
    NotYet "not_yet" 400 "the playlist is asked for too far ahead" "ask for the next part at most";
    // the program
    AlreadyAired "already_aired" 409 "that moment has aired and cannot be stopped any more" "choose a moment that is still in the delay";
    EmptyInterval "empty_interval" 422 "the interval ends before it begins" "from must be before to";
    TooFarAhead "too_far_ahead" 422 "the interval begins too far in the future" "act when the moment is near";
    UndoExpired "undo_expired" 409 "all of it has aired and cannot be undone" "act again on what is still in the delay";
    NotUndoable "not_undoable" 409 "this action is not undone but resumed" "use resume";
    StandbyNotReady "standby_not_ready" 409 "the standby feed cannot take over" "the message says why";
    NoProgram "no_program" 409 "the show has no program yet" "it begins when the host streams";
    NothingToResume "nothing_to_resume" 409 "nothing is stopped" "there is nothing to do";
    NothingWaits "nothing_waits" 409 "nothing waits in the delay" "there is nothing to dump";
    InPanic "in_panic" 409 "a panic is on already" "resume first";
    TooManyActions "too_many_actions" 409 "too many actions are open" "undo or resume some first";
    BadDelay "bad_delay" 422 "the delay is 0 to 60 seconds" "choose a value in that range";
    // buying
    KeyMissing "key_missing" 422 "the Idempotency-Key header is missing" "send a fresh random key with each order, and the same key when you retry";
    KeyReused "key_reused" 422 "this Idempotency-Key was used for another order" "use a fresh key for a new order";
    SoldOut "sold_out" 409 "sold out" "watch for unpaid orders that expire";
    PriceChanged "price_changed" 409 "the price is another now" "show the buyer the new price and ask again";
    LimitReached "limit_reached" 409 "the limit per buyer is reached" "order less";
    OfferExists "offer_exists" 409 "the show offers this product already" "change the offer instead";
    TooManyOffers "too_many_offers" 409 "the show has as many offers as a show may have" "remove one first";
    BadWindow "bad_window" 422 "the window closes before it opens" "check both times";
    BadPrice "bad_price" 422 "the price cannot be used" "a price is zero or more and not astronomical";
    CurrencyMixed "currency_mixed" 422 "the offer's other prices have another currency" "use the same currency";
    BadQuantity "bad_quantity" 422 "the quantity cannot be ordered" "order at least one, and not more than the message says";
    NotSelling "not_selling" 409 "this offer does not sell yet" "wait until it opens on the picture";
    StockTooHigh "stock_too_high" 422 "the stock would be larger than can be counted" "check the number";
    BadSetting "bad_setting" 422 "a setting is outside its range" "the message names it";
    OrderExists "order_exists" 409 "the order's id is taken" "send it again";
    OfferClosed "offer_closed" 409 "this offer is not open at the moment" "see the offer's window";
    SaleFrozen "sale_frozen" 409 "the sale is paused while the show is interrupted" "try again when the show goes on";
    NotReserved "order_not_reserved" 409 "the order is not waiting for payment" "load the order again";
    NotPaid "order_not_paid" 409 "only a paid order can be refunded" "load the order again";
    StockTooLow "stock_too_low" 409 "there is not that much unsold stock" "load the product again";
    QueueFull "queue_full" 429 "too many orders at this moment" "send the same order with the same key after Retry-After";
    TooManyRequests "too_many_requests" 429 "too many requests" "wait as long as Retry-After says";
    TooManyConnections "too_many_connections" 429 "too many connections from your address" "close some of them and try again";
    // talking
    Banned "banned" 403 "you cannot write in this room" "the show's team decided so";
    TimedOut "timed_out" 429 "you cannot write for a while" "wait as long as Retry-After says";
    SlowMode "slow_mode" 429 "slow mode is on" "wait a moment before the next message";
    LockedDown "locked_down" 403 "the room is closed for messages at the moment" "it opens again when the team says so";
    MessageTooLong "message_too_long" 422 "the message is too long" "300 characters at most";
    MessageEmpty "message_empty" 422 "the message is empty" "write something";
    // the machine
    StoreUnavailable "store_unavailable" 503 "the server cannot write at the moment; nothing was changed" "try again: the same Idempotency-Key is safe";
    Busy "busy" 503 "the server is too busy for this" "try again in a moment";
    Internal "internal" 500 "something went wrong on the server" "the server's log says what";
}

impl Code {
    /// The code of a domain rejection by its stable name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.row().0 == name)
    }
}

/// A refusal on its way to the client.
#[derive(Debug, Clone)]
pub(crate) struct ApiError {
    pub(crate) code: Code,
    detail: Option<String>,
    retry_after_ms: Option<i64>,
    extra: Option<serde_json::Value>,
}

/// Result of an API call.
pub(crate) type ApiResult<T> = Result<T, ApiError>;

/// What a refusal looks like.
#[derive(Serialize, ToSchema)]
pub(crate) struct ErrorBody {
    error: ErrorText,
}

/// Code, message and hint of a refusal.
#[derive(Serialize, ToSchema)]
pub(crate) struct ErrorText {
    /// Stable name, such as `sold_out`.
    code: &'static str,
    /// What went wrong, in a sentence.
    message: String,
    /// What to do next.
    hint: &'static str,
    /// What belongs to this code, such as the new price.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<serde_json::Value>,
}

impl ApiError {
    /// Says which field or thing is meant.
    pub(crate) fn about(code: Code, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..Self::from(code) }
    }
    pub(crate) fn retry_after_ms(mut self, ms: i64) -> Self {
        self.retry_after_ms = Some(ms);
        self
    }
    pub(crate) fn with(mut self, extra: serde_json::Value) -> Self {
        self.extra = Some(extra);
        self
    }
    /// The refusal as a room tells it to one viewer.
    pub(crate) fn room_message(&self) -> String {
        let (code, _, _, hint) = self.code.row();
        let mut message = serde_json::json!({"type": "refused", "code": code, "message": self.message(), "hint": hint});
        if let Some(ms) = self.retry_after_ms {
            message["retry_after_ms"] = ms.into();
        }
        message.to_string()
    }

    /// The body of the answer as text.
    pub(crate) fn body(&self) -> String {
        let (code, _, _, hint) = self.code.row();
        let error = ErrorText { code, message: self.message(), hint, detail: self.extra.clone() };
        serde_json::to_string(&ErrorBody { error }).unwrap_or_default()
    }

    /// The message with its detail.
    pub(crate) fn message(&self) -> String {
        let (_, _, message, _) = self.code.row();
        match &self.detail {
            Some(detail) => format!("{message}: {detail}"),
            None => message.to_owned(),
        }
    }
}

impl From<Code> for ApiError {
    fn from(code: Code) -> Self {
        Self { code, detail: None, retry_after_ms: None, extra: None }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (code, status, _, hint) = self.code.row();
        let message = self.message();
        let body = ErrorBody { error: ErrorText { code, message, hint, detail: self.extra } };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(body)).into_response();
        let retry_ms =
            self.retry_after_ms.or((status == StatusCode::SERVICE_UNAVAILABLE).then_some(1000));
        if let Some(ms) = retry_ms {
            let seconds = ms.max(1).div_euclid(1000) + i64::from(ms.max(1) % 1000 > 0);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        // The rest of such a body is not read, so the connection ends: a client must not send its next request on it.
        if matches!(self.code, Code::TooLarge | Code::Timeout) {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_unique_and_says_what_to_do() {
        let mut seen = std::collections::HashSet::new();
        for code in Code::ALL {
            let (name, status, message, hint) = code.row();
            assert!(seen.insert(name), "{name} twice");
            assert!((400..=599).contains(&status), "{name}");
            assert!(!message.ends_with('.') && !hint.ends_with('.'), "{name}");
            assert!(message.chars().next().is_some_and(char::is_lowercase), "{name}");
            assert_eq!(Code::named(name), Some(*code));
        }
    }
}
