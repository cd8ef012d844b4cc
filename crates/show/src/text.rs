//! Personal text by reference. The words live in an erasable table; the log and every state hold an
//! id and a salted commitment. The salt is erased with the words, so the commitment then says nothing.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use units::TextId;

use crate::names::Hash256;

/// A text that is kept elsewhere: a contact, a reason, a chat message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextRef {
    /// Where the text is, until it is erased.
    pub id: TextId,
    /// What [`commit`] said of it.
    #[serde(rename = "c")]
    pub commitment: Hash256,
}

impl TextRef {
    /// A reference to `text` under `id`. `salt` is fresh for each text and stored beside the words.
    #[must_use]
    pub fn new(id: TextId, salt: &[u8; 32], text: &str) -> Self {
        Self { id, commitment: commit(salt, text) }
    }
    /// Whether `text` with `salt` is the text that was committed to.
    #[must_use]
    pub fn matches(&self, salt: &[u8; 32], text: &str) -> bool {
        self.commitment == commit(salt, text)
    }
}

/// SHA-256 over a label, the salt and the text. 256 bits of salt keep a short text from being guessed.
#[must_use]
pub fn commit(salt: &[u8; 32], text: &str) -> Hash256 {
    let mut hash = Sha256::new();
    hash.update(b"ringlight.text.v1\0");
    hash.update(salt);
    hash.update(text.as_bytes());
    Hash256(hash.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commitment_needs_both_salt_and_words() {
        let text = TextRef::new(TextId::from_u128(1), &[7; 32], "Li Lei, 138 0000 0000");
        assert!(text.matches(&[7; 32], "Li Lei, 138 0000 0000"));
        assert!(!text.matches(&[8; 32], "Li Lei, 138 0000 0000"));
        assert!(!text.matches(&[7; 32], "Li Lei"));
    }
}
