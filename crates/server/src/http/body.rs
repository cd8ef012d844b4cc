//! Bodies and queries as typed values, with refusals from the one table.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Bytes, HttpBody};
use axum::extract::{FromRequest, FromRequestParts, Query, Request, rejection::JsonRejection};
use axum::http::request::Parts;
use http_body::{Frame, SizeHint};
use serde::de::DeserializeOwned;

use crate::errors::{ApiError, Code};

/// A JSON body.
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        match axum::Json::<T>::from_request(request, state).await {
            Ok(axum::Json(value)) => Ok(Self(value)),
            Err(JsonRejection::MissingJsonContentType(_)) => Err(Code::UnsupportedType.into()),
            Err(JsonRejection::BytesRejection(error)) if error.status().as_u16() == 413 => {
                Err(Code::TooLarge.into())
            }
            Err(JsonRejection::BytesRejection(_)) => Err(Code::BadRequest.into()),
            Err(error) => Err(ApiError::about(Code::BadJson, reason(&error))),
        }
    }
}

/// A query string.
pub(crate) struct Params<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let query = Query::<T>::from_request_parts(parts, state).await;
        query
            .map(|Query(value)| Self(value))
            .map_err(|error| ApiError::about(Code::BadQuery, reason(&error)))
    }
}

/// What the parser says, without the layers around it.
fn reason(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

/// A body that is written while it is sent, in pieces from a bounded channel.
pub(crate) struct Pieces(tokio::sync::mpsc::Receiver<Bytes>);

impl Pieces {
    pub(crate) fn new(pieces: tokio::sync::mpsc::Receiver<Bytes>) -> Self {
        Self(pieces)
    }
}

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.0.poll_recv(cx).map(|piece| piece.map(|bytes| Ok(Frame::data(bytes))))
    }
}

/// A body made of parts that are there already; nothing is copied together.
pub(crate) struct Chain(std::collections::VecDeque<Bytes>);

impl Chain {
    pub(crate) fn new(parts: impl IntoIterator<Item = Bytes>) -> Self {
        Self(parts.into_iter().collect())
    }
}

impl HttpBody for Chain {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(self.0.pop_front().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.iter().map(|part| part.len() as u64).sum())
    }
}
