//! `doctor`: is this machine fit to run a server? Each line says ok, warn or fail, and what to do.

use std::fs::{self, File};
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use server::Config;

use crate::cli::DoctorArgs;
use crate::out;

const SYNC_TRIES: usize = 20;
const SYNC_WARN: Duration = Duration::from_millis(20);
/// The release year; a clock before it is wrong.
const YEAR_2026_S: u64 = 1_767_225_600;
const YEAR_2100_S: u64 = 4_102_444_800;
const CLOCK_WATCH: Duration = Duration::from_millis(200);
const CLOCK_STEP_MAX: Duration = Duration::from_millis(50);
const FILES_MIN: u64 = 1024;
const FILES_GOOD: u64 = 16_384;

#[derive(Debug, PartialEq, Eq, Clone, Copy)]
enum Grade {
    Ok,
    Warn,
    Fail,
}

#[derive(Debug)]
struct Finding {
    grade: Grade,
    what: String,
    hint: &'static str,
}

fn ok(what: impl Into<String>) -> Finding {
    Finding { grade: Grade::Ok, what: what.into(), hint: "" }
}
fn warn(what: impl Into<String>, hint: &'static str) -> Finding {
    Finding { grade: Grade::Warn, what: what.into(), hint }
}
fn fail(what: impl Into<String>, hint: &'static str) -> Finding {
    Finding { grade: Grade::Fail, what: what.into(), hint }
}

/// False when something fails.
pub(crate) fn run(args: &DoctorArgs) -> anyhow::Result<bool> {
    let config = args.settings.resolve()?;
    let findings = examine(&config);
    for finding in &findings {
        let grade = match finding.grade {
            Grade::Ok => "ok  ",
            Grade::Warn => "warn",
            Grade::Fail => "fail",
        };
        out::line(format_args!("{grade}  {}", finding.what));
        if !finding.hint.is_empty() {
            out::line(format_args!("      hint: {}", finding.hint));
        }
    }
    Ok(findings.iter().all(|finding| finding.grade != Grade::Fail))
}

fn examine(config: &Config) -> Vec<Finding> {
    let mut findings = vec![
        port("http", config.server.http, "stop the program that listens there, or set --http"),
        port("rtmp", config.server.rtmp, "stop the program that listens there, or set --rtmp"),
    ];
    findings.extend(disk(&config.server.data, config.record.min_free_mib));
    findings.push(clock());
    findings.push(steady_clock());
    findings.push(open_files());
    findings.push(if webui::is_built() {
        ok("web pages are in the binary")
    } else {
        warn("the web pages are not in this binary", "run `make build`, which builds them first")
    });
    findings
}

fn port(name: &str, address: SocketAddr, hint: &'static str) -> Finding {
    match TcpListener::bind(address) {
        Ok(_) => ok(format!("{name} {address} is free")),
        Err(error) => fail(format!("{name} {address}: {error}"), hint),
    }
}

/// The folder, or the nearest one above it that exists.
fn existing(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    path.ancestors().find(|place| place.is_dir()).unwrap_or(Path::new("/")).to_owned()
}

fn disk(data: &Path, min_free_mib: u64) -> Vec<Finding> {
    let place = existing(data);
    let shown = data.display();
    let mut findings = Vec::new();
    match sync_latency(&place) {
        Ok(middle) if middle > SYNC_WARN => findings.push(warn(
            format!("{shown}: a synced write takes {:.1} ms", middle.as_secs_f64() * 1e3),
            "orders wait for it; use a local SSD for --data",
        )),
        Ok(middle) => findings.push(ok(format!(
            "{shown} is writable, a synced write takes {:.1} ms",
            middle.as_secs_f64() * 1e3
        ))),
        Err(error) => findings.push(fail(
            format!("{shown} cannot be written: {error}"),
            "choose another folder with --data, or change its owner",
        )),
    }
    match rustix::fs::statvfs(&place) {
        Ok(space) => {
            let free_mib = space.f_bavail.saturating_mul(space.f_frsize) >> 20;
            let text = format!("{shown} has {free_mib} MiB free");
            findings.push(if free_mib < min_free_mib {
                fail(text, "recording stops below record.min_free_mib; free some space")
            } else if free_mib < 4 * min_free_mib {
                warn(text, "an hour of recording at 2.5 Mbit/s takes about 1100 MiB")
            } else {
                ok(text)
            });
        }
        Err(error) => findings.push(warn(format!("{shown}: free space unknown: {error}"), "")),
    }
    findings
}

/// The middle of a few small synced writes, as the log makes them.
fn sync_latency(place: &Path) -> std::io::Result<Duration> {
    let path = place.join(format!(".ringlight-doctor-{}", std::process::id()));
    let measure = || {
        let mut file = File::create(&path)?;
        let mut took = Vec::with_capacity(SYNC_TRIES);
        for _ in 0..SYNC_TRIES {
            let begin = Instant::now();
            file.write_all(&[0; 4096])?;
            file.sync_data()?;
            took.push(begin.elapsed());
        }
        took.sort();
        Ok(took[SYNC_TRIES / 2])
    };
    let middle = measure();
    let _ = fs::remove_file(&path);
    middle
}

fn clock() -> Finding {
    let now_s = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |t| t.as_secs());
    if (YEAR_2026_S..YEAR_2100_S).contains(&now_s) {
        ok("the clock shows a plausible year")
    } else {
        fail("the clock shows an impossible year", "set it, and keep it set with NTP")
    }
}

/// Whether the clock of day runs as fast as the steady one, without steps.
fn steady_clock() -> Finding {
    let (steady, day) = (Instant::now(), SystemTime::now());
    std::thread::sleep(CLOCK_WATCH);
    let elapsed = steady.elapsed();
    match day.elapsed() {
        Ok(shown) if shown.abs_diff(elapsed) <= CLOCK_STEP_MAX => ok("the clock runs evenly"),
        Ok(_) | Err(_) => warn(
            "the clock jumped while it was watched",
            "use NTP that slews (chrony) instead of one that steps",
        ),
    }
}

fn open_files() -> Finding {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    let text = match limit {
        Some(limit) => format!("{limit} files may be open"),
        None => "any number of files may be open".to_owned(),
    };
    let hint =
        "each viewer takes one or two: `ulimit -n 65536`, or LimitNOFILE= in the service file";
    match limit {
        Some(limit) if limit < FILES_MIN => fail(text, hint),
        Some(limit) if limit < FILES_GOOD => warn(text, hint),
        _ => ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_and_a_missing_folder_are_named() {
        let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = taken.local_addr().expect("its address");
        assert_eq!(port("http", address, "x").grade, Grade::Fail);
        let dir = tempfile::tempdir().expect("a folder");
        let findings = disk(&dir.path().join("not/yet/there"), 0);
        assert_eq!(findings[0].grade, Grade::Ok, "{findings:?}");
        assert!(fs::read_dir(dir.path()).expect("the folder").next().is_none(), "nothing is left");
    }
}
