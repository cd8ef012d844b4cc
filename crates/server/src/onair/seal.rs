//! What was stopped, kept for those who must look into it: an FLV clip from the key frame before, encrypted with a key
//! of its own that only the data folder's key opens, deleted when it expires.
//!
//! The file is a header and chunks: `RLS1`, u32 length of the header, the header in JSON (whose key is in a box), then per chunk
//! u32 length and XChaCha20-Poly1305 with the chunk's number as its nonce.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use chacha20poly1305::aead::Aead;
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use media::flv::Writer as FlvWriter;
use media::frame::Frame;
use serde::{Deserialize, Serialize};
use store::{Objects, StoreError};
use units::{SealId, Timestamp};

use crate::mint;
use crate::secrets::Secrets;

const MAGIC: &[u8; 4] = b"RLS1";
const PURPOSE: &str = "sealed clip";
/// Bytes of a clip that are encrypted together.
const CHUNK: usize = 256 * 1024;
/// Pieces that wait for the disk; further ones are lost, and the clip says that it is not complete.
const QUEUE_MAX: usize = 64;
/// Bytes of one encrypted piece at most: a chunk, and the frame that filled it.
const PIECE_MAX: u32 = 16 << 20;
/// Bytes of one clip at most; what was stopped after that is not kept.
const CLIP_MAX: u64 = 1 << 30;

#[derive(Serialize, Deserialize)]
struct Header {
    show: String,
    made_at: Timestamp,
    key_box: String,
}

enum Job {
    Begin { id: SealId, show: String, at: Timestamp },
    Bytes { id: SealId, bytes: Vec<u8> },
}

/// Where a clip is kept.
fn key_of(id: SealId) -> String {
    format!("seals/{id}")
}

/// The way to the thread that writes clips.
pub(super) struct Sealer {
    queue: SyncSender<Job>,
}

/// One clip that is being made.
pub(super) struct Clip {
    pub(super) id: SealId,
    flv: FlvWriter,
    waiting: Vec<u8>,
    bytes: u64,
    pub(super) complete: bool,
}

impl Sealer {
    pub(super) fn start(objects: Arc<dyn Objects>, secrets: Secrets) -> std::io::Result<Self> {
        let (queue, jobs) = sync_channel(QUEUE_MAX);
        std::thread::Builder::new()
            .name("sealer".into())
            .spawn(move || run(&jobs, &*objects, &secrets))?;
        Ok(Self { queue })
    }

    pub(super) fn begin(&self, show: &str, at: Timestamp) -> Clip {
        let id = SealId(mint::uuid());
        let complete = self.queue.try_send(Job::Begin { id, show: show.to_owned(), at }).is_ok();
        Clip { id, flv: FlvWriter::new(), waiting: Vec::new(), bytes: 0, complete }
    }

    pub(super) fn frame(&self, clip: &mut Clip, frame: &Frame) {
        if clip.bytes >= CLIP_MAX {
            clip.complete = false;
            return;
        }
        clip.flv.frame(frame);
        clip.waiting.extend_from_slice(&clip.flv.take());
        if clip.waiting.len() >= CHUNK {
            self.flush(clip);
        }
    }

    pub(super) fn flush(&self, clip: &mut Clip) {
        if clip.waiting.is_empty() {
            return;
        }
        let bytes = std::mem::take(&mut clip.waiting);
        clip.bytes += bytes.len() as u64;
        clip.complete &= self.queue.try_send(Job::Bytes { id: clip.id, bytes }).is_ok();
    }
}

fn run(jobs: &Receiver<Job>, objects: &dyn Objects, secrets: &Secrets) {
    let mut open: Option<(SealId, XChaCha20Poly1305, u64)> = None;
    let mut others = std::collections::HashMap::new();
    while let Ok(job) = jobs.recv() {
        let done = match job {
            Job::Begin { id, show, at } => {
                if let Some((id, cipher, next)) = open.take() {
                    others.insert(id, (cipher, next));
                }
                begin(objects, secrets, id, show, at).map(|cipher| open = Some((id, cipher, 0)))
            }
            Job::Bytes { id, bytes } => {
                if open.as_ref().is_none_or(|(current, ..)| *current != id) {
                    let other = others.remove(&id).map(|(cipher, next)| (id, cipher, next));
                    if let Some((id, cipher, next)) = std::mem::replace(&mut open, other) {
                        others.insert(id, (cipher, next));
                    }
                }
                match &mut open {
                    Some((id, cipher, next)) => append(objects, *id, cipher, next, &bytes),
                    None => Ok(()),
                }
            }
        };
        if let Err(error) = done {
            tracing::warn!(%error, "a sealed clip was not written");
        }
    }
}

fn begin(
    objects: &dyn Objects,
    secrets: &Secrets,
    id: SealId,
    show: String,
    made_at: Timestamp,
) -> Result<XChaCha20Poly1305, StoreError> {
    let key = mint::bytes::<32>();
    let header = Header { show, made_at, key_box: secrets.boxed(PURPOSE, &key) };
    let header = serde_json::to_vec(&header).unwrap_or_default();
    let mut bytes = MAGIC.to_vec();
    bytes.extend((header.len() as u32).to_be_bytes());
    bytes.extend(header);
    objects.append(&key_of(id), &bytes)?;
    Ok(XChaCha20Poly1305::new(&key.into()))
}

fn nonce(chunk: u64) -> XNonce {
    let mut nonce = [0; 24];
    nonce[16..].copy_from_slice(&chunk.to_be_bytes());
    nonce.into()
}

fn append(
    objects: &dyn Objects,
    id: SealId,
    cipher: &XChaCha20Poly1305,
    next: &mut u64,
    bytes: &[u8],
) -> Result<(), StoreError> {
    let sealed = cipher.encrypt(&nonce(*next), bytes).unwrap_or_default();
    let mut chunk = (sealed.len() as u32).to_be_bytes().to_vec();
    chunk.extend(sealed);
    objects.append(&key_of(id), &chunk)?;
    *next += 1;
    Ok(())
}

/// A clip that is being opened: its FLV comes out piece by piece, up to where it was written.
pub(crate) struct Opened {
    key: String,
    cipher: XChaCha20Poly1305,
    at: u64,
    next: u64,
}

/// Opens a clip; `None` when it is gone or was sealed by another data folder.
pub(crate) fn open(
    objects: &dyn Objects,
    secrets: &Secrets,
    id: SealId,
) -> Result<Option<Opened>, StoreError> {
    let key = key_of(id);
    let magic = objects.read(&key, 0, MAGIC.len())?;
    if magic.as_deref() != Some(&MAGIC[..]) {
        return Ok(None);
    }
    let mut at = MAGIC.len() as u64;
    let header = take(objects, &key, &mut at)?
        .and_then(|header| serde_json::from_slice::<Header>(&header).ok());
    let clip_key =
        header.and_then(|header| secrets.unbox(PURPOSE, &header.key_box)?.try_into().ok());
    let cipher = clip_key.map(|clip_key: [u8; 32]| XChaCha20Poly1305::new(&clip_key.into()));
    Ok(cipher.map(|cipher| Opened { key, cipher, at, next: 0 }))
}

impl Opened {
    /// The next piece; `None` at the end, or where the file was changed.
    pub(crate) fn piece(&mut self, objects: &dyn Objects) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(sealed) = take(objects, &self.key, &mut self.at)? else { return Ok(None) };
        let piece = self.cipher.decrypt(&nonce(self.next), sealed.as_slice()).ok();
        self.next += 1;
        Ok(piece)
    }
}

/// A length and that many bytes; `None` where the file ends before.
fn take(objects: &dyn Objects, key: &str, at: &mut u64) -> Result<Option<Vec<u8>>, StoreError> {
    let length = objects.read(key, *at, 4)?.and_then(|bytes| <[u8; 4]>::try_from(bytes).ok());
    let Some(length) = length.map(u32::from_be_bytes).filter(|length| *length <= PIECE_MAX) else {
        return Ok(None);
    };
    let bytes =
        objects.read(key, *at + 4, length as usize)?.filter(|bytes| bytes.len() == length as usize);
    *at += 4 + u64::from(length);
    Ok(bytes)
}

/// Deletes a clip with its key.
pub(crate) fn destroy(objects: &dyn Objects, id: SealId) -> Result<(), StoreError> {
    objects.delete(&key_of(id))
}

/// Bytes that a clip takes.
pub(crate) fn size(objects: &dyn Objects, id: SealId) -> u64 {
    objects.len(&key_of(id)).ok().flatten().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(objects: &dyn Objects, secrets: &Secrets, id: SealId) -> Option<Vec<u8>> {
        let mut opened = open(objects, secrets, id).unwrap()?;
        let mut clip = Vec::new();
        while let Some(piece) = opened.piece(objects).unwrap() {
            clip.extend(piece);
        }
        Some(clip)
    }

    #[test]
    fn a_clip_opens_only_with_its_folder_and_whole() {
        let objects = store::MemoryObjects::default();
        let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (ours, theirs) = (Secrets::open(a.path()).unwrap(), Secrets::open(b.path()).unwrap());
        let id = SealId::from_u128(7);
        let cipher = begin(&objects, &ours, id, "evening".into(), Timestamp(0)).unwrap();
        let mut next = 0;
        append(&objects, id, &cipher, &mut next, b"what was ").unwrap();
        append(&objects, id, &cipher, &mut next, b"stopped").unwrap();
        assert_eq!(read(&objects, &ours, id).as_deref(), Some(&b"what was stopped"[..]));
        assert_eq!(read(&objects, &theirs, id), None);
        let mut raw = objects.read(&key_of(id), 0, 1 << 20).unwrap().unwrap();
        assert!(!raw.windows(7).any(|w| w == b"stopped"));
        *raw.last_mut().unwrap() ^= 1;
        objects.put(&key_of(id), &raw).unwrap();
        assert_eq!(read(&objects, &ours, id).as_deref(), Some(&b"what was "[..]));
        destroy(&objects, id).unwrap();
        assert_eq!(read(&objects, &ours, id), None);
    }
}
