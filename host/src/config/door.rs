//! The HTTP door: where it is, who may come in, and under which names.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{ConfigError, Sources, oauth, paths, token};
use crate::callers::Callers;
use crate::oauth::ResourceServer;
use crate::sandbox::secret::Secret;

/// A token that could be guessed protects nothing: 16 random characters are far beyond guessing.
const SHORTEST_TOKEN: usize = 16;

/// What `serve --http` needs to know.
#[derive(Clone, Debug)]
pub struct Door {
    pub address: SocketAddr,
    /// What callers must show who have no token of their own. There is this one, or there are
    /// callers, when the address is not this machine's own.
    pub token: Option<Secret>,
    /// Those who have one of their own, or have a subject.
    pub callers: Arc<Callers>,
    /// Checks the tokens of an identity provider; `None`: nobody comes in with one.
    pub oauth: Option<Arc<ResourceServer>>,
    /// Names, in lower case, under which callers may address the server beside `localhost`.
    pub names: Vec<String>,
}

impl Door {
    /// Reads the settings of the door at that address.
    ///
    /// # Errors
    /// [`ConfigError`] about a token, a name or an identity provider that cannot be used, and when
    /// an address that other machines reach has no token.
    pub fn resolve(sources: &Sources, data_folder: &Path, address: SocketAddr) -> Result<Self, ConfigError> {
        let token = token(sources, data_folder)?;
        let callers = callers(sources, data_folder)?;
        let oauth = oauth::resolve(sources)?;
        if token.is_none() && !callers.guard() && oauth.is_none() && !address.ip().is_loopback() {
            return Err(ConfigError(format!(
                "--http is \"{address}\", which other machines can reach, so callers must show a token: `fastintercom caller add NAME` makes one for each, FASTINTERCOM_HTTP_TOKEN_FILE or FASTINTERCOM_HTTP_TOKEN is one for all (`openssl rand -hex 32` makes one), or listen on 127.0.0.1."
            )));
        }
        let mut names = sources.parsed("http_hosts", names)?.unwrap_or_default();
        let own = oauth.as_ref().and_then(|settings| settings.resource.host_str());
        names.extend(own.map(|name| name.trim_end_matches('.').to_ascii_lowercase()));
        let certificates = sources.path("certificates")?;
        let oauth = oauth
            .map(|settings| ResourceServer::new(settings, certificates.as_deref()).map(Arc::new))
            .transpose()
            .map_err(ConfigError)?;
        Ok(Self { address, token, callers: Arc::new(callers), oauth, names })
    }
}

/// Reads the value of `--http`: an address and a port; `localhost` is 127.0.0.1.
///
/// # Errors
/// A sentence that says what is allowed.
pub fn address(text: &str) -> Result<SocketAddr, String> {
    let local = text.strip_prefix("localhost:").and_then(|port| port.parse().ok());
    if let Some(port) = local {
        return Ok(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port));
    }
    text.parse().map_err(|_| {
        "it is an address and a port, such as 127.0.0.1:8137 or [::1]:8137; port 0 takes a free one"
            .to_owned()
    })
}

/// The token that callers must show: the variable's, else the file's.
fn token(sources: &Sources, data_folder: &Path) -> Result<Option<Secret>, ConfigError> {
    let (secret, place) = if let Some(text) = sources.variable("FASTINTERCOM_HTTP_TOKEN") {
        let secret = Secret::new(text)
            .map_err(|reason| ConfigError(format!("FASTINTERCOM_HTTP_TOKEN cannot be used: {reason}.")))?;
        (secret, "FASTINTERCOM_HTTP_TOKEN".to_owned())
    } else if let Some(found) = sources.find("http_token_file") {
        let file = paths::expand(&found.value)
            .map_err(|reason| ConfigError(format!("{} cannot be used: {reason}.", found.place)))?;
        (token::read_file(&file, &found.place, Some(data_folder))?, found.place)
    } else {
        return Ok(None);
    };
    if secret.len() < SHORTEST_TOKEN {
        return Err(ConfigError(format!(
            "The token of {place} has fewer than {SHORTEST_TOKEN} characters and could be guessed; `openssl rand -hex 32` makes a good one."
        )));
    }
    Ok(Some(secret))
}

/// Where the callers are: the file that is named, else the usual one.
///
/// # Errors
/// [`ConfigError`] about a path that means nothing, and about a file that the component could
/// change or read.
pub fn callers_file(sources: &Sources, data_folder: &Path) -> Result<Option<PathBuf>, ConfigError> {
    let named = sources.path("callers_file")?;
    let file = named.or_else(|| paths::configuration_folder().map(|folder| folder.join("callers.toml")));
    if let Some(file) = file.as_deref().filter(|file| paths::is_within(file, data_folder)) {
        let place = sources.find("callers_file").map_or("callers_file".to_owned(), |found| found.place);
        return Err(ConfigError(format!(
            "{place} is \"{}\": callers in the data folder could be changed by the component; move the file elsewhere.",
            file.display()
        )));
    }
    Ok(file)
}

fn callers(sources: &Sources, data_folder: &Path) -> Result<Callers, ConfigError> {
    let file = callers_file(sources, data_folder)?.unwrap_or_default();
    if let Some(found) = sources.find("callers_file").filter(|_| !file.exists()) {
        return Err(ConfigError(format!(
            "{} is \"{}\", and there is no such file; `fastintercom caller add NAME` makes it.",
            found.place, found.value
        )));
    }
    Callers::open(&file).map_err(|unreadable| ConfigError(unreadable.0))
}

fn names(text: &str) -> Result<Vec<String>, String> {
    let plain = |name: &str| {
        name.len() < 254 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
    };
    text.split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(|name| {
            if plain(name) {
                Ok(name.trim_end_matches('.').to_ascii_lowercase())
            } else {
                Err("allowed are host names without scheme and port, separated by commas".to_owned())
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef";

    fn door(at: &str, variables: &[(&str, &str)]) -> Result<Door, ConfigError> {
        Door::resolve(
            &Sources::of_environment(variables),
            Path::new("/nowhere"),
            address(at).expect("an address"),
        )
    }

    #[test]
    fn an_address_is_an_ip_and_a_port() {
        assert_eq!(address("localhost:81").map(|found| found.to_string()), Ok("127.0.0.1:81".to_owned()));
        assert_eq!(address("[::1]:0").map(|found| found.to_string()), Ok("[::1]:0".to_owned()));
        for wrong in ["8137", ":8137", "127.0.0.1", "example.com:80", "http://127.0.0.1:80", ""] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn other_machines_need_a_token_and_a_good_one() {
        assert!(door("127.0.0.1:0", &[]).is_ok_and(|door| door.token.is_none()));
        assert!(door("[::1]:0", &[]).is_ok());
        for open in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80"] {
            assert!(
                door(open, &[]).is_err_and(|error| error.0.contains("callers must show a token")),
                "{open}"
            );
            assert!(door(open, &[("FASTINTERCOM_HTTP_TOKEN", TOKEN)]).is_ok(), "{open}");
        }
        // Whom an identity provider vouches for shows a token, too.
        let provider = [
            ("FASTINTERCOM_OAUTH_ISSUER", "https://id.example"),
            ("FASTINTERCOM_OAUTH_RESOURCE", "https://MCP.example/mcp"),
        ];
        assert!(door("0.0.0.0:0", &provider).is_ok_and(|door| door.names == ["mcp.example"]));
        let short = door("127.0.0.1:0", &[("FASTINTERCOM_HTTP_TOKEN", "secret")]);
        assert!(
            short.is_err_and(|error| error.0.contains("could be guessed") && !error.0.contains("secret"))
        );
    }

    #[test]
    fn names_are_names() {
        let named = door("127.0.0.1:0", &[("FASTINTERCOM_HTTP_HOSTS", "Chat.Example, inner_1.,")]);
        assert_eq!(
            named.map(|door| door.names).ok(),
            Some(vec!["chat.example".to_owned(), "inner_1".to_owned()])
        );
        for wrong in ["https://chat.example", "chat.example:443", "*"] {
            assert!(door("127.0.0.1:0", &[("FASTINTERCOM_HTTP_HOSTS", wrong)]).is_err(), "{wrong}");
        }
    }
}
