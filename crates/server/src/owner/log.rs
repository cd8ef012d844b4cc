//! Reading a stream's log: its entries, and the state that they make.

use show::decider::Decider;
use show::entry::{Entry, Rebuild};
use store::{StoreError, StreamId};

/// Records read at once when a stream is rebuilt.
const PAGE: usize = 500;

/// Reads a stream from `from_seq` to its end.
pub(super) fn read_entries<D: Decider>(
    store: &dyn store::Reader,
    stream: &StreamId,
    from_seq: u64,
) -> Result<Vec<Entry<D>>, StoreError> {
    let mut all = Vec::new();
    each_entry::<D>(store, stream, from_seq, &mut |entry| {
        all.push(entry);
        Ok(())
    })?;
    Ok(all)
}

/// Rebuilds a stream's state by folding its log.
pub(crate) fn rebuild<D: Decider>(
    store: &dyn store::Reader,
    stream: &StreamId,
) -> Result<Rebuild<D>, StoreError> {
    let mut rebuild = Rebuild::default();
    each_entry::<D>(store, stream, 1, &mut |entry| {
        rebuild
            .push(&entry)
            .map_err(|error| StoreError::Corrupt { what: format!("{stream}: {error}") })
    })?;
    Ok(rebuild)
}

/// Each entry of a stream from `from_seq` to its end.
pub(crate) fn each_entry<D: Decider>(
    store: &dyn store::Reader,
    stream: &StreamId,
    from_seq: u64,
    each: &mut dyn FnMut(Entry<D>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut next = from_seq;
    loop {
        let records = store.read_log(stream, next, PAGE)?;
        if records.is_empty() {
            return Ok(());
        }
        for record in &records {
            for bytes in record.entries()? {
                if bytes.seq < next {
                    continue;
                }
                let entry: Entry<D> = serde_json::from_slice(&bytes.body).map_err(|error| {
                    StoreError::Corrupt { what: format!("{stream} entry {}: {error}", bytes.seq) }
                })?;
                each(entry)?;
                next = bytes.seq + 1;
            }
        }
    }
}
