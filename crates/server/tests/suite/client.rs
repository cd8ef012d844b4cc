//! HTTP as any client speaks it. Every refusal that passes through here is held to the table of errors.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::LazyLock;
use std::time::Duration;

use serde_json::{Value, json};

/// Code and status of every refusal, read from the table itself.
pub(crate) static CODES: LazyLock<BTreeMap<&str, u16>> = LazyLock::new(|| {
    let row = |line: &'static str| {
        let mut words = line.trim().split(' ');
        let (_, code, status) = (words.next()?, words.next()?, words.next()?);
        let code = code.strip_prefix('"')?.strip_suffix('"')?;
        Some((code, status.parse().ok()?))
    };
    include_str!("../../src/errors.rs").lines().filter_map(row).collect()
});

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: ureq::http::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// What a cookie was set to, without its attributes.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        let set = self.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
        let mut pairs = set.filter_map(|value| value.split(';').next());
        pairs.find(|pair| pair.starts_with(&format!("{name}="))).map(str::to_owned)
    }

    /// The JSON of an answer with this status.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { self.json() }
    }

    /// A refusal of this code, with the status that the table gives it.
    #[track_caller]
    pub(crate) fn refused(&self, code: &str) -> Value {
        let error = &self.json()["error"];
        assert_eq!(error["code"], code, "{} {}", self.status, self.text);
        assert_eq!(self.status, CODES[code], "{code}");
        error.clone()
    }

    /// Whatever is no success looks as the table says, and every answer carries the headers of safety.
    #[track_caller]
    pub(crate) fn check(&self, what: &str) {
        for (name, says) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("content-security-policy", "default-src 'self'"),
            ("content-security-policy", "frame-ancestors 'none'"),
            ("permissions-policy", "camera=()"),
        ] {
            assert!(self.header(name).contains(says), "{what}: {name}: {}", self.header(name));
        }
        assert!(!self.header("cache-control").is_empty(), "{what}: cache-control");
        if self.status < 400 {
            return;
        }
        let error = &self.json()["error"];
        let code = error["code"].as_str().unwrap_or_default();
        assert_eq!(CODES.get(code), Some(&self.status), "{what}: {}", self.text);
        for part in ["message", "hint"] {
            assert!(error[part].as_str().is_some_and(|text| !text.is_empty()), "{what}: {part}");
        }
        if matches!(self.status, 429 | 503) {
            assert!(self.header("retry-after").parse::<u32>().is_ok(), "{what}: retry-after");
        }
        assert_eq!(self.header("cache-control"), "no-store", "{what}");
    }
}

/// Somebody who asks.
#[derive(Clone)]
pub(crate) struct Http {
    agent: ureq::Agent,
    base: String,
    headers: Vec<(String, String)>,
}

impl Http {
    pub(crate) fn new(base: &str, token: Option<&str>) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(20)))
            .build();
        let http = Self { agent: config.into(), base: base.to_owned(), headers: Vec::new() };
        match token {
            Some(token) => http.with("authorization", &format!("Bearer {token}")),
            None => http,
        }
    }

    /// The same with one more header.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let mut http = self.clone();
        http.headers.push((name.to_owned(), value.to_owned()));
        http
    }

    /// The cookie that goes along.
    pub(crate) fn get_cookie(&self) -> String {
        let cookie = self.headers.iter().find(|(name, _)| name == "cookie");
        cookie.map(|(_, value)| value.clone()).unwrap_or_default()
    }

    /// Asks; a path that does not begin with a slash is of the API.
    #[track_caller]
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/api/v1/{path}") };
        let uri = format!("{}{path}", self.base);
        let mut request = ureq::http::Request::builder().method(method).uri(uri);
        let own = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in own.chain(headers.iter().copied()) {
            request = request.header(name, value);
        }
        let sent = if body.is_empty() && matches!(method, "GET" | "DELETE") {
            self.agent.run(request.body(()).unwrap())
        } else {
            self.agent.run(request.body(body).unwrap())
        };
        let mut response = sent.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.body_mut().read_to_string().unwrap();
        let answer = Answer { status, headers, text };
        answer.check(&format!("{method} {path}"));
        answer
    }

    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], b"")
    }

    #[track_caller]
    pub(crate) fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, &[], b"")
    }

    #[track_caller]
    pub(crate) fn json(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.send(
            method,
            path,
            &[("content-type", "application/json")],
            body.to_string().as_bytes(),
        )
    }

    #[track_caller]
    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.json("POST", path, body)
    }

    #[track_caller]
    pub(crate) fn patch(&self, path: &str, body: &Value) -> Answer {
        self.json("PATCH", path, body)
    }

    /// Signs in; the answer's cookie and CSRF token go with everything that follows.
    #[track_caller]
    pub(crate) fn sign_in(&self, name: &str, password: &str) -> Session {
        let answer = self.post("session", &json!({"name": name, "password": password}));
        let csrf = answer.expect(200)["csrf"].as_str().unwrap().to_owned();
        let browser = self.with("cookie", &answer.cookie("rl_session").unwrap());
        Session { page: browser.with("x-csrf-token", &csrf), browser }
    }

    /// Orders one piece, or more, in a show.
    #[track_caller]
    pub(crate) fn order(&self, show: &str, key: &str, body: &Value) -> Answer {
        let headers = [("content-type", "application/json"), ("idempotency-key", key)];
        self.send("POST", &format!("shows/{show}/orders"), &headers, body.to_string().as_bytes())
    }
}

/// A signed-in browser.
pub(crate) struct Session {
    /// What a page of ours sends.
    pub(crate) page: Http,
    /// What the browser sends with any request: the cookie alone.
    pub(crate) browser: Http,
}

/// An order of a buyer who is told apart by their contact.
pub(crate) fn order_of(sku: &str, quantity: u32, contact: &str) -> Value {
    json!({"sku": sku, "quantity": quantity, "buyer": {"name": "Li", "contact": contact}})
}

/// Sends bytes as they are and reads what comes back until the server closes or has nothing more to say.
pub(crate) fn raw(addr: SocketAddr, bytes: &[u8]) -> String {
    let mut socket = TcpStream::connect(addr).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    socket.write_all(bytes).unwrap();
    let (mut said, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        match socket.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => said.extend_from_slice(&buffer[..n]),
            Err(error) if matches!(error.kind(), ErrorKind::ConnectionReset) => break,
            Err(error) => panic!("the server neither answers nor closes: {error}"),
        }
        if complete(&said) {
            break;
        }
    }
    String::from_utf8_lossy(&said).into_owned()
}

/// The head is there, and as much after it as it announces.
fn complete(said: &[u8]) -> bool {
    let text = String::from_utf8_lossy(said);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    length.is_some_and(|length| body.len() >= length)
}
