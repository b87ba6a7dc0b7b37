//! Companies, as conversations carry them (2.15) and `GET /companies/{id}` shows them.

use serde_json::{Map, Value};

use super::json;
use crate::ids::CompanyId;
use crate::time::UnixSeconds;

#[derive(Clone, Debug)]
pub struct Company {
    pub id: CompanyId,
    pub name: Option<String>,
    /// None where an answer only refers to the company.
    pub profile: Option<Box<CompanyProfile>>,
}

/// What Intercom knows of a company, as it is now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CompanyProfile {
    /// The workspace's own id of the company.
    pub external_id: Option<String>,
    pub plan: Option<String>,
    pub monthly_spend: Option<f64>,
    /// Employees.
    pub size: Option<i64>,
    pub industry: Option<String>,
    pub website: Option<String>,
    pub user_count: Option<i64>,
    pub created_at: Option<UnixSeconds>,
    pub last_request_at: Option<UnixSeconds>,
    /// Names.
    pub tags: Vec<String>,
    /// Names.
    pub segments: Vec<String>,
    pub custom_attributes: Option<Map<String, Value>>,
}

impl Company {
    /// None without an id.
    #[must_use]
    pub fn read(mut value: Value) -> Option<Self> {
        let name = json::text(&mut value, "name");
        let own = json::id(&mut value, "id");
        let external_id = json::id(&mut value, "company_id");
        let id = own.or_else(|| external_id.clone())?;
        // A contact's `companies` hold id and address alone; a whole one names all, be it null.
        let whole = ["plan", "custom_attributes", "monthly_spend", "user_count"]
            .iter()
            .any(|name| value.get(name).is_some());
        let profile = whole.then(|| Box::new(CompanyProfile { external_id, ..CompanyProfile::read(value) }));
        Some(Self { id: CompanyId(id), name, profile })
    }
}

impl CompanyProfile {
    fn read(mut value: Value) -> Self {
        Self {
            external_id: None,
            plan: match json::take(&mut value, "plan") {
                mut plan @ Value::Object(_) => json::text(&mut plan, "name"),
                plan => json::into_text(plan),
            },
            monthly_spend: json::number(&value, "monthly_spend"),
            size: json::integer(&value, "size").filter(|size| *size > 0),
            industry: json::text(&mut value, "industry"),
            website: json::text(&mut value, "website"),
            user_count: json::integer(&value, "user_count"),
            created_at: json::seconds(&value, "remote_created_at")
                .or_else(|| json::seconds(&value, "created_at")),
            last_request_at: json::seconds(&value, "last_request_at"),
            tags: json::names(&mut value, "tags", &["tags", "data"]),
            segments: json::names(&mut value, "segments", &["segments", "data"]),
            custom_attributes: json::object(&mut value, "custom_attributes"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_reference_has_no_profile_and_a_whole_company_has_one_even_of_nulls() {
        let reference =
            Company::read(json!({"type": "company", "id": "66f1", "url": "/companies/66f1"})).expect("an id");
        assert_eq!(reference.profile, None);
        let bare =
            Company::read(json!({"id": "66f1", "plan": null, "custom_attributes": {}})).expect("an id");
        assert_eq!(bare.profile.as_deref(), Some(&CompanyProfile::default()));
        let whole = Company::read(json!({
            "id": "66f1", "company_id": "acct-1", "name": "Blue Sun", "plan": {"id": "1", "name": "Enterprise"},
            "monthly_spend": 1250.5, "size": 0, "user_count": "12", "industry": "", "remote_created_at": 1_663_597_223,
            "tags": {"type": "tag.list", "tags": [{"id": "1", "name": "key account"}, {"id": "2"}]},
            "segments": {"type": "segment.list", "segments": [{"id": "1", "name": "Active"}]},
            "custom_attributes": {"region": "EMEA"}
        }))
        .and_then(|company| company.profile)
        .expect("a profile");
        assert_eq!(whole.external_id.as_deref(), Some("acct-1"));
        assert_eq!((whole.plan.as_deref(), whole.monthly_spend), (Some("Enterprise"), Some(1250.5)));
        assert_eq!((whole.size, whole.user_count, whole.industry), (None, Some(12), None));
        assert_eq!((whole.tags, whole.segments), (vec!["key account".to_owned()], vec!["Active".to_owned()]));
    }
}
