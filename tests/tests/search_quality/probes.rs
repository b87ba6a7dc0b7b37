//! Single words in other forms, spellings and scripts: each must find its text among others.

use std::path::Path;

use fastintercom_guest::environment::Settings;
use fastintercom_guest::store::{IndexEntry, OpenMode, Store, index_message, message_number};
use fastintercom_guest::time::UnixSeconds;
use fastintercom_tests::still_host::StillHost;
use rusqlite::params;
use serde_json::{Value, json};

const NOW: i64 = 1_795_359_600;

/// A cache with one conversation of one message for each text.
fn cache(texts: &[&str]) -> Store {
    let mut store = Store::open(Path::new(":memory:"), OpenMode::ReadWrite).expect("opens");
    store
        .write(|tx| {
            for (place, text) in texts.iter().enumerate() {
                let number = place as i64 + 1;
                let at = UnixSeconds(NOW - 100_000 + number);
                tx.execute(
                    "INSERT INTO conversations (number, id, created_at, updated_at, state) VALUES (?1, ?1, ?2, ?2, 'closed')",
                    params![number, at.to_iso()],
                )?;
                tx.execute(
                    "INSERT INTO messages (number, id, conversation_id, author_type, body, created_at, part_type) \
                     VALUES (?1, ?2, ?2, 'user', ?3, ?4, 'initial')",
                    params![message_number(at), number.to_string(), text, at.to_iso()],
                )?;
                let entry = IndexEntry {
                    message: message_number(at),
                    conversation: number,
                    subject: None,
                    plain_body: text,
                    is_note: false,
                };
                index_message(tx, &entry)?;
            }
            Ok(())
        })
        .expect("fills");
    store
}

fn asked(store: &mut Store, query: &str) -> Value {
    let output = StillHost::at(NOW)
        .call(store, &Settings::default(), "search_conversations", &json!({ "query": query }).to_string())
        .expect("an answer");
    serde_json::from_str(&output.structured).expect("JSON")
}

fn ids(answer: &Value) -> Vec<&str> {
    answer["conversations"].as_array().into_iter().flatten().filter_map(|row| row["id"].as_str()).collect()
}

/// What is asked, and a text that must be found by it, and only it.
const FOUND: &[(&str, &str)] = &[
    // Forms
    ("refundings", "we refunded it already"),
    ("cancellations", "the cancellation was confirmed"),
    ("Rechnungen", "Bitte senden Sie mir die Rechnung"),
    ("remboursements", "je demande un remboursement"),
    ("facturas", "la factura tiene un error"),
    ("возврат", "Когда будет оформление возврата?"),
    ("siparişler", "Siparişim gelmedi"),
    ("مبلغ", "لم يصل المبلغ بعد"),
    ("اريد", "أريد إلغاء الاشتراك"),
    ("חשבון", "יש לי בעיה בחשבון"),
    ("환불", "빨리 환불을 해 주세요"),
    ("배송이", "배송은 언제 오나요"),
    // Scripts without blanks
    ("返金してほしい", "先週の返金をお願いします"),
    ("我想退款", "请给我退款吧谢谢"),
    ("อยากขอเงินคืน", "ช่วยคืนเงินคืนให้หน่อย"),
    // Spellings
    ("ＡＢＣ１２３", "the code is ABC123 on it"),
    ("ABC987", "コードは ＡＢＣ９８７ です"),
    ("ﾊﾟｽﾜｰﾄﾞ", "パスワードを忘れました"),
    ("file", "the ﬁle is empty"),
    ("ISTANBUL", "İstanbul mağazası kapalı"),
    ("Kuehlschrank", "Der Kühlschrank brummt"),
    ("Straße", "die strasse ist falsch"),
    // Words that were joined to one
    ("Adresse", "Bitte die Rechnungsadresse ändern"),
    ("Erstattung", "wann kommt die Rückerstattung"),
    ("Zeiten", "eure Lieferzeiten sind zu lang"),
    ("sleutel", "een fietssleutel is kwijt"),
    ("wifi", "the Wi-Fi drops every hour"),
    ("Wi-Fi", "no wifi in the lobby"),
    ("email works", "my e-mail works again"),
    ("zebra/bridge", "a bridge for the zebra"),
    ("walrus,tunnel", "the tunnel of a walrus"),
    ("giraffe...ladder", "a ladder for our giraffe"),
    ("ostrich's", "an ostrich ran away"),
    // Slips
    ("authentcation", "two-step authentication is broken"),
    ("ketle", "the kettle leaks"),
    ("chekcsum", "checksum mismatch"),
    ("photovolt", "photovoltaic panels"),
    ("passwrod", "the password was refused"),
    ("acess", "no access to the account"),
    ("neccessary", "it is necessary at once"),
    ("Kühlschrnak", "der Kühlschrank ist warm"),
    // Identifiers
    ("ORD12345", "about ORD-12345 please"),
    ("ORD-54321", "about ORD54321 please"),
    ("v2.3.1", "since version v2.3.1 it fails"),
    ("9f86d081", "commit 9f86d081884c7d65 broke it"),
    ("1299", "it cost $1,299.00 in total"),
    ("$2,499.00", "charged 2499 twice"),
    ("DE89370400440532013000", "IBAN DE89 3704 0044 0532 0130 00"),
    ("FR76 3000 6000 0112 3456 7890 189", "mon IBAN est FR7630006000011234567890189"),
    ("+491701234567", "ruf mich an: +49 170 1234567"),
    ("+44 20 7946 0958", "my number is +442079460958"),
    ("(415) 555-2671", "reach me at 4155552671"),
    ("0170 123 4568", "Tel. 0170-1234568"),
];

#[test]
fn words_are_found_in_other_forms_and_spellings() {
    let mut texts: Vec<&str> = FOUND.iter().map(|(_, text)| *text).collect();
    texts.extend([
        "nothing of interest here",
        "ganz etwas anderes",
        "tout autre chose",
        "あいうえお",
        "совсем другое",
    ]);
    let mut store = cache(&texts);
    let mut missed = Vec::new();
    for (place, (query, text)) in FOUND.iter().enumerate() {
        let answer = asked(&mut store, query);
        // Two probes may be each other's text: `wifi` and `Wi-Fi`.
        if !ids(&answer).iter().take(2).any(|id| *id == (place + 1).to_string()) {
            missed.push(format!("{query} does not find {text}: {:?}, {}", ids(&answer), answer["notice"]));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

/// A number or a name in other letters stands in such a sentence without a blank.
#[test]
fn a_sentence_without_blanks_is_found_whatever_letters_it_holds() {
    let mut store = cache(&[
        "1756年劳登勋爵成为副手",
        "BSkyBの契約は終了しました",
        "การชำระเงิน PayPal ล้มเหลว",
        "完全不同的内容",
    ]);
    for (query, place) in [
        ("1756年，谁被任命为劳登勋爵的副手？", "1"),
        ("BSkyBとの契約はいつ終わりましたか", "2"),
        ("ชำระเงินด้วยPayPalไม่ได้", "3"),
    ] {
        let answer = asked(&mut store, query);
        assert_eq!(ids(&answer).first().copied(), Some(place), "{query}: {answer}");
    }
}

#[test]
fn exact_phrases_stay_exact() {
    let mut store = cache(&["the refunds came", "a refund came", "the e-mail came"]);
    assert_eq!(ids(&asked(&mut store, "\"refund\"")), ["2"]);
    assert_eq!(ids(&asked(&mut store, "\"refund came\"")), ["2"]);
    assert!(ids(&asked(&mut store, "\"email\"")).is_empty());
}

#[test]
fn conversations_with_all_words_come_first_and_the_others_say_what_they_have() {
    let mut store = cache(&["late parcel", "parcel parcel parcel late refund", "a refund", "nothing"]);
    let answer = asked(&mut store, "late refund");
    assert_eq!(answer["total_matches"], 1);
    assert_eq!(ids(&answer)[0], "2");
    assert_eq!(ids(&answer).len(), 3);
    let rows = answer["conversations"].as_array().expect("rows");
    assert!(rows[0].get("matched_only").is_none());
    let only: Vec<&Value> = rows[1..].iter().map(|row| &row["matched_only"]).collect();
    assert!(only.contains(&&json!(["late"])) && only.contains(&&json!(["refund"])), "{only:?}");
    assert!(answer["notice"].as_str().expect("a notice").contains("matched_only"), "{answer}");
}

#[test]
fn a_correction_is_said() {
    let mut store = cache(&["the kettle leaks", "something else"]);
    let notice = asked(&mut store, "ketle")["notice"].clone();
    assert!(
        notice.as_str().is_some_and(|text| text.contains("\"ketle\"") && text.contains("kettle")),
        "{notice}"
    );
    let notice = asked(&mut store, "zzzzqqqq")["notice"].clone();
    assert!(!notice.as_str().unwrap_or_default().contains("all the words"), "{notice}");
}

/// Two numbers side by side are two; what is not there is said, with what comes near.
#[test]
fn what_was_found_nowhere_is_said() {
    let mut store = cache(&["order 123456 from 2024", "the charger works", "the charger is not working"]);
    assert_eq!(ids(&asked(&mut store, "2024 123456")), ["1"]);
    let notice = |answer: Value| answer["notice"].as_str().unwrap_or_default().to_owned();
    let some = notice(asked(&mut store, "charger hoverboard"));
    assert!(some.contains("No message in range has \"hoverboard\""), "{some}");
    let none = notice(asked(&mut store, "cherper"));
    assert!(none.contains("spelt alike") && none.contains("charger"), "{none}");
    let without = notice(asked(&mut store, "charger NOT working"));
    assert!(without.contains("\"working\"") && without.contains("left out"), "{without}");
    assert!(!notice(asked(&mut store, "charger")).contains("left out"));
}

/// When no text has everything: a query, and texts of which the first must come first.
#[test]
fn of_what_has_a_part_the_best_comes_first() {
    for (query, texts) in [
        // Of two texts without the quoted phrase, that with its words.
        (
            "\"refund policy\" enterprise",
            &["enterprise: which policy for a refund?", "enterprise contract of another kind"][..],
        ),
        // One word of grammar, and the ending that the index folds.
        ("ما اسم المدرسة", &["مدرسة جديدة في الحي", "ما هذا"]),
        // Verbs of asking say nothing of what is asked for.
        (
            "I need to know about quokkas tomorrow",
            &["quokkas are asleep", "we need to know it today, you know"],
        ),
    ] {
        let mut store = cache(texts);
        let answer = asked(&mut store, query);
        assert_eq!(ids(&answer).first(), Some(&"1"), "{query}: {answer}");
    }
    // The words of a phrase alone find nothing beside others.
    let answer = asked(
        &mut cache(&["zanzibar opens at nine", "a policy for each refund"]),
        "\"refund policy\" zanzibar",
    );
    assert_eq!(ids(&answer), ["1"], "{answer}");
}
