//! Who comes in: names, web pages, the token, sizes; and addresses that cannot be.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use fastintercom_tests::command::Cli;
use fastintercom_tests::server::{Server, Stop};
use serde_json::json;

use super::{TOKEN, open, small};

/// A page of another site, also under a name that was made to mean 127.0.0.1.
#[test]
fn foreign_web_pages_stay_outside() {
    let simulator = small();
    let (_session, web) =
        open(Server::new(&simulator).without_token().env("FASTINTERCOM_HTTP_HOSTS", "chat.example"));
    let port = web.base().rsplit(':').next().expect("a port").to_owned();
    for path in ["/tools/get_data_info", "/mcp"] {
        let rebound = web.clone().header("host", &format!("evil.example:{port}")).post(path, "{}");
        assert!(rebound.refused(403).contains("evil.example"), "{path}");
        for origin in ["https://evil.example", "null", "http://192.0.2.7"] {
            let sentence = web.clone().header("origin", origin).post(path, "{}").refused(403);
            assert!(sentence.contains("FASTINTERCOM_HTTP_HOSTS"), "{path} {origin}: {sentence}");
        }
    }
    assert_eq!(web.clone().header("host", "evil.example").get("/healthz").status, 403);
    for (name, value) in [
        ("host", "chat.example"),
        ("host", "localhost:1"),
        ("origin", "https://chat.example"),
        ("origin", "http://localhost:6274"),
    ] {
        let answer = web.clone().header(name, value).tool("get_sync_status", json!({})).succeeded();
        assert_eq!(answer["is_syncing"], false, "{name}: {value}");
    }
}

#[test]
fn the_token_is_asked_for_and_never_told() {
    let simulator = small();
    let server = Server::new(&simulator).without_token();
    let file = server.scratch().write("secrets/http-token", format!("{TOKEN}\n"));
    for (name, value) in [
        ("FASTINTERCOM_HTTP_TOKEN_FILE", file.display().to_string()),
        ("FASTINTERCOM_HTTP_TOKEN", TOKEN.to_owned()),
    ] {
        let (session, web) = open(server.clone().env(name, value).env("FASTINTERCOM_LOG", "trace"));
        for path in ["/tools/get_data_info", "/mcp", "/nothing"] {
            let none = web.post(path, "{}");
            assert_eq!(none.header("www-authenticate"), Some("Bearer realm=\"fastintercom\""));
            assert!(none.refused(401).contains("Bearer TOKEN"), "{path}");
            for wrong in [
                "Bearer wrong",
                "Basic YTpi",
                &format!("Bearer {TOKEN}x"),
                &format!("Bearer  {}", &TOKEN[1..]),
            ] {
                let refused = web.clone().header("authorization", wrong).post(path, "{}");
                assert!(
                    refused.header("www-authenticate").is_some_and(|said| said.contains("invalid_token"))
                );
                assert!(!refused.refused(401).contains(TOKEN), "{path} {wrong}");
            }
        }
        let right = web.clone().header("authorization", &format!("Bearer {TOKEN}"));
        assert_eq!(right.tool("get_sync_status", json!({})).succeeded()["is_syncing"], false);
        assert!(right.initialize()["serverInfo"].is_object());
        assert_eq!(web.get("/healthz").status, 200, "probes have no token");
        web.wait_until_ready();
        let log = session.stop_by(Stop::Terminate).assert_clean().log.join("\n");
        assert!(log.contains("callers must show the token"), "{log}");
        assert!(!log.contains(TOKEN), "{log}");
    }
}

/// Neither a length that is told ahead nor pieces of one that is not are taken.
#[test]
fn bodies_have_a_size() {
    const MOST: usize = 1024 * 1024;
    let simulator = small();
    let (_session, web) = open(Server::new(&simulator).without_token());
    for path in ["/tools/get_data_info", "/mcp"] {
        let head = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n");
        let told = web.raw(format!("{head}Content-Length: {}\r\n\r\n", MOST + 1).as_bytes());
        assert!(told.starts_with("HTTP/1.1 413 ") && told.contains("1 MB"), "{path}: {told}");
        let blanks = " ".repeat(MOST + 1);
        let pieces = format!("{head}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{blanks}\r\n", blanks.len());
        let untold = web.raw(pieces.as_bytes());
        assert!(untold.starts_with("HTTP/1.1 413 ") && untold.contains("1 MB"), "{path}: {untold}");
    }
    let fits = web.post("/tools/get_sync_status", format!("{{{}}}", " ".repeat(MOST - 2)));
    assert_eq!(fits.succeeded()["is_syncing"], false);
}

/// A client that writes on while it is refused sees the refusal, not a connection that was reset, and
/// may ask again on the same one.
#[test]
fn a_refusal_arrives_though_its_body_comes_late() {
    let simulator = small();
    let (_session, web) = open(Server::new(&simulator).without_token().env("FASTINTERCOM_HTTP_TOKEN", TOKEN));
    let mut stream = TcpStream::connect(web.base().trim_start_matches("http://")).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
    for size in [2, 20 << 20] {
        let head = format!(
            "POST /tools/get_sync_status HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).expect("the server reads");
        std::thread::sleep(Duration::from_millis(200));
        stream.write_all(" ".repeat(size).as_bytes()).expect("the server reads on");
        let mut answer = String::new();
        while !answer.ends_with('}') {
            let mut some = [0; 1024];
            let read = stream.read(&mut some).expect("an answer");
            assert_ne!(read, 0, "{size}: the connection ended after {answer:?}");
            answer.push_str(&String::from_utf8_lossy(&some[..read]));
        }
        assert!(answer.starts_with("HTTP/1.1 401 ") && answer.contains("Bearer TOKEN"), "{answer}");
    }
}

#[test]
fn doors_that_cannot_be_are_refused_at_the_start() {
    let simulator = small();
    let cli = Cli::new(&simulator).without_token();
    let serve = |address: &str| cli.clone().args(["serve", "--http", address]);
    for open in ["0.0.0.0:0", "[::]:0"] {
        let said = serve(open).run().assert_code(2).stderr;
        assert!(said.contains(open) && said.contains("FASTINTERCOM_HTTP_TOKEN_FILE"), "{said}");
    }
    for wrong in ["8137", "example.com:80", "127.0.0.1:99999"] {
        let said = serve(wrong).run().assert_code(2).stderr;
        assert!(said.contains("127.0.0.1:8137"), "it says what is allowed: {said}");
    }
    let short = serve("127.0.0.1:0").env("FASTINTERCOM_HTTP_TOKEN", "guessable").run().assert_code(2).stderr;
    assert!(short.contains("fewer than 16") && !short.contains("guessable"), "{short}");
    let within = cli.scratch().database_folder().join("http-token");
    std::fs::write(&within, TOKEN).expect("a file");
    let said = serve("127.0.0.1:0").env("FASTINTERCOM_HTTP_TOKEN_FILE", &within).run().assert_code(2).stderr;
    assert!(said.contains("could be read by the component") && !said.contains(TOKEN), "{said}");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let said = serve(&address).run().assert_code(1).stderr;
    assert!(said.contains(&address) && said.contains("in use"), "{said}");
}
