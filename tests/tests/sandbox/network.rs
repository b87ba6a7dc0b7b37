//! Network: one origin, a few methods and paths, no header of the component's choice.

use fastintercom_tests::simulator::Config;
use serde_json::{Value, json};

use super::upstream::Upstream;
use super::{answers, attacked, simulate};

/// Tried: other hosts, ports, paths, methods and schemes, addresses, user names, encoded dots.
#[test]
fn other_requests_than_those_of_a_sync_are_denied() {
    let simulator = simulate(Config::new().conversations(1));
    let upstream = Upstream::answering("200 OK", b"{}");
    let elsewhere = Upstream::answering("200 OK", b"{}");
    let session = attacked(&simulator).env("INTERCOM_BASE_URL", upstream.base_url()).start();
    let here = upstream.authority();
    let port = here.rsplit(':').next().expect("a port");
    let there = elsewhere.authority();
    let origin = "INTERCOM_BASE_URL";
    for (method, scheme, authority, path, rule) in [
        ("GET", "http", "example.com", "/me", origin),
        ("GET", "https", "example.com", "/me", origin),
        ("GET", "https", here.as_str(), "/me", origin),
        ("GET", "http", there.as_str(), "/me", origin),
        ("GET", "http", "127.0.0.1", "/me", origin),
        ("GET", "http", &format!("localhost:{port}"), "/me", origin),
        ("GET", "http", &format!("127.1:{port}"), "/me", origin),
        ("GET", "http", &format!("[::1]:{port}"), "/me", origin),
        ("GET", "http", "169.254.169.254", "/latest/meta-data", origin),
        ("GET", "http", &format!("{here}@{there}"), "/me", origin),
        ("GET", "http", &format!("user@{here}"), "/me", origin),
        ("GET", "ftp", here.as_str(), "/me", origin),
        ("DELETE", "http", here.as_str(), "/conversations/1", "DELETE"),
        ("PUT", "http", here.as_str(), "/conversations/1", "PUT"),
        ("PATCH", "http", here.as_str(), "/me", "PATCH"),
        ("POST", "http", here.as_str(), "/conversations/1/reply", "POST"),
        ("POST", "http", here.as_str(), "/conversations", "POST"),
        ("BREW", "http", here.as_str(), "/me", "BREW"),
        ("GET", "http", here.as_str(), "/export/content/data/1", "GET"),
        ("GET", "http", here.as_str(), "/", "plain"),
        ("GET", "http", here.as_str(), "/conversations/../admins", "plain"),
        ("GET", "http", here.as_str(), "/conversations/%2e%2e/admins", "plain"),
        ("GET", "http", here.as_str(), "/conversations/1%2freply", "plain"),
        ("GET", "http", here.as_str(), "//elsewhere/me", ""),
    ] {
        let request = json!({"method": method, "scheme": scheme, "authority": authority, "path": path});
        let answer = answers(&session, "send", request);
        let error =
            answer["error"].as_str().unwrap_or_else(|| panic!("{method} {authority} {path}: {answer}"));
        // wasmtime itself refuses what is no request of HTTP, such as another scheme.
        let refused_before = error.ends_with("refused")
            || error.contains("HttpRequestUriInvalid")
            || (scheme == "ftp" && error.contains("HttpProtocolError"));
        assert!(
            refused_before || error.contains("denied: ") && error.contains(rule),
            "{authority} {path}: {error}"
        );
    }
    let asked: Vec<_> = upstream.requests().into_iter().chain(elsewhere.requests()).collect();
    assert!(asked.is_empty(), "{asked:#?}");
    let allowed = answers(&session, "send", json!({"scheme": "http", "authority": here, "path": "/me"}));
    assert_eq!(allowed["status"], 200, "{allowed}");
}

/// Tried: being led elsewhere by a redirect, which would take the token along.
#[test]
fn redirects_are_not_followed() {
    let simulator = simulate(Config::new().conversations(1));
    let elsewhere = Upstream::answering("200 OK", b"{}");
    let location = format!("302 Found\r\nLocation: {}/me", elsewhere.base_url());
    let upstream = Upstream::answering(&location, b"");
    let session = attacked(&simulator).env("INTERCOM_BASE_URL", upstream.base_url()).start();
    let request = json!({"scheme": "http", "authority": upstream.authority(), "path": "/me"});
    let answer = answers(&session, "send", request);
    assert_eq!(answer["status"], 302, "{answer}");
    assert!(elsewhere.requests().is_empty());
}

/// Tried: setting headers that are the host's, before the body and after it.
#[test]
fn headers_of_the_host_cannot_be_set() {
    let simulator = simulate(Config::new().conversations(1));
    let upstream = Upstream::answering("200 OK", b"{}");
    let session = attacked(&simulator).env("INTERCOM_BASE_URL", upstream.base_url()).start();
    for name in [
        "Authorization",
        "authorization",
        "Proxy-Authorization",
        "Host",
        "Cookie",
        "Connection",
        "Transfer-Encoding",
        "Upgrade",
        "X-Forwarded-For",
    ] {
        assert_eq!(answers(&session, "set_header", json!({"name": name})), json!({"set": []}), "{name}");
    }
    for name in ["Authorization", "Cookie", "Host"] {
        let answer =
            answers(&session, "set_trailer", json!({"name": name, "authority": upstream.authority()}));
        assert!(answer["error"].as_str().is_some_and(|error| error.contains("orbidden")), "{name}: {answer}");
    }
    // These could be set, but do not leave: packed or in pieces, the token would not be found.
    for (name, value) in [("Accept-Encoding", "br"), ("Range", "bytes=0-9"), ("X-Anything", "x")] {
        let request = json!({
            "scheme": "http", "authority": upstream.authority(), "path": "/me", "headers": [[name, value]],
        });
        let answer = answers(&session, "send", request);
        assert!(
            answer["error"].as_str().is_some_and(|error| error.contains("denied: the header")),
            "{answer}"
        );
    }
    assert!(upstream.requests().is_empty(), "{:#?}", upstream.requests());
}

/// Tried: more requests at once than any sync makes, and a request of 100 MB.
#[test]
fn requests_are_bounded_in_number_and_size() {
    let simulator = simulate(Config::new().conversations(1));
    let upstream = Upstream::answering("200 OK", b"{}");
    let session = attacked(&simulator)
        .env("INTERCOM_BASE_URL", upstream.base_url())
        .env("FASTINTERCOM_CALL_TIMEOUT_SECONDS", "60")
        .start();
    let many = json!({"scheme": "http", "authority": upstream.authority(), "path": "/me", "count": 170});
    let answer = answers(&session, "send_many", many);
    let refused = answer["refusals"]
        .as_object()
        .is_some_and(|all| all.keys().any(|code| code.contains("ConnectionLimit")));
    assert!(refused, "{answer}");
    let large = json!({"authority": upstream.authority(), "bytes": 100 << 20});
    let answer = answers(&session, "large_request", large);
    assert!(answer["error"].as_str().is_some_and(|error| error.contains("HttpRequestBodySize")), "{answer}");
    assert!(!upstream.requests().iter().any(|head| head.starts_with("POST")));
}

/// Tried: answers that are larger than allowed, and many that are never read.
#[test]
fn answers_of_the_network_are_bounded() {
    let simulator = simulate(Config::new().conversations(1));
    let upstream = Upstream::answering("200 OK", &vec![b'x'; 8 << 20]);
    let server = attacked(&simulator)
        .env("INTERCOM_BASE_URL", upstream.base_url())
        .env("FASTINTERCOM_CALL_TIMEOUT_SECONDS", "60")
        .env("FASTINTERCOM_MEMORY_TOTAL_MB", "64");
    let request = json!({"scheme": "http", "authority": upstream.authority(), "path": "/me", "count": 20});
    let session = server.start();
    let held = answers(&session, "hold_bodies", request.clone());
    assert!(held["held"].as_u64().is_some_and(|held| (3..8).contains(&held)), "{held}");
    // What was held is free again.
    assert_eq!(answers(&session, "send", request.clone())["bytes"], 8 << 20);
    drop(session);
    let session = server.env("FASTINTERCOM_RESPONSE_MB", "1").start();
    let answer = answers(&session, "send", request);
    assert!(error(&answer).contains("HttpResponseBodySize"), "{answer}");
    session.wait_for_log("FASTINTERCOM_RESPONSE_MB");
}

/// Tried: a server that accepts and says nothing, and one that never ends its answer.
#[test]
fn slow_answers_are_ended() {
    let simulator = simulate(Config::new().conversations(1));
    let silent = Upstream::start(|_, _| std::thread::sleep(std::time::Duration::from_secs(20)));
    let endless = Upstream::start(|_, stream| {
        use std::io::Write as _;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
        while stream.write_all(b"x").is_ok() {
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    });
    for (upstream, variable) in [
        (&silent, "FASTINTERCOM_FIRST_BYTE_TIMEOUT_SECONDS"),
        (&endless, "FASTINTERCOM_RESPONSE_TIMEOUT_SECONDS"),
    ] {
        let session = attacked(&simulator)
            .env("INTERCOM_BASE_URL", upstream.base_url())
            .env("FASTINTERCOM_CALL_TIMEOUT_SECONDS", "60")
            .env(variable, "1")
            .start();
        let request = json!({"scheme": "http", "authority": upstream.authority(), "path": "/me"});
        let answer = answers(&session, "send", request);
        assert!(error(&answer).contains("HttpResponseTimeout"), "{answer}");
        session.wait_for_log(variable);
    }
}

/// Tried: a server that does not even take the connection.
#[cfg(target_os = "linux")]
#[test]
fn connections_that_nobody_takes_are_ended() {
    use std::net::{TcpListener, TcpStream};
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    // Room for one that waits to be accepted; Linux drops the first packets of all others.
    rustix::net::listen(&listener, 0).expect("a short queue");
    let address = listener.local_addr().expect("an address");
    let waiting: Vec<_> = (0..8)
        .map_while(|_| TcpStream::connect_timeout(&address, std::time::Duration::from_millis(300)).ok())
        .collect();
    assert!(waiting.len() < 8, "the queue is not full");
    let simulator = simulate(Config::new().conversations(1));
    let variable = "FASTINTERCOM_CONNECT_TIMEOUT_SECONDS";
    let session = attacked(&simulator)
        .env("INTERCOM_BASE_URL", format!("http://{address}"))
        .env("FASTINTERCOM_CALL_TIMEOUT_SECONDS", "30")
        .env(variable, "1")
        .start();
    let begun = std::time::Instant::now();
    let request = json!({"scheme": "http", "authority": address.to_string(), "path": "/me"});
    let answer = answers(&session, "send", request);
    assert!(error(&answer).contains("HttpResponseTimeout"), "{answer}");
    assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{:?}", begun.elapsed());
    session.wait_for_log(variable);
}

fn error(answer: &Value) -> &str {
    answer["error"].as_str().unwrap_or_else(|| panic!("an error was due: {answer}"))
}
