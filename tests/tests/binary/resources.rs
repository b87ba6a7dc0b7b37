//! Resources, prompts and completion.

use fastintercom_tests::server::{Era, Server};
use serde_json::json;

use super::{small, synced};

#[test]
fn the_listed_resources_can_be_read() {
    let simulator = small();
    let id = simulator.workspace().conversation_at(5).expect("it exists").id.to_string();
    for era in Era::BOTH {
        let session = Server::new(&simulator).speaking(era).start();
        session.wait_until_synced();
        let list = session.request("resources/list", json!({})).expect("a list");
        let uris =
            list["resources"].as_array().expect("a list").iter().filter_map(|entry| entry["uri"].as_str());
        let templates = session.request("resources/templates/list", json!({})).expect("a list");
        let template = templates["resourceTemplates"][0]["uriTemplate"].as_str().expect("a template");
        for uri in uris.map(str::to_owned).chain([template.replace("{id}", &id)]) {
            let answer = session.request("resources/read", json!({"uri": uri})).expect("it can be read");
            let content = &answer["contents"][0];
            assert_eq!(content["uri"], uri);
            let text = content["text"].as_str().expect("a text");
            assert!(content["mimeType"] != "application/json" || text.starts_with('{'), "{uri}: {text}");
        }
    }
}

#[test]
fn a_resource_that_is_not_there_is_an_error() {
    let session = Server::new(&small()).without_token().modern().start();
    for uri in ["intercom://nothing", "intercom://conversation/1", "file:///etc/passwd", ""] {
        let error = session.request("resources/read", json!({"uri": uri})).expect_err("refused");
        assert_eq!(error.code, -32602, "{uri}: {error}");
    }
}

#[test]
fn prompts_take_their_arguments_and_name_wrong_ones() {
    let session = Server::new(&small()).without_token().start();
    let list = session.request("prompts/list", json!({})).expect("a list");
    for prompt in list["prompts"].as_array().expect("a list") {
        let mut arguments = json!({});
        for argument in prompt["arguments"].as_array().into_iter().flatten() {
            arguments[argument["name"].as_str().expect("a name")] = json!("last week");
        }
        let answer = session.request("prompts/get", json!({"name": prompt["name"], "arguments": arguments}));
        let text = answer.expect("the prompt")["messages"][0]["content"]["text"].to_string();
        assert!(text.contains("last week"), "{text}");
    }
    for (parameters, words) in [
        (json!({"name": "no_such_prompt"}), "weekly_summary"),
        (json!({"name": "customer_history"}), "customer"),
        (json!({"name": "weekly_summary", "arguments": {"time": "x"}}), "timeframe"),
        (json!({"arguments": {}}), ""),
    ] {
        let error = session.request("prompts/get", parameters.clone()).expect_err("refused");
        assert_eq!(error.code, -32602, "{parameters}: {error}");
        assert!(error.message.contains(words), "{parameters}: {error}");
    }
}

#[test]
fn what_is_typed_is_completed_from_the_cache() {
    let simulator = small();
    let session = synced(&simulator);
    let team = simulator.workspace().directory.teams[0].name.clone();
    let complete = |typed: &str| {
        let parameters = json!({
            "ref": {"type": "ref/prompt", "name": "weekly_summary"},
            "argument": {"name": "team", "value": typed},
        });
        session.request("completion/complete", parameters).expect("an answer")["completion"]["values"].take()
    };
    let values = complete(&team[..2]);
    assert!(values.as_array().is_some_and(|list| list.contains(&json!(team))), "{values}");
    assert_eq!(complete("no team begins like this"), json!([]));
}
