//! What an AI agent did in a conversation: `ai_agent`.

use serde_json::Value;

use super::json;

#[derive(Clone, Debug, Default)]
pub struct AiAgent {
    /// Intercom's word; the set differs between versions.
    pub resolution_state: Option<String>,
    /// `ai_answer`, `custom_answer`, …; none when it gave none.
    pub last_answer_type: Option<String>,
    /// What brought it in: `workflow`, `essentials_plan_setup`, …
    pub source_type: Option<String>,
    pub source_title: Option<String>,
    /// 1 to 5, of the agent alone.
    pub rating: Option<i64>,
    pub rating_remark: Option<String>,
    /// What its answers were made of.
    pub content_sources: Vec<ContentSource>,
}

/// An article, a snippet, a page or a file that an answer was made of. At least one of title and
/// address is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentSource {
    /// `article`, `content_snippet`, `external_content`, …
    pub kind: Option<String>,
    pub title: Option<String>,
    pub url: Option<String>,
    pub locale: Option<String>,
}

impl AiAgent {
    /// None when no agent took part.
    pub(super) fn read(mut ai: Value) -> Option<Self> {
        ai.is_object().then(|| Self {
            resolution_state: json::text(&mut ai, "resolution_state"),
            last_answer_type: json::text(&mut ai, "last_answer_type"),
            source_type: json::text(&mut ai, "source_type"),
            source_title: json::text(&mut ai, "source_title"),
            rating: json::integer(&ai, "rating").filter(|stars| (1..=5).contains(stars)),
            rating_remark: json::text(&mut ai, "rating_remark"),
            content_sources: json::list(&mut ai, "content_sources", &["content_sources", "data"])
                .into_iter()
                .filter_map(read_source)
                .collect(),
        })
    }
}

fn read_source(mut source: Value) -> Option<ContentSource> {
    let source = ContentSource {
        kind: json::text(&mut source, "content_type").or_else(|| json::text(&mut source, "type")),
        title: json::text(&mut source, "title"),
        url: json::text(&mut source, "url"),
        locale: json::text(&mut source, "locale"),
    };
    (source.title.is_some() || source.url.is_some()).then_some(source)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn sources_are_read_from_a_list_or_an_object_and_those_that_name_nothing_are_left_out() {
        let sources = json!([
            {"content_type": "article", "title": "Refunds", "url": "https://help.example/1", "locale": "en"},
            {"content_type": "article", "title": null, "url": "/fin-ai-agent/content?id=3"},
            {"content_type": "article"}, null, 7
        ]);
        for value in [
            json!({"content_sources": sources}),
            json!({"content_sources": {"content_sources": sources, "total_count": 5}}),
        ] {
            let agent = AiAgent::read(value).expect("an agent");
            let titles: Vec<_> = agent.content_sources.iter().map(|one| one.title.as_deref()).collect();
            assert_eq!(titles, [Some("Refunds"), None]);
        }
        assert!(AiAgent::read(Value::Null).is_none());
        let odd = AiAgent::read(json!({"rating": 9, "rating_remark": "", "content_sources": "none"}))
            .expect("an agent");
        assert_eq!((odd.rating, odd.rating_remark, odd.content_sources), (None, None, Vec::new()));
    }
}
