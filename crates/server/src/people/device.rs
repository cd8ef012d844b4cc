//! A viewer's identity: a device that nobody else can claim, without a row in any table.

use units::{DeviceId, ViewerId};

use crate::mint;
use crate::secrets::{Secrets, same};

/// Name of the cookie.
pub(crate) const COOKIE: &str = "rl_device";
const MAC_HEX: usize = 32;

/// One browser or app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Device {
    pub(crate) id: DeviceId,
    /// How the room names it; it does not reveal the id.
    pub(crate) viewer: ViewerId,
}

impl Device {
    pub(crate) fn new(secrets: &Secrets) -> Self {
        Self::of(DeviceId(mint::uuid()), secrets)
    }

    /// The device that a token names; `None` when this server did not issue it.
    pub(crate) fn from_token(token: &str, secrets: &Secrets) -> Option<Self> {
        let (id, mac) = token.split_once('.')?;
        let id: DeviceId = id.parse().ok()?;
        let expected = Self::mac(id, secrets);
        same(mac.as_bytes(), expected.as_bytes()).then(|| Self::of(id, secrets))
    }

    pub(crate) fn token(&self, secrets: &Secrets) -> String {
        format!("{}.{}", self.id, Self::mac(self.id, secrets))
    }

    /// What the room calls somebody who gave no name.
    pub(crate) fn nick(&self) -> String {
        format!("Viewer {:04}", self.viewer.as_u128() % 10_000)
    }

    fn of(id: DeviceId, secrets: &Secrets) -> Self {
        Self { id, viewer: ViewerId::from_u128(secrets.hash128("viewer", id.0.as_bytes())) }
    }

    fn mac(id: DeviceId, secrets: &Secrets) -> String {
        let mut mac = secrets.hash_hex("device", id.0.as_bytes());
        mac.truncate(MAC_HEX);
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_cannot_be_claimed() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = Secrets::open(folder.path()).unwrap();
        let device = Device::new(&secrets);
        let token = device.token(&secrets);
        assert_eq!(Device::from_token(&token, &secrets), Some(device));
        let mut forged = token.clone();
        forged.replace_range(..8, "00000000");
        for bad in ["", ".", "x.y", &forged, &token[..token.len() - 1]] {
            assert_eq!(Device::from_token(bad, &secrets), None, "{bad}");
        }
    }
}
