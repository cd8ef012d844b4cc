//! From an error to what a person can do about it.

use std::fmt;

use store::StoreError;

/// What went wrong, with what to do about it; put on an error as its context.
#[derive(Debug)]
pub(crate) struct Advice {
    what: String,
    hint: String,
}

impl Advice {
    pub(crate) fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), hint: hint.into() }
    }

    /// An error that has no other cause.
    pub(crate) fn error(self) -> anyhow::Error {
        anyhow::Error::new(self)
    }
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Advice {}

/// What to do about an error, if anything is known.
pub(crate) fn hint(error: &anyhow::Error) -> Option<String> {
    if let Some(advice) = error.downcast_ref::<Advice>() {
        return Some(advice.hint.clone());
    }
    error.chain().find_map(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .and_then(of_io)
            .or_else(|| cause.downcast_ref::<StoreError>().and_then(of_store))
            .map(str::to_owned)
    })
}

fn of_io(error: &std::io::Error) -> Option<&'static str> {
    use std::io::ErrorKind as Kind;
    Some(match error.kind() {
        Kind::AddrInUse => {
            "another program listens there; stop it, or choose another address with --http or --rtmp"
        }
        Kind::AddrNotAvailable => "this machine does not have that address; try 0.0.0.0",
        Kind::PermissionDenied => {
            "ports below 1024 and folders of others need rights that you do not have"
        }
        Kind::NotFound => "check the path",
        Kind::StorageFull => "free some space on the disk",
        _ => return None,
    })
}

fn of_store(error: &StoreError) -> Option<&'static str> {
    Some(match error {
        StoreError::InUse { .. } => "stop the other server, or choose another folder with --data",
        StoreError::Open { .. } => "name the folder that `ringlight serve --data` uses",
        StoreError::Newer { .. } => {
            "run the version of Ringlight that wrote this folder, or a newer one"
        }
        StoreError::Corrupt { .. } => "`ringlight log verify` says how far the log is whole",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn errors_lead_to_hints() {
        let in_use = std::io::Error::from(std::io::ErrorKind::AddrInUse);
        let error = Err::<(), _>(in_use).context("listen on 127.0.0.1:80").expect_err("an error");
        assert!(hint(&error).is_some_and(|hint| hint.contains("--http")));

        let open = StoreError::Open { what: "x".into() };
        let error = Err::<(), _>(open).context(Advice::new("no", "do this")).expect_err("an error");
        assert_eq!(hint(&error).as_deref(), Some("do this"));
        assert_eq!(format!("{error:#}"), "no: could not open x");
        assert_eq!(hint(&anyhow::anyhow!("plain")), None);
    }
}
