//! SQLite's own integers of varying length: seven bits a byte, the high ones first.

/// The first integer, and how many bytes it has; none when the bytes end before it does.
#[inline]
pub fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let first = *bytes.first()?;
    if first < 0x80 {
        return Some((u64::from(first), 1));
    }
    let mut value = 0_u64;
    for (place, byte) in bytes.iter().take(9).enumerate() {
        if place == 8 {
            return Some((value << 8 | u64::from(*byte), 9));
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, place + 1));
        }
    }
    None
}

/// All integers, one behind the other.
pub fn varints(mut bytes: &[u8]) -> impl Iterator<Item = u64> {
    std::iter::from_fn(move || {
        let (value, length) = varint(bytes)?;
        bytes = &bytes[length..];
        Some(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_varying_length() {
        assert_eq!(varints(&[5, 0x81, 0, 0x7f]).collect::<Vec<_>>(), [5, 128, 127]);
        assert_eq!(varints(&[0xff; 9]).collect::<Vec<_>>(), [u64::MAX]);
        assert_eq!(varints(&[0x81]).count(), 0);
        assert_eq!(varint(&[0x81, 0, 3]), Some((128, 2)));
    }
}
