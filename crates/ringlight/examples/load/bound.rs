//! What could be reached at most, as child processes: the same bytes with nothing decided, stored or packaged.

use std::collections::HashMap;
use std::convert::Infallible;
use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::sync::watch;

/// How often a part would be ready.
const PART: Duration = Duration::from_millis(500);
/// Bytes that the relay reads at once.
const RELAY_BYTES: usize = 64 * 1024;
/// An order's answer, as long as a real one.
const ORDER: &str = r#"{"id":"019a1b2c-3d4e-7f50-8123-456789abcdef","show":"show-0","host":"host-0","brand":"rouge","sku":"LIP-01","title":"Lipstick No. 1","quantity":1,"price":{"minor":7900,"currency":"CNY"},"total":{"minor":7900,"currency":"CNY"},"status":"reserved","air_ms":0,"at":"2026-01-01T00:00:00.000Z","expires_at":"2026-01-01T00:30:00.000Z","buyer":{"name":"Buyer","contact":"+86 000000000000"}}"#;

/// hyper with ready bytes: POST answers an order; GET a playlist, or a part when the path says so; `?wait` until
/// the next part would be ready.
pub(crate) fn http(playlist: Option<&Path>, part: Option<&Path>) -> anyhow::Result<()> {
    let read = |path: Option<&Path>| path.map_or(Ok(Vec::new()), std::fs::read).map(Bytes::from);
    let (playlist, part) = (read(playlist)?, read(part)?);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        let (ticks, tick) = watch::channel(0_u64);
        tokio::spawn(async move {
            let mut every = tokio::time::interval(PART);
            loop {
                every.tick().await;
                ticks.send_modify(|tick| *tick += 1);
            }
        });
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let (playlist, part, tick) = (playlist.clone(), part.clone(), tick.clone());
            tokio::spawn(async move {
                let service = service_fn(move |request| {
                    answer(request, playlist.clone(), part.clone(), tick.clone())
                });
                let connection = hyper::server::conn::http1::Builder::new();
                // The generator closes its connections when it is done.
                let _ = connection.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    })
}

async fn answer(
    request: Request<Incoming>,
    playlist: Bytes,
    part: Bytes,
    mut tick: watch::Receiver<u64>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    if request.uri().query() == Some("wait") {
        tick.mark_unchanged();
        let _ = tick.changed().await;
    }
    let (kind, body) = if request.method() == Method::POST {
        let _ = request.into_body().collect().await;
        ("application/json", Bytes::from_static(ORDER.as_bytes()))
    } else if request.uri().path().ends_with(".m4s") {
        ("video/mp4", part)
    } else {
        ("application/vnd.apple.mpegurl", playlist)
    };
    let status = if kind == "application/json" { StatusCode::CREATED } else { StatusCode::OK };
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(response)
}

/// Takes streams and gives each to a file and one reader, byte for byte. A connection begins with `i` (in) or `o`
/// (out) and the number of its stream; the readers come first.
pub(crate) fn relay(folder: &Path) -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?);
    let readers = Arc::new(Mutex::new(HashMap::<u8, TcpStream>::new()));
    for socket in listener.incoming() {
        let mut socket = socket?;
        let mut hello = [0; 2];
        socket.read_exact(&mut hello)?;
        let [kind, stream] = hello;
        if kind == b'o' {
            readers.lock().unwrap_or_else(PoisonError::into_inner).insert(stream, socket);
            continue;
        }
        let reader = readers.lock().unwrap_or_else(PoisonError::into_inner).remove(&stream);
        let mut file = File::create(folder.join(format!("relay-{stream}")))?;
        std::thread::spawn(move || -> std::io::Result<()> {
            let (mut reader, mut piece) = (reader, vec![0; RELAY_BYTES]);
            loop {
                let len = socket.read(&mut piece)?;
                if len == 0 {
                    return Ok(());
                }
                file.write_all(&piece[..len])?;
                if let Some(reader) = &mut reader {
                    reader.write_all(&piece[..len])?;
                }
            }
        });
    }
    Ok(())
}
