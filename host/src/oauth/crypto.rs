//! Signatures of tokens, checked by ring, which TLS has brought along.
//!
//! `jsonwebtoken` has two providers of its own: one is a second library of the same kind, the other
//! computes RSA in a crate with an open advisory (RUSTSEC-2023-0071).

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result};
use jsonwebtoken::signature::{self, Verifier};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, DecodingKeyKind, EncodingKey};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents,
    UnparsedPublicKey, VerificationAlgorithm,
};

/// Makes this the way in which `jsonwebtoken` checks signatures.
pub fn install() {
    // An error only says that it was done before.
    let _ = PROVIDER.install_default();
}

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: signer,
    verifier_factory: verifier,
    // For keys that are written down; ours are read only.
    key_utils: KeyUtils {
        rsa_pub_components_from_private_key: |_| unsupported(),
        rsa_pub_components_from_public_key: |_| unsupported(),
        ec_pub_components_from_private_key: |_, _| unsupported(),
        ed_pub_components_from_private_key: |_, _| unsupported(),
        compute_digest: |_, _| unsupported(),
    },
};

fn unsupported<T>() -> Result<T> {
    Err(ErrorKind::UnsupportedAlgorithm.into())
}

fn signer(_: &Algorithm, _: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    unsupported()
}

fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    // A public key is no secret: whoever has it could make an HMAC with it.
    if key.family() != algorithm.family() || algorithm.family() == AlgorithmFamily::Hmac {
        return Err(ErrorKind::InvalidAlgorithm.into());
    }
    Ok(Box::new(Ring { algorithm: *algorithm, key: key.clone() }))
}

/// A public key and how it is used.
struct Ring {
    algorithm: Algorithm,
    key: DecodingKey,
}

/// How ring calls the algorithms.
enum Way {
    Rsa(&'static RsaParameters),
    Plain(&'static dyn VerificationAlgorithm),
}

impl Ring {
    fn way(&self) -> Option<Way> {
        Some(match self.algorithm {
            Algorithm::RS256 => Way::Rsa(&RSA_PKCS1_2048_8192_SHA256),
            Algorithm::RS384 => Way::Rsa(&RSA_PKCS1_2048_8192_SHA384),
            Algorithm::RS512 => Way::Rsa(&RSA_PKCS1_2048_8192_SHA512),
            Algorithm::PS256 => Way::Rsa(&RSA_PSS_2048_8192_SHA256),
            Algorithm::PS384 => Way::Rsa(&RSA_PSS_2048_8192_SHA384),
            Algorithm::PS512 => Way::Rsa(&RSA_PSS_2048_8192_SHA512),
            Algorithm::ES256 => Way::Plain(&ECDSA_P256_SHA256_FIXED),
            Algorithm::ES384 => Way::Plain(&ECDSA_P384_SHA384_FIXED),
            Algorithm::EdDSA => Way::Plain(&ED25519),
            _ => return None,
        })
    }
}

impl Verifier<Vec<u8>> for Ring {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), signature::Error> {
        let good = match (self.way(), self.key.kind()) {
            (Some(Way::Rsa(parameters)), DecodingKeyKind::RsaModulusExponent { n, e }) => {
                // Some providers write a sign before the number, which ring takes for none.
                let (n, e) = (without_zeros(n), without_zeros(e));
                RsaPublicKeyComponents { n, e }.verify(parameters, message, signature).is_ok()
            }
            (Some(Way::Plain(algorithm)), DecodingKeyKind::SecretOrDer(key)) => {
                UnparsedPublicKey::new(algorithm, key).verify(message, signature).is_ok()
            }
            _ => false,
        };
        if good { Ok(()) } else { Err(signature::Error::new()) }
    }
}

impl JwtVerifier for Ring {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

fn without_zeros(number: &[u8]) -> &[u8] {
    &number[number.iter().take_while(|byte| **byte == 0).count()..]
}
