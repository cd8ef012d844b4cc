//! The log: per stream a chain of records, each bound to the one before by its hash.
//!
//! A record is one batch of entries. Its hash is SHA-256 over a tag, the stream, the first and last sequence number,
//! the time of its last entry, the hash before, and the body. [`verify`] walks a chain and names the first record
//! that does not fit. What it can't see: records cut off at the end, and a chain rewritten from some record on by
//! someone who can write the whole database.

use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use units::Timestamp;

use crate::batch::{Append, EntryBytes, StreamId};
use crate::{Reader, StoreError};

/// Tells this chain's hashes from any other use of SHA-256; the number is the record format's.
const TAG: &[u8] = b"ringlight-log-1";
/// How many records `verify` holds at once.
const VERIFY_PAGE: usize = 256;
/// The hash before the first record of a stream.
pub(crate) const GENESIS: [u8; 32] = [0; 32];

/// One batch of entries as the log keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The stream.
    pub stream: StreamId,
    /// The first entry's number.
    pub first_seq: u64,
    /// The last entry's number.
    pub last_seq: u64,
    /// The last entry's time.
    pub at: Timestamp,
    /// The hash of the record before; zero for the first.
    pub prev_hash: [u8; 32],
    /// This record's hash.
    pub hash: [u8; 32],
    /// The entries: a JSON array of `{"seq","at","entry"}`, `at` in microseconds.
    pub body: Vec<u8>,
}

#[derive(Deserialize)]
struct Framed<'a> {
    seq: u64,
    at: Timestamp,
    #[serde(borrow)]
    entry: &'a RawValue,
}

impl Record {
    /// The entries, taken apart. `Corrupt` when the body is not what [`Record::body`] says.
    pub fn entries(&self) -> Result<Vec<EntryBytes>, StoreError> {
        let framed: Vec<Framed<'_>> = serde_json::from_slice(&self.body).map_err(|e| {
            StoreError::corrupt(format!("{} record {}: {e}", self.stream, self.first_seq))
        })?;
        Ok(framed
            .into_iter()
            .map(|f| EntryBytes { seq: f.seq, at: f.at, body: f.entry.get().into() })
            .collect())
    }
}

/// A record that waits for its place in the chain.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) stream: StreamId,
    pub(crate) expected_seq: u64,
    pub(crate) last_seq: u64,
    pub(crate) at: Timestamp,
    pub(crate) body: Vec<u8>,
}

impl Draft {
    /// Writes the body of a checked append.
    pub(crate) fn new(append: Append) -> Self {
        let size: usize = append.entries.iter().map(|e| e.body.len() + 64).sum();
        let mut body = Vec::with_capacity(size);
        let mut head = String::new();
        let (mut last_seq, mut at) = (append.expected_seq, Timestamp::default());
        for entry in &append.entries {
            head.clear();
            let open = if body.is_empty() { '[' } else { ',' };
            // Writing to a String can't fail.
            let _ = write!(head, "{open}{{\"seq\":{},\"at\":{},\"entry\":", entry.seq, entry.at.0);
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(&entry.body);
            body.push(b'}');
            (last_seq, at) = (entry.seq, entry.at);
        }
        body.push(b']');
        Self { stream: append.stream, expected_seq: append.expected_seq, last_seq, at, body }
    }

    /// The record's hash when it follows `prev_hash`.
    pub(crate) fn hash(&self, prev_hash: &[u8; 32]) -> [u8; 32] {
        chain(&self.stream, self.expected_seq + 1, self.last_seq, self.at, prev_hash, &self.body)
    }
}

fn chain(
    stream: &StreamId,
    first_seq: u64,
    last_seq: u64,
    at: Timestamp,
    prev_hash: &[u8; 32],
    body: &[u8],
) -> [u8; 32] {
    let name = stream.as_str().as_bytes();
    Sha256::new()
        .chain_update(TAG)
        .chain_update((name.len() as u64).to_be_bytes())
        .chain_update(name)
        .chain_update(first_seq.to_be_bytes())
        .chain_update(last_seq.to_be_bytes())
        .chain_update(at.0.to_be_bytes())
        .chain_update(prev_hash)
        .chain_update(body)
        .finalize()
        .into()
}

/// What `verify` found to be whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Records in the chain.
    pub records: u64,
    /// The last entry's number; 0 for a stream that is not there.
    pub last_seq: u64,
    /// The last record's hash; to be kept elsewhere by whoever wants to notice a cut tail.
    pub last_hash: [u8; 32],
}

/// The first record that does not fit its chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("stream {stream} is broken at entry {seq}: {why}")]
pub struct Broken {
    /// The stream.
    pub stream: StreamId,
    /// The first entry of the record.
    pub seq: u64,
    /// What does not fit.
    pub why: String,
}

/// Why `verify` did not end well.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The chain is broken.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// The log could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Walks one stream from its first record and recomputes every hash.
pub fn verify(store: &dyn Reader, stream: &StreamId) -> Result<Verified, VerifyError> {
    let mut done = Verified { records: 0, last_seq: 0, last_hash: GENESIS };
    loop {
        // A record that can't be read as one is found one by one, so that it can be named.
        let page = match store.read_log(stream, done.last_seq + 1, VERIFY_PAGE) {
            Err(StoreError::Corrupt { .. }) => store.read_log(stream, done.last_seq + 1, 1),
            page => page,
        };
        let page = match page {
            Err(StoreError::Corrupt { what }) => {
                let seq = done.last_seq + 1;
                return Err(Broken { stream: stream.clone(), seq, why: what }.into());
            }
            page => page?,
        };
        if page.is_empty() {
            return Ok(done);
        }
        for record in &page {
            if let Some(why) = misfit(record, &done) {
                return Err(Broken { stream: stream.clone(), seq: record.first_seq, why }.into());
            }
            done.records += 1;
            (done.last_seq, done.last_hash) = (record.last_seq, record.hash);
        }
    }
}

fn misfit(record: &Record, before: &Verified) -> Option<String> {
    if record.first_seq != before.last_seq + 1 {
        let due = before.last_seq + 1;
        return Some(format!("the record starts at {}, {due} is due", record.first_seq));
    }
    if record.last_seq < record.first_seq {
        return Some("the record ends before it starts".into());
    }
    if record.prev_hash != before.last_hash {
        return Some("the record does not follow the one before it".into());
    }
    let Record { stream, first_seq, last_seq, at, prev_hash, body, .. } = record;
    if chain(stream, *first_seq, *last_seq, *at, prev_hash, body) != record.hash {
        return Some("the record's content does not match its hash".into());
    }
    // The hash fits, so a misfit below is the writer's fault, not tampering; it is still not a sound log.
    match record.entries() {
        Err(error) => Some(error.to_string()),
        Ok(entries) => {
            let sound = entries.iter().map(|e| e.seq).eq(*first_seq..=*last_seq);
            (!sound).then(|| "the entries are not numbered as the record says".into())
        }
    }
}
