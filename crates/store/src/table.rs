//! Documents with a type: JSON in the store, a struct in the program.

use std::borrow::Cow;
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::batch::{DocChange, DocWrite, Expect, IndexEntry};
use crate::traits::{Doc, Reader, Store};
use crate::{Committed, StoreError};

/// A typed view of one table of documents.
pub struct Table<T> {
    name: &'static str,
    index: fn(&T) -> Vec<IndexEntry>,
    of: PhantomData<fn() -> T>,
}

/// A value with its key and version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned<T> {
    /// The key in the table.
    pub key: String,
    /// The version to expect when changing it.
    pub version: u64,
    /// The value.
    pub value: T,
}

impl<T> Table<T> {
    /// A table whose documents are found by key alone.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, index: |_| Vec::new(), of: PhantomData }
    }
    /// A table whose documents are found by `index` too.
    #[must_use]
    pub const fn indexed(name: &'static str, index: fn(&T) -> Vec<IndexEntry>) -> Self {
        Self { name, index, of: PhantomData }
    }
    /// The table's name in the store.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }
    /// The change that removes a document, to be put into a batch.
    #[must_use]
    pub fn remove(&self, key: &str, expect: Expect) -> DocChange {
        DocChange { table: Cow::Borrowed(self.name), key: key.into(), expect, write: None }
    }
    /// Removes a document now; blocks until it is synced.
    pub fn delete(
        &self,
        store: &dyn Store,
        key: &str,
        expect: Expect,
    ) -> Result<Committed, StoreError> {
        store.submit(self.remove(key, expect).into()).wait()
    }
}

impl<T: Serialize> Table<T> {
    /// The change that writes `value`, to be put into a batch.
    pub fn change(&self, key: &str, value: &T, expect: Expect) -> Result<DocChange, StoreError> {
        let body = serde_json::to_vec(value)
            .map_err(|e| StoreError::invalid(format!("{}/{key}: {e}", self.name)))?;
        let write = Some(DocWrite { body, index: (self.index)(value) });
        Ok(DocChange { table: Cow::Borrowed(self.name), key: key.into(), expect, write })
    }
    /// Writes `value` now; blocks until it is synced.
    pub fn put(
        &self,
        store: &dyn Store,
        key: &str,
        value: &T,
        expect: Expect,
    ) -> Result<Committed, StoreError> {
        store.submit(self.change(key, value, expect)?.into()).wait()
    }
}

impl<T: DeserializeOwned> Table<T> {
    /// One value.
    pub fn get(&self, store: &dyn Reader, key: &str) -> Result<Option<Versioned<T>>, StoreError> {
        store.doc(self.name, key)?.map(|doc| self.read(doc)).transpose()
    }
    /// Values whose key starts with `prefix`, by key, after the key `after`, at most `limit`.
    pub fn list(
        &self,
        store: &dyn Reader,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Versioned<T>>, StoreError> {
        let docs = store.docs(self.name, prefix, after, limit)?;
        docs.into_iter().map(|doc| self.read(doc)).collect()
    }
    /// All values, by key, read page by page.
    pub fn all(&self, store: &dyn Reader) -> Result<Vec<Versioned<T>>, StoreError> {
        let mut all: Vec<Versioned<T>> = Vec::new();
        loop {
            let after = all.last().map(|last| last.key.clone());
            let page = self.list(store, "", after.as_deref(), crate::MAX_PAGE)?;
            let last = page.len() < crate::MAX_PAGE;
            all.extend(page);
            if last {
                return Ok(all);
            }
        }
    }
    /// The first value that carries an index entry; the only one when the index is unique.
    pub fn find(
        &self,
        store: &dyn Reader,
        index: &str,
        value: &str,
    ) -> Result<Option<Versioned<T>>, StoreError> {
        let docs = store.docs_by(self.name, index, value, None, 1)?;
        docs.into_iter().next().map(|doc| self.read(doc)).transpose()
    }
    /// Values that carry an index entry, by key, after the key `after`, at most `limit`.
    pub fn list_by(
        &self,
        store: &dyn Reader,
        index: &str,
        value: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Versioned<T>>, StoreError> {
        let docs = store.docs_by(self.name, index, value, after, limit)?;
        docs.into_iter().map(|doc| self.read(doc)).collect()
    }

    fn read(&self, doc: Doc) -> Result<Versioned<T>, StoreError> {
        let Doc { key, version, body } = doc;
        match serde_json::from_slice(&body) {
            Ok(value) => Ok(Versioned { key, version, value }),
            Err(e) => Err(StoreError::corrupt(format!("{}/{key}: {e}", self.name))),
        }
    }
}
