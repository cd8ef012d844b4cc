//! Commands that have files of their own.

pub(crate) mod exposure;
pub(crate) mod recovery;
pub(crate) mod rules;
pub(crate) mod text;
