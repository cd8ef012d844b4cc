//! Who follows which host: a device and a host, nothing more.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use serde::{Deserialize, Serialize};
use store::{Expect, Reader, Store, StoreError, Table, Versioned};
use units::{DeviceId, Timestamp};

use crate::docs::commit;
use crate::errors::ApiResult;

const TABLE: Table<Follow> = Table::new("follow");

#[derive(Serialize, Deserialize)]
struct Follow {
    at: Timestamp,
}

/// Every host, follower and when it began; blocks on the disk.
pub(crate) fn all(reader: &dyn Reader) -> Result<Vec<(String, DeviceId, Timestamp)>, StoreError> {
    let follow = |follow: Versioned<Follow>| {
        let (host, device) = follow.key.split_once('/')?;
        Some((host.to_owned(), device.parse().ok()?, follow.value.at))
    };
    Ok(TABLE.all(reader)?.into_iter().filter_map(follow).collect())
}

/// Followers by host, in memory and in the store.
pub(crate) struct Follows {
    store: Arc<dyn Store>,
    hosts: RwLock<HashMap<String, HashSet<DeviceId>>>,
}

fn key(host: &str, device: DeviceId) -> String {
    format!("{host}/{device}")
}

impl Follows {
    /// Loads all; blocks on the disk.
    pub(crate) fn load(store: &Arc<dyn Store>) -> anyhow::Result<Self> {
        let mut hosts = HashMap::<String, HashSet<DeviceId>>::new();
        for (host, device, _) in all(&**store)? {
            hosts.entry(host).or_default().insert(device);
        }
        Ok(Self { store: Arc::clone(store), hosts: RwLock::new(hosts) })
    }

    pub(crate) fn count(&self, host: &str) -> u64 {
        self.hosts
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(host)
            .map_or(0, |all| all.len() as u64)
    }

    pub(crate) fn follows(&self, host: &str, device: DeviceId) -> bool {
        self.hosts
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(host)
            .is_some_and(|all| all.contains(&device))
    }

    pub(crate) async fn set(
        &self,
        host: &str,
        device: DeviceId,
        follows: bool,
        at: Timestamp,
    ) -> ApiResult<()> {
        if self.follows(host, device) == follows {
            return Ok(());
        }
        let key = key(host, device);
        let change = if follows {
            TABLE.change(&key, &Follow { at }, Expect::Any)?
        } else {
            TABLE.remove(&key, Expect::Any)
        };
        commit(&*self.store, change.into()).await?;
        let mut hosts = self.hosts.write().unwrap_or_else(PoisonError::into_inner);
        let all = hosts.entry(host.to_owned()).or_default();
        if follows {
            all.insert(device);
        } else {
            all.remove(&device);
        }
        Ok(())
    }
}
