//! Admins, teams, tags, contacts and companies as JSON.

use serde_json::{Value, json};

use super::directory::{Admin, Company, Contact, Directory, Tag, Team};
use super::model::Index;
use super::version::ApiVersion;
use super::workspace::Identity;

pub fn admin(admin: &Admin, people: &Directory) -> Value {
    let team_ids: Vec<_> = admin.teams.iter().map(|&team| people.teams[team as usize].id).collect();
    json!({
        "type": "admin",
        "id": admin.id.to_string(),
        "name": admin.name,
        "email": admin.email,
        "job_title": admin.job_title,
        "away_mode_enabled": admin.away,
        "away_mode_reassign": false,
        "away_status_reason_id": null,
        "has_inbox_seat": !admin.is_bot,
        "team_ids": team_ids,
        "avatar": null,
        "team_priority_level": {"primary_team_ids": team_ids, "secondary_team_ids": []},
    })
}

/// `GET /me`: the token's owner and the workspace.
pub fn me(people: &Directory, identity: &Identity, created_at: i64) -> Value {
    let mut json = people.admins.first().map_or(Value::Null, |first| admin(first, people));
    json["email_verified"] = true.into();
    json["avatar"] = json!({"type": "avatar", "image_url": null});
    json["app"] = json!({
        "type": "app",
        "id_code": identity.id_code,
        "name": identity.name,
        "created_at": created_at,
        "secure": false,
        "identity_verification": false,
        "timezone": identity.timezone,
        "region": identity.region,
    });
    json
}

pub fn team(team: &Team, position: usize, people: &Directory) -> Value {
    let members = people.admins.iter().filter(|admin| admin.teams.contains(&(position as Index)));
    let admin_ids: Vec<_> = members.map(|admin| admin.id).collect();
    json!({
        "type": "team",
        "id": team.id.to_string(),
        "name": team.name,
        "admin_ids": admin_ids,
        "assignment_limit": null,
        "distribution_method": if position.is_multiple_of(2) { "round_robin" } else { "manual" },
    })
}

pub fn tag(tag: &Tag) -> Value {
    json!({"type": "tag", "id": tag.id.to_string(), "name": tag.name})
}

pub fn contact(contact: &Contact, people: &Directory, identity: &Identity, version: ApiVersion) -> Value {
    let companies: Vec<_> = contact
        .company
        .map(|company| &people.companies[company as usize])
        .map(|c| json!({"type": "company", "id": c.id, "url": format!("/companies/{}", c.id)}))
        .into_iter()
        .collect();
    let path = format!("/contacts/{}", contact.id);
    let list = |data: Vec<Value>, of: &str| {
        json!({
            "type": "list",
            "total_count": data.len(),
            "data": data,
            "url": format!("{path}/{of}"),
            "has_more": false,
        })
    };
    let tags = contact.tags.iter().map(|&tag| people.tags[tag as usize].id.to_string());
    let tags = tags.map(|id| json!({"type": "tag", "id": id, "url": format!("/tags/{id}")})).collect();
    let owner = people.admins.first().map(|admin| admin.id);
    json!({
        "type": "contact",
        "id": contact.id,
        "workspace_id": identity.id_code,
        "external_id": contact.external_id,
        "role": if contact.is_lead { "lead" } else { "user" },
        "email": contact.email,
        "phone": contact.phone,
        "name": contact.name,
        "avatar": null,
        "owner_id": if version >= ApiVersion::V2_16 { json!(owner.map(|id| id.to_string())) } else { json!(owner) },
        "social_profiles": {"type": "list", "data": []},
        "has_hard_bounced": false,
        "marked_email_as_spam": false,
        "unsubscribed_from_emails": false,
        "created_at": contact.created_at,
        "updated_at": contact.updated_at,
        "signed_up_at": (!contact.is_lead).then_some(contact.created_at),
        "last_seen_at": contact.updated_at,
        "last_replied_at": null,
        "last_contacted_at": null,
        "last_email_opened_at": null,
        "last_email_clicked_at": null,
        "language_override": contact.language_override,
        "browser": contact.browser,
        "browser_version": "142.0.0",
        "browser_language": contact.browser_language,
        "os": null,
        "location":
            {"type": "location", "country": contact.country, "region": null, "city": contact.city},
        "custom_attributes": {"paid_subscriber": !contact.is_lead, "monthly_spend": 155.5, "Job": contact.job},
        "tags": list(tags, "tags"),
        "notes": list(Vec::new(), "notes"),
        "companies": list(companies, "companies"),
    })
}

pub fn company(company: &Company, people: &Directory, id_code: &str) -> Value {
    let tags: Vec<Value> = company.tags.iter().map(|&at| tag(&people.tags[at as usize])).collect();
    let segments = company.segments.iter().enumerate();
    let segments: Vec<Value> = segments
        .map(|(at, name)| json!({"type": "segment", "id": format!("5620{at}"), "name": name}))
        .collect();
    json!({
        "type": "company",
        "id": company.id,
        "name": company.name,
        "app_id": id_code,
        "company_id": company.company_id,
        "plan": {"type": "plan", "id": "1", "name": company.plan},
        "remote_created_at": company.created_at,
        "created_at": company.created_at,
        "updated_at": company.created_at,
        "last_request_at": company.created_at,
        "size": company.size,
        "website": "",
        "industry": company.industry,
        "monthly_spend": company.monthly_spend,
        "session_count": 12,
        "user_count": 3,
        "custom_attributes": {"Region": company.region},
        "tags": {"type": "tag.list", "tags": tags},
        "segments": {"type": "segment.list", "segments": segments},
    })
}
