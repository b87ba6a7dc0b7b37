//! The help centre: articles and the collections they lie in, and their JSON.

use serde_json::{Value, json};

use super::model::{Id, Seconds};
use super::text::ARTICLES;

/// A help article. Its first text is of the default language.
#[derive(Clone, Debug, PartialEq)]
pub struct Article {
    pub id: Id,
    pub is_draft: bool,
    pub texts: Vec<ArticleText>,
    pub collection: Option<Id>,
    pub tags: Vec<&'static str>,
    pub created_at: Seconds,
    pub updated_at: Seconds,
    pub views: u64,
    /// Conversations in which the AI agent used it, and those of them that it resolved.
    pub fin: (u64, u64),
}

/// An article in one language.
#[derive(Clone, Debug, PartialEq)]
pub struct ArticleText {
    pub locale: &'static str,
    pub title: String,
    pub description: String,
    /// HTML
    pub body: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Collection {
    pub id: Id,
    pub name: String,
    pub parent: Option<Id>,
}

/// All of it; the order of the list is that of `updated_at`, whatever the order here.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HelpCenter {
    pub articles: Vec<Article>,
    pub collections: Vec<Collection>,
}

const BODIES: [&str; 6] = [
    "<p>You can return an item within 30 days. The money goes back to the card that paid, 5 business days after the warehouse has scanned the parcel.</p><h2>Partial refunds</h2><p>Opened items are refunded in part.</p>",
    "<p>Choose <b>Forgot password</b> on the login page. The email is valid for one hour. With two-factor login, scan the new code with your authenticator.</p>",
    "<p>The tracking number is in the shipping confirmation. Carriers update it once a day; at customs a parcel may rest for a week.</p>",
    "<p>Invoices are under Settings → Billing → History. They show seats, proration and the VAT number of your company.</p>",
    "<p>422 means that a field is invalid, 429 that there were too many requests. Webhooks are signed over the raw body.</p>",
    "<p>Owners cancel or change the plan under Settings → Plan. Seats that are removed count until the end of the period.</p>",
];

impl Article {
    /// A published article in English, last edited then.
    pub fn new(title: &str, body: &str, updated_at: Seconds) -> Self {
        Self {
            id: id_of(title),
            is_draft: false,
            texts: vec![ArticleText {
                locale: "en",
                title: title.to_owned(),
                description: String::new(),
                body: body.to_owned(),
            }],
            collection: None,
            tags: Vec::new(),
            created_at: updated_at,
            updated_at,
            views: 0,
            fin: (0, 0),
        }
    }

    /// Where it stands in the help centre.
    pub fn url(&self) -> String {
        url(self.id, &self.texts[0].title)
    }

    /// As lists show it, without statistics.
    fn listed(&self, id_code: &str) -> Value {
        let state = if self.is_draft { "draft" } else { "published" };
        let text = |text: &ArticleText| {
            json!({
                "type": "article_content",
                "title": text.title,
                "description": text.description,
                "body": text.body,
                "author_id": 8_470_101,
                "state": state,
                "created_at": self.created_at,
                "updated_at": self.updated_at,
                "url": format!("https://help.acme.example/{}/articles/{}", text.locale, self.id),
            })
        };
        let first = &self.texts[0];
        let mut json = json!({
            "type": "article",
            "id": self.id.to_string(),
            "workspace_id": id_code,
            "title": first.title,
            "description": first.description,
            "body": first.body,
            "author_id": 8_470_101,
            "state": state,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "url": (!self.is_draft).then(|| self.url()),
            "parent_ids": self.collection.into_iter().collect::<Vec<_>>(),
            "tags": {"type": "tag.list", "tags": self.tags.iter().enumerate().map(|(at, name)| {
                json!({"type": "tag", "id": format!("7100{at}"), "name": name, "applied_at": self.created_at, "applied_by": {"type": "admin", "id": "8470101"}})
            }).collect::<Vec<_>>()},
        });
        if self.texts.len() > 1 {
            json["default_locale"] = first.locale.into();
            let mut texts = json!({"type": "article_translated_content"});
            for one in &self.texts {
                texts[one.locale] = text(one);
            }
            json["translated_content"] = texts;
        }
        json
    }

    /// As it is shown alone.
    fn alone(&self, id_code: &str) -> Value {
        let (involved, resolved) = self.fin;
        let rate = if involved == 0 { 0.0 } else { resolved as f64 / involved as f64 * 100.0 };
        let mut json = self.listed(id_code);
        json["statistics"] = json!({
            "type": "article_statistics",
            "views": self.views,
            "conversions": self.views / 20,
            "reactions": self.views / 10,
            "happy_reaction_percentage": 60.0,
            "neutral_reaction_percentage": 30.0,
            "sad_reaction_percentage": 10.0,
            "fin_involvements": involved,
            "fin_resolutions": resolved,
            "fin_resolution_rate": rate,
        });
        json
    }
}

/// The id of the article that got that title when it was made, so that what the AI agent answered
/// from, which is known by its title, leads to the same address.
pub fn id_of(title: &str) -> Id {
    let hash = title.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    6_000_000 + hash % 3_000_000
}

/// The address of an article.
pub fn url(id: Id, title: &str) -> String {
    let slug: String = title
        .to_lowercase()
        .chars()
        .map(|letter| if letter.is_alphanumeric() { letter } else { '-' })
        .collect();
    format!("https://help.acme.example/en/articles/{id}-{slug}")
}

impl HelpCenter {
    /// The articles that the AI agent answers from, one of them in two languages, and a draft.
    pub fn generate(now: Seconds) -> Self {
        let collections = vec![
            Collection { id: 159, name: "Orders and money".to_owned(), parent: None },
            Collection { id: 160, name: "Your account".to_owned(), parent: None },
            Collection { id: 161, name: "For developers".to_owned(), parent: Some(160) },
        ];
        let mut articles: Vec<Article> = ARTICLES
            .iter()
            .zip(BODIES)
            .enumerate()
            .map(|(at, (title, body))| Article {
                collection: Some([159, 160, 159, 159, 161, 160][at]),
                tags: if at == 0 { vec!["Reviewed"] } else { Vec::new() },
                created_at: now - 400 * 86_400,
                views: 1_000 - 100 * at as u64,
                fin: (200 - at as u64, 120 - 10 * at as u64),
                ..Article::new(title, body, now - (at as Seconds + 1) * 20 * 86_400)
            })
            .collect();
        articles[0].texts.push(ArticleText {
            locale: "de",
            title: "So funktionieren Erstattungen".to_owned(),
            description: String::new(),
            body: "<p>Rückgaben sind 30 Tage lang möglich. Das Geld geht auf die Karte zurück, mit der bezahlt wurde.</p>".to_owned(),
        });
        articles.push(Article {
            is_draft: true,
            ..Article::new("Warranty claims", "<p>To be written.</p>", now - 3 * 86_400)
        });
        Self { articles, collections }
    }

    /// `GET /articles`: a page, the latest change first.
    pub fn list(&self, page: usize, per_page: usize, id_code: &str, host: &str) -> Value {
        let mut sorted: Vec<&Article> = self.articles.iter().collect();
        sorted.sort_by_key(|article| (std::cmp::Reverse(article.updated_at), article.id));
        let listed: Vec<Value> = sorted.iter().map(|article| article.listed(id_code)).collect();
        paged(&listed, page, per_page, &format!("http://{host}/articles"))
    }

    /// `GET /help_center/collections`: a page.
    pub fn collections(&self, page: usize, per_page: usize, id_code: &str, host: &str) -> Value {
        let listed: Vec<Value> = self
            .collections
            .iter()
            .enumerate()
            .map(|(order, collection)| {
                json!({
                    "id": collection.id.to_string(),
                    "workspace_id": id_code,
                    "name": collection.name,
                    "description": null,
                    "url": format!("https://help.acme.example/en/collections/{}", collection.id),
                    "icon": "bookmark",
                    "order": order,
                    "created_at": 1_734_537_309,
                    "updated_at": 1_734_537_309,
                    "parent_id": collection.parent.map(|id| id.to_string()),
                    "help_center_id": 79,
                })
            })
            .collect();
        paged(&listed, page, per_page, &format!("http://{host}/help_center/collections"))
    }

    /// `GET /articles/{id}`
    pub fn article(&self, id: &str, id_code: &str) -> Option<Value> {
        let found = self.articles.iter().find(|article| article.id.to_string() == id)?;
        Some(found.alone(id_code))
    }
}

fn paged(all: &[Value], page: usize, per_page: usize, address: &str) -> Value {
    let total_pages = all.len().div_ceil(per_page).max(1);
    let data: Vec<&Value> = all.iter().skip((page - 1) * per_page).take(per_page).collect();
    let mut pages = json!({"type": "pages", "page": page, "per_page": per_page, "total_pages": total_pages});
    if page < total_pages {
        pages["next"] = json!(format!("{address}?per_page={per_page}&page={}", page + 1));
    }
    json!({"type": "list", "pages": pages, "total_count": all.len(), "data": data})
}
