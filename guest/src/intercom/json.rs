//! Lenient reading of JSON.
//!
//! Real answers differ from Intercom's description and between versions: ids as numbers or text,
//! counts as text, objects where text was, nulls anywhere. These functions take what they can use
//! and otherwise say that there is nothing. They move text out of the value instead of copying it.

use serde_json::{Map, Value};

use crate::time::UnixSeconds;

/// Later than this (2100-01-01) is a sentinel, not a time: Intercom once wrote far-future
/// numbers for "nobody waits".
const LATEST_PLAUSIBLE: i64 = 4_102_444_800;

/// Takes the field out of an object; null when there is none.
pub fn take(object: &mut Value, key: &str) -> Value {
    object.get_mut(key).map_or(Value::Null, Value::take)
}

/// Text that is not empty. Numbers and booleans are written out.
pub fn text(object: &mut Value, key: &str) -> Option<String> {
    into_text(take(object, key))
}

/// See [`text`].
#[must_use]
pub fn into_text(value: Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// An id: text or number; `0` and the empty text mean nobody (version 2.16 writes 0 for an
/// unassigned conversation, older ones null).
pub fn id(object: &mut Value, key: &str) -> Option<String> {
    match take(object, key) {
        Value::String(text) if !text.is_empty() && text != "0" => Some(text),
        Value::Number(number) => {
            let text = number.to_string();
            (text != "0").then_some(text)
        }
        _ => None,
    }
}

/// A whole number, also when it comes as text or with a fraction.
#[must_use]
pub fn integer(object: &Value, key: &str) -> Option<i64> {
    as_integer(object.get(key)?)
}

/// See [`integer`].
#[must_use]
pub fn as_integer(value: &Value) -> Option<i64> {
    match value {
        // Fractions are cut off; a float outside i64 saturates.
        #[expect(clippy::cast_possible_truncation, reason = "saturates, and the fraction is unwanted")]
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|float| float as i64)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// From here on a number counts milliseconds (1973-03-03 as milliseconds, the year 5138 as seconds),
/// and from a thousand and a million times that on micro- and nanoseconds.
const EARLIEST_MILLISECONDS: i64 = 100_000_000_000;

/// An instant in Unix seconds, or what is plainly a time all the same: with a fraction, as text, in
/// milliseconds or finer, RFC 3339, or `2026-11-27 20:06:10 UTC`. Zero and sentinels in the far
/// future mean none.
#[must_use]
pub fn seconds(object: &Value, key: &str) -> Option<UnixSeconds> {
    let value = object.get(key)?;
    let number = as_integer(value).or_else(|| {
        let number: f64 = value.as_str()?.trim().parse().ok()?;
        #[expect(clippy::cast_possible_truncation, reason = "saturates, and the fraction is unwanted")]
        number.is_finite().then_some(number as i64)
    });
    let instant = match (number, value.as_str()) {
        (Some(number), _) => UnixSeconds(number).0,
        (None, Some(text)) => time_in_words(text.trim())?.0,
        (None, None) => return None,
    };
    // A far-future sentinel in seconds looks like a time of 1976 in milliseconds: Intercom has no
    // conversation of before 2011.
    let instant = [1_000_000_000, 1_000_000, 1000]
        .into_iter()
        .find(|unit| instant >= EARLIEST_MILLISECONDS / 1000 * unit)
        .map_or(instant, |unit| instant / unit);
    let plausible = instant > 0 && instant < LATEST_PLAUSIBLE;
    let converted = number.is_some_and(|number| number != instant);
    (plausible && !(converted && instant < EARLIEST_CONVERTED)).then_some(UnixSeconds(instant))
}

/// 2011-01-01: Intercom's first year.
const EARLIEST_CONVERTED: i64 = 1_293_840_000;

fn time_in_words(text: &str) -> Option<UnixSeconds> {
    let plain = ["UTC", "GMT"].iter().find_map(|zone| text.strip_suffix(zone));
    UnixSeconds::parse(plain.unwrap_or(text))
}

/// A truth value; also `1`, `"true"` and the like.
#[must_use]
pub fn boolean(object: &Value, key: &str) -> Option<bool> {
    match object.get(key)? {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => Some(number.as_f64() != Some(0.0)),
        Value::String(text) => match text.as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// A number, also when it comes as text; none that JSON cannot write.
#[must_use]
pub fn number(object: &Value, key: &str) -> Option<f64> {
    let number = match object.get(key)? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.filter(|number| number.is_finite())
}

/// The names of what a list holds; entries without one are left out.
pub fn names(object: &mut Value, key: &str, inner: &[&str]) -> Vec<String> {
    list(object, key, inner).into_iter().filter_map(|mut entry| text(&mut entry, "name")).collect()
}

/// An object that has entries.
pub fn object(value: &mut Value, key: &str) -> Option<Map<String, Value>> {
    match take(value, key) {
        Value::Object(map) if !map.is_empty() => Some(map),
        _ => None,
    }
}

/// The entries of a list. Intercom wraps lists in objects and is not of one mind about the name
/// of the inner field, so several are tried; a bare array is taken as it is.
pub fn list(object: &mut Value, key: &str, inner: &[&str]) -> Vec<Value> {
    into_list(take(object, key), inner)
}

/// See [`list`].
#[must_use]
pub fn into_list(mut value: Value, inner: &[&str]) -> Vec<Value> {
    if let Value::Array(entries) = value {
        return entries;
    }
    inner
        .iter()
        .find_map(|name| match take(&mut value, name) {
            Value::Array(entries) => Some(entries),
            _ => None,
        })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ids_come_as_numbers_or_text_and_zero_is_nobody() {
        let mut value = json!({"a": 17, "b": "215474207312016", "c": 0, "d": "0", "e": null, "f": ""});
        assert_eq!(id(&mut value, "a").as_deref(), Some("17"));
        assert_eq!(id(&mut value, "b").as_deref(), Some("215474207312016"));
        for key in ["c", "d", "e", "f", "missing"] {
            assert_eq!(id(&mut value, key), None, "{key}");
        }
    }

    #[test]
    fn counts_and_times_are_read_from_odd_shapes() {
        let value =
            json!({"a": "50", "b": 3.9, "c": {}, "t": 1_700_000_000, "z": 0, "far": 201_527_000_000_i64});
        assert_eq!(integer(&value, "a"), Some(50));
        assert_eq!(integer(&value, "b"), Some(3));
        assert_eq!(integer(&value, "c"), None);
        assert_eq!(seconds(&value, "t"), Some(UnixSeconds(1_700_000_000)));
        assert_eq!(seconds(&value, "z"), None);
        assert_eq!(seconds(&value, "far"), None);
    }

    #[test]
    fn what_is_plainly_a_time_is_read_as_one() {
        let at = Some(UnixSeconds(1_795_809_970));
        for value in [
            json!(1_795_809_970),
            json!(1_795_809_970.5),
            json!("1795809970"),
            json!(" 1795809970.0 "),
            json!(1_795_809_970_000_i64),
            json!("1795809970123"),
            json!(1_795_809_970_123_456_i64),
            json!(1_795_809_970_123_456_789_i64),
            json!(1.795_809_970_5e12),
            json!("2026-11-27T20:06:10Z"),
            json!("2026-11-27T22:06:10+02:00"),
            json!("2026-11-27T20:06:10.123Z"),
            json!("2026-11-27 20:06:10 UTC"),
            json!("2026-11-27 20:06:10"),
            json!("2026-11-27T20:06:10"),
        ] {
            assert_eq!(seconds(&json!({"t": value}), "t"), at, "{value}");
        }
        for value in [json!(null), json!(""), json!("soon"), json!([]), json!(-5), json!(true), json!("NaN")]
        {
            assert_eq!(seconds(&json!({"t": value}), "t"), None, "{value}");
        }
    }

    #[test]
    fn lists_are_found_under_any_of_their_names() {
        let mut value = json!({"teammates": {"admins": [1]}, "tags": [2], "contacts": {"contacts": null}});
        assert_eq!(list(&mut value, "teammates", &["teammates", "admins"]), [json!(1)]);
        assert_eq!(list(&mut value, "tags", &["tags"]), [json!(2)]);
        assert!(list(&mut value, "contacts", &["contacts"]).is_empty());
    }
}
