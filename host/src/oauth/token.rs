//! What makes a token good: RFC 9068, RFC 8725.

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value};

use super::{Denied, Settings};

/// Tokens with hundreds of groups have some 8 KB; the head of a request has room for 32.
const LONGEST: usize = 16 * 1024;

/// How far our clock may be from the provider's.
const LEEWAY_SECONDS: u64 = 60;

/// Those with a public key. With the others (HMAC), everybody who can check a token can make one.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// What a token says of its signature.
#[derive(Debug)]
pub struct Head {
    pub algorithm: Algorithm,
    /// The name of the key.
    pub key: String,
}

/// Whether that is meant to be a token of a provider: three parts with dots between them. Tokens of
/// callers have no dot.
#[must_use]
pub fn is_jwt(token: &[u8]) -> bool {
    token.iter().filter(|byte| **byte == b'.').count() == 2
}

/// Reads the first part, which nothing proves yet.
///
/// # Errors
/// [`Denied::Invalid`].
pub fn head(token: &[u8]) -> Result<Head, Denied> {
    if token.len() > LONGEST {
        return Err(Denied::Invalid("it is longer than 16 KB"));
    }
    // An algorithm that is not known (`none` is none) has no place in a header.
    let header = jsonwebtoken::decode_header(token)
        .map_err(|_| Denied::Invalid("it is no signed token, or of an unknown algorithm"))?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(Denied::Invalid("its algorithm is not accepted"));
    }
    // Whoever marks something as critical wants a token refused by those who do not know it.
    if header.crit.is_some() {
        return Err(Denied::Invalid("it has critical extensions"));
    }
    let accepted = |typ: &String| {
        ["jwt", "at+jwt", "application/at+jwt"].iter().any(|known| typ.eq_ignore_ascii_case(known))
    };
    if !header.typ.as_ref().is_none_or(accepted) {
        return Err(Denied::Invalid("it is no access token"));
    }
    let key = header.kid.ok_or(Denied::Invalid("it names no key (kid)"))?;
    Ok(Head { algorithm: header.alg, key })
}

/// Checks the whole of it. Returns the values of the claim that says who somebody is.
///
/// # Errors
/// [`Denied::Invalid`].
pub fn subjects(
    token: &[u8],
    key: &DecodingKey,
    algorithm: Algorithm,
    settings: &Settings,
) -> Result<Vec<String>, Denied> {
    let mut rules = Validation::new(algorithm);
    rules.leeway = LEEWAY_SECONDS;
    rules.validate_nbf = true;
    rules.set_required_spec_claims(&["exp", "iss", "aud"]);
    rules.set_issuer(&[&settings.issuer]);
    rules.set_audience(&[&settings.audience]);
    let claims = jsonwebtoken::decode::<Map<String, Value>>(token, key, &rules)
        .map_err(|error| Denied::Invalid(reason(error.kind())))?
        .claims;
    // The library takes a list of issuers for one of them.
    if claims.get("iss").and_then(Value::as_str) != Some(&settings.issuer) {
        return Err(Denied::Invalid("it is of another issuer"));
    }
    // It is good only with a proof (DPoP, a client's certificate), and who stole it has none.
    if claims.contains_key("cnf") {
        return Err(Denied::Invalid("it is bound to a key of its holder (cnf)"));
    }
    Ok(match claims.get(&settings.claim) {
        Some(Value::String(value)) => vec![value.clone()],
        Some(Value::Array(values)) => values.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    })
}

/// For a stranger, who may hold a token that was good once.
fn reason(error: &ErrorKind) -> &'static str {
    match error {
        ErrorKind::InvalidSignature => "its signature is wrong",
        ErrorKind::ExpiredSignature => "it has expired",
        ErrorKind::ImmatureSignature => "it is not valid yet",
        ErrorKind::InvalidIssuer => "it is of another issuer",
        ErrorKind::InvalidAudience => "it is for another audience",
        ErrorKind::MissingRequiredClaim(claim) => match claim.as_str() {
            "exp" => "it has no expiry (exp)",
            "iss" => "it has no issuer (iss)",
            _ => "it has no audience (aud)",
        },
        ErrorKind::InvalidAlgorithm => "its algorithm is not the one of its key",
        _ => "it cannot be read",
    }
}
