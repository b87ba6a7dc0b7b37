//! Long strings that no person made up, whatever they are for.

/// Shorter ones are ids mostly.
const SHORTEST: usize = 32;

pub(super) fn find(text: &str, add: &mut impl FnMut(usize, usize)) {
    let bytes = text.as_bytes();
    let mut start = 0;
    for at in 0..=bytes.len() {
        let fits = bytes.get(at).is_some_and(|byte| byte.is_ascii_alphanumeric() || b"+/_-=".contains(byte));
        if !fits {
            if at - start >= SHORTEST && is_random(&bytes[start..at]) {
                add(start, at);
            }
            start = at + 1;
        }
    }
}

/// In a random string two letters in three are of another class (small, capital, digit) than the
/// one before; in words, names of classes and paths one in five.
pub(super) fn is_random(bytes: &[u8]) -> bool {
    let class = |byte: u8| match byte {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    let mut counts = [0_usize; 4];
    let mut changes = 0;
    let mut pairs = 0;
    let mut before = 3;
    for byte in bytes {
        let now = class(*byte);
        counts[now] += 1;
        if now != 3 && before != 3 {
            pairs += 1;
            changes += usize::from(now != before);
        }
        before = now;
    }
    let least = bytes.len() / 16;
    counts[0] > least && counts[1] > least && counts[2] > 1 && changes * 100 >= pairs * 44
}
