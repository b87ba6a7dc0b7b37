//! The texts of an answer, whatever it is about, apart from what only identifies.

use serde_json::Value;

/// Words in `type` of somebody who has a name and an address of their own.
const PEOPLE: &[&str] = &["contact", "user", "lead", "visitor", "admin", "teammate", "bot", "team"];
/// What people are called and known by.
const THEIR_OWN: &[&str] = &["name", "email", "phone", "external_id", "user_id"];
/// By these rows and pages are found again.
const IDENTIFIERS: &[&str] = &["id", "type", "starting_after"];

/// Changes every text but ids and what people are called themselves.
pub fn change(answer: &mut Value, text: &mut dyn FnMut(&mut Value)) {
    match answer {
        Value::Object(fields) => {
            let is_person =
                fields.get("type").and_then(Value::as_str).is_some_and(|word| PEOPLE.contains(&word));
            for (name, field) in fields.iter_mut() {
                let keeps =
                    IDENTIFIERS.contains(&name.as_str()) || is_person && THEIR_OWN.contains(&name.as_str());
                if name == "custom_attributes" || name == "event_details" {
                    // Their fields have names of somebody's choice.
                    text(field);
                } else if !keeps {
                    change(field, text);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| change(item, text)),
        Value::String(_) => text(answer),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ids_and_what_people_are_called_stay() {
        let mut answer = json!({
            "type": "conversation", "id": "x", "title": "x",
            "contacts": {"type": "contact.list", "contacts": [{"type": "contact", "id": "x", "external_id": "x"}]},
            "source": {"author": {"type": "user", "id": "x", "name": "x", "email": "x"}, "body": "x"},
            "company": {"type": "company", "name": "x"}, "custom_attributes": {"id": "x"}, "n": 1,
        });
        change(&mut answer, &mut |value| *value = json!("y"));
        assert_eq!(
            answer,
            json!({
                "type": "conversation", "id": "x", "title": "y",
                "contacts": {"type": "contact.list", "contacts": [{"type": "contact", "id": "x", "external_id": "x"}]},
                "source": {"author": {"type": "user", "id": "x", "name": "x", "email": "x"}, "body": "y"},
                "company": {"type": "company", "name": "y"}, "custom_attributes": "y", "n": 1,
            })
        );
    }
}
