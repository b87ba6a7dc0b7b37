//! A server on loopback that answers whatever a test wants, byte for byte.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// Its thread ends with the process: it holds nothing that another test could want.
pub struct Upstream {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Upstream {
    /// `answer` gets a request's head and writes to its connection, which is closed afterwards.
    pub fn start(answer: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (kept, answer) = (Arc::clone(&requests), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (kept, answer) = (Arc::clone(&kept), Arc::clone(&answer));
                thread::spawn(move || serve(stream, &kept, answer.as_ref()));
            }
        });
        Self { address, requests }
    }

    /// One that gives every request the same answer.
    pub fn answering(head: &str, body: &[u8]) -> Self {
        let mut whole = format!("HTTP/1.1 {head}\r\nConnection: close\r\n").into_bytes();
        whole.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
        whole.extend_from_slice(body);
        Self::start(move |_, stream| drop(stream.write_all(&whole)))
    }

    pub fn authority(&self) -> String {
        self.address.to_string()
    }

    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The heads of the requests that came so far.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn serve(mut stream: TcpStream, kept: &Mutex<Vec<String>>, answer: &dyn Fn(&str, &mut TcpStream)) {
    let Ok(copy) = stream.try_clone() else { return };
    let mut reader = BufReader::new(copy);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).unwrap_or(0) == 0 {
            return;
        }
    }
    let length = head.to_ascii_lowercase();
    let length = length.lines().find_map(|line| line.strip_prefix("content-length:"));
    let mut body = vec![0; length.and_then(|length| length.trim().parse().ok()).unwrap_or(0)];
    if reader.read_exact(&mut body).is_err() {
        return;
    }
    kept.lock().unwrap_or_else(PoisonError::into_inner).push(head.clone());
    answer(&head, &mut stream);
}
