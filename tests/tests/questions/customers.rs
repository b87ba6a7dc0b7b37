//! What happened with this customer?

use std::collections::BTreeMap;

use fastintercom_tests::simulator::Conversation;
use fastintercom_tests::simulator::model::State;
use serde_json::json;

use super::asking::{Question, question};
use super::world::{World, recent, score, waiting};

pub fn questions(world: &World) -> Vec<Question> {
    let mut by_email: BTreeMap<&str, Vec<&Conversation>> = BTreeMap::new();
    let mut by_company: BTreeMap<&str, usize> = BTreeMap::new();
    for c in &world.all {
        // A second customer of a group is found as well, which would blur the counts here.
        for contact in &c.contacts {
            if let Some(email) = world.people.contacts[*contact as usize].email.as_deref() {
                by_email.entry(email).or_default().push(c);
            }
        }
        if let Some(company) = world.company(c) {
            *by_company.entry(company).or_default() += 1;
        }
    }
    let (email, theirs) = by_email.iter().max_by_key(|(_, theirs)| theirs.len()).expect("a customer");
    let person =
        world.people.contacts.iter().find(|contact| contact.email.as_deref() == Some(email)).expect("them");
    let name = person.name.clone().unwrap_or_default();
    let (company, _) = by_company.iter().max_by_key(|(_, count)| **count).expect("a company");
    let of_company = |c: &Conversation| world.company(c) == Some(company);
    // Of two companies of one name an agent has to choose.
    let of_name = |name: &str| world.people.companies.iter().filter(|other| other.name == name).count();
    let alone = by_company.iter().filter(|(name, _)| of_name(name) == 1);
    let (alone, _) = alone.max_by_key(|(_, count)| **count).expect("a company with a name of its own");
    let somebody_of_it = |c: &Conversation| {
        let companies =
            c.contacts.iter().filter_map(|contact| world.people.contacts[*contact as usize].company);
        companies.into_iter().any(|company| world.people.companies[company as usize].name == *alone)
    };
    let open = theirs.iter().filter(|c| c.state != State::Closed).count();
    let has_email = |c: &Conversation| theirs.iter().any(|one| one.id == c.id);
    vec![
        question(format!("What happened with {email}?"))
            .ask("get_customer", json!({"customer": email}))
            .is("/customer/conversations", theirs.len())
            .is("/customer/open", open)
            .is("/customer/email", *email),
        question(format!("Show the closed conversations of {email}."))
            .search(json!({"customer_email": email, "state": "closed"}))
            .finds(world.ids(|c| has_email(c) && c.state == State::Closed)),
        question(format!("Does {email} wait for us at the moment, unanswered?"))
            .search(json!({"customer_email": email, "unanswered": true}))
            .finds(world.ids(|c| has_email(c) && waiting(c).is_some())),
        question(format!("How has {email} rated us?")).ask("get_customer", json!({"customer": email})).check(
            {
                let ratings = theirs.iter().filter(|c| score(c).is_some()).count();
                move |_, asked| {
                    let found = asked.answer["customer"]["ratings"].as_u64().unwrap_or(0);
                    if found == ratings as u64 {
                        Ok(())
                    } else {
                        Err(format!("expected {ratings}, got {found}"))
                    }
                }
            },
        ),
        question(format!("Since when do we know {name}, whose address is {email}?"))
            .ask("get_customer", json!({"customer": email}))
            .is(
                "/customer/first_conversation",
                fastintercom_guest::time::UnixSeconds(theirs.iter().map(|c| c.created_at).min().unwrap_or(0))
                    .to_iso(),
            ),
        question(format!("How many conversations did we have with people called {name}?"))
            .search(json!({"customer": name}))
            .check(|_, asked| {
                let rows = asked.answer["conversations"].as_array().cloned().unwrap_or_default();
                if rows.is_empty() { Err("nobody is found".to_owned()) } else { Ok(()) }
            }),
        question(format!("How many conversations has the company {alone} had, and how many are open?"))
            .ask("get_customer", json!({"customer": alone}))
            .is("/customer/company", *alone)
            .is("/customer/conversations", world.count(somebody_of_it))
            .is("/customer/open", world.count(|c| somebody_of_it(c) && c.state != State::Closed)),
        question(format!("What did {company} write in the last 30 days?"))
            .search(json!({"company": company, "timeframe": "last 30 days"}))
            .finds(world.ids(|c| of_company(c) && recent(c, 30))),
        question("Which company writes most, since 2026-09-01?")
            .stats(json!({"timeframe": "since 2026-09-01", "group_by": "company", "compare": false}))
            .group(*company, "conversations", world.count(of_company)),
        question("What do we know about the customer who wrote about Klarna and a merchant?")
            .search(json!({"query": "Klarna merchant"}))
            // A lead may have neither address nor name; the conversation's id will do.
            .then("get_customer", |first| json!({"customer": first["conversations"][0]["id"]}))
            .is("/customer/conversations", {
                let contact = world.planted("merchant").contacts[0];
                world.count(|c| c.contacts.contains(&contact))
            }),
    ]
}
