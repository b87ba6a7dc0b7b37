//! Web pages of this server's own origins can call it; those of strangers get nothing, not even a
//! header that says so.

use fastintercom_tests::server::Server;
use serde_json::json;

use super::{TOKEN, open, small};

const OWN: [&str; 2] = ["http://localhost:6274", "https://chat.example"];

fn preflight(web: &fastintercom_tests::web::Web, origin: &str, path: &str) -> String {
    let more = "Access-Control-Request-Headers: authorization, content-type, mcp-protocol-version\r\nAccess-Control-Request-Private-Network: true\r\n";
    let head = format!(
        "OPTIONS {path} HTTP/1.1\r\nHost: localhost\r\nOrigin: {origin}\r\nAccess-Control-Request-Method: POST\r\n{more}Connection: close\r\n\r\n"
    );
    web.raw(head.as_bytes()).to_ascii_lowercase()
}

#[test]
fn pages_of_own_origins_ask_first_and_call_then() {
    let simulator = small();
    let server = Server::new(&simulator)
        .without_token()
        .env("FASTINTERCOM_HTTP_TOKEN", TOKEN)
        .env("FASTINTERCOM_HTTP_HOSTS", "chat.example");
    let (_session, web) = open(server);
    for origin in OWN {
        for path in ["/mcp", "/tools/get_sync_status"] {
            // The browser asks without the token.
            let answer = preflight(&web, origin, path);
            assert!(answer.starts_with("http/1.1 204"), "{answer}");
            assert!(answer.contains(&format!("access-control-allow-origin: {origin}\r\n")), "{answer}");
            assert!(answer.contains("post") && answer.contains("vary: origin"), "{answer}");
            for header in ["authorization", "content-type", "mcp-protocol-version", "mcp-method", "mcp-name"]
            {
                assert!(answer.contains(header), "{header}: {answer}");
            }
            assert!(answer.contains("access-control-allow-private-network: true"), "{answer}");
            assert!(!answer.contains("allow-credentials"), "no cookies, and none wanted: {answer}");
        }
        let page = web.clone().header("origin", origin);
        // Refusals can be read, too.
        let refused = page.post("/mcp", "{}");
        assert_eq!((refused.status, refused.header("access-control-allow-origin")), (401, Some(origin)));
        assert!(
            refused
                .header("access-control-expose-headers")
                .is_some_and(|all| all.contains("www-authenticate"))
        );
        let known = page.header("authorization", &format!("Bearer {TOKEN}"));
        for answer in [
            known.tool("get_sync_status", json!({})),
            known.post(
                "/mcp",
                json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "page", "version": "1"}}}).to_string(),
            ),
        ] {
            assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some(origin)));
        }
    }
}

#[test]
fn pages_of_strangers_get_nothing() {
    let simulator = small();
    let (_session, web) = open(Server::new(&simulator).without_token());
    for origin in ["https://evil.example", "null", "http://192.0.2.7", "http://localhost.evil.example"] {
        for path in ["/mcp", "/tools/get_sync_status", "/healthz"] {
            let answer = preflight(&web, origin, path);
            assert!(answer.starts_with("http/1.1 403"), "{answer}");
            assert!(!answer.contains("access-control-"), "{answer}");
        }
        let answer = web.clone().header("origin", origin).tool("get_sync_status", json!({}));
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (403, None), "{origin}");
    }
    // Programs have no origin, and nothing to do with all this.
    let program = web.tool("get_sync_status", json!({}));
    assert_eq!((program.status, program.header("access-control-allow-origin")), (200, None));
    let plain = web.raw(b"OPTIONS /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    assert!(plain.starts_with("HTTP/1.1 405"), "{plain}");
}

/// A client that is refused looks for an authorization server; there is none.
#[test]
fn there_is_no_authorization_server_to_be_found() {
    let simulator = small();
    let server = Server::new(&simulator).without_token().env("FASTINTERCOM_HTTP_TOKEN", TOKEN);
    let (_session, web) = open(server);
    for path in [
        "/.well-known/oauth-authorization-server",
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/mcp",
        "/.well-known/openid-configuration",
        "/mcp/.well-known/oauth-authorization-server",
    ] {
        assert!(web.get(path).refused(404).contains("nothing here"), "{path}");
    }
    assert_eq!(web.post("/mcp", "{}").status, 401);
}
