//! What the fuzz targets reach inside the shell. It exists only in builds with `--cfg fuzzing`; nothing else calls it.

use units::Currency;

use crate::import;

/// Reads a product file; returns its rows and its refused lines.
pub fn csv(file: &[u8], currency: Currency) -> Option<(usize, usize)> {
    import::read(file, currency).ok().map(|(rows, rejected)| (rows.len(), rejected.len()))
}
