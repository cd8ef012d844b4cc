//! Erasing what somebody wrote or is called. The log keeps its references and commitments, whose salts go with the words,
//! so it is as whole as before and says nothing of them.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use store::{Batch, OrderQuery, StoreError, TextChange};
use units::{OrderId, TextId, ViewerId};
use utoipa::ToSchema;

use crate::app::App;
use crate::docs::commit;
use crate::errors::{ApiResult, Code, ErrorBody};
use crate::http::body::Path;
use crate::people::Caller;

/// Texts erased in one batch.
const TURN_MAX: usize = 500;

/// What was erased.
#[derive(Serialize, ToSchema)]
pub(crate) struct ErasedView {
    /// Orders that had a name and a contact and have none any more.
    orders: u64,
}

/// Erase name and contact of an order's buyer, in all orders that were placed with this contact. It cannot be taken back.
#[utoipa::path(delete, path = "/orders/{id}/contact", tag = "orders",
    responses((status = 200, body = ErasedView), (status = "default", body = ErrorBody)))]
pub(crate) async fn contact(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> ApiResult<Json<ErasedView>> {
    caller.operator()?;
    let id: OrderId = id.parse().map_err(|_| Code::UnknownOrder)?;
    let reader = Arc::clone(&app);
    let found = tokio::task::spawn_blocking(move || contacts_of_buyer(&reader, id));
    let found: Vec<TextId> =
        found.await.map_err(|_| Code::Internal)??.ok_or(Code::UnknownOrder)?.into_iter().collect();
    for turn in found.chunks(TURN_MAX) {
        let texts = turn.iter().map(|id| TextChange::Erase(*id)).collect();
        commit(&*app.store, Batch { texts, ..Batch::default() }).await?;
    }
    Ok(Json(ErasedView { orders: found.len() as u64 }))
}

/// The contacts that are still there of everybody who is the same buyer as an order's; `None` without such an order.
fn contacts_of_buyer(app: &App, id: OrderId) -> Result<Option<BTreeSet<TextId>>, StoreError> {
    let Some(order) = app.store.order(id)? else { return Ok(None) };
    let mut found = BTreeSet::new();
    let mut failed = None;
    store::each_order(&*app.store, &OrderQuery::default(), &mut |stored| {
        if stored.row.buyer != order.row.buyer {
            return ControlFlow::Continue(());
        }
        if let Some(contact) = stored.row.contact {
            match app.store.text(contact) {
                Ok(Some(_)) => drop(found.insert(contact)),
                Ok(None) => {}
                Err(error) => {
                    failed = Some(error);
                    return ControlFlow::Break(());
                }
            }
        }
        ControlFlow::Continue(())
    })?;
    failed.map_or(Ok(Some(found)), Err)
}

/// Erase all that a viewer has said, in every show: on disk, in the rooms' history, and on screens. It cannot be taken back.
#[utoipa::path(delete, path = "/viewers/{viewer}/chat", tag = "room",
    responses((status = 204), (status = "default", body = ErrorBody)))]
pub(crate) async fn chat(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(viewer): Path<String>,
) -> ApiResult<StatusCode> {
    caller.operator()?;
    let viewer: ViewerId = viewer.parse().map_err(|_| Code::NotFound)?;
    app.rooms.erase(viewer).await?;
    Ok(StatusCode::NO_CONTENT)
}
