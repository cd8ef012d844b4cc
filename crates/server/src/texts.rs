//! Personal texts on their way to the erasable table: the log gets a reference and a salted commitment.

use show::text::TextRef;
use store::TextRow;
use units::TextId;

use crate::{clock, mint};

/// A text, and what the log holds of it.
pub(crate) fn text(kind: &str, text: &str) -> (TextRef, TextRow) {
    let (id, salt) = (TextId(mint::uuid()), mint::bytes::<32>());
    let reference = TextRef::new(id, &salt, text);
    (
        reference,
        TextRow { id, kind: kind.to_owned(), text: text.to_owned(), salt, at: clock::now() },
    )
}
