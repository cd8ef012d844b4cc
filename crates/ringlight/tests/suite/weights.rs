//! The weights that ship are made again from the sets, to the last bit. Needs the public sets that `texts/extra.sha256` names, in the
//! folder `RINGLIGHT_EXTRA`, and the sentence weights; without them it says that it was skipped.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::hears::can_hear;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("crates/ringlight").to_owned()
}

fn made_again(which: &str) {
    let extra = std::env::var_os("RINGLIGHT_EXTRA").map(PathBuf::from);
    let Some(extra) = extra.filter(|_| can_hear()) else {
        eprintln!(
            "SKIPPED: RINGLIGHT_EXTRA names no folder with the public sets of texts/extra.sha256"
        );
        return;
    };
    let out = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_ringlight"))
        .args(["text", "train", "--only", which, "--extra"])
        .arg(&extra)
        .args(["--texts".as_ref(), root().join("texts").as_os_str()])
        .args(["--out".as_ref(), out.path().as_os_str()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let name = format!("{which}.weights");
    let made = std::fs::read(out.path().join(&name)).unwrap();
    let ships = std::fs::read(root().join("models").join(&name)).unwrap();
    assert!(
        made == ships,
        "{name} that ships is another: make it again with `ringlight text train`"
    );
}

#[test]
fn the_chat_weights_that_ship_are_made_again_bit_for_bit() {
    made_again("chat");
}

/// Half an hour on two cores.
#[test]
#[ignore = "long: make soak runs it"]
fn soak_the_host_weights_that_ship_are_made_again_bit_for_bit() {
    made_again("host");
}
