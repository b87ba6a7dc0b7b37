//! The way out: proxies, private authorities, HTTP/2.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use fastintercom_tests::command::Cli;
use fastintercom_tests::simulator::{Config, Simulator};
use serde_json::json;

use super::authority::{Authority, Secured};
use super::proxy::{CREDENTIALS, Proxy};
use super::{answers, attacked, simulate};

/// No name server knows it: only a proxy leads there.
const NAME: &str = "api.example.test";
/// Loopback, written so that the host does not take it for loopback, where it uses no proxy.
const MAPPED: &str = "::ffff:127.0.0.1";

/// A workspace behind TLS.
struct Setting {
    simulator: Simulator,
    authority: Authority,
    secured: Secured,
}

impl Setting {
    fn named(name: &str) -> Self {
        let simulator = simulate(Config::new().conversations(12).days(3));
        let authority = Authority::new();
        let address: SocketAddr =
            simulator.base_url().trim_start_matches("http://").parse().expect("the simulator's address");
        let secured = authority.in_front_of(name, address);
        Self { simulator, authority, secured }
    }

    /// A sync of what lies behind that address, with the authority trusted.
    fn sync(&self, base_url: &str) -> Cli {
        let cli = Cli::new(&self.simulator).env("INTERCOM_BASE_URL", base_url).args(["sync", "--json"]);
        let file = self.authority.file(cli.scratch());
        cli.env("SSL_CERT_FILE", file)
    }

    fn mapped_url(&self) -> String {
        format!("https://[{MAPPED}]:{}", self.secured.address.port())
    }
}

/// A port on which nobody listens.
fn closed_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|free| free.local_addr()).expect("a port").port()
}

#[test]
fn a_sync_works_through_an_authenticating_proxy_and_behind_a_private_authority() {
    let setting = Setting::named(NAME);
    let proxy = Proxy::to(setting.secured.address);
    let report =
        setting.sync(&format!("https://{NAME}")).env("HTTPS_PROXY", proxy.url(CREDENTIALS)).run().json();
    assert_eq!(report["total_conversations"], 12, "{report}");
    let tunnels = proxy.tunnels();
    assert!(tunnels.iter().all(|target| *target == format!("{NAME}:443")), "{tunnels:?}");
    // Connections are kept: a sync makes more requests than tunnels.
    let calls = report["api_calls"].as_u64().expect("a count");
    assert!((tunnels.len() as u64) < calls, "{} tunnels for {calls} calls", tunnels.len());
}

#[test]
fn a_proxy_that_is_down_is_named_by_its_variable_alone() {
    let setting = Setting::named(NAME);
    let proxy = format!("http://{CREDENTIALS}@127.0.0.1:{}", closed_port());
    let output = setting.sync(&format!("https://{NAME}")).env("HTTPS_PROXY", proxy).run().assert_code(1);
    assert!(output.stderr.contains("through the proxy that HTTPS_PROXY names"), "{output:?}");
    assert!(!format!("{output:?}").contains("pa55word"), "{output:?}");
}

#[test]
fn a_proxy_that_refuses_the_password_is_named() {
    let setting = Setting::named(NAME);
    let proxy = Proxy::to(setting.secured.address);
    let cli = setting.sync(&format!("https://{NAME}")).env("HTTPS_PROXY", proxy.url("agent:wrong-word"));
    let output = cli.run().assert_code(1);
    assert!(output.stderr.contains("HTTPS_PROXY"), "{output:?}");
    assert!(!format!("{output:?}").contains("wrong-word"), "{output:?}");
    assert!(proxy.tunnels().iter().all(|target| target.starts_with("refused")), "{:?}", proxy.tunnels());
}

/// reqwest cannot do it; the sentence must say what can be done instead.
#[test]
fn a_proxy_to_an_ipv6_address_is_refused_with_what_to_do() {
    let setting = Setting::named(MAPPED);
    let proxy = Proxy::to(setting.secured.address);
    let host = format!("[{MAPPED}]:{}", setting.secured.address.port());
    let server = attacked(&setting.simulator).env("INTERCOM_BASE_URL", format!("https://{host}"));
    let file = setting.authority.file(server.scratch());
    let session = server
        .env("SSL_CERT_FILE", file)
        .env("HTTPS_PROXY", proxy.url(CREDENTIALS))
        .env("FASTINTERCOM_CALL_TIMEOUT_SECONDS", "30")
        .start();
    let answer = answers(&session, "send", json!({"scheme": "https", "authority": host, "path": "/me"}));
    let error = answer["error"].as_str().unwrap_or_default();
    assert!(error.contains("give its name in INTERCOM_BASE_URL"), "{answer}");
    assert!(error.contains("HTTPS_PROXY") && !error.contains("pa55word"), "{answer}");
}

#[test]
fn no_proxy_leads_around_the_proxy() {
    let setting = Setting::named(MAPPED);
    let proxy = Proxy::to(setting.secured.address);
    let cli = setting
        .sync(&setting.mapped_url())
        .env("HTTPS_PROXY", proxy.url(CREDENTIALS))
        .env("NO_PROXY", MAPPED);
    assert_eq!(cli.run().json()["total_conversations"], 12);
    assert_eq!(proxy.tunnels(), Vec::<String>::new());
}

#[test]
fn an_unknown_authority_is_refused_and_the_variable_named() {
    let setting = Setting::named(MAPPED);
    let output = setting.sync(&setting.mapped_url()).env("SSL_CERT_FILE", "").run().assert_code(1);
    assert!(output.stderr.contains("SSL_CERT_FILE"), "{output:?}");
    // Another authority than the one that signed.
    let cli = setting.sync(&setting.mapped_url());
    let other = Authority::new().file(cli.scratch());
    let output = cli.env("SSL_CERT_FILE", other).run().assert_code(1);
    assert!(output.stderr.contains("SSL_CERT_FILE"), "{output:?}");
}

#[test]
fn http_2_is_spoken_where_it_is_offered() {
    let simulator = simulate(Config::new().conversations(1));
    let authority = Authority::new();
    let secured = authority.of_http2(MAPPED);
    let host = format!("[{MAPPED}]:{}", secured.address.port());
    let server = attacked(&simulator).env("INTERCOM_BASE_URL", format!("https://{host}"));
    let file = authority.file(server.scratch());
    let session = server.env("SSL_CERT_FILE", file).env("FASTINTERCOM_CALL_TIMEOUT_SECONDS", "30").start();
    let answer = answers(&session, "send", json!({"scheme": "https", "authority": host, "path": "/me"}));
    assert_eq!((&answer["status"], &answer["body"]), (&json!(200), &json!("{}")), "{answer}");
}
