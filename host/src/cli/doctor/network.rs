//! The way to Intercom: certificates and proxy.

use std::time::Duration;

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use tokio::net::TcpStream;

use super::{Finding, ill, well};
use crate::application::Application;
use crate::config::Config;
use crate::sandbox::outgoing::{further_roots, proxy_variable};
use crate::sandbox::policy::is_loopback;

/// A proxy is near by.
const PROXY_PATIENCE: Duration = Duration::from_secs(5);

pub fn certificates(config: &Config) -> Finding {
    let Some(file) = &config.certificates else {
        return well("certificates", "the system's trust store; SSL_CERT_FILE names no others");
    };
    match further_roots(file) {
        Ok(roots) if roots.is_empty() => ill(
            "certificates",
            format!(
                "SSL_CERT_FILE={} holds no certificates; name a PEM file, or take the variable away",
                file.display()
            ),
        ),
        Ok(roots) => well(
            "certificates",
            format!("the system's trust store, and {} of SSL_CERT_FILE={}", roots.len(), file.display()),
        ),
        Err(reason) => ill("certificates", reason),
    }
}

/// Whether the proxy that would be used takes connections. Its password is neither sent nor told.
pub async fn proxy(application: &Application) -> Finding {
    let policy = &application.config.policy;
    let origin = policy.origin();
    let none = || well("proxy", format!("none is used for {origin}"));
    if is_loopback(&policy.host()) {
        return none();
    }
    // What reqwest asks, too: variables, NO_PROXY, and the system's settings.
    let Ok(target) = origin.parse::<Uri>() else { return none() };
    let Some(found) = Matcher::from_system().intercept(&target) else { return none() };
    let proxy = found.uri();
    let host = proxy.host().unwrap_or_default();
    let port = proxy.port_u16().unwrap_or(if proxy.scheme_str() == Some("https") { 443 } else { 80 });
    let named = proxy_variable(policy).unwrap_or_else(|| "the system's settings".to_owned());
    let address = (host.trim_start_matches('[').trim_end_matches(']'), port);
    let reason = match tokio::time::timeout(PROXY_PATIENCE, TcpStream::connect(address)).await {
        Ok(Ok(_)) => return well("proxy", format!("{host}:{port} takes connections (from {named})")),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer within {} s", PROXY_PATIENCE.as_secs()),
    };
    ill(
        "proxy",
        format!(
            "{host}:{port}, from {named}, takes no connections ({reason}); fix that, or name {} in NO_PROXY",
            policy.host()
        ),
    )
}
