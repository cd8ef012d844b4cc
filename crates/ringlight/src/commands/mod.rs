//! Commands that have files of their own.

pub(crate) mod exposure;
mod page;
pub(crate) mod plan;
pub(crate) mod recovery;
pub(crate) mod replay;
pub(crate) mod room;
pub(crate) mod rules;
pub(crate) mod simulate;
pub(crate) mod text;
