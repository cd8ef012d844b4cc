//! `log verify`: the hash chain of every stream.

use store::{Reader, SqliteReader, VerifyError};

use crate::cli::VerifyArgs;
use crate::out;

/// False when a chain is broken.
pub(crate) fn verify(args: &VerifyArgs) -> anyhow::Result<bool> {
    let reader = SqliteReader::open(&args.data)?;
    let streams = reader.streams()?;
    let mut whole = true;
    for stream in &streams {
        match store::verify(&reader, stream) {
            Ok(proof) => out::line(format_args!(
                "ok      {stream}: {} entries in {} records, last hash {}",
                proof.last_seq,
                proof.records,
                hex(&proof.last_hash)
            )),
            Err(VerifyError::Broken(broken)) => {
                whole = false;
                out::line(format_args!("BROKEN  {broken}"));
            }
            Err(error) => return Err(error.into()),
        }
    }
    let streams = streams.len();
    out::line(if whole {
        format!(
            "{streams} streams are whole; a cut tail shows only against a last hash kept elsewhere"
        )
    } else {
        "the log is broken: keep a copy of the folder before anything writes to it again".to_owned()
    });
    Ok(whole)
}

fn hex(hash: &[u8]) -> String {
    use std::fmt::Write as _;
    hash.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
