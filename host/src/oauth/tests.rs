//! Tokens that are let in and tokens that are not, with a provider of the test's own.

mod rsa;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

const ISSUER: &str = "https://id.example";
const RESOURCE: &str = "https://mcp.example/mcp";

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a time").as_secs()
}

/// A pair of keys and their name.
struct Signer {
    id: &'static str,
    pair: Ed25519KeyPair,
}

impl Signer {
    fn new(id: &'static str) -> Self {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("a key");
        Self { id, pair: Ed25519KeyPair::from_pkcs8(document.as_ref()).expect("a key") }
    }

    fn public(&self) -> Value {
        json!({
            "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": self.id,
            "x": encode(self.pair.public_key()),
        })
    }

    fn head(&self) -> Value {
        json!({"alg": "EdDSA", "typ": "at+jwt", "kid": self.id})
    }

    fn token(&self, head: &Value, claims: &Value) -> String {
        signed(head, claims, |message| self.pair.sign(message).as_ref().to_vec())
    }

    fn good(&self, issuer: &str) -> String {
        self.token(&self.head(), &with(&claims(), "iss", json!(issuer)))
    }
}

fn signed(head: &Value, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let message = format!("{}.{}", encode(head.to_string()), encode(claims.to_string()));
    let signature = sign(message.as_bytes());
    format!("{message}.{}", encode(signature))
}

fn claims() -> Value {
    json!({"iss": ISSUER, "aud": RESOURCE, "sub": "ada|1", "exp": now() + 600})
}

/// The object with that member, or without it (null).
fn with(object: &Value, name: &str, value: Value) -> Value {
    let mut object = object.clone();
    let members = object.as_object_mut().expect("an object");
    match value {
        Value::Null => drop(members.remove(name)),
        value => drop(members.insert(name.to_owned(), value)),
    }
    object
}

fn settings(issuer: &str) -> Settings {
    Settings {
        issuer: issuer.to_owned(),
        resource: Url::parse(RESOURCE).expect("an address"),
        resource_text: RESOURCE.to_owned(),
        audience: RESOURCE.to_owned(),
        claim: "sub".to_owned(),
        scopes: Vec::new(),
    }
}

/// A server that has those keys, and asks for no others.
fn server(keys: &[Value]) -> ResourceServer {
    let server = ResourceServer::new(settings(ISSUER), None).expect("a server");
    server.keys.hold(discovery::read(&json!({"keys": keys})).expect("keys"));
    server
}

/// Why it is refused; empty: it is not.
async fn refusal(server: &ResourceServer, token: &str) -> &'static str {
    match server.check(token.as_bytes()).await {
        Ok(_) => "",
        Err(Denied::Invalid(reason)) => reason,
        Err(Denied::Unavailable(_)) => "unavailable",
    }
}

#[tokio::test]
async fn a_good_token_says_who_somebody_is() {
    let signer = Signer::new("a");
    let mut server = server(&[signer.public()]);
    let good = signer.token(&signer.head(), &claims());
    assert_eq!(server.check(good.as_bytes()).await, Ok(vec!["ada|1".to_owned()]));
    // What else tokens may look like.
    for (head, claims) in [
        (with(&signer.head(), "typ", Value::Null), claims()),
        (with(&signer.head(), "typ", json!("JWT")), claims()),
        (with(&signer.head(), "typ", json!("application/at+jwt")), claims()),
        (signer.head(), with(&claims(), "aud", json!(["https://other.example", RESOURCE]))),
        (signer.head(), with(&claims(), "nbf", json!(now() - 5))),
        // Clocks differ a little.
        (signer.head(), with(&claims(), "exp", json!(now() - 30))),
        (signer.head(), with(&claims(), "nbf", json!(now() + 30))),
    ] {
        assert_eq!(refusal(&server, &signer.token(&head, &claims)).await, "", "{head} {claims}");
    }
    server.settings.claim = "groups".to_owned();
    let groups = with(&claims(), "groups", json!(["staff", 7, "support"]));
    let token = signer.token(&signer.head(), &groups);
    assert_eq!(server.check(token.as_bytes()).await, Ok(vec!["staff".to_owned(), "support".to_owned()]));
    assert_eq!(server.check(good.as_bytes()).await, Ok(Vec::new()));
}

#[tokio::test]
async fn tokens_for_others_of_others_and_of_another_time_are_refused() {
    let signer = Signer::new("a");
    let server = server(&[signer.public()]);
    for (claim, value, reason) in [
        ("iss", json!("https://id.example/"), "it is of another issuer"),
        ("iss", json!([ISSUER, "https://other.example"]), "it is of another issuer"),
        ("iss", Value::Null, "it has no issuer (iss)"),
        ("aud", json!("https://mcp.example"), "it is for another audience"),
        ("aud", json!(["https://other.example"]), "it is for another audience"),
        ("aud", json!([]), "it is for another audience"),
        ("aud", json!({"a": RESOURCE}), "it has no audience (aud)"),
        ("aud", Value::Null, "it has no audience (aud)"),
        ("exp", json!(now() - 90), "it has expired"),
        ("exp", Value::Null, "it has no expiry (exp)"),
        ("exp", json!("2100-01-01"), "it has no expiry (exp)"),
        ("exp", json!(-1), "it has no expiry (exp)"),
        ("nbf", json!(now() + 90), "it is not valid yet"),
        ("nbf", json!("soon"), "it cannot be read"),
        ("cnf", json!({"jkt": "x"}), "it is bound to a key of its holder (cnf)"),
    ] {
        let token = signer.token(&signer.head(), &with(&claims(), claim, value.clone()));
        assert_eq!(refusal(&server, &token).await, reason, "{claim}: {value}");
    }
}

#[tokio::test]
async fn what_a_token_says_of_its_own_signature_opens_nothing() {
    let signer = Signer::new("a");
    let x = signer.pair.public_key().as_ref().to_vec();
    let server = server(&[signer.public()]);
    let head = signer.head();
    let hmac = |secret: &[u8]| {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret);
        let head = with(&head, "alg", json!("HS256"));
        signed(&head, &claims(), |message| ring::hmac::sign(&key, message).as_ref().to_vec())
    };
    // Whoever has the public key could make those.
    for secret in [x.clone(), encode(&x).into_bytes(), signer.public().to_string().into_bytes()] {
        assert_eq!(refusal(&server, &hmac(&secret)).await, "its algorithm is not accepted");
    }
    for algorithm in ["none", "None", "", "ES512", "HS257"] {
        let head = with(&head, "alg", json!(algorithm));
        let expected = "it is no signed token, or of an unknown algorithm";
        assert_eq!(
            refusal(&server, &signed(&head, &claims(), |_| Vec::new())).await,
            expected,
            "{algorithm}"
        );
        assert_eq!(refusal(&server, &signer.token(&head, &claims())).await, expected, "{algorithm}");
    }
    for (name, value, reason) in [
        // A key of another kind.
        ("alg", json!("RS256"), "its algorithm is not the one of its key"),
        ("alg", json!("ES256"), "its algorithm is not the one of its key"),
        ("crit", json!(["exp"]), "it has critical extensions"),
        ("crit", json!(["b64"]), "it has critical extensions"),
        ("crit", json!([]), "it has critical extensions"),
        ("b64", json!(false), "it cannot be read"),
        ("typ", json!("dpop+jwt"), "it is no access token"),
        ("kid", Value::Null, "it names no key (kid)"),
        ("kid", json!(7), "it is no signed token, or of an unknown algorithm"),
    ] {
        let token = signer.token(&with(&head, name, value.clone()), &claims());
        assert_eq!(refusal(&server, &token).await, reason, "{name}: {value}");
    }
    // A key that comes along is no key of the provider.
    let other = Signer::new("a");
    let along = with(&with(&head, "jwk", other.public()), "jku", json!("https://evil.example/keys"));
    assert_eq!(refusal(&server, &other.token(&along, &claims())).await, "its signature is wrong");
    // Nothing of a good one can be exchanged or left out.
    let good = signer.token(&head, &claims());
    let parts: Vec<&str> = good.split('.').collect();
    let richer = encode(with(&claims(), "sub", json!("bob|1")).to_string());
    for (token, reason) in [
        (format!("{}.{richer}.{}", parts[0], parts[2]), "its signature is wrong"),
        (format!("{}.{}.", parts[0], parts[1]), "its signature is wrong"),
        (format!("{}.{}.AAAA", parts[0], parts[1]), "its signature is wrong"),
        (format!("{good}!"), "it cannot be read"),
        ("..".to_owned(), "it is no signed token, or of an unknown algorithm"),
        (format!("{good}.x"), "it is no signed token, or of an unknown algorithm"),
        (format!("{}{good}", "A".repeat(17_000)), "it is longer than 16 KB"),
    ] {
        assert_eq!(refusal(&server, &token).await, reason, "{token}");
    }
    assert_eq!(refusal(&server, &good).await, "");
}

/// A provider on loopback: its description, its keys, and how often they were asked for.
struct Provider {
    issuer: String,
    keys: Mutex<Value>,
    is_down: Mutex<bool>,
    asked: AtomicU32,
}

impl Provider {
    async fn start(keys: &[Value]) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let provider = Arc::new(Self {
            issuer: format!("http://{}", listener.local_addr().expect("an address")),
            keys: Mutex::new(json!({"keys": keys})),
            is_down: Mutex::new(false),
            asked: AtomicU32::new(0),
        });
        let answers = Arc::clone(&provider);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await.expect("a request"));
                }
                let answer = answers.answer(&String::from_utf8_lossy(&head));
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        provider
    }

    fn answer(&self, head: &str) -> String {
        let found = if *self.is_down.lock().expect("a lock") {
            None
        } else if head.starts_with("GET /keys ") {
            self.asked.fetch_add(1, Ordering::Relaxed);
            Some(self.keys.lock().expect("a lock").to_string())
        } else if head.starts_with("GET /.well-known/openid-configuration ") {
            let place = format!("{}/keys", self.issuer);
            Some(json!({"issuer": self.issuer, "jwks_uri": place}).to_string())
        } else {
            None
        };
        let (status, body) = found.map_or(("404 Not Found", String::new()), |body| ("200 OK", body));
        format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
    }

    fn set_down(&self, is_down: bool) {
        *self.is_down.lock().expect("a lock") = is_down;
    }

    fn server(&self) -> ResourceServer {
        ResourceServer::new(settings(&self.issuer), None).expect("a server")
    }
}

#[tokio::test]
async fn keys_are_found_when_they_are_needed_kept_and_asked_for_again_when_another_one_signs() {
    let (old, new) = (Signer::new("old"), Signer::new("new"));
    let provider = Provider::start(&[old.public()]).await;
    let server = provider.server();
    let token = old.good(&provider.issuer);
    assert_eq!(provider.asked.load(Ordering::Relaxed), 0);
    for _ in 0..3 {
        assert_eq!(refusal(&server, &token).await, "");
    }
    assert_eq!(provider.asked.load(Ordering::Relaxed), 1);
    *provider.keys.lock().expect("a lock") = json!({"keys": [new.public()]});
    assert_eq!(refusal(&server, &new.good(&provider.issuer)).await, "");
    // What the provider took back is good no longer.
    let unknown = "it was signed with a key that the issuer does not have";
    assert_eq!(refusal(&server, &token).await, unknown);
    assert_eq!(provider.asked.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn strangers_tokens_of_a_thousand_keys_ask_the_provider_once() {
    let signer = Signer::new("a");
    let provider = Provider::start(&[signer.public()]).await;
    let server = Arc::new(provider.server());
    let token = signer.good(&provider.issuer);
    assert_eq!(refusal(&server, &token).await, "");
    let mut strangers = tokio::task::JoinSet::new();
    for number in 0..1_000 {
        let head = with(&signer.head(), "kid", json!(format!("key-{number}")));
        let (server, token) = (Arc::clone(&server), signer.token(&head, &claims()));
        strangers.spawn(async move { refusal(&server, &token).await });
    }
    for reason in strangers.join_all().await {
        assert_eq!(reason, "it was signed with a key that the issuer does not have");
    }
    // Nor does one that comes later.
    let head = with(&signer.head(), "kid", json!("another"));
    assert_ne!(refusal(&server, &signer.token(&head, &claims())).await, "");
    assert_eq!(provider.asked.load(Ordering::Relaxed), 2);
    assert_eq!(refusal(&server, &token).await, "");
}

#[tokio::test]
async fn a_provider_that_is_down_lets_in_whom_it_knew_and_nobody_else() {
    let (signer, other) = (Signer::new("a"), Signer::new("b"));
    let provider = Provider::start(&[signer.public()]).await;
    let (server, late) = (provider.server(), provider.server());
    let token = signer.good(&provider.issuer);
    assert_eq!(refusal(&server, &token).await, "");
    provider.set_down(true);
    assert_eq!(refusal(&server, &token).await, "");
    // It may have that key by now.
    assert_eq!(refusal(&server, &other.good(&provider.issuer)).await, "unavailable");
    // A server that never had its keys lets nobody in, and says when to ask again.
    let denied = late.check(token.as_bytes()).await;
    let soon = |wait: &Duration| !wait.is_zero() && *wait <= Duration::from_secs(5);
    assert!(matches!(&denied, Err(Denied::Unavailable(wait)) if soon(wait)), "{denied:?}");
    // One that describes another issuer is no provider of ours.
    provider.set_down(false);
    let alias = provider.issuer.replace("127.0.0.1", "localhost");
    let aliased = ResourceServer::new(settings(&alias), None).expect("a server");
    assert_eq!(refusal(&aliased, &signer.good(&alias)).await, "unavailable");
}

#[test]
fn what_the_server_says_of_itself_stands_where_clients_look() {
    let server = ResourceServer::new(settings(ISSUER), None).expect("a server");
    let address = "https://mcp.example/.well-known/oauth-protected-resource/mcp";
    assert_eq!(server.metadata_address(), address);
    for path in ["", "/", "/mcp"] {
        let found = server.metadata(&format!("{METADATA}{path}")).expect("a document");
        assert_eq!(
            (&found["resource"], &found["authorization_servers"]),
            (&json!(RESOURCE), &json!([ISSUER]))
        );
    }
    for path in ["/.well-known/oauth-authorization-server", "/mcp", "/.well-known/oauth-protected-resourcesx"]
    {
        assert_eq!(server.metadata(path), None, "{path}");
    }
    let mut settings = settings(ISSUER);
    settings.resource = Url::parse("https://example.com:8443/").expect("an address");
    let server = ResourceServer::new(settings, None).expect("a server");
    assert_eq!(server.metadata_address(), "https://example.com:8443/.well-known/oauth-protected-resource");
    // Below the door's own path, whatever the public one is.
    assert!(server.metadata(&format!("{METADATA}/mcp")).is_some());
}
