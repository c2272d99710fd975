//! The tokens: what a client on TCP must show, because no file's mode guards the doors there.
//!
//! ```text
//! PATH.token, 0600 ──> the store's token ──> the socket's own protocol on TCP
//!                              │
//!                              └─ keyed hash of a door's path ──> that door's token ──> that door
//! ```
//!
//! What always holds: a client of MCP is given its door's token, from which neither another door's follows nor the store's.
//! A token is compared in a time that does not depend on where it differs, and no log tells it.

use std::fmt;

use super::mcp::door::Door;

/// For what the keys of doors' tokens are derived; another text gives other tokens.
const DOORS: &str = "echo-org 2026 the token of a door of MCP";

/// A token; the empty one is nobody's.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// The token with this text.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The token of a door, where this is the store's. There is none where the store has none.
    #[must_use]
    pub fn of_door(&self, door: &Door) -> Self {
        if self.0.is_empty() {
            return Self(String::new());
        }
        let key = blake3::derive_key(DOORS, self.0.as_bytes());
        Self(blake3::keyed_hash(&key, door.path().as_bytes()).to_hex().to_string())
    }

    /// Whether this is what was shown.
    pub fn is(&self, shown: &str) -> bool {
        // Hashes compare in constant time.
        !self.0.is_empty() && blake3::hash(self.0.as_bytes()) == blake3::hash(shown.as_bytes())
    }

    /// Its text, for whoever sets a client up.
    pub fn text(&self) -> &str {
        &self.0
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
    use echo_storage::names::RoleId;

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

    #[test]
    fn each_door_of_each_store_has_a_token_of_its_own() {
        let role = |name| Door::Role(RoleId::new(name).unwrap());
        let doors = [role("chief"), role("clerk"), Door::Everyone, Door::Person];
        let mut all = vec!["4f".to_owned(), "50".to_owned()];
        for store in ["4f", "50"] {
            let store = Token::new(store.to_owned());
            all.extend(doors.iter().map(|door| store.of_door(door).text().to_owned()));
            assert_eq!(store.of_door(&Door::Person), store.of_door(&Door::Person));
        }
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
        // Where there is no token, there is none of a door that could be worked out.
        let none = Token::new(String::new()).of_door(&Door::Person);
        assert!(none.text().is_empty() && !none.is(""));
    }
}
