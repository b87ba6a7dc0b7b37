//! A private certificate authority, and servers that show its certificates.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use fastintercom_tests::scratch::Scratch;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::server::TlsStream;

/// Signs certificates that only those trust who are told to.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    pub fn new() -> Self {
        let mut parameters = CertificateParams::new(Vec::<String>::new()).expect("parameters");
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let pem = parameters.self_signed(&key).expect("a certificate").pem();
        Self { issuer: Issuer::new(parameters, key), pem }
    }

    /// What `SSL_CERT_FILE` names.
    pub fn file(&self, scratch: &Scratch) -> PathBuf {
        scratch.write("authority.pem", &self.pem)
    }

    fn acceptor(&self, name: &str, protocol: Option<&str>) -> TlsAcceptor {
        let key = KeyPair::generate().expect("a key");
        let parameters = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        let certificate = parameters.signed_by(&key, &self.issuer).expect("a certificate");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .expect("a certificate that fits its key");
        config.alpn_protocols = protocol.into_iter().map(|name| name.as_bytes().to_vec()).collect();
        TlsAcceptor::from(Arc::new(config))
    }

    /// A server of that name which ends TLS and hands what comes to another server on loopback.
    pub fn in_front_of(&self, name: &str, address: SocketAddr) -> Secured {
        let acceptor = self.acceptor(name, Some("http/1.1"));
        Secured::start(acceptor, move |mut stream| async move {
            if let Ok(mut behind) = TcpStream::connect(address).await {
                let _ = tokio::io::copy_bidirectional(&mut stream, &mut behind).await;
            }
        })
    }

    /// A server of that name which speaks HTTP/2 alone, and answers `{}`.
    pub fn of_http2(&self, name: &str) -> Secured {
        let acceptor = self.acceptor(name, Some("h2"));
        Secured::start(acceptor, |stream| async move {
            let Ok(mut connection) = h2::server::handshake(stream).await else { return };
            while let Some(Ok((_, mut respond))) = connection.accept().await {
                let head = http::Response::new(());
                if let Ok(mut body) = respond.send_response(head, false) {
                    let _ = body.send_data(bytes::Bytes::from_static(b"{}"), true);
                }
            }
        })
    }
}

/// A TLS server; it ends when it is dropped.
pub struct Secured {
    pub address: SocketAddr,
    _runtime: Runtime,
}

impl Secured {
    fn start<F>(
        acceptor: TlsAcceptor,
        serve: impl Fn(TlsStream<TcpStream>) -> F + Clone + Send + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let runtime = Runtime::new().expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).expect("a port");
        let address = listener.local_addr().expect("an address");
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, serve) = (acceptor.clone(), serve.clone());
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        serve(stream).await;
                    }
                });
            }
        });
        Self { address, _runtime: runtime }
    }
}
