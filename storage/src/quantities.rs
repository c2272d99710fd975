//! Money, confidence and time: numbers that carry their unit and their range.
//!
//! What always holds: an amount is a whole number of cents between nothing and [`Usd::MAX`], a confidence is a whole
//! number of thousandths between 0 and 1000, and a moment is a whole number of milliseconds since 1970 UTC. No value
//! of these types is a float, so sums and comparisons are exact and the same everywhere.

use std::fmt;

use serde::de::{self, Deserializer, Visitor};
use serde::ser::Serializer;

use crate::codec::{Decode, Encode};

/// An amount of money in whole US cents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode)]
pub struct Usd(u64);

impl Usd {
    /// The largest amount that is taken seriously: a thousand billion dollars.
    pub const MAX: Self = Self(100_000_000_000_000);
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Whole dollars; what is above [`Usd::MAX`] becomes [`Usd::MAX`].
    pub const fn dollars(dollars: u64) -> Self {
        match dollars.checked_mul(100) {
            Some(cents) if cents <= Self::MAX.0 => Self(cents),
            _ => Self::MAX,
        }
    }

    /// Whole cents, or nothing when there are more of them than [`Usd::MAX`] holds.
    pub const fn from_cents(cents: u64) -> Option<Self> {
        if cents <= Self::MAX.0 { Some(Self(cents)) } else { None }
    }

    /// The amount in cents.
    pub const fn cents(self) -> u64 {
        self.0
    }

    /// The sum. It may exceed [`Usd::MAX`]: many amounts that are each taken seriously still add up.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The amount behind a decimal number of dollars such as `1200` or `1200.50`.
    ///
    /// # Errors
    /// What is wrong with the text: a sign, more than two decimals, more than [`Usd::MAX`], or no number.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.starts_with('-') {
            return Err(format!("an amount cannot be negative: {text}"));
        }
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) || text.ends_with('.') {
            return Err(format!("an amount is a number of dollars such as 1200 or 1200.50, not `{text}`"));
        }
        if fraction.len() > 2 {
            return Err(format!("an amount has at most two decimals: {text}"));
        }
        let cents = format!("{whole}{fraction:0<2}").parse().ok().and_then(Self::from_cents);
        cents.ok_or_else(|| format!("an amount is at most {}: {text}", Self::MAX))
    }
}

impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dollars = (self.0 / 100).to_string();
        let mut grouped = String::new();
        for (index, digit) in dollars.chars().enumerate() {
            if index > 0 && (dollars.len() - index).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        let cents = if self.0.is_multiple_of(100) { String::new() } else { format!(".{:02}", self.0 % 100) };
        f.pad(&format!("{grouped}{cents} USD"))
    }
}

impl serde::Serialize for Usd {
    /// A number of dollars when there are no cents, else the decimal text: never a float.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_multiple_of(100) {
            serializer.serialize_u64(self.0 / 100)
        } else {
            serializer.serialize_str(&format!("{}.{:02}", self.0 / 100, self.0 % 100))
        }
    }
}

impl<'de> serde::Deserialize<'de> for Usd {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Amount;
        impl Visitor<'_> for Amount {
            type Value = Usd;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an amount of US dollars, such as 1200 or 1200.50")
            }
            fn visit_u64<E: de::Error>(self, dollars: u64) -> Result<Usd, E> {
                Usd::parse(&dollars.to_string()).map_err(E::custom)
            }
            fn visit_i64<E: de::Error>(self, dollars: i64) -> Result<Usd, E> {
                Usd::parse(&dollars.to_string()).map_err(E::custom)
            }
            // A float arrives only as the reader's form of a decimal; its shortest text is what was written.
            fn visit_f64<E: de::Error>(self, dollars: f64) -> Result<Usd, E> {
                Usd::parse(&dollars.to_string()).map_err(E::custom)
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Usd, E> {
                Usd::parse(text).map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Amount)
    }
}

/// The longest text of an amount, in characters.
const MAX_TEXT_CHARS: usize = 20;

impl schemars::JsonSchema for Usd {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Usd".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": ["number", "string"],
            "minimum": 0,
            "maximum": Self::MAX.0 / 100,
            // Of those that are texts.
            "maxLength": MAX_TEXT_CHARS,
            "pattern": r"^[0-9]+(\.[0-9]{1,2})?$",
            "description": "US dollars with at most two decimals",
        })
    }
}

/// How sure somebody is, in thousandths.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Encode,
    Decode,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(try_from = "u64", into = "u64")]
pub struct Confidence(u16);

impl Confidence {
    /// Quite sure.
    pub const FULL: Self = Self(1000);

    /// A number of thousandths; what is above 1000 becomes 1000.
    pub fn saturating(thousandths: u64) -> Self {
        Self(u16::try_from(thousandths.min(1000)).unwrap_or(1000))
    }

    /// The thousandths, 0 to 1000.
    pub const fn thousandths(self) -> u16 {
        self.0
    }
}

impl TryFrom<u64> for Confidence {
    type Error = String;
    fn try_from(thousandths: u64) -> Result<Self, String> {
        if thousandths <= 1000 {
            Ok(Self::saturating(thousandths))
        } else {
            Err(format!("a confidence is 0 to 1000 thousandths, not {thousandths}"))
        }
    }
}

impl From<Confidence> for u64 {
    fn from(confidence: Confidence) -> Self {
        confidence.0.into()
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}.{:03}", self.0 / 1000, self.0 % 1000))
    }
}

/// A moment: milliseconds since 1970-01-01 00:00 UTC.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Encode,
    Decode,
    serde::Serialize,
    serde::Deserialize,
)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The moment so many milliseconds after 1970 began.
    pub const fn from_ms(ms: u64) -> Self {
        Self(ms)
    }

    /// Milliseconds since 1970 began.
    pub const fn ms(self) -> u64 {
        self.0
    }

    /// The moment `ms` milliseconds later.
    #[must_use]
    pub const fn after_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// The moment `ms` milliseconds earlier, 1970 at the earliest.
    #[must_use]
    pub const fn before_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_sub(ms))
    }
}

impl fmt::Display for Timestamp {
    /// `2026-11-23 09:26:48 UTC`, by the civil-from-days arithmetic of the proleptic Gregorian calendar.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0 / 1000;
        let (days, second) = (seconds / 86_400, seconds % 86_400);
        // Years begin in March here, so that the leap day is the last of its year.
        let shifted = days + 719_468;
        let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        let year = year_of_era + era * 400 + u64::from(month <= 2);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        f.pad(&format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_exactly_or_refused() {
        let check = |text: &str, expected: Result<u64, &str>| match (Usd::parse(text), expected) {
            (Ok(amount), Ok(cents)) => assert_eq!(amount.cents(), cents, "{text}"),
            (Err(error), Err(part)) => assert!(error.contains(part), "{text}: {error}"),
            (found, _) => panic!("{text}: {found:?}"),
        };
        check("0", Ok(0));
        check("1200", Ok(120_000));
        check("1200.5", Ok(120_050));
        check("0.07", Ok(7));
        check("-1", Err("negative"));
        check("1.005", Err("two decimals"));
        check("1e6", Err("number of dollars"));
        check(".5", Err("number of dollars"));
        check("1000000000000", Ok(100_000_000_000_000));
        check("1000000000000.01", Err("at most"));
        check("99999999999999999999999999", Err("at most"));
    }

    #[test]
    fn amounts_pass_through_json_without_floats() {
        for text in ["2000000", "\"1200.50\"", "0"] {
            let amount: Usd = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&amount).unwrap(), text);
        }
        assert_eq!(serde_json::from_str::<Usd>("1200.5").unwrap().cents(), 120_050);
        assert!(serde_json::from_str::<Usd>("-3").is_err());
        assert!(serde_json::from_str::<Usd>("null").is_err());
    }

    #[test]
    fn quantities_print_for_people() {
        assert_eq!(Usd::dollars(2_000_000).to_string(), "2,000,000 USD");
        assert_eq!(Usd::from_cents(123_456).unwrap().to_string(), "1,234.56 USD");
        assert_eq!(Confidence::saturating(85).to_string(), "0.085");
        assert_eq!(Timestamp::from_ms(0).to_string(), "1970-01-01 00:00:00 UTC");
        assert_eq!(Timestamp::from_ms(951_782_400_000).to_string(), "2000-02-29 00:00:00 UTC");
        assert_eq!(Timestamp::from_ms(1_795_425_999_000).to_string(), "2026-11-23 09:26:39 UTC");
    }
}
