use std::path::Path;

use super::*;
use crate::store::search::Query;
use crate::store::text_search::{Corpus, search};
use crate::store::{OpenMode, Store};

fn store() -> Store {
    Store::open(Path::new(":memory:"), OpenMode::ReadWrite).expect("opens")
}

fn words(title: &str, body: &str, locale: Option<&str>) -> ArticleTextRow {
    ArticleTextRow {
        locale: locale.map(str::to_owned),
        title: title.to_owned(),
        description: None,
        body: format!("<p>{body}</p>"),
        state: "published".to_owned(),
        url: None,
    }
}

fn article(id: &str, texts: &[ArticleTextRow]) -> ArticleRow {
    ArticleRow {
        id: ArticleId::from(id),
        texts: texts.to_vec(),
        author: None,
        collections: vec![CollectionId::from("2")],
        tags: Vec::new(),
        created_at: None,
        updated_at: Some(UnixSeconds(1_790_000_000)),
    }
}

fn found(connection: &Connection, query: &str) -> Vec<String> {
    let results = search(connection, Corpus::Articles, &Query::parse(query)).expect("searches");
    let title = |number| by_number(connection, number).expect("reads").expect("there").text.title;
    results.found.iter().map(|found| title(found.number)).collect()
}

#[test]
fn articles_are_found_by_their_words_in_each_language_until_they_are_gone() {
    let store = store();
    let connection = store.connection();
    let refunds = article(
        "1",
        &[
            words("Refunds", "Money goes back to the card", Some("en")),
            words("Erstattungen", "Das Geld geht auf die Karte", Some("de")),
        ],
    );
    assert!(write(connection, &refunds).expect("writes"));
    assert!(!write(connection, &refunds).expect("writes"), "it is known");
    let cards = article(
        "2",
        &[words("Change your card", "A refund is not needed for that. Cards, cards, cards.", None)],
    );
    write(connection, &cards).expect("writes");
    assert_eq!(found(connection, "refunds"), ["Refunds", "Change your card"], "in any form that some has");
    assert_eq!(found(connection, "karte"), ["Erstattungen"]);
    assert_eq!(found(connection, "money card"), ["Refunds", "Change your card"], "what has both comes first");
    assert_eq!(found(connection, "card -money"), ["Change your card"]);
    assert_eq!(found(connection, "\"back to the\""), ["Refunds"]);

    let rewritten = article("1", &[words("Refunds", "Ask the bank", Some("en"))]);
    assert!(write(connection, &rewritten).expect("writes"));
    assert_eq!(found(connection, "karte"), Vec::<String>::new());
    assert_eq!(keep_only(connection, &HashSet::from([ArticleId::from("2")])).expect("removes"), 1);
    assert_eq!(found(connection, "bank"), Vec::<String>::new());
    assert_eq!(count(connection).expect("counts"), 1);
}

#[test]
fn the_index_can_be_made_anew() {
    let store = store();
    let connection = store.connection();
    write(connection, &article("1", &[words("Refunds", "日本語", None)])).expect("writes");
    connection.execute("DELETE FROM articles_fts", []).expect("empties");
    assert_eq!(found(connection, "日本"), Vec::<String>::new());
    index_all(connection).expect("indexes");
    index_all(connection).expect("indexes again");
    assert_eq!(found(connection, "日本"), ["Refunds"]);
}

#[test]
fn an_article_tells_its_path_and_comes_in_the_language_that_is_asked_for() {
    let store = store();
    let connection = store.connection();
    let collection = |id: &str, name: &str, parent: Option<&str>| CollectionRow {
        id: CollectionId::from(id),
        name: name.to_owned(),
        description: None,
        url: None,
        parent: parent.map(CollectionId::from),
    };
    // The last one's parents go in a circle.
    let all = [
        collection("1", "Account", None),
        collection("2", "Billing", Some("1")),
        collection("3", "Odd", Some("3")),
    ];
    replace_collections(connection, &all).expect("writes");
    let mut both = article("1", &[words("Refunds", "x", Some("en")), words("Erstattungen", "y", Some("de"))]);
    both.collections.push(CollectionId::from("3"));
    both.collections.push(CollectionId::from("unknown"));
    write(connection, &both).expect("writes");
    let german = by_id(connection, "1", Some("DE")).expect("reads").expect("there");
    assert_eq!(
        (german.text.title.as_str(), german.collections[0].as_str()),
        ("Erstattungen", "Account > Billing")
    );
    assert_eq!(by_id(connection, "1", Some("fr")).expect("reads").expect("there").text.title, "Refunds");
    assert!(by_id(connection, "9", None).expect("reads").is_none());
}

#[test]
fn statistics_are_due_once_a_week_for_what_is_published() {
    let store = store();
    let connection = store.connection();
    let draft = ArticleTextRow { state: "draft".to_owned(), ..words("Draft", "x", None) };
    for (id, text) in [("1", words("A", "x", None)), ("2", words("B", "x", None)), ("3", draft)] {
        write(connection, &article(id, &[text])).expect("writes");
    }
    let due = |before| without_statistics(connection, UnixSeconds(before), 9).expect("reads");
    assert_eq!(due(2_000), [ArticleId::from("1"), ArticleId::from("2")]);
    let figures = StatisticsRow { views: Some(7), ..StatisticsRow::default() };
    set_statistics(connection, &ArticleId::from("1"), Some(figures), UnixSeconds(1_000)).expect("writes");
    assert_eq!(due(500), [ArticleId::from("2")]);
    assert_eq!(due(2_000), [ArticleId::from("2"), ArticleId::from("1")], "what was never read comes first");
    assert_eq!(by_id(connection, "1", None).expect("reads").expect("there").statistics, figures);
}
