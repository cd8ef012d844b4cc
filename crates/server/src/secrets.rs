//! The data folder's own key, and what is done with it: hashes of tokens, and boxes that only this
//! folder opens (stream keys that a host may read again, keys of sealed clips).
//!
//! `secret.key` is made at the first start, readable by its owner only. Whoever has the folder has the key;
//! `docs/security.md` says what that means.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, bail};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};

use crate::mint;

const KEY_FILE: &str = "secret.key";
const NONCE_BYTES: usize = 24;

/// The key of one data folder.
#[derive(Clone)]
pub(crate) struct Secrets {
    key: [u8; 32],
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets(redacted)")
    }
}

impl Secrets {
    /// Reads the folder's key, making it when there is none.
    pub(crate) fn open(data: &Path) -> anyhow::Result<Self> {
        let path = data.join(KEY_FILE);
        match std::fs::read(&path) {
            Ok(bytes) => match <[u8; 32]>::try_from(bytes.as_slice()) {
                Ok(key) => Ok(Self { key }),
                Err(_) => bail!("{} does not hold 32 bytes", path.display()),
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let key = mint::bytes::<32>();
                write_private(&path, &key).with_context(|| format!("write {}", path.display()))?;
                Ok(Self { key })
            }
            Err(error) => Err(error).with_context(|| format!("read {}", path.display())),
        }
    }

    /// A keyed hash: the same text gives the same hash in this folder only. `purpose` keeps uses apart.
    pub(crate) fn hash(&self, purpose: &str, text: &[u8]) -> [u8; 32] {
        // The key has a fixed length and the purpose its own, so no two inputs share an encoding.
        let mut inner = Sha256::new();
        inner.update(self.key);
        inner.update((purpose.len() as u64).to_be_bytes());
        inner.update(purpose);
        inner.update(text);
        let inner = inner.finalize();
        Sha256::new().chain_update(self.key).chain_update(inner).finalize().into()
    }

    /// The first half of [`Self::hash`], where 128 bits are enough.
    pub(crate) fn hash128(&self, purpose: &str, text: &[u8]) -> u128 {
        let hash = self.hash(purpose, text);
        u128::from_be_bytes(hash[..16].try_into().unwrap_or_default())
    }

    /// A hash as text, for keys of tables.
    pub(crate) fn hash_hex(&self, purpose: &str, text: &[u8]) -> String {
        hex(&self.hash(purpose, text))
    }

    /// Puts a secret in a box that [`Self::unbox`] opens.
    pub(crate) fn boxed(&self, purpose: &str, secret: &[u8]) -> String {
        use base64::Engine;
        let nonce = mint::bytes::<NONCE_BYTES>();
        let cipher = XChaCha20Poly1305::new(&self.key.into());
        let payload = Payload { msg: secret, aad: purpose.as_bytes() };
        let mut out = nonce.to_vec();
        out.extend(cipher.encrypt(XNonce::from_slice(&nonce), payload).unwrap_or_default());
        base64::engine::general_purpose::STANDARD_NO_PAD.encode(out)
    }

    /// Opens a box of the same purpose; `None` when it was made elsewhere or changed.
    pub(crate) fn unbox(&self, purpose: &str, boxed: &str) -> Option<Vec<u8>> {
        use base64::Engine;
        let bytes = base64::engine::general_purpose::STANDARD_NO_PAD.decode(boxed).ok()?;
        let (nonce, body) = bytes.split_at_checked(NONCE_BYTES)?;
        let cipher = XChaCha20Poly1305::new(&self.key.into());
        cipher
            .decrypt(XNonce::from_slice(nonce), Payload { msg: body, aad: purpose.as_bytes() })
            .ok()
    }
}

/// Whether two secrets are the same; the time taken does not say how much of them is.
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut file =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_open_only_for_their_purpose_and_folder() {
        let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (a, b) = (Secrets::open(a.path()).unwrap(), Secrets::open(b.path()).unwrap());
        let boxed = a.boxed("stream key", b"anna");
        assert_eq!(a.unbox("stream key", &boxed).as_deref(), Some(&b"anna"[..]));
        assert_eq!(a.unbox("seal", &boxed), None);
        assert_eq!(b.unbox("stream key", &boxed), None);
        assert_ne!(a.hash("x", b"t"), b.hash("x", b"t"));
    }
}
