//! The help centre: articles, the collections that they lie in, and pages of both.

use serde_json::Value;

use super::error::ApiError;
use super::json;
use crate::ids::{AdminId, ArticleId, CollectionId};
use crate::time::UnixSeconds;

/// An article in all its languages.
#[derive(Clone, Debug)]
pub struct Article {
    pub id: ArticleId,
    /// The default language's first; at least one.
    pub texts: Vec<ArticleText>,
    pub author: Option<AdminId>,
    pub collections: Vec<CollectionId>,
    pub tags: Vec<String>,
    pub created_at: Option<UnixSeconds>,
    /// Of the default language's text alone.
    pub updated_at: Option<UnixSeconds>,
    /// Lists do not have it.
    pub statistics: Option<ArticleStatistics>,
}

/// An article in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArticleText {
    /// None in a help centre of one language.
    pub locale: Option<String>,
    pub title: String,
    pub description: Option<String>,
    /// HTML
    pub body: String,
    /// published, draft
    pub state: String,
    /// None of a draft.
    pub url: Option<String>,
}

/// How an article is used, since it exists.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ArticleStatistics {
    pub views: Option<i64>,
    /// Conversations that began from it.
    pub conversions: Option<i64>,
    pub reactions: Option<i64>,
    pub happy_percent: Option<f64>,
    pub sad_percent: Option<f64>,
    /// Conversations in which the AI agent used it, and those of them that it resolved.
    pub fin_involvements: Option<i64>,
    pub fin_resolutions: Option<i64>,
}

#[derive(Clone, Debug)]
pub struct Collection {
    pub id: CollectionId,
    pub name: String,
    pub description: Option<String>,
    pub url: Option<String>,
    pub parent: Option<CollectionId>,
}

/// One page of a list that counts its pages from 1.
#[derive(Debug)]
pub struct HelpCenterPage<T> {
    pub entries: Vec<T>,
    /// Entries that had no id, and so could not be used.
    pub unreadable: usize,
    /// How many there are in all.
    pub total_count: Option<u64>,
    pub has_more: bool,
}

impl Article {
    /// None without an id.
    #[must_use]
    pub fn read(mut value: Value) -> Option<Self> {
        let id = ArticleId(json::id(&mut value, "id")?);
        let default_locale = json::text(&mut value, "default_locale");
        let mut collections = json::list(&mut value, "parent_ids", &["data"]);
        let parent = json::take(&mut value, "parent_id");
        if collections.is_empty() && !parent.is_null() {
            collections.push(parent);
        }
        let translations = json::take(&mut value, "translated_content");
        let mut texts = vec![ArticleText::read(&mut value, default_locale)];
        if let Value::Object(translations) = translations {
            let others = translations.into_iter().filter(|(_, text)| text.is_object());
            let others = others.map(|(locale, mut text)| ArticleText::read(&mut text, Some(locale)));
            texts.extend(
                others
                    .filter(|other| other.locale != texts[0].locale && !other.is_empty())
                    .collect::<Vec<_>>(),
            );
        }
        let statistics = json::take(&mut value, "statistics");
        Some(Self {
            id,
            texts,
            author: json::id(&mut value, "author_id").map(AdminId),
            collections: collections
                .into_iter()
                .filter_map(|id| json::into_text(id).filter(|id| id != "0").map(CollectionId))
                .collect(),
            tags: json::names(&mut value, "tags", &["tags", "data"]),
            created_at: json::seconds(&value, "created_at"),
            updated_at: json::seconds(&value, "updated_at"),
            statistics: statistics.is_object().then(|| ArticleStatistics::read(&statistics)),
        })
    }
}

impl ArticleText {
    fn read(value: &mut Value, locale: Option<String>) -> Self {
        Self {
            locale,
            title: json::text(value, "title").unwrap_or_default(),
            description: json::text(value, "description"),
            body: json::text(value, "body").unwrap_or_default(),
            state: json::text(value, "state").unwrap_or_else(|| "draft".to_owned()),
            url: json::text(value, "url"),
        }
    }

    /// A language in which nothing was written.
    fn is_empty(&self) -> bool {
        self.title.is_empty() && self.body.is_empty()
    }
}

impl ArticleStatistics {
    fn read(value: &Value) -> Self {
        let count = |name: &str| json::integer(value, name).filter(|count| *count >= 0);
        Self {
            views: count("views"),
            conversions: count("conversions"),
            reactions: count("reactions"),
            happy_percent: json::number(value, "happy_reaction_percentage"),
            sad_percent: json::number(value, "sad_reaction_percentage"),
            fin_involvements: count("fin_involvements"),
            fin_resolutions: count("fin_resolutions"),
        }
    }
}

impl Collection {
    /// None without an id.
    #[must_use]
    pub fn read(mut value: Value) -> Option<Self> {
        Some(Self {
            id: CollectionId(json::id(&mut value, "id")?),
            name: json::text(&mut value, "name").unwrap_or_default(),
            description: json::text(&mut value, "description"),
            url: json::text(&mut value, "url"),
            parent: json::id(&mut value, "parent_id").map(CollectionId),
        })
    }
}

impl<T> HelpCenterPage<T> {
    /// # Errors
    /// [`ApiError::Unexpected`] when there is no list: an empty object must not be taken for an
    /// empty help centre, whose articles would then be removed.
    pub fn read(mut value: Value, entry: fn(Value) -> Option<T>) -> Result<Self, ApiError> {
        let Value::Array(list) = json::take(&mut value, "data") else {
            return Err(ApiError::Unexpected { missing: "data" });
        };
        let count = list.len();
        let entries: Vec<T> = list.into_iter().filter_map(entry).collect();
        let pages = json::take(&mut value, "pages");
        let number = |name: &str| json::integer(&pages, name);
        let says_more = pages.get("next").is_some_and(|next| !next.is_null());
        let counts_more = number("page").zip(number("total_pages")).is_some_and(|(page, pages)| page < pages);
        Ok(Self {
            unreadable: count - entries.len(),
            entries,
            total_count: json::integer(&value, "total_count").and_then(|count| u64::try_from(count).ok()),
            has_more: count > 0 && (says_more || counts_more),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_article_has_a_text_for_each_language_that_was_written_in() {
        let article = Article::read(json!({
            "id": 39, "title": "Refunds", "body": "<p>30 days</p>", "state": "published", "default_locale": "en",
            "url": "https://help.example/en/articles/39", "parent_ids": [18, 19], "author_id": 5, "updated_at": 1734537283,
            "tags": {"type": "tag.list", "tags": [{"id": "1", "name": "Money"}]},
            "translated_content": {
                "type": "article_translated_content",
                "en": {"title": "Refunds", "body": "<p>30 days</p>", "state": "published"},
                "de": {"title": "Erstattungen", "body": "<p>30 Tage</p>", "state": "draft"},
                "fr": {"title": null, "body": null, "state": "draft"}, "ar": null
            }
        }))
        .expect("an article");
        let texts: Vec<_> = article
            .texts
            .iter()
            .map(|text| (text.locale.as_deref(), text.title.as_str(), text.state.as_str()))
            .collect();
        assert_eq!(texts, [(Some("en"), "Refunds", "published"), (Some("de"), "Erstattungen", "draft")]);
        assert_eq!(article.collections, [CollectionId::from("18"), CollectionId::from("19")]);
        assert_eq!((article.tags, article.statistics), (vec!["Money".to_owned()], None));
    }

    #[test]
    fn odd_articles_are_read_as_far_as_they_go() {
        let article = Article::read(
            json!({"id": "7", "parent_id": 3, "statistics": {"views": "12", "fin_involvements": -1}}),
        )
        .expect("an article");
        assert_eq!((article.texts.len(), article.texts[0].state.as_str()), (1, "draft"));
        assert_eq!(article.collections, [CollectionId::from("3")]);
        let statistics = article.statistics.expect("statistics");
        assert_eq!((statistics.views, statistics.fin_involvements), (Some(12), None));
        assert!(Article::read(json!({"title": "nobody"})).is_none());
    }

    #[test]
    fn a_page_says_whether_more_follow_and_nothing_is_no_page() {
        let page = |value| HelpCenterPage::read(value, Collection::read);
        let linked = page(
            json!({"data": [{"id": "1", "name": "A"}, {"name": "no id"}], "total_count": 9, "pages": {"next": "https://…", "page": 1}}),
        );
        let linked = linked.expect("a page");
        assert_eq!(
            (linked.entries.len(), linked.unreadable, linked.total_count, linked.has_more),
            (1, 1, Some(9), true)
        );
        let counted =
            page(json!({"data": [{"id": 1}], "pages": {"page": "2", "total_pages": 3}})).expect("a page");
        assert!(counted.has_more);
        let last = page(json!({"data": [{"id": 1}], "pages": {"page": 3, "total_pages": 3, "next": null}}));
        assert!(!last.expect("a page").has_more);
        assert!(
            !page(json!({"data": [], "pages": {"page": 1, "total_pages": 3}})).expect("a page").has_more,
            "it would never end"
        );
        assert_eq!(page(json!({})).map(|_| ()), Err(ApiError::Unexpected { missing: "data" }));
    }
}
