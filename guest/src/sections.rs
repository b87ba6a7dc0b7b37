//! Texts in custom sections of the component.
//!
//! `#[used]` would keep a copy of each in the memory of every instance as well, which is why they
//! are public instead: a public one reaches the linker, and what nothing reads goes there.

/// A text in a custom section, where the host finds it without running anything.
macro_rules! section {
    ($name:literal, $section:ident, $text:expr) => {
        #[unsafe(link_section = $name)]
        pub static $section: [u8; $text.len()] = {
            let text = $text.as_bytes();
            let mut bytes = [0; $text.len()];
            let mut index = 0;
            while index < bytes.len() {
                bytes[index] = text[index];
                index += 1;
            }
            bytes
        };
    };
}

section!("fastintercom:instructions", INSTRUCTIONS, crate::tools::INSTRUCTIONS);
section!("fastintercom:definitions", DEFINITIONS, crate::tools::DEFINITIONS);
