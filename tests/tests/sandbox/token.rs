//! The token: added by the host, and nowhere else.

use std::io::Write as _;

use fastintercom_tests::command::Cli;
use fastintercom_tests::scratch::Scratch;
use fastintercom_tests::server::Stop;
use fastintercom_tests::simulator::{Config, Endpoint, Fault, Rule, Simulator};
use serde_json::{Value, json};

use super::upstream::Upstream;
use super::{answers, attacked, simulate};

/// A token that is found wherever it leaks to, whole or in halves.
const CANARY: &str = "dG9rOmNhbmFyeV9kb19ub3RfbGVhaw_0123456789abcdef";

/// What the component looks for; backwards, so that it does not find its own arguments.
fn hunt(upstream: &Upstream) -> Value {
    let reversed: String = CANARY.chars().rev().collect();
    json!({"scheme": "http", "authority": upstream.authority(), "path": "/me", "reversed": reversed})
}

fn assert_clean(place: &str, content: &[u8]) {
    for half in [&CANARY[..20], &CANARY[20..]] {
        let leaked = memchr::memmem::find(content, half.as_bytes()).is_some();
        assert!(!leaked, "the token is in {place}");
    }
}

fn assert_files_clean(scratch: &Scratch) {
    for (path, content) in scratch.files() {
        assert_clean(&path.display().to_string(), &content);
    }
}

/// Tried: the token in the environment, arguments, standard input, settings and files, and in the
/// whole memory after requests whose answers repeat it in headers and body.
#[test]
fn the_component_finds_the_token_nowhere() {
    let simulator = simulate(Config::new().conversations(1));
    let upstream = Upstream::start(|head, stream| {
        let body = format!("{{\"you sent\": {head:?}}}");
        let echo = format!(
            "HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nX-Echo: Bearer {CANARY}\r\nSet-Cookie: s=1\r\n\
             WWW-Authenticate: Bearer {CANARY}\r\nAuthorization: Bearer {CANARY}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let _ = stream.write_all(echo.as_bytes());
    });
    let session = attacked(&simulator)
        .env("INTERCOM_BASE_URL", upstream.base_url())
        .env("INTERCOM_ACCESS_TOKEN", CANARY)
        .env("FASTINTERCOM_CALL_TIMEOUT_SECONDS", "60")
        .env("FASTINTERCOM_LOG", "trace")
        .start();
    let found = answers(&session, "find_token", hunt(&upstream));
    assert_eq!(found["places"], json!([]), "{found:#}");
    assert_eq!(found["answer"]["status"], 401);
    assert!(found["pages"].as_u64().is_some_and(|pages| pages > 10), "the memory was searched: {found}");
    for name in ["authorization", "www-authenticate", "set-cookie", "x-echo"] {
        assert!(found["answer"]["headers"].get(name).is_none(), "{name}: {found:#}");
    }
    // The server saw it: the host added it to the request.
    assert!(upstream.requests().iter().any(|head| head.contains(CANARY)));
    let around = answers(&session, "surroundings", json!({}));
    assert_eq!(
        (&around["environment"], &around["arguments"], &around["stdin"]),
        (&json!([]), &json!([]), &json!(0))
    );
    let scratch = session.scratch().clone();
    assert_clean("the log", session.stop_by(Stop::CloseStdin).log.join("\n").as_bytes());
    assert_files_clean(&scratch);
}

/// Tried: an answer that repeats the token escaped, as libraries for JSON, addresses and HTML do.
#[test]
fn escaped_echoes_of_the_token_are_blanked() {
    let token = "dG9rOmNhbmFyeS9kb19ub3QrbGVhaw==";
    let escaped = |escape: fn(char) -> String| -> String {
        let each = |one: char| if one.is_ascii_alphanumeric() { one.to_string() } else { escape(one) };
        token.chars().map(each).collect()
    };
    let whole: String = token.chars().map(|one| format!("\\u{:04X}", one as u32)).collect();
    let echoes = [
        escaped(|one| format!("\\u{:04x}", one as u32)),
        whole.clone(),
        whole.replace('\\', "\\\\"),
        token.replace('/', "\\/"),
        escaped(|one| format!("%{:02X}", one as u32)),
        escaped(|one| format!("&#{};", one as u32)),
        escaped(|one| format!("&#x{:x};", one as u32)),
    ];
    let raw = echoes.map(|echo| format!("<{echo}>")).join(" ");
    // Between quotes of JSON once more.
    let quoted = Value::from(raw.as_str()).to_string();
    let simulator = simulate(Config::new().conversations(1));
    for body in [raw, quoted] {
        let headers = format!("200 OK\r\nX-Link: https://x.example/?t={}", token.replace('=', "%3d"));
        let upstream = Upstream::answering(&headers, body.as_bytes());
        let session = attacked(&simulator)
            .env("INTERCOM_BASE_URL", upstream.base_url())
            .env("INTERCOM_ACCESS_TOKEN", token)
            .start();
        let request = json!({"scheme": "http", "authority": upstream.authority(), "path": "/me"});
        let answer = answers(&session, "send", request);
        assert!(answer["headers"].get("x-link").is_none(), "{answer:#}");
        let shown = answer["body"].as_str().expect("a body");
        assert_eq!(shown.len(), body.len(), "{shown}");
        let left: String = shown.chars().filter(|one| !matches!(one, '*' | '<' | '>' | ' ' | '"')).collect();
        assert_eq!(left, "", "each was there, and nothing of it is left: {shown}");
    }
}

/// Tried: an answer that repeats the token packed, where no search would find it.
#[test]
fn packed_answers_are_searched_or_refused() {
    let simulator = simulate(Config::new().conversations(1));
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(format!("Bearer {CANARY}").as_bytes()).expect("packed");
    let packed = packed.finish().expect("packed");
    for (encoding, status) in [("gzip", json!(200)), ("deflate", Value::Null), ("x-unknown", Value::Null)] {
        let upstream = Upstream::answering(&format!("200 OK\r\nContent-Encoding: {encoding}"), &packed);
        let session = attacked(&simulator)
            .env("INTERCOM_BASE_URL", upstream.base_url())
            .env("INTERCOM_ACCESS_TOKEN", CANARY)
            .env("FASTINTERCOM_CALL_TIMEOUT_SECONDS", "60")
            .start();
        let found = answers(&session, "find_token", hunt(&upstream));
        assert_eq!(found["places"], json!([]), "{encoding}: {found:#}");
        assert_eq!(found["answer"]["status"], status, "{encoding}: {found:#}");
        assert!(
            upstream
                .requests()
                .iter()
                .all(|head| head.to_ascii_lowercase().contains("accept-encoding: gzip"))
        );
    }
}

/// Tried: every failure that there is, in the hope that one tells the token.
#[test]
fn no_failure_tells_the_token() {
    let simulator = simulate(Config::new().conversations(30).days(5).token(CANARY));
    for fault in [Fault::HtmlError { status: 502 }, Fault::MissingScope { status: 401 }, Fault::Reset] {
        simulator.add_fault(Rule::new(fault).on(Endpoint::Search).times(40));
        let cli = Cli::new(&simulator).env("FASTINTERCOM_LOG", "trace").env("RUST_LOG", "trace");
        for arguments in [&["sync"][..], &["status", "--json"], &["call", "get_sync_status"]] {
            let output = cli.clone().args(arguments.iter().copied()).run();
            assert_clean(&format!("{arguments:?}"), format!("{output:?}").as_bytes());
        }
        assert_files_clean(cli.scratch());
        simulator.clear_faults();
    }
    ends_of_calls_are_clean(&simulator);
}

/// Traps, panics and deadlines of the component.
fn ends_of_calls_are_clean(simulator: &Simulator) {
    let session = attacked(simulator).env("FASTINTERCOM_LOG", "trace").env("RUST_BACKTRACE", "full").start();
    for attack in ["panic", "recurse", "loop_without_calls", "grow", "leave", "random_gigabyte"] {
        let answer = session.call_tool(attack, json!({}));
        assert_clean(attack, format!("{answer:?}").as_bytes());
    }
    let scratch = session.scratch().clone();
    assert_clean("the log", session.stop_by(Stop::Terminate).log.join("\n").as_bytes());
    assert_files_clean(&scratch);
}

/// Tried: a token where the component could read it, and one on the command line.
#[test]
fn a_token_lies_in_no_place_that_others_see() {
    let simulator = simulate(Config::new().conversations(1));
    let cli = Cli::new(&simulator).without_token();
    let file = cli.scratch().write("data/token", CANARY);
    let output = cli.clone().env("INTERCOM_ACCESS_TOKEN_FILE", &file).args(["tools"]).run().assert_code(2);
    assert!(output.stderr.contains("INTERCOM_ACCESS_TOKEN_FILE"), "{output:?}");
    assert!(output.stderr.contains("data folder"), "{output:?}");
    assert_clean("the error", output.stderr.as_bytes());
    // Through a link, too: what counts is where the file really is.
    let link = cli.scratch().path().join("link");
    std::os::unix::fs::symlink(&file, &link).expect("a link");
    cli.clone().env("INTERCOM_ACCESS_TOKEN_FILE", &link).args(["tools"]).run().assert_code(2);
    // No flag takes the token: arguments of a process are everybody's to read.
    let help = cli.clone().args(["--help"]).run().stdout;
    assert!(!help.contains("--token ") && !help.contains("--access-token"), "{help}");
    cli.args(["--token", CANARY, "tools"]).run().assert_code(2);
}
