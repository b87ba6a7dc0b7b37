//! Help-centre articles: read as far as something is new, gone when they are no longer listed.

use fastintercom_tests::cache::Cache;
use fastintercom_tests::simulator::help_center::{Article, ArticleText};
use fastintercom_tests::simulator::{Config, Endpoint, Fault, Rule, Simulator};

const HOUR: i64 = 3_600;

fn simulator() -> Simulator {
    Simulator::start(Config::new().conversations(20).days(10).parts(1..=2)).expect("starts")
}

/// As [`simulator`], with so many articles more, each changed an hour before the next.
fn with_articles(count: i64) -> Simulator {
    let simulator = simulator();
    {
        let mut workspace = simulator.workspace();
        let now = workspace.now();
        let more =
            (1..=count).map(|n| Article::new(&format!("Article {n}"), "<p>Text</p>", now - 400 * HOUR * n));
        workspace.help_center.articles.extend(more);
    }
    simulator
}

/// Each article with its texts, as the cache has them.
fn cached(cache: &Cache) -> String {
    cache.text(
        "SELECT coalesce(group_concat(line, char(10)), '') FROM (
            SELECT a.id || ' ' || coalesce(t.locale, 'en') || ' ' || t.title || ' ' || t.state || ' ' || t.body AS line
            FROM articles a JOIN article_texts t ON t.article_id = a.id ORDER BY a.id, t.position)",
    )
}

/// The same, as the workspace has them.
fn truth(simulator: &Simulator) -> String {
    let workspace = simulator.workspace();
    let mut articles: Vec<&Article> = workspace.help_center.articles.iter().collect();
    articles.sort_by_key(|article| article.id.to_string());
    let line = |article: &Article, text: &ArticleText| {
        let state = if article.is_draft { "draft" } else { "published" };
        format!("{} {} {} {state} {}", article.id, text.locale, text.title, text.body)
    };
    let lines = articles.iter().flat_map(|article| article.texts.iter().map(|text| line(article, text)));
    lines.collect::<Vec<_>>().join("\n")
}

/// Requests for the help centre: lists of articles, articles, lists of collections.
fn requests(simulator: &Simulator) -> [u64; 3] {
    let stats = simulator.stats();
    simulator.reset_log();
    [Endpoint::Articles, Endpoint::Article, Endpoint::Collections].map(|endpoint| stats.count(endpoint))
}

#[test]
fn the_first_sync_has_all_articles_with_their_languages_collections_and_statistics() {
    let simulator = with_articles(120);
    let cache = Cache::of(&simulator);
    let report = cache.sync(&simulator).expect("syncs");
    assert_eq!(report.notes, Vec::<String>::new());
    assert_eq!(cached(&cache), truth(&simulator));
    assert_eq!(requests(&simulator), [3, 20, 1], "three pages of 50, and some statistics");
    assert_eq!(cache.count("SELECT count(*) FROM collections"), 3);
    assert_eq!(cache.count("SELECT count(*) FROM articles WHERE statistics_at IS NOT NULL"), 20);
}

#[test]
fn an_hour_later_one_page_tells_that_nothing_changed_and_within_the_hour_nobody_asks() {
    let simulator = with_articles(120);
    let cache = Cache::of(&simulator);
    cache.sync(&simulator).expect("syncs");
    requests(&simulator);
    simulator.advance(HOUR / 2);
    cache.sync(&simulator).expect("syncs");
    assert_eq!(requests(&simulator), [0, 0, 0]);
    simulator.advance(HOUR);
    cache.sync(&simulator).expect("syncs");
    assert_eq!(requests(&simulator)[0], 1);
}

#[test]
fn what_changes_is_read_and_what_is_deleted_goes() {
    let simulator = with_articles(120);
    let cache = Cache::of(&simulator);
    cache.sync(&simulator).expect("syncs");
    for round in 0..4 {
        simulator.advance(HOUR + 1);
        {
            let mut workspace = simulator.workspace();
            let now = workspace.now();
            let articles = &mut workspace.help_center.articles;
            match round {
                0 => {
                    articles[30].texts[0].body.push_str("<p>More</p>");
                    articles[30].updated_at = now;
                }
                1 => drop(articles.remove(70)),
                // One more and one less: the number stays.
                2 => {
                    articles.remove(40);
                    articles.push(Article::new("A new one", "<p>New</p>", now));
                }
                _ => articles.clear(),
            }
        }
        requests(&simulator);
        cache.sync(&simulator).expect("syncs");
        assert_eq!(cached(&cache), truth(&simulator), "round {round}");
        let pages = requests(&simulator)[0];
        assert!(if round == 0 { pages == 2 } else { pages <= 3 }, "round {round}: {pages} pages");
    }
    assert_eq!(cache.count("SELECT count(*) FROM articles_fts"), 0);
}

/// A changed translation does not change the article's time, so only a whole list shows it.
#[test]
fn a_changed_translation_is_known_within_a_day() {
    let simulator = simulator();
    let cache = Cache::of(&simulator);
    cache.sync(&simulator).expect("syncs");
    simulator.workspace().help_center.articles[0].texts[1].title = "Geld zurück".to_owned();
    simulator.advance(24 * HOUR);
    cache.sync(&simulator).expect("syncs");
    assert_eq!(cached(&cache), truth(&simulator));
}

#[test]
fn a_token_that_may_not_read_articles_leaves_a_note_and_the_rest_is_read() {
    let simulator = simulator();
    simulator.add_fault(Rule::new(Fault::MissingScope { status: 403 }).on(Endpoint::Articles));
    let cache = Cache::of(&simulator);
    let report = cache.sync(&simulator).expect("syncs");
    assert_eq!(report.hydrated, 20);
    let [note] = &report.notes[..] else { panic!("{:?}", report.notes) };
    assert!(note.contains("help-centre articles") && note.contains("\"Read and list articles\""), "{note}");
    assert_eq!(requests(&simulator), [1, 0, 0], "it is asked once an hour");
    simulator.clear_faults();
    simulator.advance(HOUR + 1);
    assert_eq!(cache.sync(&simulator).expect("syncs").notes, Vec::<String>::new());
    assert_eq!(cached(&cache), truth(&simulator));
}

/// Whatever goes wrong in the middle of a list, no article is taken for deleted.
#[test]
fn a_list_that_breaks_off_removes_nothing() {
    let simulator = with_articles(120);
    let cache = Cache::of(&simulator);
    cache.sync(&simulator).expect("syncs");
    let before = cached(&cache);
    let faults = [
        Fault::Unavailable,
        Fault::EmptyOk,
        Fault::InvalidJson,
        Fault::HtmlError { status: 502 },
        Fault::NotFound,
    ];
    for fault in faults {
        simulator.clear_faults();
        simulator.add_fault(Rule::new(fault.clone()).on(Endpoint::Articles).after(1));
        simulator.advance(25 * HOUR);
        let report = cache.sync(&simulator).expect("syncs");
        assert_eq!(cached(&cache), before, "{fault:?}");
        assert_eq!(report.notes.len(), 1, "{fault:?}: {:?}", report.notes);
    }
    simulator.clear_faults();
    simulator.advance(25 * HOUR);
    cache.sync(&simulator).expect("syncs");
    assert_eq!(cached(&cache), truth(&simulator));
}

#[test]
fn a_page_that_is_too_large_is_asked_for_in_smaller_ones() {
    let simulator = simulator();
    simulator.add_fault(
        Rule::new(Fault::HtmlError { status: 504 }).on(Endpoint::Articles).when_per_page_above(10),
    );
    let cache = Cache::of(&simulator);
    let report = cache.sync(&simulator).expect("syncs");
    assert_eq!(report.notes, Vec::<String>::new());
    assert_eq!(cached(&cache), truth(&simulator));
}

#[test]
fn statistics_are_read_each_week_anew() {
    let simulator = simulator();
    let cache = Cache::of(&simulator);
    cache.sync(&simulator).expect("syncs");
    assert_eq!(requests(&simulator)[1], 6, "those of all that are published");
    simulator.workspace().help_center.articles[0].fin = (999, 111);
    simulator.advance(6 * 24 * HOUR);
    cache.sync(&simulator).expect("syncs");
    assert_eq!(requests(&simulator)[1], 0);
    simulator.advance(24 * HOUR + 1);
    cache.sync(&simulator).expect("syncs");
    assert_eq!(cache.count("SELECT max(fin_involvements) FROM articles"), 999);
}
