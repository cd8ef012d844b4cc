//! Small tables that fit in memory: read from there, written through to the store, never ahead of it.
//! Accounts, sessions, hosts, brands, products and plans of shows live here.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use serde::Serialize;
use serde::de::DeserializeOwned;
use store::{Batch, DocChange, Expect, Store, StoreError, Table};

use crate::errors::{ApiError, ApiResult, Code};

/// One table with its rows in memory.
pub(crate) struct Docs<T> {
    table: Table<T>,
    store: Arc<dyn Store>,
    rows: RwLock<BTreeMap<String, (u64, Arc<T>)>>,
    /// Changes of one table go one after the other, so that none is decided on what another is changing.
    writing: tokio::sync::Mutex<()>,
}

impl<T: Serialize + DeserializeOwned> Docs<T> {
    /// Loads a table; blocks on the disk.
    pub(crate) fn load(name: &'static str, store: &Arc<dyn Store>) -> Result<Self, StoreError> {
        let table = Table::new(name);
        let all = table.all(&**store)?;
        let rows =
            all.into_iter().map(|doc| (doc.key, (doc.version, Arc::new(doc.value)))).collect();
        Ok(Self {
            table,
            store: Arc::clone(store),
            rows: RwLock::new(rows),
            writing: tokio::sync::Mutex::default(),
        })
    }

    pub(crate) fn get(&self, key: &str) -> Option<Arc<T>> {
        self.read().get(key).map(|(_, value)| Arc::clone(value))
    }

    pub(crate) fn all(&self) -> Vec<Arc<T>> {
        self.read().values().map(|(_, value)| Arc::clone(value)).collect()
    }

    pub(crate) fn find(&self, fits: impl Fn(&T) -> bool) -> Option<Arc<T>> {
        self.read().values().map(|(_, value)| value).find(|value| fits(value)).cloned()
    }

    /// The key of the first row that fits.
    pub(crate) fn key_of(&self, fits: impl Fn(&T) -> bool) -> Option<String> {
        self.read().iter().find(|(_, (_, value))| fits(value)).map(|(key, _)| key.clone())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.read().is_empty()
    }

    /// The row with the least rank, once `max` rows have one.
    pub(crate) fn surplus<R: Ord>(
        &self,
        max: usize,
        rank: impl Fn(&T) -> Option<R>,
    ) -> Option<String> {
        let rows = self.read();
        let ranked: Vec<(R, &String)> =
            rows.iter().filter_map(|(key, (_, value))| Some((rank(value)?, key))).collect();
        if ranked.len() < max {
            return None;
        }
        ranked.into_iter().min().map(|(_, key)| key.clone())
    }

    /// Adds a row; refused when the key is taken.
    pub(crate) async fn insert(&self, key: &str, value: T) -> ApiResult<Arc<T>> {
        let _turn = self.writing.lock().await;
        if self.read().contains_key(key) {
            return Err(ApiError::about(Code::AlreadyExists, key));
        }
        self.write(key, value, Expect::Absent, 1).await
    }

    /// Adds a row that `commits` writes with what belongs to it; refused when the key is taken.
    pub(crate) async fn insert_with<F>(
        &self,
        key: &str,
        value: T,
        commits: impl FnOnce(DocChange) -> F,
    ) -> ApiResult<Arc<T>>
    where
        F: Future<Output = ApiResult<()>>,
    {
        let _turn = self.writing.lock().await;
        if self.read().contains_key(key) {
            return Err(ApiError::about(Code::AlreadyExists, key));
        }
        commits(self.table.change(key, &value, Expect::Absent)?).await?;
        let value = Arc::new(value);
        let mut rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        rows.insert(key.to_owned(), (1, Arc::clone(&value)));
        Ok(value)
    }

    /// Adds or replaces many rows in one batch; says which were new.
    pub(crate) async fn put_all(&self, values: Vec<(String, T)>) -> ApiResult<Vec<bool>> {
        let _turn = self.writing.lock().await;
        let (mut rows, mut new) = (BTreeMap::new(), Vec::with_capacity(values.len()));
        for (key, value) in values {
            let known = self.read().get(&key).map(|(version, _)| *version);
            // Of two values for one key the later one stands.
            new.push(known.is_none() && !rows.contains_key(&key));
            rows.insert(key, (known, Arc::new(value)));
        }
        let mut batch = Batch::default();
        for (key, (known, value)) in &rows {
            let expect = known.map_or(Expect::Absent, Expect::Version);
            batch.docs.extend(self.table.change(key, value, expect));
        }
        commit(&*self.store, batch).await?;
        let mut all = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        all.extend(
            rows.into_iter().map(|(key, (known, value))| (key, (known.unwrap_or(0) + 1, value))),
        );
        Ok(new)
    }

    /// Changes a row by what `change` makes of it; `unknown` is the refusal when there is none.
    pub(crate) async fn update(
        &self,
        key: &str,
        unknown: Code,
        change: impl FnOnce(&T) -> ApiResult<T>,
    ) -> ApiResult<Arc<T>> {
        let _turn = self.writing.lock().await;
        let (version, old) =
            self.read().get(key).cloned().ok_or_else(|| ApiError::about(unknown, key))?;
        self.write(key, change(&old)?, Expect::Version(version), version + 1).await
    }

    /// Removes a row; nothing happens when there is none.
    pub(crate) async fn remove(&self, key: &str) -> ApiResult<()> {
        let _turn = self.writing.lock().await;
        if !self.read().contains_key(key) {
            return Ok(());
        }
        commit(&*self.store, self.table.remove(key, Expect::Any).into()).await?;
        self.rows.write().unwrap_or_else(PoisonError::into_inner).remove(key);
        Ok(())
    }

    async fn write(&self, key: &str, value: T, expect: Expect, version: u64) -> ApiResult<Arc<T>> {
        let change = self.table.change(key, &value, expect)?;
        commit(&*self.store, change.into()).await?;
        let value = Arc::new(value);
        let mut rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        rows.insert(key.to_owned(), (version, Arc::clone(&value)));
        Ok(value)
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, BTreeMap<String, (u64, Arc<T>)>> {
        self.rows.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Submits a batch and waits until it is synced.
pub(crate) async fn commit(
    store: &dyn Store,
    batch: Batch,
) -> Result<store::Committed, StoreError> {
    let (send, receive) = tokio::sync::oneshot::channel();
    store.submit(batch).on_done(move |answer| {
        let _ = send.send(answer);
    });
    receive.await.unwrap_or(Err(StoreError::Unavailable { why: store::Outage::Stopped }))
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy => Self::from(Code::Busy),
            StoreError::Unavailable { why } => Self::about(Code::StoreUnavailable, why.to_string()),
            StoreError::Conflict { .. } | StoreError::WrongSeq { .. } => Self::from(Code::Changed),
            error => {
                tracing::error!(%error, "store");
                Self::from(Code::Internal)
            }
        }
    }
}
