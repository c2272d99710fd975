//! Codes: a verdict must carry the code of its question, so that only whoever was shown it there can answer.
//!
//! A code is a keyed hash of the question's id under a secret that was drawn when the store was made. So it needs no room
//! in the store, is the same for as long as the question waits, and is another one in every store.
//!
//! What always holds: the secret is in the file and nowhere else: no effect, no input and no step of the journal holds it
//! or a code, so neither can be learnt from a replay, a report or an export. Two codes are compared in a time that does
//! not depend on where they differ, and neither a code nor the secret is ever told by a log.

use std::fmt;
use std::io;
use std::str::FromStr;

use crate::StoreError;
use crate::clock;
use crate::codec::{Decode, Encode, Record};
use crate::names::{ApprovalId, Id};
use crate::state::State;
use crate::table::SECRET;

/// The key of the secret beside the store's own row.
pub(crate) const SECRET_KEY: &str = "secret";

/// What the codes are derived from.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Secret([u8; 32]);
impl Record for Secret {}

impl Secret {
    /// A new one.
    ///
    /// # Errors
    /// The operating system has no randomness to give.
    pub(crate) fn random() -> io::Result<Self> {
        clock::random_bytes().map(Self)
    }

    fn code(&self, approval: ApprovalId) -> Code {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(b"approval");
        hasher.update(&approval.number().to_be_bytes());
        let mut chars = [0; Code::CHARS];
        for (char, byte) in chars.iter_mut().zip(hasher.finalize().as_bytes()) {
            *char = byte % 32;
        }
        Code(chars)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// The code of a question to people: 8 characters of Crockford's base 32, shown as `XXXX-XXXX`.
#[derive(Clone, Copy)]
pub struct Code([u8; Self::CHARS]);

/// The digits: no I, L, O or U, which are taken for others or make words.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl Code {
    /// How many characters it has, without the hyphen.
    pub const CHARS: usize = 8;
}

impl PartialEq for Code {
    /// Looks at every character, wherever the first difference is.
    fn eq(&self, other: &Self) -> bool {
        // Hashes compare in constant time.
        blake3::hash(&self.0) == blake3::hash(&other.0)
    }
}

impl Eq for Code {}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code")
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(Self::CHARS + 1);
        for (place, digit) in self.0.iter().enumerate() {
            if place == Self::CHARS / 2 {
                text.push('-');
            }
            text.push(DIGITS.get(usize::from(*digit)).map_or('?', |digit| char::from(*digit)));
        }
        f.pad(&text)
    }
}

/// A text that cannot be a code. It does not say the text: it may be a code with a slip in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a code has 8 letters and digits, such as 4F7K-Q2ZM")]
pub struct NoCode;

impl FromStr for Code {
    type Err = NoCode;
    /// Small letters and hyphens are as good; O reads as 0, I and L as 1, as Crockford has it.
    fn from_str(text: &str) -> Result<Self, NoCode> {
        let mut digits = text.chars().filter(|char| *char != '-').map(|char| {
            let char = match char.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            let at = DIGITS.iter().position(|digit| char::from(*digit) == char);
            at.and_then(|at| u8::try_from(at).ok()).ok_or(NoCode)
        });
        let mut code = [0; Self::CHARS];
        for place in &mut code {
            *place = digits.next().ok_or(NoCode)??;
        }
        if digits.next().is_some() { Err(NoCode) } else { Ok(Self(code)) }
    }
}

/// The code of a question; nothing in a store that has no secret yet, which the next one who opens it to write in it
/// gives it.
pub fn code(state: &(impl State + ?Sized), approval: ApprovalId) -> Result<Option<Code>, StoreError> {
    let secret = SECRET.get(state, &SECRET_KEY)?;
    Ok(secret.map(|secret| secret.code(approval)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ClockKind;
    use crate::{Batch, Store};

    fn of(batch: &Batch, number: u64) -> Code {
        code(batch, ApprovalId::from_number(number)).unwrap().unwrap()
    }

    #[test]
    fn each_question_of_each_store_has_a_code_of_its_own() {
        let stores = [(); 2].map(|()| Store::in_memory(ClockKind::Virtual).unwrap());
        let mut codes = Vec::new();
        for store in &stores {
            let batch = store.batch().unwrap();
            for number in 1..=500 {
                assert_eq!(of(&batch, number), of(&batch, number));
                codes.push(of(&batch, number).to_string());
            }
        }
        let all = codes.len();
        codes.sort();
        codes.dedup();
        assert_eq!(codes.len(), all);
    }

    #[test]
    fn a_code_reads_as_people_type_it() {
        let code = Secret([7; 32]).code(ApprovalId::from_number(1));
        let shown = code.to_string();
        assert_eq!((shown.len(), shown.chars().nth(4)), (9, Some('-')));
        let check = |text: &str, expected: bool| {
            assert_eq!(text.parse::<Code>().is_ok_and(|read| read == code), expected, "{text}");
        };
        check(&shown, true);
        check(&shown.to_lowercase(), true);
        check(&shown.replace('-', ""), true);
        check(&shown[..8], false);
        check(&format!("{shown}0"), false);
        check(&shown.replace('-', "U"), false);
        check("", false);
        assert_eq!("O1IL-oil0".parse::<Code>().unwrap(), "0111-0110".parse().unwrap());
    }

    /// Goal: one changed character is another code, wherever it stands. Method: each is changed in turn.
    #[test]
    fn every_character_counts() {
        let code = Secret([7; 32]).code(ApprovalId::from_number(1));
        for place in 0..Code::CHARS {
            let mut other = code;
            other.0[place] ^= 1;
            assert_ne!(other, code, "{place}");
        }
    }

    #[test]
    fn no_log_tells_a_code_or_the_secret() {
        let secret = Secret([7; 32]);
        assert_eq!(format!("{secret:?} {:?}", secret.code(ApprovalId::from_number(1))), "Secret Code");
    }
}
