//! The token: what a client on TCP must show, because no file's mode guards that door.
//!
//! What always holds: a token is compared in a time that does not depend on where it differs, and no log tells it.

use std::fmt;

/// A token; the empty one is nobody's.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// The token with this text.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// Whether this is what was shown.
    pub fn is(&self, shown: &str) -> bool {
        // Hashes compare in constant time.
        !self.0.is_empty() && blake3::hash(self.0.as_bytes()) == blake3::hash(shown.as_bytes())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_itself_is_it() {
        let check = |text: &str, shown: &str, expected: bool| {
            assert_eq!(Token::new(text.to_owned()).is(shown), expected, "{text} {shown}");
        };
        check("4f", "4f", true);
        check("4f", "4F", false);
        check("4f", "4f ", false);
        check("4f", "", false);
        check("", "", false);
        assert_eq!(format!("{:?}", Token::new("4f".to_owned())), "Token");
    }
}
