//! Names of languages: Intercom says `English` of a conversation and `en` or `en-US` of a contact.

use std::borrow::Cow;

/// ISO 639-1 code and English name of the languages that Intercom's Messenger and Fin speak.
const NAMES: &[(&str, &str)] = &[
    ("ar", "Arabic"),
    ("bg", "Bulgarian"),
    ("bn", "Bengali"),
    ("bs", "Bosnian"),
    ("ca", "Catalan"),
    ("cs", "Czech"),
    ("da", "Danish"),
    ("de", "German"),
    ("el", "Greek"),
    ("en", "English"),
    ("es", "Spanish"),
    ("et", "Estonian"),
    ("fa", "Persian"),
    ("fi", "Finnish"),
    ("fr", "French"),
    ("he", "Hebrew"),
    ("hi", "Hindi"),
    ("hr", "Croatian"),
    ("hu", "Hungarian"),
    ("id", "Indonesian"),
    ("it", "Italian"),
    ("ja", "Japanese"),
    ("ko", "Korean"),
    ("lt", "Lithuanian"),
    ("lv", "Latvian"),
    ("mn", "Mongolian"),
    ("ms", "Malay"),
    ("nb", "Norwegian"),
    ("nl", "Dutch"),
    ("no", "Norwegian"),
    ("pl", "Polish"),
    ("pt", "Portuguese"),
    ("ro", "Romanian"),
    ("ru", "Russian"),
    ("sk", "Slovak"),
    ("sl", "Slovenian"),
    ("sr", "Serbian"),
    ("sv", "Swedish"),
    ("sw", "Swahili"),
    ("th", "Thai"),
    ("tr", "Turkish"),
    ("uk", "Ukrainian"),
    ("ur", "Urdu"),
    ("vi", "Vietnamese"),
    ("zh", "Chinese"),
];

/// The English name of a language that is given by its code, with a region or without, or by its
/// name in any case. What is unknown stays as it is.
#[must_use]
pub fn name(text: &str) -> Cow<'_, str> {
    let code = text.split(['-', '_']).next().unwrap_or(text);
    NAMES
        .iter()
        .find(|(known, name)| known.eq_ignore_ascii_case(code) || name.eq_ignore_ascii_case(text))
        .map_or(Cow::Borrowed(text), |(_, name)| Cow::Borrowed(*name))
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn codes_and_names_of_a_language_are_one() {
        for text in ["de", "DE", "de-AT", "de_CH", "German", "german"] {
            assert_eq!(name(text), "German", "{text}");
        }
        assert_eq!(name("pt-BR"), "Portuguese");
        assert_eq!(name("Klingon"), "Klingon");
    }
}
