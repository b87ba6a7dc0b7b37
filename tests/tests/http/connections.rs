//! Sockets that ask for nothing, or do so slowly: they need no token, and take nobody's place.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use fastintercom_tests::server::Server;
use serde_json::json;

use super::{TOKEN, open, small};

fn connect(base: &str) -> TcpStream {
    TcpStream::connect(base.trim_start_matches("http://")).expect("a connection")
}

#[test]
fn idle_sockets_keep_nobody_out() {
    let simulator = small();
    let (_session, web) = open(Server::new(&simulator).without_token().env("FASTINTERCOM_HTTP_TOKEN", TOKEN));
    web.wait_until_ready();
    // Some say nothing, some begin a head and do not end it, some a body that is refused.
    let sockets: Vec<TcpStream> = (0..600)
        .map(|number| {
            let mut stream = connect(web.base());
            let head = "POST /mcp HTTP/1.1\r\nHost: localhost\r\n";
            let _ = match number % 3 {
                0 => stream.write_all(format!("{head}X-Slow: ").as_bytes()),
                1 => stream.write_all(format!("{head}Content-Length: 100000\r\n\r\n{{").as_bytes()),
                _ => Ok(()),
            };
            stream
        })
        .collect();
    let begun = Instant::now();
    assert_eq!(web.get("/healthz").status, 200);
    assert_eq!(web.get("/readyz").status, 200);
    let right = web.clone().header("authorization", &format!("Bearer {TOKEN}"));
    assert_eq!(right.tool("get_sync_status", json!({})).status, 200);
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    drop(sockets);
}

/// Requests in progress keep their places, and health has its own.
#[test]
fn when_every_place_is_at_work_health_is_still_answered() {
    let simulator = small();
    let (_session, web) = open(Server::new(&simulator).without_token());
    web.wait_until_ready();
    // Bodies that never come: each is a request in progress.
    let sockets: Vec<TcpStream> = (0..256)
        .map(|_| {
            let mut stream = connect(web.base());
            stream
                .write_all(
                    b"POST /tools/get_sync_status HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n",
                )
                .expect("taken");
            stream
        })
        .collect();
    // Until the last of them is seen as one, it may give way: a busy machine needs its time for that.
    std::thread::sleep(Duration::from_secs(4));
    for path in ["/healthz", "/readyz"] {
        let answer = web
            .raw(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes());
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
    }
    let busy = web.raw(
        b"POST /tools/get_sync_status HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
    );
    assert!(busy.starts_with("HTTP/1.1 503") && busy.to_lowercase().contains("retry-after: 1"), "{busy}");
    // The ones at work were not disturbed.
    for mut stream in sockets.into_iter().take(5) {
        stream.write_all(b"{}").expect("taken");
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).expect("an answer");
        assert_eq!(&answer, b"HTTP/1.1 200");
    }
}

#[test]
fn a_head_that_does_not_end_is_cut() {
    let simulator = small();
    let (_session, web) = open(Server::new(&simulator).without_token());
    let mut stream = connect(web.base());
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localh").expect("taken");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout");
    let begun = Instant::now();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
}
