//! An identity provider on loopback: it describes itself, has a key, and signs what a test says.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

/// The address under which the servers of these tests are known.
pub const RESOURCE: &str = "https://mcp.example.com/mcp";

/// Answers until the test ends.
pub struct Provider {
    issuer: String,
    held: Held,
}

type Held = Arc<Mutex<Inside>>;

struct Inside {
    pair: EcdsaKeyPair,
    number: u32,
    is_down: bool,
    asked: u32,
}

impl Provider {
    pub fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a listener");
        let issuer = format!("http://{}/realms/tests", listener.local_addr().expect("an address"));
        let held = Held::new(Mutex::new(Inside { pair: pair(), number: 1, is_down: false, asked: 0 }));
        let router = Router::new().fallback(answer).with_state((issuer.clone(), Arc::clone(&held)));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        thread::spawn(move || {
            runtime.block_on(async move {
                if let Ok(listener) = tokio::net::TcpListener::from_std(listener) {
                    let _ = axum::serve(listener, router).await;
                }
            });
        });
        Self { issuer, held }
    }

    /// What its tokens have in `iss`.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Signs with another key from now on, and has the old one no longer.
    pub fn rotate(&self) {
        let mut inside = lock(&self.held);
        inside.pair = pair();
        inside.number += 1;
    }

    pub fn set_down(&self, is_down: bool) {
        lock(&self.held).is_down = is_down;
    }

    /// How often it was asked for its keys.
    pub fn asked(&self) -> u32 {
        lock(&self.held).asked
    }

    /// A token for the servers of these tests, good for ten minutes, for that subject.
    pub fn token(&self, subject: &str) -> String {
        self.token_with(&json!({"sub": subject}))
    }

    /// The same with those claims; null leaves one out.
    pub fn token_with(&self, claims: &Value) -> String {
        let expiry = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time").as_secs() + 600;
        let mut all = json!({"iss": self.issuer, "aud": RESOURCE, "exp": expiry});
        let members = all.as_object_mut().expect("an object");
        for (name, value) in claims.as_object().expect("an object") {
            match value {
                Value::Null => drop(members.remove(name)),
                value => drop(members.insert(name.clone(), value.clone())),
            }
        }
        let inside = lock(&self.held);
        let head = json!({"alg": "ES256", "typ": "at+jwt", "kid": inside.id()});
        let message = format!("{}.{}", encode(head.to_string()), encode(all.to_string()));
        let signature = inside.pair.sign(&SystemRandom::new(), message.as_bytes()).expect("a signature");
        format!("{message}.{}", encode(signature))
    }
}

impl Inside {
    fn id(&self) -> String {
        format!("key-{}", self.number)
    }

    fn keys(&self) -> Value {
        let (x, y) = self.pair.public_key().as_ref()[1..].split_at(32);
        json!({"keys": [
            {"kty": "EC", "crv": "P-256", "use": "sig", "kid": self.id(), "x": encode(x), "y": encode(y)},
        ]})
    }
}

fn pair() -> EcdsaKeyPair {
    let (way, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
    let document = EcdsaKeyPair::generate_pkcs8(way, &random).expect("a key");
    EcdsaKeyPair::from_pkcs8(way, document.as_ref(), &random).expect("a key")
}

fn lock(held: &Held) -> MutexGuard<'_, Inside> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// As Keycloak answers: its description stands behind the path of the realm.
async fn answer(State((issuer, held)): State<(String, Held)>, uri: Uri) -> (StatusCode, String) {
    let mut inside = lock(&held);
    match uri.path() {
        _ if inside.is_down => (StatusCode::SERVICE_UNAVAILABLE, String::new()),
        "/realms/tests/.well-known/openid-configuration" => {
            let keys = format!("{issuer}/keys");
            (StatusCode::OK, json!({"issuer": issuer, "jwks_uri": keys}).to_string())
        }
        "/realms/tests/keys" => {
            inside.asked += 1;
            (StatusCode::OK, inside.keys().to_string())
        }
        _ => (StatusCode::NOT_FOUND, String::new()),
    }
}
