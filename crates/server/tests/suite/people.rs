//! Accounts, sessions, tokens, devices, and what other sites cannot make a browser do.

use std::sync::Arc;

use serde_json::json;

use crate::server::{PASSWORD, Server, crew};

#[test]
fn a_cookie_needs_its_token_and_a_bearer_does_not() {
    let server = Server::start(&crew(), |_| {});
    let session = server.anonymous().sign_in("pat", PASSWORD);
    let brand = json!({"name": "Rouge"});
    session.browser.get("session").expect(200);
    session.browser.patch("brands/rouge", &brand).refused("csrf_rejected");
    session
        .browser
        .with("x-csrf-token", "x")
        .patch("brands/rouge", &brand)
        .refused("csrf_rejected");
    session.browser.delete("session").refused("csrf_rejected");
    session.page.patch("brands/rouge", &brand).expect(200);
    server.pat().patch("brands/rouge", &brand).expect(200);
    // Another session's token does not fit, and a bad bearer is not made good by a cookie.
    let other = server.anonymous().sign_in("otto", PASSWORD);
    let theirs = other.page.get("session").json()["csrf"].as_str().unwrap().to_owned();
    session
        .browser
        .with("x-csrf-token", &theirs)
        .patch("brands/rouge", &brand)
        .refused("csrf_rejected");
    session.page.with("authorization", "Bearer rl_wrong").get("session").refused("bad_token");
    session.page.with("authorization", "Basic cGF0Og==").get("session").refused("bad_token");

    session.page.delete("session").expect(204);
    session.page.get("session").refused("not_signed_in");
}

#[test]
fn other_sites_get_nothing_done() {
    let server = Server::example();
    let http = server.anonymous();
    let own = format!("http://{}", server.ready.http);
    let credentials = json!({"name": "pat", "password": PASSWORD});
    for origin in ["https://evil.example", "null", "http://127.0.0.1:1", "x"] {
        let foreign = http.with("origin", origin);
        foreign.post("session", &credentials).refused("csrf_rejected");
        let handshake = [
            ("connection", "upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ];
        foreign.send("GET", "shows/evening/room", &handshake, b"").refused("csrf_rejected");
        let pat = server.pat().with("origin", origin);
        pat.send("GET", "shows/evening/desk", &handshake, b"").refused("csrf_rejected");
    }
    let answer = http.with("origin", &own).post("session", &credentials);
    answer.expect(200);
    let cookie = answer.header("set-cookie");
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "{cookie}");

    // A page of another site cannot send the header that our own pages send.
    let device = http.get("shows/evening/watch").cookie("rl_device").unwrap();
    let viewer = http.with("cookie", &device);
    let foreign = viewer.with("origin", "https://evil.example");
    foreign.send("PUT", "hosts/anna/follow", &[], b"").refused("csrf_rejected");
    viewer.with("origin", &own).send("PUT", "hosts/anna/follow", &[], b"").refused("csrf_rejected");
    let page = viewer.with("origin", &own).with("x-ringlight", "1");
    page.send("PUT", "hosts/anna/follow", &[], b"").expect(204);
    assert_eq!(viewer.get("shows/evening/watch").json()["following"], true);
}

#[test]
fn wrong_passwords_lock_out_the_name_and_the_address() {
    let trusting = |config: &mut server::Config| {
        config.people.login_attempts = 3;
        config.server.trusted_proxies = vec!["127.0.0.1".to_owned()];
    };
    let server = Server::start(&crew(), trusting);
    let try_in = |from: &str, name: &str, password: &str| {
        let http = server.anonymous().with("x-forwarded-for", from);
        http.post("session", &json!({"name": name, "password": password}))
    };
    // At the same time, so that all are asked before the first is answered.
    let codes: Vec<String> = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..12)
            .map(|n| scope.spawn(move || try_in(&format!("198.51.100.{n}"), "pat", "wrong")))
            .collect();
        let answers = tries.into_iter().map(|thread| thread.join().unwrap());
        answers.map(|answer| answer.json()["error"]["code"].as_str().unwrap().to_owned()).collect()
    });
    assert_eq!(codes.iter().filter(|code| *code == "bad_credentials").count(), 3, "{codes:?}");
    try_in("203.0.113.1", "pat", PASSWORD).refused("locked_out");
    try_in("203.0.113.1", "otto", PASSWORD).expect(200);

    for name in ["no", "such", "names"] {
        try_in("203.0.113.2", name, "wrong").refused("bad_credentials");
    }
    try_in("203.0.113.2", "otto", PASSWORD).refused("locked_out");
    try_in("203.0.113.3", "otto", PASSWORD).expect(200);
    // A network of IPv6 is one sender.
    for host in 1..=3 {
        try_in(&format!("2001:db8::{host}"), &format!("n{host}"), "wrong")
            .refused("bad_credentials");
    }
    try_in("2001:db8::9", "otto", PASSWORD).refused("locked_out");
    try_in("203.0.113.3", &"x".repeat(60_000), "wrong").refused("bad_credentials");
}

#[test]
fn sessions_and_tokens_end_when_they_must() {
    let server = Server::start(&crew(), |_| {});
    let pat = server.pat();
    let http = server.anonymous();

    let pia = http.sign_in("pia", PASSWORD);
    pat.patch("users/pia", &json!({"password": "another-password-2"})).expect(200);
    pia.page.get("session").refused("not_signed_in");
    http.post("session", &json!({"name": "pia", "password": PASSWORD})).refused("bad_credentials");
    let pia = http.sign_in("pia", "another-password-2");
    pat.patch("users/pia", &json!({"roles": ["host"]})).expect(200);
    pia.page.get("session").refused("not_signed_in");

    let token = pat.post("users/pia/tokens", &json!({"label": "ci"})).expect(201);
    let bearer = server.bearer(token["token"].as_str().unwrap());
    bearer.get("session").expect(200);
    let listed = pat.get("users/pia/tokens").expect(200);
    assert!(!listed.to_string().contains(token["token"].as_str().unwrap()), "{listed}");
    pat.delete(&format!("users/pia/tokens/{}", token["id"].as_str().unwrap())).expect(204);
    bearer.get("session").refused("bad_token");

    let anna = http.sign_in("anna", PASSWORD);
    pat.patch("users/anna", &json!({"disabled": true})).expect(200);
    anna.page.get("session").refused("not_signed_in");
    server.bearer("rl_anna_0123456789abcdef").get("session").refused("bad_token");
    http.post("session", &json!({"name": "anna", "password": PASSWORD})).refused("bad_credentials");

    // Operators do not lock themselves out.
    pat.patch("users/pat", &json!({"disabled": true})).refused("forbidden");
    pat.patch("users/pat", &json!({"roles": ["producer"]})).refused("forbidden");
    pat.post("users", &json!({"name": "x", "password": "short", "roles": []}))
        .refused("weak_password");
    pat.post("users", &json!({"name": "pat", "password": PASSWORD, "roles": []}))
        .refused("already_exists");
    pat.post("users", &json!({"name": "a b", "password": PASSWORD, "roles": []}))
        .refused("invalid_field");
    pat.post("users", &json!({"name": "x", "password": PASSWORD, "roles": ["king"]}))
        .refused("bad_json");
    pat.post("users", &json!({"name": "x", "password": PASSWORD, "roles": [], "host": "no"}))
        .refused("unknown_host");
    pat.get("users/nobody/tokens").refused("unknown_user");
}

#[test]
fn a_session_expires() {
    let data = Server::example().stop();
    let restart =
        |days| Server::try_start(Arc::clone(&data), "", |c| c.people.session_days = days).unwrap();
    let server = restart(0);
    let answer = server.anonymous().post("session", &json!({"name": "pat", "password": PASSWORD}));
    let cookie = answer.cookie("rl_session").unwrap();
    answer.expect(200);
    server.anonymous().with("cookie", &cookie).get("session").refused("not_signed_in");
    drop(server.stop());
    let server = restart(1);
    let session = server.anonymous().sign_in("pat", PASSWORD);
    drop(server.stop());
    // A session outlives a restart.
    let server = restart(1);
    let cookie = session.browser.get_cookie();
    server.anonymous().with("cookie", &cookie).get("session").expect(200);
}

#[test]
fn the_admin_link_makes_one_operator() {
    let server = Server::start("", |_| {});
    let http = server.anonymous();
    let link = server.ready.admin_link.clone().unwrap();
    let token = link.split_once("setup=").unwrap().1;
    let ask =
        |name: &str, password: &str| json!({"token": token, "name": name, "password": password});
    http.post("setup", &json!({"token": "no", "name": "eve", "password": PASSWORD}))
        .refused("setup_closed");
    http.with("origin", "https://evil.example")
        .post("setup", &ask("eve", PASSWORD))
        .refused("csrf_rejected");
    // A mistake does not use it up; of several at once one wins.
    http.post("setup", &ask("ada", "short")).refused("weak_password");
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let (http, ask) = (&http, &ask);
        let tries: Vec<_> = (0..4)
            .map(|n| {
                scope.spawn(move || http.post("setup", &ask(&format!("ada{n}"), PASSWORD)).status)
            })
            .collect();
        tries.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    http.post("setup", &ask("eve", PASSWORD)).refused("setup_closed");
    let data = server.stop();
    let server = Server::try_start(data, "", |_| {}).unwrap();
    assert_eq!(server.ready.admin_link, None);
}

#[test]
fn a_device_cannot_be_forged() {
    let server = Server::start(&crew(), |config| {
        config.server.trusted_proxies = vec!["127.0.0.1".to_owned()];
    });
    let http = server.anonymous();
    let answer = http.get("shows/evening/watch");
    let device = answer.cookie("rl_device").unwrap();
    assert!(answer.header("set-cookie").contains("HttpOnly"));
    let known = http.with("cookie", &device).get("shows/evening/watch");
    assert_eq!(known.cookie("rl_device"), None);
    assert_eq!(known.json()["device"], answer.json()["device"]);
    let (id, mac) = device.trim_start_matches("rl_device=").split_once('.').unwrap();
    let other = http.get("shows/evening/watch").cookie("rl_device").unwrap();
    let other_id = other.trim_start_matches("rl_device=").split_once('.').unwrap().0.to_owned();
    for forged in [
        format!("{other_id}.{mac}"),
        format!("{id}."),
        id.to_owned(),
        format!("{id}.{}", "0".repeat(mac.len())),
        format!("{id}.{mac}0"),
        "%00.%00".to_owned(),
    ] {
        let answer = http.with("cookie", &format!("rl_device={forged}")).get("shows/evening/watch");
        assert!(answer.cookie("rl_device").is_some(), "{forged} was taken");
    }
    // HTTPS by the word of a trusted proxy makes the cookie one for HTTPS only.
    let https = http.with("x-forwarded-proto", "https").get("shows/evening/watch");
    assert!(https.header("set-cookie").contains("Secure"));
    assert!(!https.header("strict-transport-security").is_empty());

    // One address does not make followers without end.
    let crowd = http.with("x-forwarded-for", "203.0.113.9");
    let mut follows = 0;
    while follows < 5_000 && crowd.send("PUT", "hosts/anna/follow", &[], b"").status == 204 {
        follows += 1;
    }
    assert!((400..5_000).contains(&follows), "{follows}");
    crowd.with("cookie", &device).send("PUT", "hosts/anna/follow", &[], b"").expect(204);
    http.with("x-forwarded-for", "203.0.113.10")
        .send("PUT", "hosts/anna/follow", &[], b"")
        .expect(204);
}
