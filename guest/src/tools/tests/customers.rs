//! Customers by a part of their name, and companies that share one.

use serde_json::{Value, json};

use super::fixture::Workspace;

/// Zoë takes part in a conversation of Søren's, and has one of her own; two companies are called
/// Ember Health, and of one somebody takes part in a conversation of the other's.
fn workspace() -> Workspace {
    let mut workspace = Workspace::filled();
    workspace.sql(
        "INSERT INTO companies (id, name, plan) VALUES ('e1', 'Ember Health', 'Pro'), ('e2', 'Ember Health', 'Free');
         INSERT INTO contacts (id, role, name, email, company_id, company_name) VALUES
            ('s1', 'user', 'Søren Rossi', 'soren@one.example', 'e1', 'Ember Health'),
            ('z1', 'user', 'Zoë Ahn', 'zoe@two.example', 'e2', 'Ember Health');
         INSERT INTO conversations (number, id, created_at, updated_at, state, contact_id, customer_email, customer_name, company_id, company_name) VALUES
            (11, '111', '2026-11-10T09:00:00+00:00', '2026-11-10T09:00:00+00:00', 'open', 's1', 'soren@one.example', 'Søren Rossi', 'e1', 'Ember Health'),
            (12, '112', '2026-11-11T09:00:00+00:00', '2026-11-11T09:00:00+00:00', 'closed', 's1', 'soren@one.example', 'Søren Rossi', 'e1', 'Ember Health'),
            (13, '113', '2026-11-12T09:00:00+00:00', '2026-11-12T09:00:00+00:00', 'open', 'z1', 'zoe@two.example', 'Zoë Ahn', 'e2', 'Ember Health');
         INSERT INTO conversation_contacts (contact_id, conversation_id) VALUES
            ('s1', '111'), ('s1', '112'), ('z1', '112'), ('z1', '113');",
    );
    workspace
}

fn ids(answer: &Value) -> Vec<&str> {
    let rows = answer["conversations"].as_array().expect("rows");
    rows.iter().filter_map(|row| row["id"].as_str()).collect()
}

#[test]
fn a_part_of_a_name_finds_those_beside_the_first_too() {
    let mut workspace = workspace();
    let whole = workspace.ask("get_customer", r#"{"customer": "zoe@two.example"}"#);
    for part in ["zoe", "ZOË AHN", "two.example"] {
        let answer = workspace.ask("get_customer", &json!({"customer": part}).to_string());
        assert_eq!(ids(&answer), ["113", "112"], "{part}");
        assert_eq!(answer["customer"], whole["customer"], "{part}");
        assert_eq!(answer["customer"]["conversations"], 2, "{part}");
        assert_eq!(answer["customer"]["name"], "Zoë Ahn", "{part}");
        assert_eq!(answer["company"]["plan"], "Free", "{part}");
    }
    let answer = workspace.ask("get_customer", r#"{"customer": "soren rossi"}"#);
    assert_eq!(ids(&answer), ["111", "112"]);
    // Each of several counts what they take part in.
    let several = workspace.ask("get_customer", r#"{"customer": "ember"}"#);
    let counts: Vec<(&Value, &Value)> = several["candidates"]
        .as_array()
        .expect("candidates")
        .iter()
        .map(|row| (&row["email"], &row["conversations"]))
        .collect();
    let expected = [json!("soren@one.example"), json!("zoe@two.example"), json!(2)];
    assert_eq!(counts, [(&expected[0], &expected[2]), (&expected[1], &expected[2])]);
}

#[test]
fn companies_of_one_name_are_told_apart_and_an_id_means_one() {
    let mut workspace = workspace();
    for name in ["Ember Health", "ember health"] {
        let answer = workspace.ask("get_customer", &json!({"customer": name}).to_string());
        assert_eq!(answer.get("customer"), None);
        assert!(answer["notice"].as_str().is_some_and(|notice| notice.contains("company_id")));
        let candidates: Vec<[&Value; 3]> = answer["candidates"]
            .as_array()
            .expect("candidates")
            .iter()
            .map(|row| [&row["company_id"], &row["plan"], &row["conversations"]])
            .collect();
        let expected = json!([["e1", "Pro", 2], ["e2", "Free", 2]]);
        assert_eq!(json!(candidates), expected);
    }
    for (id, plan, conversations) in [("e1", "Pro", ["111", "112"]), ("e2", "Free", ["113", "112"])] {
        let answer = workspace.ask("get_customer", &json!({"customer": id}).to_string());
        assert_eq!(answer["company"]["plan"], plan);
        assert_eq!(answer["customer"]["company_id"], id);
        assert_eq!(ids(&answer), conversations);
        let found = workspace.ask("search_conversations", &json!({"customer": id}).to_string());
        assert_eq!(found["total_matches"], 2, "{id}");
    }
    // One id and a conversation without one are one company.
    workspace.sql("UPDATE conversations SET company_id = NULL WHERE company_id = 'e2'; UPDATE contacts SET company_id = NULL WHERE company_id = 'e2'");
    let answer = workspace.ask("get_customer", r#"{"customer": "Ember Health"}"#);
    assert_eq!(answer["customer"]["conversations"], 3);
}

#[test]
fn names_of_filters_are_found_without_accents() {
    let mut workspace = workspace();
    workspace.sql("INSERT INTO tags (id, name) VALUES ('9', 'Café Olé')");
    let answer = workspace.ask("list_filters", r#"{"kind": "tags", "contains": "CAFE"}"#);
    assert_eq!(answer["tags"][0]["name"], "Café Olé");
    let found = workspace.ask("search_conversations", r#"{"customer": "jorg muller"}"#);
    assert_eq!(found["total_matches"], 1);
}
