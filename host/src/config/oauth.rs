//! The identity provider whose tokens let callers in.

use reqwest::Url;

use super::{ConfigError, Sources};
use crate::oauth::Settings;
use crate::sandbox::policy::is_loopback;

/// Reads the settings; `None`: there is no provider.
///
/// # Errors
/// [`ConfigError`] about an address or a claim that cannot be one, and about what is missing.
pub fn resolve(sources: &Sources) -> Result<Option<Settings>, ConfigError> {
    let Some((issuer, _)) = sources.parsed("oauth_issuer", address)? else {
        let of_no_use = ["oauth_resource", "oauth_audience", "oauth_claim", "oauth_scopes"];
        return match of_no_use.iter().find_map(|key| sources.find(key)) {
            None => Ok(None),
            Some(found) => Err(ConfigError(format!(
                "{} is set, and no identity provider is: name it in FASTINTERCOM_OAUTH_ISSUER, or take {} away.",
                found.place, found.place
            ))),
        };
    };
    let Some((resource_text, resource)) = sources.parsed("oauth_resource", address)? else {
        return Err(ConfigError(
            "FASTINTERCOM_OAUTH_ISSUER is set, and tokens must be made out for this server: give its public address in FASTINTERCOM_OAUTH_RESOURCE, such as https://mcp.example.com/mcp.".to_owned(),
        ));
    };
    let audience = sources.parsed("oauth_audience", |text| word(text, 1_000))?;
    Ok(Some(Settings {
        issuer,
        resource,
        audience: audience.unwrap_or_else(|| resource_text.clone()),
        resource_text,
        claim: sources.parsed("oauth_claim", |text| word(text, 200))?.unwrap_or_else(|| "sub".to_owned()),
        scopes: sources.parsed("oauth_scopes", scopes)?.unwrap_or_default(),
    }))
}

/// The address letter for letter, which is how they are compared, and its parts.
fn address(text: &str) -> Result<(String, Url), String> {
    let shape = "it is an address such as https://id.example.com, without a user, query or fragment; http is for this machine's own only";
    let url = Url::parse(text).map_err(|_| shape.to_owned())?;
    let is_safe = match url.scheme() {
        "https" => url.has_host(),
        "http" => url.host_str().is_some_and(is_loopback),
        _ => false,
    };
    let is_plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none()
        // It stands in a header as it is.
        && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\<>".contains(&byte));
    if is_safe && is_plain { Ok((text.to_owned(), url)) } else { Err(shape.to_owned()) }
}

/// In a configuration file they may be a list.
fn scopes(text: &str) -> Result<Vec<String>, String> {
    let found = text.split([' ', ',']).filter(|scope| !scope.is_empty()).map(str::to_owned);
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"\"\\".contains(&byte);
    if text.bytes().all(|byte| byte == b' ' || is_plain(byte)) {
        Ok(found.collect())
    } else {
        Err("they are names without quotation marks and backslashes, separated by blanks or commas"
            .to_owned())
    }
}

fn word(text: &str, longest: usize) -> Result<String, String> {
    if text.len() <= longest && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(text.to_owned())
    } else {
        Err(format!("it has up to {longest} letters, digits and signs without blanks"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: (&str, &str) = ("FASTINTERCOM_OAUTH_ISSUER", "https://id.example/realms/a/");
    const RESOURCE: (&str, &str) = ("FASTINTERCOM_OAUTH_RESOURCE", "https://mcp.example/mcp");

    fn resolved(variables: &[(&str, &str)]) -> Result<Option<Settings>, String> {
        resolve(&Sources::of_environment(variables)).map_err(|error| error.0)
    }

    #[test]
    fn an_issuer_and_a_resource_are_enough_and_are_kept_letter_for_letter() {
        assert_eq!(resolved(&[]), Ok(None));
        let settings = resolved(&[ISSUER, RESOURCE]).expect("settings").expect("a provider");
        assert_eq!((settings.issuer.as_str(), settings.audience.as_str()), (ISSUER.1, RESOURCE.1));
        assert_eq!(settings.claim, "sub");
        let more = [("FASTINTERCOM_OAUTH_AUDIENCE", "api://x"), ("FASTINTERCOM_OAUTH_CLAIM", "groups")];
        let settings = resolved(&[&[ISSUER, RESOURCE], &more[..]].concat()).expect("settings").expect("some");
        assert_eq!((settings.audience.as_str(), settings.claim.as_str()), ("api://x", "groups"));
        assert!(resolved(&[("FASTINTERCOM_OAUTH_ISSUER", "http://127.0.0.1:1"), RESOURCE]).is_ok());
        let scopes = ("FASTINTERCOM_OAUTH_SCOPES", "api://x/read, openid");
        let settings = resolved(&[ISSUER, RESOURCE, scopes]).expect("settings").expect("a provider");
        assert_eq!(settings.scopes, ["api://x/read", "openid"]);
    }

    #[test]
    fn what_is_missing_or_cannot_be_is_told() {
        for (variables, words) in [
            (&[ISSUER][..], "FASTINTERCOM_OAUTH_RESOURCE"),
            (&[RESOURCE], "FASTINTERCOM_OAUTH_ISSUER"),
            (&[("FASTINTERCOM_OAUTH_CLAIM", "sub")], "FASTINTERCOM_OAUTH_ISSUER"),
            (&[ISSUER, RESOURCE, ("FASTINTERCOM_OAUTH_CLAIM", "two words")], "without blanks"),
            (&[ISSUER, RESOURCE, ("FASTINTERCOM_OAUTH_SCOPES", "a\"b")], "quotation marks"),
        ] {
            assert!(resolved(variables).is_err_and(|told| told.contains(words)), "{variables:?}");
        }
        for wrong in [
            "http://id.example",
            "id.example",
            "https://user@id.example",
            "https://id.example/?a=b",
            "https://id.example/#a",
            "https://",
            "file:///id",
            "https://id.example/\"",
        ] {
            for (key, other) in [(ISSUER.0, RESOURCE), (RESOURCE.0, ISSUER)] {
                let told = resolved(&[(key, wrong), other]).expect_err(wrong);
                assert!(told.contains("https://id.example.com") && told.contains(key), "{told}");
            }
        }
    }
}
