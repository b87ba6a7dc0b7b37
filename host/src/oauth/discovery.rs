//! Where a provider keeps its keys, and what they may be used for.

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};
use reqwest::{Client, Url};
use serde_json::Value;

use crate::sandbox::outgoing::causes;
use crate::sandbox::policy::is_loopback;

/// Bytes of a document: the largest providers have some 20 KB of keys.
const LARGEST: usize = 256 * 1024;
/// More keys than any provider has at a time.
const MOST_KEYS: usize = 100;

/// A key of the provider.
#[derive(Clone, Debug)]
pub struct Key {
    pub id: String,
    pub algorithms: Vec<Algorithm>,
    pub key: DecodingKey,
}

/// Finds the provider's keys and reads them.
///
/// # Errors
/// What went wrong, for the log.
pub async fn keys(client: &Client, issuer: &str) -> Result<Vec<Key>, String> {
    let mut problems = Vec::new();
    for address in addresses(issuer) {
        let found = match get(client, &address).await {
            Ok(document) => keys_address(&document, issuer),
            Err(problem) => Err(problem),
        };
        match found {
            Ok(place) => {
                return read(&get(client, &place).await.map_err(|problem| told(&place, &problem))?)
                    .map_err(|problem| told(&place, problem));
            }
            Err(problem) => problems.push(told(&address, &problem)),
        }
    }
    Err(problems.join("; "))
}

fn told(address: &Url, problem: &str) -> String {
    crate::text::printable(&format!("{address}: {problem}"), 300)
}

/// Where the provider describes itself: between host and path for OAuth, and behind the path as
/// OpenID Connect has it. The order is MCP's.
fn addresses(issuer: &str) -> Vec<Url> {
    const OAUTH: &str = "/.well-known/oauth-authorization-server";
    const OPENID: &str = "/.well-known/openid-configuration";
    let Ok(issuer) = Url::parse(issuer) else { return Vec::new() };
    let path = issuer.path().trim_end_matches('/');
    let mut paths = vec![format!("{OAUTH}{path}"), format!("{OPENID}{path}"), format!("{path}{OPENID}")];
    paths.dedup();
    let at = |path: String| {
        let mut address = issuer.clone();
        address.set_path(&path);
        address
    };
    paths.into_iter().map(at).collect()
}

/// The address of the keys in a provider's description of itself.
fn keys_address(document: &Value, issuer: &str) -> Result<Url, String> {
    // Else the description of one tenant could be taken for that of another.
    let named = document["issuer"].as_str().unwrap_or_default();
    if named != issuer {
        return Err(format!("the issuer there is \"{named}\", not \"{issuer}\""));
    }
    let place = document["jwks_uri"].as_str().and_then(|text| Url::parse(text).ok());
    let place = place.ok_or("it names no keys (jwks_uri)")?;
    let is_local = |url: &Url| url.scheme() == "http" && url.host_str().is_some_and(is_loopback);
    let local_issuer = Url::parse(issuer).is_ok_and(|issuer| is_local(&issuer));
    if place.scheme() == "https" || (local_issuer && is_local(&place)) {
        Ok(place)
    } else {
        Err("its keys (jwks_uri) have no https address".to_owned())
    }
}

/// A JSON document.
async fn get(client: &Client, address: &Url) -> Result<Value, String> {
    let request = client.get(address.clone()).header(http::header::ACCEPT, "application/json");
    let mut response = request.send().await.map_err(|error| causes(&error))?;
    if response.status() != http::StatusCode::OK {
        return Err(format!("the answer is {}", response.status()));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| causes(&error))? {
        if body.len() + chunk.len() > LARGEST {
            return Err(format!("the answer has more than {} KB", LARGEST / 1024));
        }
        body.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&body).map_err(|_| "the answer is no JSON".to_owned())
}

/// The keys of a JWK Set that can be used. The others (for encryption, of curves that ring does not
/// have) are passed over.
///
/// # Errors
/// There is none.
pub fn read(document: &Value) -> Result<Vec<Key>, &'static str> {
    let listed = document["keys"].as_array().map(Vec::as_slice).unwrap_or_default();
    let keys: Vec<Key> = listed.iter().take(MOST_KEYS).filter_map(key).collect();
    if keys.is_empty() { Err("there is no key that tokens could be checked with") } else { Ok(keys) }
}

fn key(listed: &Value) -> Option<Key> {
    let listed: Jwk = serde_json::from_value(listed.clone()).ok()?;
    let common = &listed.common;
    let for_signatures = common.public_key_use.as_ref().is_none_or(|uses| *uses == PublicKeyUse::Signature)
        && common.key_operations.as_ref().is_none_or(|uses| uses.contains(&KeyOperations::Verify));
    let of_its_kind: &[Algorithm] = match &listed.algorithm {
        AlgorithmParameters::RSA(_) => AlgorithmFamily::Rsa.algorithms(),
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => &[Algorithm::ES256],
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P384 => &[Algorithm::ES384],
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => &[Algorithm::EdDSA],
        _ => return None,
    };
    // A key that says what it is for is for nothing else.
    let algorithms: Vec<Algorithm> = match common.key_algorithm {
        Some(only) => of_its_kind.iter().copied().filter(|one| KeyAlgorithm::from(*one) == only).collect(),
        None => of_its_kind.to_vec(),
    };
    let id = common.key_id.clone()?;
    let key = DecodingKey::from_jwk(&listed).ok()?;
    (for_signatures && !algorithms.is_empty()).then_some(Key { id, algorithms, key })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(issuer: &str) -> Vec<String> {
        addresses(issuer).iter().map(Url::to_string).collect()
    }

    #[test]
    fn a_provider_is_looked_for_where_oauth_and_openid_have_it() {
        for issuer in ["https://id.example", "https://id.example/"] {
            assert_eq!(
                texts(issuer),
                [
                    "https://id.example/.well-known/oauth-authorization-server",
                    "https://id.example/.well-known/openid-configuration",
                ]
            );
        }
        assert_eq!(
            texts("https://id.example:8443/realms/a"),
            [
                "https://id.example:8443/.well-known/oauth-authorization-server/realms/a",
                "https://id.example:8443/.well-known/openid-configuration/realms/a",
                "https://id.example:8443/realms/a/.well-known/openid-configuration",
            ]
        );
    }

    #[test]
    fn another_providers_description_and_keys_without_tls_are_refused() {
        let of = |issuer: &str, keys: &str| serde_json::json!({"issuer": issuer, "jwks_uri": keys});
        let at = |document: &Value, issuer: &str| keys_address(document, issuer).map(|url| url.to_string());
        let good = of("https://id.example/a", "https://keys.example/a");
        assert_eq!(at(&good, "https://id.example/a"), Ok("https://keys.example/a".to_owned()));
        for other in ["https://id.example/b", "https://id.example/a/", "https://ID.example/a"] {
            assert!(at(&good, other).is_err_and(|problem| problem.contains("not")), "{other}");
        }
        let local = of("http://127.0.0.1:1", "http://127.0.0.1:1/keys");
        assert!(at(&local, "http://127.0.0.1:1").is_ok());
        for (issuer, keys) in [
            ("https://id.example", "http://id.example/keys"),
            ("https://id.example", "http://127.0.0.1/keys"),
            ("http://127.0.0.1:1", "http://id.example/keys"),
            ("https://id.example", "file:///etc/passwd"),
            ("https://id.example", ""),
        ] {
            assert!(at(&of(issuer, keys), issuer).is_err(), "{issuer} {keys}");
        }
    }

    #[test]
    fn keys_are_for_what_they_say_and_secrets_are_passed_over() {
        let rsa = |more: Value| {
            let mut key = serde_json::json!({"kty": "RSA", "kid": "a", "n": "AQAB", "e": "AQAB"});
            for (name, value) in more.as_object().expect("an object") {
                key[name] = value.clone();
            }
            key
        };
        let algorithms = |key: Value| {
            read(&serde_json::json!({"keys": [key]}))
                .map(|keys| keys[0].algorithms.clone())
                .unwrap_or_default()
        };
        assert_eq!(algorithms(rsa(serde_json::json!({}))).len(), 6);
        assert_eq!(algorithms(rsa(serde_json::json!({"alg": "PS256", "use": "sig"}))), [Algorithm::PS256]);
        let ec = serde_json::json!({"kty": "EC", "kid": "a", "crv": "P-384", "x": "AQAB", "y": "AQAB"});
        assert_eq!(algorithms(ec), [Algorithm::ES384]);
        for wrong in [
            rsa(serde_json::json!({"use": "enc"})),
            rsa(serde_json::json!({"key_ops": ["encrypt"]})),
            rsa(serde_json::json!({"alg": "ES256"})),
            rsa(serde_json::json!({"alg": "HS256"})),
            rsa(serde_json::json!({"alg": "RSA-OAEP"})),
            rsa(serde_json::json!({"kid": null})),
            serde_json::json!({"kty": "oct", "kid": "a", "k": "c2VjcmV0"}),
            serde_json::json!({"kty": "EC", "kid": "a", "crv": "secp256k1", "x": "AQAB", "y": "AQAB"}),
            serde_json::json!("x"),
        ] {
            assert!(algorithms(wrong.clone()).is_empty(), "{wrong}");
            // One that cannot be used keeps none of the others out.
            let both = read(&serde_json::json!({"keys": [wrong, rsa(serde_json::json!({}))]}));
            assert_eq!(both.map(|keys| keys.len()), Ok(1));
        }
    }
}
