//! Sockets that were opened by a right, such as a producer's. Who loses the right loses the socket: what a role lets
//! somebody hear must not outlive the role.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use room::ConnId;

/// Whether the right still stands.
pub(crate) type Stands = Box<dyn Fn() -> bool + Send + Sync>;

/// Ticket of those who need no right.
pub(crate) const NO_TICKET: u64 = 0;

/// All such sockets. They are the crew's, so they are few.
#[derive(Default)]
pub(crate) struct Rights(Mutex<Table>);

#[derive(Default)]
struct Table {
    last: u64,
    held: HashMap<u64, Held>,
}

struct Held {
    stands: Arc<Stands>,
    /// Known once a shard has taken the socket.
    conn: Option<ConnId>,
}

/// A right on its way with its socket; dropped with it.
pub(crate) struct Ticket {
    rights: Arc<Rights>,
    pub(crate) no: u64,
}

impl Rights {
    fn lock(&self) -> std::sync::MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers by what right a socket is opened.
    pub(crate) fn issue(self: &Arc<Self>, stands: Stands) -> Ticket {
        let mut table = self.lock();
        table.last += 1;
        let no = table.last;
        table.held.insert(no, Held { stands: Arc::new(stands), conn: None });
        Ticket { rights: Arc::clone(self), no }
    }

    /// The socket is served now; says whether its right still stands. Whoever ends a right does so before
    /// [`Self::fallen`], so that one of the two notices.
    pub(super) fn opened(&self, ticket: u64, conn: ConnId) -> bool {
        let stands = match self.lock().held.get_mut(&ticket) {
            Some(held) => {
                held.conn = Some(conn);
                Arc::clone(&held.stands)
            }
            None => return ticket == NO_TICKET,
        };
        stands()
    }

    /// Sockets whose right has ended.
    pub(super) fn fallen(&self) -> Vec<ConnId> {
        let held: Vec<_> = {
            let table = self.lock();
            table
                .held
                .values()
                .filter_map(|held| Some((held.conn?, Arc::clone(&held.stands))))
                .collect()
        };
        held.into_iter().filter(|(_, stands)| !stands()).map(|(conn, _)| conn).collect()
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.rights.lock().held.remove(&self.no);
    }
}
