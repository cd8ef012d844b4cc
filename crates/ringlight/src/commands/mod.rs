//! Commands that have files of their own.

pub(crate) mod rules;
pub(crate) mod text;
