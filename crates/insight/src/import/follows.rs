//! Rows of follows: who follows whom.

use std::io::Read;

use super::columns::FOLLOWS;
use super::{File, Import, ImportError, Reason, id, moment, name};
use crate::watch::Watch;

/// One viewer follows one host. The same pair may follow again later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Follow {
    /// Seconds since 1970.
    pub at: u32,
    /// Seconds since 1970; `None` while it lasts.
    pub until: Option<u32>,
    /// Number of the viewer.
    pub viewer: u32,
    /// Number of the host.
    pub host: u32,
}

impl Import {
    /// Reads follows.
    pub fn follows(&mut self, input: impl Read, watch: &dyn Watch) -> Result<(), ImportError> {
        self.follows.get_or_insert_default();
        self.read(File::Follows, input, &FOLLOWS, watch, |import, row, places| {
            let viewer = id(places.field(row, 0), "viewer")?;
            let host = name(places.field(row, 1), "host")?;
            let at = import.moment(places.field(row, 2), "at")?;
            let until = match places.field(row, 3) {
                [] => None,
                field => Some(moment(field, "until")?),
            };
            if until.is_some_and(|until| until < at) {
                return Err(Reason::UntilBefore.into());
            }
            let host = import.host(host)?;
            let viewer = import.viewers.intern(viewer);
            import.in_order(File::Follows, at);
            import.follows.get_or_insert_default().push(Follow { at, until, viewer, host });
            Ok(())
        })
    }

    /// Takes one follow that no file names. One that ends before it begins is not taken.
    pub fn follow(
        &mut self,
        host: &str,
        viewer: &[u8],
        at: u32,
        until: Option<u32>,
    ) -> Result<(), ImportError> {
        let host = self.hosts.intern(host).ok_or(ImportError::TooManyNames {
            file: File::Follows,
            line: 0,
            column: "host",
        })?;
        if until.is_none_or(|until| until >= at) {
            let viewer = self.viewers.intern(viewer);
            self.follows.get_or_insert_default().push(Follow { at, until, viewer, host });
        }
        Ok(())
    }
}
