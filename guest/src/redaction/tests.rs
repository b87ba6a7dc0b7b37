use super::*;

#[test]
fn personal_data_is_blanked_out() {
    for (text, redacted) in [
        ("Write to jane.doe+x@example.co.uk.", "Write to [email]."),
        ("Call +49 (0)30 1234-5678 now", "Call [phone] now"),
        ("or 030 123 456 78", "or [phone]"),
        ("my card 4111 1111 1111 1111, thanks", "my card [card], thanks"),
        ("4111111111111111 12/27 123", "[card] 12/27 123"),
        ("4111 1111 1111 1111 5555 5555 5555 4444", "[card] [card]"),
        ("IBAN DE89 3704 0044 0532 0130 00 BIC COBADEFFXXX", "IBAN [account] BIC COBADEFFXXX"),
        ("password: hunter22 please", "password: [secret] please"),
        ("token=abcd1234", "token=[secret]"),
        ("my access key: abcd1234", "my access key: [secret]"),
        ("the password is  hunter22", "the password is  [secret]"),
        ("use sk_live_51Habcdefghijklmnop", "use [secret]"),
        ("Authorization: Bearer abc.def.ghi", "Authorization: Bearer [secret]"),
        ("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY----- ok", "[secret] ok"),
        (r#"{"password":"x9","user":"bo"}"#, r#"{"password":"[secret]","user":"bo"}"#),
        ("https://a.example/x?token=abcd1234&lang=de", "https://a.example/x?token=[secret]&lang=de"),
    ] {
        assert_eq!(redact(text, ALL), redacted);
    }
}

#[test]
fn dates_amounts_and_ids_stay() {
    for text in [
        "On 2026-06-01 at 09:30 we paid 1,299.00 EUR",
        "order #1234567 of 01.06.2026",
        "conversation 215474207312016",
        "@channel and me@home",
        "version 1.2.3, 100 000 users",
        "the password is wrong and my token is expired",
        "pass next_cursor of the answer before",
    ] {
        assert_eq!(redact(text, ALL), text);
    }
}

#[test]
fn only_what_is_asked_for_is_blanked_out() {
    assert_eq!(redact("a@b.de +49 30 12345678", &[Redaction::Emails]), "[email] +49 30 12345678");
    // A card's number is no telephone's, although nobody asked for cards.
    assert_eq!(redact("tel or card 4111111111111111", &[Redaction::Phones]), "tel or card 4111111111111111");
}

/// Several places redact one text, each in its turn.
#[test]
fn what_is_redacted_stays_as_it_is() {
    for line in corpus::texts() {
        let once = redact(&line, ALL).into_owned();
        assert_eq!(redact(&once, ALL), once);
    }
}

#[test]
fn json_stays_json_and_names_tell_what_numbers_are() {
    let redacted = redact_json(
        r#"{"phone":491711234567,"order":4917112345,"note":"a@b.de","a@b.de":[1,"+49 30 12345678"],"password":"x9"}"#,
        ALL,
    );
    assert_eq!(
        redacted,
        r#"{"phone":"[phone]","order":4917112345,"note":"[email]","[email]":[1,"[phone]"],"password":"[secret]"}"#
    );
}

/// Wherever a text is cut, on bytes and not on letters, nothing panics.
#[test]
fn no_text_makes_it_panic() {
    let mut hostile = corpus::texts().join("\u{2028}é😀");
    hostile.truncate(hostile.floor_char_boundary(20_000));
    for (at, _) in hostile.char_indices().step_by(7) {
        let end = hostile.ceil_char_boundary((at + 90).min(hostile.len()));
        let _ = redact(&hostile[at..end], ALL);
        let _ = redact_json(&hostile[at..end], ALL);
    }
}
