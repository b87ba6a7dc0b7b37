//! The simulator seen over its socket: what every client meets before any of its own logic.

mod ticket_changes;
mod tickets;

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use fastintercom_tests::simulator::{ApiVersion, Change, Config, Endpoint, Fault, Rule, Simulator};
use serde_json::{Value, json};

/// Far from any leap of the real clock, at the start of a rate window.
const NOW: i64 = 1_795_000_000;

/// A status, the headers in lower case, and the body.
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }
}

/// One call on a connection of its own, without a client library that could smooth things over.
fn call(simulator: &Simulator, method: &str, path: &str, headers: &[&str], body: &str) -> io::Result<Answer> {
    let address = simulator.base_url().replace("http://", "");
    let mut stream = TcpStream::connect(&address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    Ok(Answer { status, head, body: bytes[end + 4..].to_vec() })
}

fn get(simulator: &Simulator, path: &str, version: &str) -> io::Result<Answer> {
    let token = format!("Authorization: Bearer {}", simulator.token());
    call(simulator, "GET", path, &[&token, &format!("Intercom-Version: {version}")], "")
}

fn search(simulator: &Simulator, body: Value) -> Answer {
    let token = format!("Authorization: Bearer {}", simulator.token());
    call(simulator, "POST", "/conversations/search", &[&token], &body.to_string()).expect("an answer")
}

fn start(config: Config) -> Simulator {
    Simulator::start(config).expect("a simulator on loopback")
}

fn id_at(simulator: &Simulator, index: usize) -> u64 {
    simulator.workspace().conversation_at(index).expect("a conversation").id
}

#[test]
fn requests_are_checked_before_they_are_counted() {
    let simulator = start(Config::new().frozen_at(NOW).rate_limit(2));
    let unknown = call(&simulator, "GET", "/me", &["Authorization: Bearer wrong"], "").expect("an answer");
    assert_eq!((unknown.status, unknown.header("x-ratelimit-limit")), (401, None));
    assert_eq!(unknown.json()["errors"][0]["code"], "unauthorized");

    let token = format!("Authorization: Bearer {}", simulator.token());
    let html = call(&simulator, "GET", "/me", &[&token, "Accept: text/html"], "").expect("an answer");
    assert_eq!((html.status, html.json().get("request_id")), (406, None));
    assert_eq!(get(&simulator, "/me", "1.9").expect("an answer").status, 400);

    let remaining: Vec<_> = (0..3)
        .map(|_| get(&simulator, "/me", "2.11").expect("an answer"))
        .map(|answer| (answer.status, answer.header("x-ratelimit-remaining").map(str::to_owned)))
        .collect();
    assert_eq!(remaining, [(200, Some("1".into())), (200, Some("0".into())), (429, Some("0".into()))]);
    simulator.advance(10);
    let answer = get(&simulator, "/me", "2.11").expect("an answer");
    assert_eq!((answer.status, answer.header("intercom-version")), (200, Some("2.11")));
    assert_eq!(answer.header("date"), Some("Wed, 18 Nov 2026 11:06:50 GMT"));
    assert_eq!(answer.json()["app"]["id_code"], "sim00001");
    assert_eq!((simulator.stats().count(Endpoint::Me), simulator.stats().rate_limited), (7, 1));
}

#[test]
fn answers_have_the_shape_of_their_version() {
    let simulator = start(Config::new().frozen_at(NOW).parts(1..=1));
    let id = id_at(&simulator, 0);
    simulator.workspace().edit(id, |c| {
        c.admin_assignee = None;
        c.priority = fastintercom_tests::simulator::model::Priority::Urgent;
    });
    let path = format!("/conversations/{id}");
    let old = get(&simulator, &path, "2.11").expect("an answer").json();
    let new = get(&simulator, &path, "2.16").expect("an answer").json();
    assert_eq!((&old["priority"], &new["priority"]), (&json!("priority"), &json!("urgent")));
    assert_eq!((&old["admin_assignee_id"], &new["admin_assignee_id"]), (&json!(null), &json!(0)));
    let part = |answer: &Value| answer["conversation_parts"]["conversation_parts"][0].clone();
    assert_eq!(part(&old).get("email_message_metadata"), None);
    assert!(part(&new).get("email_message_metadata").is_some());
    assert_eq!(new["id"], json!(id.to_string()));
    assert_eq!(simulator.workspace().json(id, ApiVersion::V2_16), Some(new));

    let deleted = |version| get(&simulator, "/conversations/deleted", version).expect("an answer");
    assert_eq!(deleted("2.15").json()["errors"][0]["code"], "intercom_version_invalid");
    simulator.workspace().delete_conversation(id);
    assert_eq!(deleted("2.16").json()["conversations"][0]["id"], json!(id.to_string()));
    assert_eq!(get(&simulator, &path, "2.16").expect("an answer").status, 404);

    simulator.workspace().merge_contacts(1, 2);
    let (merged, remaining) = {
        let workspace = simulator.workspace();
        let contacts = &workspace.directory.contacts;
        (
            format!("/contacts/{}", contacts[1].id),
            format!("</contacts/{}>; rel=\"canonical\"", contacts[2].id),
        )
    };
    let gone = get(&simulator, &merged, "2.16").expect("an answer");
    assert_eq!((gone.status, gone.header("link")), (410, Some(remaining.as_str())));
    assert_eq!(get(&simulator, &merged, "2.15").expect("an answer").status, 404);
}

#[test]
fn a_long_thread_shows_its_newest_500_parts_and_lists_show_none() {
    let simulator = start(Config::new().frozen_at(NOW).conversations(3).parts(620..=620));
    let id = id_at(&simulator, 1);
    let answer = get(&simulator, &format!("/conversations/{id}"), "2.14").expect("an answer").json();
    let parts = answer["conversation_parts"]["conversation_parts"].as_array().expect("parts").clone();
    let newest = simulator.workspace().conversation(id).expect("it").parts[120].id.to_string();
    assert_eq!((parts.len(), &parts[0]["id"]), (500, &json!(newest)));
    assert_eq!(answer["conversation_parts"]["total_count"], 620);
    assert_eq!(answer["statistics"]["count_conversation_parts"], 621);
    let found =
        search(&simulator, json!({"query": {"field": "id", "operator": "=", "value": id.to_string()}}));
    assert_eq!(found.json()["total_count"], 1);
    assert_eq!(found.json()["conversations"][0].get("conversation_parts"), None);
}

#[test]
fn contacts_are_found_by_id_and_merged_ones_are_not() {
    let simulator = start(Config::new().frozen_at(NOW));
    simulator.workspace().merge_contacts(1, 2);
    let ids: Vec<_> =
        simulator.workspace().directory.contacts[..4].iter().map(|contact| contact.id.clone()).collect();
    let token = format!("Authorization: Bearer {}", simulator.token());
    let page = |cursor: &Value| {
        let body = json!({
            "query": {"field": "id", "operator": "IN", "value": ids},
            "pagination": {"per_page": 2, "starting_after": cursor},
        });
        let answer = call(&simulator, "POST", "/contacts/search", &[&token], &body.to_string());
        answer.expect("an answer").json()
    };
    let first = page(&Value::Null);
    let second = page(&first["pages"]["next"]["starting_after"]);
    let found = |page: &Value, place: usize| page["data"][place]["id"].clone();
    assert_eq!(
        [found(&first, 0), found(&first, 1), found(&second, 0)],
        [&ids[0], &ids[2], &ids[3]].map(|id| json!(id))
    );
    assert_eq!((&second["total_count"], second["pages"].get("next")), (&json!(3), None));
}

#[test]
fn get_is_immediate_while_searches_lag() {
    let simulator = start(Config::new().frozen_at(NOW).index_lag(30));
    let id = id_at(&simulator, 5);
    simulator.advance(100);
    simulator
        .workspace()
        .change(id, Change::Close { by: fastintercom_tests::simulator::model::Author::Admin(0) });
    let fresh = get(&simulator, &format!("/conversations/{id}"), "2.14").expect("an answer").json();
    assert_eq!((&fresh["state"], &fresh["updated_at"]), (&json!("closed"), &json!(NOW + 100)));
    let changed = || {
        let query = json!({"query": {"field": "updated_at", "operator": ">", "value": NOW + 1}});
        search(&simulator, query).json()["total_count"].clone()
    };
    assert_eq!(changed(), 0);
    simulator.advance(30);
    assert_eq!(changed(), 1);
}

#[test]
fn faults_reach_the_wire() {
    let simulator = start(Config::new().frozen_at(NOW).conversations(20));
    let strike = |fault| {
        simulator.add_fault(Rule::new(fault).on(Endpoint::Tags).times(1));
        get(&simulator, "/tags", "2.14")
    };
    let whole = get(&simulator, "/tags", "2.14").expect("an answer");
    let html = strike(Fault::HtmlError { status: 502 }).expect("an answer");
    assert_eq!((html.status, html.header("content-type")), (502, Some("text/html")));
    assert!(strike(Fault::EmptyOk).expect("an answer").body.is_empty());
    let truncated = strike(Fault::Truncated).expect("an answer");
    assert_eq!(truncated.header("content-length"), whole.header("content-length"));
    assert!(truncated.body.len() < whole.body.len());
    let reset = strike(Fault::Reset).map(|answer| answer.status);
    assert_eq!(reset.map_err(|error| error.kind()), Err(io::ErrorKind::ConnectionReset));
    let stalled = strike(Fault::Stall { seconds: 0.01 }).expect("an answer");
    assert_eq!(stalled.body, whole.body);
    let broken = strike(Fault::InvalidJson).expect("an answer");
    assert!(broken.status == 200 && serde_json::from_slice::<Value>(&broken.body).is_err());
    let storm = strike(Fault::RateLimited).expect("an answer");
    assert_eq!((storm.status, storm.header("x-ratelimit-reset")), (429, Some("1795000010")));
    assert_eq!(strike(Fault::MissingScope { status: 403 }).expect("an answer").status, 403);
}

#[test]
fn paging_faults_lead_in_circles() {
    let simulator = start(Config::new().frozen_at(NOW).conversations(20));
    let page = |cursor: &Value| {
        let query = json!({"field": "updated_at", "operator": ">", "value": 0});
        let answer = search(
            &simulator,
            json!({"query": query, "pagination": {"per_page": 5, "starting_after": cursor}}),
        );
        let json = answer.json();
        (answer.status, json["pages"]["next"]["starting_after"].clone(), json["conversations"].clone())
    };
    let (_, cursor, first) = page(&Value::Null);
    simulator.add_fault(Rule::new(Fault::RepeatedCursor).times(1));
    assert_eq!(page(&cursor).1, cursor);
    page(&Value::Null);
    simulator.add_fault(Rule::new(Fault::StalePage).times(1));
    let (_, next, stale) = page(&cursor);
    assert!(stale == first && next != cursor && next.is_string());
    simulator.add_fault(Rule::new(Fault::RejectedCursor).times(1));
    assert_eq!(page(&cursor).0, 400);
    assert_eq!(page(&cursor).0, 200);
}

#[test]
fn other_processes_control_it_without_a_token() {
    let simulator = start(Config::new().conversations(20));
    let post = |path, body: Value| call(&simulator, "POST", path, &[], &body.to_string()).expect("an answer");
    let changed = post("/_simulator/change", json!({"kind": "contact_reply", "text": "Any <news>?"}));
    let id = changed.json()["conversations"][0].as_str().and_then(|id| id.parse().ok()).expect("an id");
    let body = simulator.workspace().conversation(id).and_then(|c| c.parts.last()?.body.clone());
    assert_eq!(body.as_deref(), Some("<p>Any &lt;news&gt;?</p>"));
    assert_eq!(post("/_simulator/change", json!({"kind": "random", "count": 50})).status, 200);
    assert_eq!(post("/_simulator/change", json!({"kind": "nonsense"})).status, 400);
    let rule = json!({"fault": "html_error", "status": 500, "endpoint": "me", "times": 1});
    assert_eq!(post("/_simulator/faults", rule).json()[0]["endpoint"], "me");
    assert_eq!(get(&simulator, "/me", "2.14").expect("an answer").status, 500);
    let stats = call(&simulator, "GET", "/_simulator/stats", &[], "").expect("an answer").json();
    assert_eq!((&stats["by_endpoint"]["me"], &stats["by_status"]["500"]), (&json!(1), &json!(1)));
}

#[test]
fn its_port_is_free_again_when_it_has_stopped() {
    let first = start(Config::new().conversations(5));
    let port = first.base_url().rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
    first.stop();
    let second = start(Config::new().conversations(5).port(port));
    assert_eq!(get(&second, "/me", "2.14").expect("an answer").status, 200);
}
