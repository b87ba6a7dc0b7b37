//! Who the customers are, and which of them write more.

use std::collections::BTreeMap;

use fastintercom_tests::simulator::Conversation;
use serde_json::json;

use super::Numbered;
use crate::questions::asking::question;
use crate::questions::world::{DAY, NOW, World, id, recent};

const PERIOD: &str = "since 2026-09-01";

pub fn questions(world: &World) -> Numbered {
    let mut of_contact: BTreeMap<u32, usize> = BTreeMap::new();
    let mut of_company: BTreeMap<&str, usize> = BTreeMap::new();
    for c in &world.all {
        if let Some(contact) = c.contacts.first() {
            *of_contact.entry(*contact).or_default() += 1;
        }
        if let Some(company) = world.company(c) {
            *of_company.entry(company).or_default() += 1;
        }
    }
    let known = of_contact
        .keys()
        .map(|place| &world.people.contacts[*place as usize])
        .find(|contact| contact.email.is_some() && contact.company.is_some() && !contact.tags.is_empty())
        .expect("a customer of a company with a tag");
    let company = &world.people.companies[known.company.expect("one") as usize];
    let email = known.email.clone().unwrap_or_default();
    let (rising, _) = of_company.iter().max_by_key(|(_, count)| **count).expect("a company");
    let before = |c: &Conversation| {
        // The period of equal length before the last 30 days, as whole days.
        recent(c, 60) && c.created_at < NOW - 30 * DAY
    };
    let country = |c: &Conversation| world.contact(c).map(|contact| contact.country);
    let plan = |c: &Conversation| world.company_of(c).map(|company| company.plan);
    let week = |c: &Conversation| recent(c, 7);
    let mut of_email: BTreeMap<&str, usize> = BTreeMap::new();
    for c in world.all.iter().filter(|c| week(c)) {
        if let Some(email) = world.contact(c).and_then(|contact| contact.email.as_deref()) {
            *of_email.entry(email).or_default() += 1;
        }
    }
    let (often, times) = of_email.iter().max_by_key(|(_, count)| **count).expect("somebody");
    let cancelling = |c: &&Conversation| world.mentions(c, "cancel") && plan(c).is_some();
    let churning = world.all.iter().rev().find(cancelling);
    vec![
        (
            2,
            question(format!("Who is {email}: which plan, which country, when seen last, which tags and segments?"))
                .ask("get_customer", json!({"customer": email}))
                .is("/customer/country", known.country)
                .is("/customer/tags", json!(["vip"]))
                .is("/customer/last_seen_at", fastintercom_guest::time::UnixSeconds(known.updated_at).to_iso())
                .is("/customer/custom_attributes/Job", known.job)
                .is("/company/plan", company.plan)
                .is("/company/monthly_spend", f64::from(company.monthly_spend))
                .check({
                    let segments = json!(company.segments);
                    move |_, asked| {
                        let found = asked.answer["company"].get("segments").cloned().unwrap_or(json!([]));
                        if found == segments { Ok(()) } else { Err(format!("expected {segments}, got {found}")) }
                    }
                }),
        ),
        (
            26,
            question("Which company speaks of cancel or cancellation, and what are its plan and its monthly spend?")
                .search(json!({"query": "cancel OR cancellation", "fields": ["company", "plan", "monthly_spend"], "limit": 50}))
                .check({
                    let expected = churning.map(|c| (id(c), world.company_of(c).map(|one| (one.plan, one.monthly_spend))));
                    move |_, asked| {
                        let Some((id, Some((plan, spend)))) = &expected else { return Ok(()) };
                        let rows = asked.answer["conversations"].as_array().cloned().unwrap_or_default();
                        match rows.iter().find(|row| row["id"] == **id) {
                            Some(row) if row["plan"] == *plan && row["monthly_spend"] == f64::from(*spend) => Ok(()),
                            other => Err(format!("expected {expected:?}, got {other:?}")),
                        }
                    }
                }),
        ),
        (
            27,
            question("Which companies write more in the last 30 days than before?")
                .stats(json!({"timeframe": "last 30 days", "group_by": "company"}))
                .check({
                    let name = (*rising).to_owned();
                    let (low, high) = (
                        world.count(|c| before(c) && c.created_at > NOW - 59 * DAY && world.company(c) == Some(rising)),
                        world.count(|c| before(c) && world.company(c) == Some(rising)),
                    );
                    move |_, asked| {
                        let groups = asked.answer["groups"].as_array().cloned().unwrap_or_default();
                        let group = groups.iter().find(|group| group["group"] == *name).cloned().unwrap_or_default();
                        let found = group["previous"]["conversations"].as_u64().unwrap_or(0) as usize;
                        if (low.saturating_sub(2)..=high + 2).contains(&found) && found > 0 {
                            Ok(())
                        } else {
                            Err(format!("expected {low} to {high}, got {group}"))
                        }
                    }
                }),
        ),
        (
            29,
            question("How do paying and free customers differ, since 2026-09-01: what is there of each plan?")
                .stats(json!({"timeframe": PERIOD, "group_by": "plan"}))
                .group("Free", "conversations", world.count(|c| plan(c) == Some("Free")))
                .group("Enterprise", "conversations", world.count(|c| plan(c) == Some("Enterprise")))
                .group("none", "conversations", world.count(|c| plan(c).is_none())),
        ),
        (
            29,
            question("How many conversations are with a contact for whom paid_subscriber is true?")
                .search(json!({"attribute": "contact.paid_subscriber=true"}))
                .finds(world.ids(|c| world.contact(c).is_some_and(|contact| !contact.is_lead))),
        ),
        (
            30,
            question("From which country do they come, since 2026-09-01?")
                .stats(json!({"timeframe": PERIOD, "group_by": "country"}))
                .group("Japan", "conversations", world.count(|c| country(c) == Some("Japan"))),
        ),
        (
            30,
            question("Which conversations are with customers in Germany?")
                .search(json!({"country": "Germany"}))
                .finds(world.ids(|c| country(c) == Some("Germany"))),
        ),
        (
            30,
            question("How many write with each browser, since 2026-09-01?")
                .stats(json!({"timeframe": PERIOD, "group_by": "browser"}))
                .group(
                    "safari",
                    "conversations",
                    world.count(|c| world.contact(c).is_some_and(|contact| contact.browser == "safari")),
                ),
        ),
        (
            30,
            question("In which month did those sign up who write since 2026-09-01?")
                .stats(json!({"timeframe": PERIOD, "group_by": "signup_month"}))
                .group(
                    "none",
                    "conversations",
                    world.count(|c| world.contact(c).is_none_or(|contact| contact.is_lead)),
                ),
        ),
        (
            32,
            question("Which customer wrote 3 times or more in the last 7 days?")
                .stats(json!({"timeframe": "last 7 days", "group_by": "customer"}))
                .group(*often, "conversations", *times),
        ),
    ]
}
