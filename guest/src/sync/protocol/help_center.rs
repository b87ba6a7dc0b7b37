//! Lists of articles that change while they are read.

use serde_json::{Value, json};

use super::script::{Cache, Script, answer};

const ARTICLES: &str = "SELECT group_concat(id, ' ') FROM (SELECT id FROM articles ORDER BY id)";

fn page(ids: &[&str], page: usize, pages: usize, total: usize) -> Value {
    let data: Vec<Value> = ids
        .iter()
        .map(|id| json!({"type": "article", "id": id, "title": format!("Article {id}"), "body": "<p>x</p>", "state": "published", "updated_at": 1_790_000_000}))
        .collect();
    json!({"type": "list", "data": data, "total_count": total, "pages": {"type": "pages", "page": page, "total_pages": pages}})
}

/// A sync against a help centre with these pages.
fn sync(cache: &mut Cache, hours: u64, pages: &[Value]) -> String {
    let pages = pages.to_vec();
    let mut script = Script::of(1).later(hours * 3_600).answering(move |asked| {
        let number: usize =
            asked.what.strip_prefix("GET /articles?")?.rsplit_once("page=")?.1.parse().ok()?;
        Some(answer(&pages.get(number - 1).cloned().unwrap_or_else(|| page(&[], number, pages.len(), 0))))
    });
    cache.sync(&mut script).expect("syncs");
    cache.text(ARTICLES)
}

/// A deletion between two pages moves an article to the page that was read already.
#[test]
fn an_article_that_slips_between_two_pages_stays() {
    let mut cache = Cache::new();
    let whole = [page(&["1", "2"], 1, 2, 4), page(&["3", "4"], 2, 2, 4)];
    assert_eq!(sync(&mut cache, 0, &whole), "1 2 3 4");
    // 1 is deleted after the first page: 3 is now on that page, and nobody saw it.
    let slipped = [page(&["1", "2"], 1, 2, 4), page(&["4"], 2, 2, 4)];
    assert_eq!(sync(&mut cache, 25, &slipped), "1 2 3 4");
    let after = [page(&["2", "3"], 1, 2, 3), page(&["4"], 2, 2, 3)];
    assert_eq!(sync(&mut cache, 50, &after), "2 3 4");
}

/// A service that takes no notice of the number of the page would have its first one read for ever,
/// and all others removed.
#[test]
fn a_page_that_comes_again_and_again_ends_the_reading() {
    let mut cache = Cache::new();
    let first = page(&["1", "2"], 1, 900, 1_800);
    assert_eq!(sync(&mut cache, 0, &vec![first; 900]), "1 2");
    assert!(cache.text("SELECT group_concat(note) FROM sync_notes").contains("help-centre articles"));
}

/// An entry that cannot be read is an article all the same.
#[test]
fn an_unreadable_entry_removes_nothing() {
    let mut cache = Cache::new();
    assert_eq!(sync(&mut cache, 0, &[page(&["1", "2"], 1, 1, 2)]), "1 2");
    let mut odd = page(&["1", "2"], 1, 1, 2);
    odd["data"][1]["id"] = Value::Null;
    assert_eq!(sync(&mut cache, 25, &[odd]), "1 2");
}
