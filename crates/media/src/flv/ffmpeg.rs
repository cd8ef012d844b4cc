//! The real encoder and decoder, for tests. Without it a test says so and passes.

use std::io::Write;
use std::process::{Command, Stdio};

use bytes::Bytes;

/// Runs ffmpeg with `input` on its standard input and answers its standard output; `None` when it is not installed.
pub(crate) fn run(args: &[&str], input: &[u8]) -> Option<Bytes> {
    let spawned = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin"])
        .args(args)
        .arg("pipe:1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("skipped: ffmpeg is not installed");
            return None;
        }
        Err(error) => panic!("ffmpeg does not start: {error}"),
    };
    let mut stdin = child.stdin.take().expect("piped");
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("ffmpeg ends");
    // A reader that has seen enough closes the pipe early; its exit status is what counts.
    drop(writer.join());
    assert!(output.status.success(), "ffmpeg failed on {args:?}");
    Some(output.stdout.into())
}

/// Encodes a generated source as an FLV file.
pub(crate) fn flv(args: &[&str]) -> Option<Bytes> {
    let args: Vec<&str> = args.iter().copied().chain(["-f", "flv"]).collect();
    run(&args, &[])
}
