//! An HTTP proxy that asks for a name and a password, and leads every tunnel to one server.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use base64::Engine as _;

/// What the proxy asks for, as it stands in an address.
pub const CREDENTIALS: &str = "agent:pa55word";

pub struct Proxy {
    address: SocketAddr,
    tunnels: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// Its thread ends with the process.
    pub fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let tunnels = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&tunnels);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let kept = Arc::clone(&kept);
                thread::spawn(move || tunnel(client, server, &kept));
            }
        });
        Self { address, tunnels }
    }

    /// The value of `HTTPS_PROXY`.
    pub fn url(&self, credentials: &str) -> String {
        format!("http://{credentials}@{}", self.address)
    }

    /// What clients wanted to reach, `refused` before it where they gave no password.
    pub fn tunnels(&self) -> Vec<String> {
        self.tunnels.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn tunnel(mut client: TcpStream, server: SocketAddr, kept: &Mutex<Vec<String>>) -> Option<()> {
    let mut reader = BufReader::new(client.try_clone().ok()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let target = head.strip_prefix("CONNECT ")?.split(' ').next()?.to_owned();
    let wanted = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(CREDENTIALS));
    let allowed = head.lines().any(|line| {
        line.split_once(": ")
            .is_some_and(|(name, value)| name.eq_ignore_ascii_case("proxy-authorization") && value == wanted)
    });
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    kept.push(if allowed { target } else { format!("refused {target}") });
    drop(kept);
    if !allowed {
        let refusal = "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n";
        return client.write_all(refusal.as_bytes()).ok();
    }
    let mut behind = TcpStream::connect(server).ok()?;
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").ok()?;
    let (mut back, mut forth) = (behind.try_clone().ok()?, client.try_clone().ok()?);
    thread::spawn(move || {
        let _ = io::copy(&mut back, &mut forth);
        let _ = forth.shutdown(Shutdown::Write);
    });
    io::copy(&mut client, &mut behind).ok()?;
    behind.shutdown(Shutdown::Write).ok()
}
