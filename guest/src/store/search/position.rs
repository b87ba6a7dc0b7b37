//! Where a page ended, as text that fits into a cursor.

use super::Mode;

/// What the pages before this one have shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position {
    pub mode: Mode,
    /// `conversations.number` of what was shown.
    pub seen: Vec<i64>,
    /// Creation and number of the last conversation, where the order is by creation.
    pub after: Option<(String, i64)>,
    /// Number of the last message that was looked at, where messages are streamed.
    pub streamed_to: Option<i64>,
}

impl Position {
    /// Bytes that [`Position::from_bytes`] reads. Numbers of conversations are small and dense, so
    /// that their differences mostly take one byte each.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![match self.mode {
            Mode::Undecided => 0,
            Mode::Listed => 1,
            Mode::Ranked => 2,
            Mode::Streamed => 4,
            Mode::Newest => 7,
        }];
        match &self.after {
            Some((created_at, number)) => {
                write(&mut bytes, created_at.len() as u64);
                bytes.extend(created_at.as_bytes());
                write(&mut bytes, number.cast_unsigned());
            }
            None => bytes.push(0),
        }
        match self.streamed_to {
            Some(number) => {
                bytes.push(1);
                write(&mut bytes, number.cast_unsigned());
            }
            None => bytes.push(0),
        }
        let mut seen = self.seen.clone();
        seen.sort_unstable();
        let mut last = 0_i64;
        for number in seen {
            write(&mut bytes, number.wrapping_sub(last).cast_unsigned());
            last = number;
        }
        bytes
    }

    /// The position, unless these bytes are none.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let mode = match take(&mut rest)? {
            0 => Mode::Undecided,
            1 => Mode::Listed,
            2 => Mode::Ranked,
            4 => Mode::Streamed,
            7 => Mode::Newest,
            _ => return None,
        };
        let length = usize::try_from(read(&mut rest)?).ok()?;
        let after = if length == 0 {
            None
        } else {
            let (text, tail) = rest.split_at_checked(length)?;
            rest = tail;
            Some((std::str::from_utf8(text).ok()?.to_owned(), read(&mut rest)?.cast_signed()))
        };
        let streamed_to = match take(&mut rest)? {
            0 => None,
            1 => Some(read(&mut rest)?.cast_signed()),
            _ => return None,
        };
        let mut seen = Vec::new();
        let mut last = 0_i64;
        while !rest.is_empty() {
            last = last.wrapping_add(read(&mut rest)?.cast_signed());
            seen.push(last);
            if seen.len() > super::REMEMBERED {
                return None;
            }
        }
        Some(Self { mode, seen, after, streamed_to })
    }
}

/// LEB128, as in WebAssembly.
fn write(bytes: &mut Vec<u8>, mut value: u64) {
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return;
        }
        bytes.push(low | 0x80);
    }
}

fn take(rest: &mut &[u8]) -> Option<u8> {
    let (first, tail) = rest.split_first()?;
    *rest = tail;
    Some(*first)
}

fn read(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = take(rest)?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let position = Position {
            mode: Mode::Streamed,
            seen: vec![3, 70, 1_000_000],
            after: Some(("2026-06-01T00:00:00+00:00".to_owned(), 9)),
            streamed_to: Some(28_000_000_000),
        };
        assert_eq!(Position::from_bytes(&position.to_bytes()), Some(position));
        assert_eq!(Position::from_bytes(&[9]), None);
        assert_eq!(Position::from_bytes(&[0, 200, 1]), None);
    }
}
