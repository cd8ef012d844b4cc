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
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use super::patient::Patient;

/// A head that is not complete by then closes the connection; so does a TLS handshake.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of a request head at most.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// The bytes with which a client begins HTTP/2 (RFC 9113, 3.4); nothing else bounds how long they take.
const H2_PREFACE_BYTES: usize = 24;
/// Streams that one HTTP/2 connection may have open.
const H2_STREAMS_MAX: u32 = 100;
/// After a failed accept (no file handles left) the port rests this long, so that it does not spin.
const ACCEPT_REST: Duration = Duration::from_millis(100);

/// What the listener knows of a connection; handlers read it from the request's extensions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Connection {
    pub(crate) peer: SocketAddr,
    pub(crate) tls: bool,
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
    listener: TcpListener,
    tls: Option<Arc<rustls::ServerConfig>>,
    connections_max: usize,
    router: Router,
) {
    let places = Arc::new(Semaphore::new(connections_max));
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
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
        let (acceptor, router) = (acceptor.clone(), router.clone());
        tokio::spawn(async move {
            let _place = place;
            let _ = stream.set_nodelay(true);
            match acceptor {
                None => {
                    let connection = Connection { peer, tls: false };
                    serve(Patient::new(stream), connection, Version::Http1, router).await;
                }
                Some(acceptor) => {
                    match tokio::time::timeout(HEAD_TIMEOUT, acceptor.accept(stream)).await {
                        Ok(Ok(stream)) => {
                            let connection = Connection { peer, tls: true };
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
        });
    }
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
        request.extensions_mut().insert(connection);
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
