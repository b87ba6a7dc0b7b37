//! Callers with tokens of an identity provider: whom it vouches for, and whom nobody lets in.

mod provider;

use std::time::{Duration, Instant};

use fastintercom_tests::command::Cli;
use fastintercom_tests::scratch::Scratch;
use fastintercom_tests::server::{Era, Server, Stop};
use fastintercom_tests::session::Session;
use fastintercom_tests::simulator::Simulator;
use fastintercom_tests::web::{Reply, Web};
use serde_json::{Value, json};

use super::{TOKEN, open, small};
use provider::{Provider, RESOURCE};

/// Where clients read which tokens are taken.
const METADATA: &str = "/.well-known/oauth-protected-resource";

/// A server that takes the provider's tokens, and its folder.
fn serve(simulator: &Simulator, scratch: &Scratch, provider: &Provider) -> (Session, Web) {
    let server = Server::new(simulator)
        .on(scratch)
        .env("FASTINTERCOM_OAUTH_ISSUER", provider.issuer())
        .env("FASTINTERCOM_OAUTH_RESOURCE", RESOURCE)
        .env("FASTINTERCOM_LOG", "trace");
    let (session, web) = open(server);
    session.wait_until_synced();
    (session, web)
}

fn of(web: &Web, token: &str) -> Web {
    web.clone().header("authorization", &format!("Bearer {token}"))
}

fn call(web: &Web) -> Reply {
    web.post("/tools/get_sync_status", "{}")
}

fn caller(simulator: &Simulator, scratch: &Scratch, arguments: &[&str]) -> String {
    let command = Cli::new(simulator).on(scratch).args(["caller"]).args(arguments.iter().copied());
    command.run().assert_code(0).stdout
}

/// The names in the audit log, in order.
fn names(simulator: &Simulator, scratch: &Scratch) -> Vec<String> {
    let lines = Cli::new(simulator).on(scratch).args(["audit", "--json"]).run().assert_code(0).stdout;
    let name = |line: &str| {
        serde_json::from_str::<Value>(line).expect("JSON")["caller"].as_str().expect("a name").to_owned()
    };
    lines.lines().map(name).collect()
}

#[test]
fn whom_the_provider_vouches_for_has_the_name_the_rights_and_the_limits_of_their_entry() {
    let simulator = small();
    let (scratch, provider) = (Scratch::new(), Provider::start());
    let (session, web) = serve(&simulator, &scratch, &provider);
    caller(&simulator, &scratch, &["add", "ada", "--subject", "auth0|ada"]);
    let few = ["add", "few", "--subject", "f 1", "--subject", "f 2", "--tools", "get_sync_status"];
    caller(&simulator, &scratch, &[&few[..], &["--calls-per-minute", "3"]].concat());
    let own = caller(&simulator, &scratch, &["add", "own"]);
    let ada_token = provider.token("auth0|ada");
    let (ada, few, own) = (of(&web, &ada_token), of(&web, &provider.token("f 2")), of(&web, own.trim()));
    assert_eq!((call(&ada).status, call(&few).status, call(&own).status), (200, 200, 200));
    let rows = ada.tool("query_database", json!({"sql": "SELECT count(*) FROM v_conversations"})).succeeded();
    assert!(rows["rows"].is_array(), "{rows}");
    let sql = json!({"name": "query_database", "arguments": {"sql": "SELECT 1"}});
    let _ = ada.mcp(Era::Modern, "tools/call", sql.clone()).result();
    assert!(ada.initialize()["serverInfo"].is_object());
    // A list of tools and a number of calls are theirs as well as a token's.
    let refused = few.tool("query_database", json!({"sql": "SELECT 1"})).refused(403);
    assert!(refused.contains("get_sync_status"), "{refused}");
    assert_eq!(few.mcp(Era::Modern, "tools/call", sql).result()["isError"], true);
    let list = few.mcp(Era::Modern, "tools/list", json!({})).result();
    assert_eq!(list["tools"].as_array().map(Vec::len), Some(1), "{list}");
    assert_eq!(call(&few).status, 429);
    assert_eq!(names(&simulator, &scratch), ["ada", "few", "own", "ada", "ada", "few", "few"]);
    // Who is taken out of the file is out, however long the token would be good.
    caller(&simulator, &scratch, &["remove", "ada"]);
    assert_eq!((call(&ada).status, call(&own).status), (403, 200));
    assert_eq!(provider.asked(), 1);
    for (path, bytes) in scratch.files() {
        assert!(!String::from_utf8_lossy(&bytes).contains(&ada_token), "{}", path.display());
    }
    let log = session.stop_by(Stop::Terminate).assert_clean().log.join("\n");
    assert!(log.contains(&format!("or one of {}", provider.issuer())), "{log}");
    let signature = ada_token.rsplit('.').next().expect("a signature");
    assert!(!log.contains(signature), "{log}");
}

/// A client that knows nothing but the address learns where to get a token.
#[test]
fn a_refusal_leads_to_the_provider() {
    let simulator = small();
    let (scratch, provider) = (Scratch::new(), Provider::start());
    let (_session, web) = serve(&simulator, &scratch, &provider);
    let way = "resource_metadata=\"https://mcp.example.com/.well-known/oauth-protected-resource/mcp\"";
    for path in ["/mcp", "/tools/get_sync_status", "/nothing"] {
        let none = web.post(path, "{}");
        assert_eq!(
            none.header("www-authenticate"),
            Some(&*format!("Bearer realm=\"fastintercom\", {way}")),
            "{path}"
        );
        assert_eq!(none.status, 401);
        for wrong in ["wrong", "a.b.c", &provider.token_with(&json!({"exp": 1}))] {
            let refused = of(&web, wrong).post(path, "{}");
            let challenge = refused.header("www-authenticate").expect("a challenge").to_owned();
            assert!(challenge.contains("error=\"invalid_token\"") && challenge.contains(way), "{challenge}");
            assert_eq!(refused.status, 401, "{path} {wrong}");
        }
    }
    // The public name is one of the server's own without being named again.
    let public = web.clone().header("host", "mcp.example.com").header("origin", "http://localhost:6274");
    for path in [METADATA.to_owned(), format!("{METADATA}/mcp")] {
        let answer = public.get(&path);
        assert_eq!(answer.header("access-control-allow-origin"), Some("http://localhost:6274"));
        assert_eq!(
            answer.succeeded(),
            json!({
                "resource": RESOURCE,
                "authorization_servers": [provider.issuer()],
                "bearer_methods_supported": ["header"],
                "resource_name": "FastIntercom",
            })
        );
        assert_eq!(web.post(&path, "{}").status, 405);
    }
    assert_eq!(web.clone().header("host", "evil.example").get(METADATA).status, 403);
    for other in ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"] {
        assert_eq!(web.get(other).status, 404, "{other}");
    }
    assert_eq!(web.get("/healthz").status, 200);
    assert_eq!(provider.asked(), 1, "a token that is none asks for no keys");
}

#[test]
fn tokens_for_others_are_401_and_people_who_are_no_callers_403() {
    let simulator = small();
    let (scratch, provider) = (Scratch::new(), Provider::start());
    caller(&simulator, &scratch, &["add", "ada", "--subject", "a"]);
    let (session, web) = serve(&simulator, &scratch, &provider);
    for (claims, reason) in [
        (json!({"sub": "a", "aud": "https://mcp.example.com"}), "it is for another audience"),
        (json!({"sub": "a", "aud": "client-of-the-provider"}), "it is for another audience"),
        (json!({"sub": "a", "iss": "https://id.example"}), "it is of another issuer"),
        (json!({"sub": "a", "exp": 1_700_000_000}), "it has expired"),
        (json!({"sub": "a", "exp": null}), "it has no expiry (exp)"),
        (json!({"sub": "a", "nbf": 4_102_444_800_u64}), "it is not valid yet"),
    ] {
        let refused = call(&of(&web, &provider.token_with(&claims)));
        let challenge = refused.header("www-authenticate").expect("a challenge").to_owned();
        assert!(
            challenge.contains("error=\"invalid_token\"") && challenge.contains(reason),
            "{claims}: {challenge}"
        );
        assert!(refused.refused(401).contains(reason), "{claims}");
    }
    let stranger = Provider::start();
    let forged = stranger.token_with(&json!({"sub": "a", "iss": provider.issuer()}));
    assert!(call(&of(&web, &forged)).refused(401).contains("signature is wrong"));
    // Good tokens of people whom nobody has let in.
    let eve = of(&web, &provider.token("e\u{202e}ve\n"));
    let refused = call(&eve);
    assert_eq!(refused.header("www-authenticate"), None, "another token would not help");
    let sentence = refused.refused(403);
    assert!(sentence.contains("as e ve  (sub)") && sentence.contains("--subject"), "{sentence}");
    session.wait_for_log("is no caller");
    let nameless = call(&of(&web, &provider.token_with(&json!({})))).refused(403);
    assert!(nameless.contains("no claim sub"), "{nameless}");
    caller(&simulator, &scratch, &["add", "eve", "--subject", "e\u{202e}ve\n"]);
    assert_eq!(call(&eve).status, 200);
}

#[test]
fn keys_change_without_a_restart_and_outlive_a_provider_that_is_down() {
    let simulator = small();
    let (scratch, provider) = (Scratch::new(), Provider::start());
    caller(&simulator, &scratch, &["add", "ada", "--subject", "a"]);
    provider.set_down(true);
    let (session, web) = serve(&simulator, &scratch, &provider);
    let first = of(&web, &provider.token("a"));
    // Nobody comes in by a word that cannot be checked.
    let refused = call(&first);
    let wait: u64 = refused.header("retry-after").and_then(|text| text.parse().ok()).expect("seconds");
    assert!((1..=5).contains(&wait), "{wait}");
    assert!(refused.refused(503).contains("identity provider"));
    let told = session.wait_for_log("cannot be read");
    assert!(told.contains(provider.issuer()) && told.contains("503"), "{told}");
    assert_eq!(call(&web).status, 401);
    provider.set_down(false);
    let begun = Instant::now();
    while call(&first).status == 503 {
        assert!(begun.elapsed() < Duration::from_secs(30), "the provider is asked again");
        std::thread::sleep(Duration::from_millis(200));
    }
    assert_eq!((call(&first).status, provider.asked()), (200, 1));
    // Another key signs, and the old one is taken back.
    provider.rotate();
    let second = of(&web, &provider.token("a"));
    assert_eq!((call(&second).status, call(&first).status), (200, 401));
    assert_eq!(provider.asked(), 2);
    provider.set_down(true);
    assert_eq!((call(&second).status, call(&first).status), (200, 401));
}

#[test]
fn groups_of_the_provider_can_be_callers_and_an_audience_can_have_another_name() {
    let simulator = small();
    let (scratch, provider) = (Scratch::new(), Provider::start());
    caller(&simulator, &scratch, &["add", "support", "--subject", "group-1", "--subject", "group-2"]);
    caller(&simulator, &scratch, &["add", "sales", "--subject", "group-3"]);
    let server = Server::new(&simulator)
        .on(&scratch)
        .env("FASTINTERCOM_OAUTH_ISSUER", provider.issuer())
        .env("FASTINTERCOM_OAUTH_RESOURCE", RESOURCE)
        .env("FASTINTERCOM_OAUTH_AUDIENCE", "api://fastintercom")
        .env("FASTINTERCOM_OAUTH_CLAIM", "groups")
        .env("FASTINTERCOM_OAUTH_SCOPES", "api://fastintercom/read openid")
        .env("FASTINTERCOM_HTTP_TOKEN", TOKEN);
    let (session, web) = open(server);
    session.wait_until_synced();
    let answer = |claims: Value| call(&of(&web, &provider.token_with(&claims)));
    let of_groups = |groups: &[&str]| answer(json!({"aud": "api://fastintercom", "groups": groups}));
    assert_eq!(of_groups(&["group-7", "group-1"]).status, 200);
    assert_eq!(of_groups(&["group-2", "group-1"]).status, 200);
    assert!(of_groups(&["group-7"]).refused(403).contains("as group-7 (groups)"));
    // Whose rights are meant, nobody can say.
    assert!(of_groups(&["group-1", "group-3"]).refused(403).contains("more than one caller"));
    session.wait_for_log("is several callers: sales, support");
    assert_eq!(names(&simulator, &scratch), ["support", "support"]);
    assert_eq!(answer(json!({"groups": ["group-1"]})).status, 401, "the address is not the audience now");
    assert_eq!(call(&of(&web, TOKEN)).status, 200);
    // What to ask the provider for.
    let challenge = call(&web).header("www-authenticate").expect("a challenge").to_owned();
    assert!(challenge.ends_with(", scope=\"api://fastintercom/read openid\""), "{challenge}");
    let document = web.get(METADATA).succeeded();
    assert_eq!(document["scopes_supported"], json!(["api://fastintercom/read", "openid"]));
}

#[test]
fn a_provider_that_cannot_be_is_refused_at_the_start_and_subjects_are_listed() {
    let simulator = small();
    let cli = Cli::new(&simulator).without_token();
    let serve = cli.clone().args(["serve", "--http", "127.0.0.1:0"]);
    let issuer = "FASTINTERCOM_OAUTH_ISSUER";
    let alone = serve.clone().env(issuer, "https://id.example.com").run().assert_code(2).stderr;
    assert!(alone.contains("FASTINTERCOM_OAUTH_RESOURCE"), "{alone}");
    let plain = serve.clone().env(issuer, "http://id.example.com").run().assert_code(2).stderr;
    assert!(plain.contains(issuer) && plain.contains("https://id.example.com"), "{plain}");
    let resource = serve.env("FASTINTERCOM_OAUTH_RESOURCE", RESOURCE).run().assert_code(2).stderr;
    assert!(resource.contains(issuer), "{resource}");

    let scratch = cli.scratch();
    let added = caller(&simulator, scratch, &["add", "ada", "--subject", "auth0|1", "--json"]);
    let added: Value = serde_json::from_str(&added).expect("JSON");
    assert_eq!((&added["subjects"], &added["token"]), (&json!(["auth0|1"]), &Value::Null), "{added}");
    let list = caller(&simulator, scratch, &["list"]);
    assert!(list.contains("ada: all tools") && list.contains("known as auth0|1"), "{list}");
    let again = cli.clone().args(["caller", "add", "bob", "--subject", "auth0|1"]).run().assert_code(1);
    assert!(again.stderr.contains("has the subject of ada"), "{}", again.stderr);
    // A token beside it.
    assert!(caller(&simulator, scratch, &["add", "ada", "--renew"]).starts_with("fic_"));
    assert!(caller(&simulator, scratch, &["list"]).contains("known as auth0|1"));
    caller(&simulator, scratch, &["remove", "ada"]);
    assert!(caller(&simulator, scratch, &["list"]).contains("no callers"));
}
