//! The commands beside `serve`: what they print and how they end.

use std::net::TcpListener;

use serde_json::json;

use crate::server::{BINARY, Server, Setup, ringlight};

#[test]
fn what_ships_can_be_read_back() {
    let (code, toml, _) = ringlight(&["config", "doc"]);
    assert_eq!(code, 0);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ringlight.toml");
    std::fs::write(&file, toml).unwrap();
    let (code, out, err) = ringlight(&["config", "check", "--config", file.to_str().unwrap()]);
    assert_eq!(code, 0, "{out}{err}");

    let (code, openapi, _) = ringlight(&["openapi"]);
    let openapi: serde_json::Value = serde_json::from_str(&openapi).unwrap();
    assert_eq!((code, &openapi["openapi"]), (0, &json!("3.1.0")));
    assert!(openapi["paths"]["/shows/{slug}/orders"]["post"].is_object());
    let pages: serde_json::Value =
        serde_json::from_str(include_str!("../../../../web/openapi.json")).unwrap();
    assert!(
        pages == openapi,
        "the pages know another api: ringlight openapi > web/openapi.json, then npm run wire in web"
    );
}

#[test]
fn recovery_says_what_an_incident_cost_and_names_what_is_wrong_with_a_panel() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("panel.csv");
    let mut panel = "unit,time,value\n".to_owned();
    for (unit, level) in [("star", 900.0), ("b", 500.0), ("c", 300.0), ("d", 400.0), ("e", 200.0)] {
        for day in 1..=60 {
            let wave = f64::from(day * 7 % 5) * level / 100.0;
            let struck = if unit == "star" && (21..31).contains(&day) { -400.0 } else { 0.0 };
            panel += &format!("{unit},{day},{}\n", level + wave + struck);
        }
    }
    std::fs::write(&file, panel).unwrap();
    let args = ["recovery", "--series", file.to_str().unwrap(), "--start", "21", "--treated"];
    let (code, out, err) = ringlight(&[&args[..], &["star", "--indexed", "--json"]].concat());
    assert_eq!(code, 0, "{err}");
    let answer: serde_json::Value = serde_json::from_str(&out).unwrap();
    let estimate = answer["estimate"].as_f64().unwrap();
    assert!((-130.0..-80.0).contains(&estimate), "{estimate}");
    assert!(answer["recovered"]["date"].is_number(), "{}", answer["recovered"]);
    assert!(answer["interval"].is_array() && answer["weights"]["units"].is_array());
    let (code, _, err) = ringlight(&[&args[..], &["nobody"]].concat());
    assert!(code == 1 && err.contains("nobody"), "{err}");
    std::fs::write(&file, "unit,time,value\na,1,2\na,1,3\n").unwrap();
    let (code, _, err) = ringlight(&[&args[..], &["a"]].concat());
    assert!(code == 1 && err.contains("line 3") && err.contains("hint"), "{err}");
}

#[test]
fn doctor_names_a_taken_port() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().to_str().unwrap();
    let held = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = held.local_addr().unwrap().to_string();
    let args = ["doctor", "--data", data, "--rtmp", "127.0.0.1:0", "--http"];
    let (code, out, _) = ringlight(&[&args[..], &["127.0.0.1:0"]].concat());
    assert!(code == 0 && out.contains("ok    http") && !out.contains("fail"), "{out}");
    let (code, out, _) = ringlight(&[&args[..], &[&taken]].concat());
    drop(held);
    assert!(code == 1 && out.contains(&format!("fail  http {taken}")), "{out}");
}

#[test]
fn a_bootstrap_file_never_overwrites_and_drift_is_listed() {
    let mut server = Server::start(Setup::default());
    let pat = server.pat();
    pat.patch("/:products/LIP-01", &json!({"title": "Another name"})).expect(200);
    server.stop();
    server.start_again();
    let products = server.pat().get("/:products?q=LIP-01").expect(200);
    assert_eq!(products[0]["title"], "Another name", "the file never overwrites");
    assert_eq!(products[0]["stock"], 500, "opening stock is applied once");
    let data = server.data();
    let file = data.parent().unwrap().join("bootstrap.toml");
    let (file, data) = (file.to_str().unwrap(), data.to_str().unwrap());
    let (code, out, err) = ringlight(&["config", "check", "--bootstrap", file, "--data", data]);
    assert_eq!(code, 0, "{err}");
    let moved: Vec<&str> = out.lines().filter(|line| line.starts_with("moved")).collect();
    assert!(moved.len() == 1 && moved[0].contains("LIP-01"), "{out}");
}

#[test]
fn a_second_server_on_the_same_folder_is_refused_with_a_hint() {
    let server = Server::start(Setup::default());
    let data = server.data();
    let args = ["serve", "--http", "127.0.0.1:0", "--rtmp", "127.0.0.1:0", "--data"];
    let (code, _, err) = ringlight(&[&args[..], &[data.to_str().unwrap()]].concat());
    assert!(code == 1 && err.contains("in use") && err.contains("--data"), "{err}");
}

#[test]
fn the_first_start_says_how_to_begin() {
    use std::io::{BufRead, BufReader};
    let dir = tempfile::tempdir().unwrap();
    let mut child = std::process::Command::new(BINARY)
        .args(["serve", "--http", "127.0.0.1:0", "--rtmp", "127.0.0.1:0", "--data"])
        .arg(dir.path().join("data"))
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    let lines: Vec<String> = stdout.lines().map_while(Result::ok).take(5).collect();
    let link = lines.iter().find_map(|line| line.strip_prefix("  admin  ")).map(str::to_owned);
    let pages = lines.iter().find_map(|line| line.strip_prefix("  pages  ")).map(str::to_owned);
    let setup = link.as_deref().and_then(|link| {
        let (_, rest) = link.split_once("?setup=")?;
        let token = rest.split_whitespace().next()?;
        let http = crate::client::Http::new(pages.as_deref()?.trim_end_matches('/'), None);
        let ask = json!({"token": token, "name": "ada", "password": "a long enough password"});
        Some((http.post("/:setup", &ask).status, http.post("/:setup", &ask).status))
    });
    let _ = child.kill();
    let _ = child.wait();
    let (first, second) = setup.unwrap_or_else(|| panic!("no admin link: {lines:#?}"));
    assert!(matches!(first, 200 | 201) && second == 403, "{first} {second}");
    assert!(lines.iter().any(|line| line.starts_with("  key    rl_live_")), "{lines:#?}");
}

#[test]
fn the_demo_airs_and_its_crowd_talks_and_buys() {
    use std::io::{BufRead, BufReader};
    struct Demo(std::process::Child);
    impl Drop for Demo {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let mut demo = Demo(
        std::process::Command::new(BINARY)
            .args(["demo", "--no-open", "--http", "127.0.0.1:0", "--rtmp", "127.0.0.1:0", "--data"])
            .arg(dir.path().join("demo-data"))
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap(),
    );
    let lines = BufReader::new(demo.0.stdout.take().unwrap()).lines().map_while(Result::ok);
    let lines: Vec<String> = lines.take(8).collect();
    let find = |begins: &str| lines.iter().find_map(|l| l.strip_prefix(begins)).unwrap().to_owned();
    let base = find("  pages   ").trim_end_matches('/').to_owned();
    let password = find("  sign in as pat with ");
    let http = crate::client::Http::new(&base, None);
    crate::wait::until("the demo on air", 40, || {
        (http.get("/live/evening/index.m3u8").status == 200).then_some(())
    });
    let mut guest = crate::client::Talker::enter(base.trim_start_matches("http://"), "Guest");
    guest.wait("somebody of the crowd", |m| m["type"] == "chat");
    let session = http.post("/:session", &json!({"name": "pat", "password": password}));
    assert!(matches!(session.status, 200 | 201), "{session:?}");
    let watch = crate::wait::until("a pin and a sale", 40, || {
        let watch = http.get("/:shows/evening/watch").expect(200);
        let sold = watch["offers"].as_array()?.iter().any(|offer| {
            let stock = match offer["sku"].as_str() {
                Some("LIP-01") => 500,
                Some("BROW-02") => 300,
                _ => 0,
            };
            offer["left"].as_u64().is_some_and(|left| left < stock)
        });
        (sold && watch["pin"]["sku"].is_string()).then_some(watch)
    });
    assert!(watch["show"]["viewers"].as_u64().is_some_and(|n| n > 10), "{watch}");
}
