//! Writes the table of what `web/dist` holds, so that the binary carries its pages. Needs no Node:
//! without a built web part the table is empty and the crate says how to build it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// More files than this in `web/dist` means that something else was put there.
const FILES_MAX: usize = 2_000;

/// The page that becomes a report, in one file.
const REPORT: &str = "report.html";

fn main() -> io::Result<()> {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or(io::ErrorKind::NotFound)?);
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    let dist = here.join("../../web/dist");
    // Cargo takes a watched path that does not exist for changed, at every build. An empty (ignored)
    // directory avoids that; where it cannot be made, builds are only slower.
    fs::create_dir_all(&dist).ok();
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", dist.display());

    let mut files = Vec::new();
    walk(&dist, &mut files)?;
    files.sort();
    fs::write(out.join("report.rs"), report(&dist, &files))?;
    // The report is written to disks, never served.
    files.retain(|file| *file != dist.join(REPORT));
    fs::write(out.join("table.rs"), table(&dist, &files)?)
}

fn walk(dir: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let Ok(entries) = fs::read_dir(dir) else { return Ok(()) };
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, files)?;
        } else if files.len() < FILES_MAX {
            files.push(path);
        } else {
            return Err(io::Error::other("web/dist holds too many files"));
        }
    }
    Ok(())
}

/// The page's text, where it was built.
fn report(dist: &Path, files: &[PathBuf]) -> String {
    let path = dist.join(REPORT);
    if files.contains(&path) {
        format!("Some(include_str!({:?}))", path.display().to_string())
    } else {
        "None".to_owned()
    }
}

fn table(dist: &Path, files: &[PathBuf]) -> io::Result<String> {
    let mut rows = Vec::new();
    for file in files.iter().filter(|file| file.extension().is_none_or(|ext| ext != "gz")) {
        let name = file.strip_prefix(dist).map_err(io::Error::other)?;
        let name = name.to_string_lossy().replace('\\', "/");
        let bytes = fs::read(file)?;
        let twin = PathBuf::from(format!("{}.gz", file.display()));
        let gzip = if files.contains(&twin) {
            format!("Some(include_bytes!({:?}))", twin.display().to_string())
        } else {
            "None".to_owned()
        };
        let row = format!(
            "Asset {{ path: {name:?}, content_type: {:?}, etag: {:?}, immutable: {}, \
             bytes: include_bytes!({:?}), gzip: {gzip} }},\n",
            content_type(&name),
            format!("\"{:016x}-{:x}\"", fnv1a(&bytes), bytes.len()),
            name.starts_with("assets/"),
            file.display().to_string(),
        );
        rows.push((name, row));
    }
    // By the path as looked up, which a sort by path components is not.
    rows.sort();
    let mut text = String::from("&[\n");
    for (_, row) in &rows {
        text.write_str(row).map_err(io::Error::other)?;
    }
    text.push(']');
    Ok(text)
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("webp") => "image/webp",
        Some("txt") => "text/plain; charset=utf-8",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}

/// FNV-1a, 64 bits: an entity tag tells versions of one file apart and guards nothing.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
