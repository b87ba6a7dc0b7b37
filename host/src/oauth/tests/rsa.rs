//! Tokens that RSA and ECDSA signed. ring makes no RSA keys, so one was made elsewhere, and tokens
//! with it that are good until 2100.

use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};

use super::*;

/// The number of the key; it is gone, and signs nothing more.
const RSA_KEY: &str = "qfmGbJndkIXDpm6dn23PGZ0BHBfCJi-LpDTLzLyJVMw3UhYQjaxWaFHJT0O2DlIW3xdLkecno_Yok7YJtY3GVcBNIvScZK3IEIpH1JadgFZ86dbW4n1tVjUVyB9_tOGZbtVZqVrnD3BD0WjT0uqOX3nAmaP6pmH_cV_KjKFEBguFTpnUSUFFcuhITOUAELLc4U4VrZwuriWog8CxN50zqZbRdK0XjhHrgvmVrP9VVaFCaXAqfWzc5eDNBfmkuM82_pOn0zHnkck71XjabLm8o15w5bUdLrppWiUvJ2an4vvR1jq3lWQhFnMR0WfB419n4v7wOH7RHcqmt1SwDi67ew";
const RS256_TOKEN: &str = "eyJhbGciOiJSUzI1NiIsImtpZCI6InJzYSIsInR5cCI6ImF0K2p3dCJ9.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJhdWQiOiJodHRwczovL21jcC5leGFtcGxlL21jcCIsInN1YiI6InJzYXwxIiwiZXhwIjo0MTAyNDQ0ODAwfQ.lmP6helS0vEVvkOAMPFZ6hE7fW7k4SUYZdewsnG9tWNPoL5cBXjgnhsbFKbJZ1ltXZrH5Bkad9i7q3uvdLZFX--mzH4nPoUfH-W_OlOywXaczLmYPSTAwK0fYLmUX2vreDgfSnh-OtK803C_mAT3jU4tmp5D2EhHKQq6sB5PVlcT1mbIU9ExrzpuE1zCxfCYNYhyT3EQF6pOWC-Tu4En7umNxaiIVW_A99SlHrFd1wLG2m3_lVaeWjJucgkmGYfCth53rYsZaBCySurce8jMsUemY-Uc-8Z_vUKK2c_IakOciG_TcAHydHwbwMSCr25ux5l7kaze5xfKi4Q5YafnPw";
const PS256_TOKEN: &str = "eyJhbGciOiJQUzI1NiIsImtpZCI6InJzYSIsInR5cCI6ImF0K2p3dCJ9.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJhdWQiOiJodHRwczovL21jcC5leGFtcGxlL21jcCIsInN1YiI6InJzYXwxIiwiZXhwIjo0MTAyNDQ0ODAwfQ.Hmw1ACY0_bctdAF_LncFTRWnrYXCyE6200Cw9bcM9CZ81OZM-D9Fb7P83Wfpx6ifDLDbiQmYNvvOlFedrx633CBPB3i7AN3shHD3pKMjRtrxSOqdcIlyxIN5DMBrOXIeyxMUZbJKS2MGE6WmP4x3vD6ez4xXIPQ5PbzZF3Xage62dhc7yE4ZKx5t9cssIvgCLINOHDEa3r7qfwqYowE5zJnudMecX8wBZEcmLKAK08VS3SYNbKGhefzAVNWlriEzQOOxRDOEWCQzC9om_nfudyUHvCmqdpuQGtxqK730eeIc89BJfY1kvn7ft4sMSL5LM4b4vMQMh-T6yp85pbcbNg";

/// Made with another library; the key may be written with a zero before it.
#[tokio::test]
async fn rsa_and_ecdsa_are_checked_too() {
    let rsa = json!({"kty": "RSA", "kid": "rsa", "n": RSA_KEY, "e": "AQAB"});
    let of_any = server(std::slice::from_ref(&rsa));
    let padded = URL_SAFE_NO_PAD.decode(RSA_KEY).expect("a number");
    let padded = server(&[with(&rsa, "n", json!(encode([&[0], &padded[..]].concat())))]);
    for token in [RS256_TOKEN, PS256_TOKEN] {
        for server in [&of_any, &padded] {
            assert_eq!(server.check(token.as_bytes()).await, Ok(vec!["rsa|1".to_owned()]));
        }
        let mut broken = token.to_owned();
        let end = if broken.ends_with('A') { "Q" } else { "A" };
        broken.replace_range(broken.len() - 1.., end);
        assert_ne!(refusal(&of_any, &broken).await, "");
    }
    // A key says what it is for.
    let only = server(&[with(&rsa, "alg", json!("PS256"))]);
    assert_eq!(refusal(&only, PS256_TOKEN).await, "");
    assert_eq!(refusal(&only, RS256_TOKEN).await, "its algorithm is not the one of its key");

    let random = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random);
    let pair = pair.expect("a key");
    let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
    let server = server(&[json!({"kty": "EC", "crv": "P-256", "kid": "ec", "x": encode(x), "y": encode(y)})]);
    let sign = |message: &[u8]| pair.sign(&random, message).expect("a signature").as_ref().to_vec();
    let token = |head: Value| signed(&head, &claims(), sign);
    assert_eq!(refusal(&server, &token(json!({"alg": "ES256", "kid": "ec"}))).await, "");
    assert_eq!(
        refusal(&server, &token(json!({"alg": "ES384", "kid": "ec"}))).await,
        "its algorithm is not the one of its key"
    );
}
