//! The HTTP port: accepts, speaks TLS when asked to, and closes who does not finish a request head in time, or does not
//! read what was asked for.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use super::patient::Patient;
use super::places::{Closed, Gate, Place};
use crate::errors::Code;

/// A head that is not complete by then closes the connection; so does a TLS handshake.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of a request head at most.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// The bytes with which a client begins HTTP/2 (RFC 9113, 3.4); nothing else bounds how long they take.
const H2_PREFACE_BYTES: usize = 24;
/// Streams that one HTTP/2 connection may have open.
const H2_STREAMS_MAX: u32 = 100;
/// Connections that are told why they are refused, at a time; further ones are only closed.
const TURNED_AWAY_MAX: usize = 64;
/// How long that may take.
const TURN_AWAY_TIMEOUT: Duration = Duration::from_secs(2);
/// After a failed accept (no file handles left) the port rests this long, so that it does not spin.
const ACCEPT_REST: Duration = Duration::from_millis(100);

/// What the listener knows of a connection; handlers read it from the request's extensions.
#[derive(Clone)]
pub(crate) struct Connection {
    pub(crate) peer: SocketAddr,
    pub(crate) tls: bool,
    /// Its place among those of its address.
    pub(crate) place: Arc<Place>,
}

/// Reads a certificate chain and its key for HTTP/1.1 and HTTP/2.
pub(crate) fn tls_config(cert: &Path, key: &Path) -> anyhow::Result<Arc<rustls::ServerConfig>> {
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(cert)
        .with_context(|| format!("read {}", cert.display()))?
        .collect::<Result<_, _>>()
        .with_context(|| format!("{} is not PEM", cert.display()))?;
    if chain.is_empty() {
        bail!("{} holds no certificate", cert.display());
    }
    let key =
        PrivateKeyDer::from_pem_file(key).with_context(|| format!("read {}", key.display()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .context("the certificate and the key do not fit together")?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Accepts until the task is dropped.
pub(crate) async fn run(
    listener: Arc<TcpListener>,
    tls: Option<Arc<rustls::ServerConfig>>,
    gate: Arc<Gate>,
    router: Router,
) {
    let turned_away = Arc::new(Semaphore::new(TURNED_AWAY_MAX));
    let acceptor = tls.map(TlsAcceptor::from);
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "http accept");
                tokio::time::sleep(ACCEPT_REST).await;
                continue;
            }
        };
        let entry = match gate.enter(peer.ip()) {
            Ok(entry) => entry,
            Err(why) => {
                // Over TLS a refusal would cost a handshake.
                if why == Closed::Crowded
                    && acceptor.is_none()
                    && let Ok(turn) = Arc::clone(&turned_away).try_acquire_owned()
                {
                    tokio::spawn(turn_away(stream, turn));
                }
                continue;
            }
        };
        let (acceptor, router) = (acceptor.clone(), router.clone());
        tokio::spawn(async move {
            let place = Arc::clone(&entry.place);
            let _ = stream.set_nodelay(true);
            match acceptor {
                None => {
                    let connection = Connection { peer, tls: false, place };
                    serve(Patient::new(stream), connection, Version::Http1, router).await;
                }
                Some(acceptor) => {
                    match tokio::time::timeout(HEAD_TIMEOUT, acceptor.accept(stream)).await {
                        Ok(Ok(stream)) => {
                            let connection = Connection { peer, tls: true, place };
                            let version = match stream.get_ref().1.alpn_protocol() {
                                Some(b"h2") => Version::Http2,
                                _ => Version::Http1,
                            };
                            let mut stream = Patient::new(stream);
                            if matches!(version, Version::Http2) {
                                stream = stream.beginning(H2_PREFACE_BYTES, HEAD_TIMEOUT);
                            }
                            serve(stream, connection, version, router).await;
                        }
                        Ok(Err(error)) => tracing::debug!(%error, "tls handshake"),
                        Err(_) => {}
                    }
                }
            }
            drop(entry);
        });
    }
}

/// Says why and closes. What the client has sent is read, or the system would throw the answer away with it.
async fn turn_away(mut stream: TcpStream, _turn: OwnedSemaphorePermit) {
    let told = async {
        stream.write_all(&super::refusal(Code::TooManyConnections)).await?;
        stream.shutdown().await?;
        let mut rest = (&mut stream).take(HEAD_BYTES_MAX as u64);
        tokio::io::copy(&mut rest, &mut tokio::io::sink()).await
    };
    let _ = tokio::time::timeout(TURN_AWAY_TIMEOUT, told).await;
}

/// What a connection speaks. It is agreed on in the TLS handshake, never guessed from the first bytes: whoever guesses
/// waits for bytes without a clock.
#[derive(Clone, Copy)]
enum Version {
    Http1,
    Http2,
}

/// One connection, from its first request to its last.
async fn serve<S>(stream: S, connection: Connection, version: Version, router: Router)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(connection.clone());
        router.clone().oneshot(request)
    });
    let socket = TokioIo::new(stream);
    let ended = match version {
        Version::Http1 => {
            http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIMEOUT)
                .max_buf_size(HEAD_BYTES_MAX * 4)
                .serve_connection(socket, service)
                .with_upgrades()
                .await
        }
        Version::Http2 => {
            http2::Builder::new(TokioExecutor::new())
                .timer(TokioTimer::new())
                .max_concurrent_streams(H2_STREAMS_MAX)
                .max_header_list_size(HEAD_BYTES_MAX as u32)
                .keep_alive_interval(Duration::from_secs(20))
                .serve_connection(socket, service)
                .await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "http connection");
    }
}

/// The plain socket and what was read ahead of it, for a connection that leaves HTTP.
pub(crate) enum Socket {
    /// Without TLS.
    Plain(TcpStream),
    /// With TLS: the socket and its session.
    Tls(TcpStream, Box<rustls::ServerConnection>),
}

/// Takes the socket out of an upgraded connection.
pub(crate) fn take_socket(upgraded: hyper::upgrade::Upgraded) -> Option<(Socket, bytes::Bytes)> {
    let upgraded = match upgraded.downcast::<TokioIo<Patient<TcpStream>>>() {
        Ok(parts) => {
            return Some((Socket::Plain(parts.io.into_inner().into_inner()), parts.read_buf));
        }
        Err(upgraded) => upgraded,
    };
    type Tls = TokioIo<Patient<tokio_rustls::server::TlsStream<TcpStream>>>;
    let parts = upgraded.downcast::<Tls>().ok()?;
    let (stream, session) = parts.io.into_inner().into_inner().into_inner();
    Some((Socket::Tls(stream, Box::new(session)), parts.read_buf))
}
