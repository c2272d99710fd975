//! Amounts and durations read from text that people wrote.
//!
//! What always holds: nothing is guessed and nothing is a float. A wording that is not known is no figure: a ceiling that
//! is overlooked costs one fact, while one that nobody set would veto a proposal. So an amount counts as a ceiling only
//! with its currency, directly beside words that bound it from above, and never when it is a rate or part of a range.

use echo_storage::quantities::Usd;

use crate::keywords::words;

/// The most digits that a number may have and be read.
const MAX_DIGITS: usize = 15;
/// How many words before a bound a negation may stand: `must not ever exceed`.
const NEGATION_REACH_WORDS: usize = 3;
/// Days of the units of a timeline. Months have thirty, so that a year is twelve of them.
const UNIT_DAYS: [(&str, u64); 5] =
    [("day", 1), ("week", 7), ("month", DAYS_OF_MONTH), ("quarter", 90), ("year", 360)];
const DAYS_OF_MONTH: u64 = 30;

const CURRENCY: [&str; 3] = ["usd", "dollar", "dollars"];
const THOUSAND: [&str; 2] = ["k", "thousand"];
const MILLION: [&str; 5] = ["m", "mn", "mio", "million", "millions"];
const BILLION: [&str; 4] = ["b", "bn", "billion", "billions"];

/// Words that bound what follows them from above, unless they are negated: `not below 2M USD`.
const AT_MOST: [&[&str]; 13] = [
    &["at", "most"],
    &["up", "to"],
    &["below"],
    &["under"],
    &["less", "than"],
    &["lower", "than"],
    &["maximum"],
    &["max"],
    &["within"],
    &["cap"],
    &["capped", "at"],
    &["limited", "to"],
    &["ceiling"],
];
/// Words that bound what follows them from above only when they are negated: `no more than 2M USD`.
const MORE_THAN: [&[&str]; 9] = [
    &["more", "than"],
    &["higher", "than"],
    &["greater", "than"],
    &["exceed"],
    &["exceeds"],
    &["exceeding"],
    &["above"],
    &["over"],
    &["beyond"],
];
/// Words that bound what stands before them from above: `2M USD at most`.
const AT_MOST_AFTER: [&[&str]; 6] =
    [&["at", "most"], &["at", "maximum"], &["maximum"], &["max"], &["or", "less"], &["or", "below"]];
const NEGATIONS: [&str; 4] = ["no", "not", "never", "cannot"];
/// Words between a bound and its amount that change nothing: `a maximum budget of 2M USD`.
const FILLERS: [&str; 12] =
    ["a", "the", "of", "is", "be", "us", "total", "budget", "amount", "sum", "cost", "spending"];
/// Words that make an amount a rate, which says nothing about the whole.
const RATES: [&str; 10] =
    ["per", "each", "every", "hourly", "daily", "weekly", "monthly", "quarterly", "yearly", "annual"];

/// How long something takes, exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Duration {
    amount: Number,
    unit_days: u64,
}

impl Duration {
    /// What each month of it gets of a sum, rounded up; nothing where it takes no time.
    pub(super) fn by_month(self, sum: u64) -> Option<u128> {
        let days = u128::from(self.amount.digits) * u128::from(self.unit_days);
        let sum = u128::from(sum) * u128::from(DAYS_OF_MONTH) * 10_u128.pow(self.amount.decimals);
        (days > 0).then(|| sum.div_ceil(days))
    }
}

/// The first duration in a text, such as `18 months`.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let tokens = tokens(text);
    let places = (0..tokens.len()).filter_map(|place| tokens.split_at_checked(place));
    let mut durations = places.filter_map(|(before, rest)| match (before, rest) {
        // A range such as 12-18 has a number before its dash; without one it is a minus, and no duration.
        ([Token::Mark('-')], _) => None,
        ([.., earlier, Token::Mark('-')], _) if !matches!(earlier, Token::Number(_) | Token::Word(_)) => None,
        (_, [Token::Number(amount), Token::Word(unit), ..]) => {
            let unit = words(unit);
            let days = UNIT_DAYS.iter().find(|(name, _)| unit.iter().eq([name]));
            days.map(|(_, unit_days)| Duration { amount: *amount, unit_days: *unit_days })
        }
        _ => None,
    });
    durations.next()
}

/// The lowest amount of money that a constraint sets as an upper bound, such as `no more than 2M USD`.
pub(super) fn ceiling(constraint: &str) -> Option<Usd> {
    let tokens = tokens(constraint);
    if tokens.iter().any(|token| token.is_word(&RATES)) {
        return None;
    }
    let places = (0..tokens.len()).filter_map(|place| tokens.split_at_checked(place));
    places.filter_map(|(before, rest)| bound(before, rest)).min()
}

/// The amount at the start of `rest`, if the words around it bound it from above.
fn bound(before: &[Token], rest: &[Token]) -> Option<Usd> {
    let (amount, after) = amount(rest)?;
    let part_of_more = matches!(before.last(), Some(Token::Number(_) | Token::Mark('-')))
        || matches!(after, [Token::Mark('-' | '/'), ..])
        || matches!(after, [Token::Word(to), Token::Number(_) | Token::Mark('$'), ..] if to == "to");
    if part_of_more || after.first().is_some_and(|next| next.is_word(&["a", "an"])) {
        return None;
    }
    let lead = before.iter().rposition(|token| !token.is_word(&FILLERS)).map_or(0, |last| last + 1);
    let lead = before.get(..lead).unwrap_or_default();
    let follows = |phrase: &[&str], wants_negation: bool| {
        let start = lead.len().checked_sub(phrase.len()).and_then(|start| lead.split_at_checked(start));
        start.is_some_and(|(earlier, end)| spells(end, phrase) && negated(earlier) == wants_negation)
    };
    let bounded = AT_MOST.iter().any(|phrase| follows(phrase, false))
        || MORE_THAN.iter().any(|phrase| follows(phrase, true))
        || AT_MOST_AFTER
            .iter()
            .any(|phrase| after.get(..phrase.len()).is_some_and(|end| spells(end, phrase)));
    bounded.then_some(amount)
}

/// An amount of money at the start of the tokens, with what follows it.
fn amount(tokens: &[Token]) -> Option<(Usd, &[Token])> {
    let (leading, tokens) = match tokens {
        [Token::Mark('$'), rest @ ..] => (true, rest),
        [first, rest @ ..] if first.is_word(&CURRENCY) => (true, rest),
        _ => (false, tokens),
    };
    let [Token::Number(number), tokens @ ..] = tokens else {
        return None;
    };
    let scales: [(&[&str], u128); 3] = [(&THOUSAND, 1_000), (&MILLION, 1_000_000), (&BILLION, 1_000_000_000)];
    let scale = tokens.first().and_then(|next| scales.iter().find(|(names, _)| next.is_word(names)));
    let tokens = if scale.is_some() { tokens.get(1..).unwrap_or_default() } else { tokens };
    let (trailing, tokens) = match tokens {
        [us, dollars, rest @ ..] if us.is_word(&["us"]) && dollars.is_word(&CURRENCY) => (true, rest),
        [first, rest @ ..] if first.is_word(&CURRENCY) => (true, rest),
        _ => (false, tokens),
    };
    let cents = u128::from(number.digits) * scale.map_or(1, |(_, scale)| *scale) * 100;
    let amount = u64::try_from(cents / 10_u128.pow(number.decimals)).ok().and_then(Usd::from_cents)?;
    (leading || trailing).then_some((amount, tokens))
}

fn spells(tokens: &[Token], phrase: &[&str]) -> bool {
    tokens.len() == phrase.len() && tokens.iter().zip(phrase).all(|(token, word)| token.is_word(&[word]))
}

/// Whether the words just before a bound turn it into its opposite.
fn negated(before: &[Token]) -> bool {
    let words = before.iter().rev().map_while(|token| match token {
        Token::Word(word) => Some(word),
        Token::Number(_) | Token::Mark(_) => None,
    });
    words.take(NEGATION_REACH_WORDS).any(|word| NEGATIONS.contains(&word.as_str()) || word.ends_with("n't"))
}

/// A number as it is written: `digits` without its point, and how many of them stand behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Number {
    digits: u64,
    decimals: u32,
}

impl Number {
    /// `1,500.5` and the like; nothing where commas or points leave open what is meant.
    fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let mut groups = whole.split(',');
        let first = groups.next().unwrap_or_default();
        let grouped = whole.contains(',');
        if first.is_empty() || (grouped && first.len() > 3) || groups.any(|group| group.len() != 3) {
            return None;
        }
        let digits = format!("{}{fraction}", whole.replace(',', ""));
        if digits.len() > MAX_DIGITS || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        Some(Self { digits: digits.parse().ok()?, decimals: u32::try_from(fraction.len()).ok()? })
    }
}

/// A piece of a text, as far as figures need it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// A number that reads in one way only.
    Number(Number),
    /// Letters, in lower case, with apostrophes inside.
    Word(String),
    /// Anything else that keeps its neighbours apart, also a number that could be read in several ways.
    Mark(char),
}

impl Token {
    fn is_word(&self, words: &[&str]) -> bool {
        matches!(self, Self::Word(word) if words.contains(&word.as_str()))
    }
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (token, used) = token(first, rest);
        tokens.extend(token);
        rest = rest.get(used..).unwrap_or_default();
    }
    tokens
}

/// The token at the start of `rest`, if there is one, and how many bytes it takes.
fn token(first: char, rest: &str) -> (Option<Token>, usize) {
    let run =
        |keep: fn(char) -> bool| rest.find(|c| !keep(c)).map_or(rest, |end| rest.get(..end).unwrap_or(rest));
    let next = rest.chars().nth(1);
    if first.is_ascii_digit() || (first == '.' && next.is_some_and(|next| next.is_ascii_digit())) {
        let number = run(|c| c.is_ascii_digit() || matches!(c, '.' | ',')).trim_end_matches(['.', ',']);
        (Some(Number::parse(number).map_or(Token::Mark('#'), Token::Number)), number.len())
    } else if first.is_alphabetic() {
        let word = run(|c| c.is_alphabetic() || matches!(c, '\'' | '\u{2019}'));
        (Some(Token::Word(word.to_lowercase().replace('\u{2019}', "'"))), word.len())
    } else {
        let token = match first {
            '<' | '\u{2264}' => Some(Token::Word("under".to_owned())),
            // Between words it only joins them; elsewhere it makes a range or a break.
            '-' | '\u{2010}'..='\u{2015}' => {
                (!next.is_some_and(char::is_alphabetic)).then_some(Token::Mark('-'))
            }
            ':' | '=' | '(' | ')' | '"' | '*' | '`' | '~' | '_' => None,
            _ if first.is_whitespace() => None,
            _ => Some(Token::Mark(first)),
        };
        (token, first.len_utf8())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ceilings_are_read_where_they_are_meant() {
        let check =
            |text: &str, dollars: u64| assert_eq!(ceiling(text), Some(Usd::dollars(dollars)), "{text}");
        check("No more than 2M USD for new initiatives", 2_000_000);
        check("at most 50,000 USD", 50_000);
        check("Budget below 1.5 million USD.", 1_500_000);
        check("maximum 300k USD", 300_000);
        check("Maximum budget of $300k", 300_000);
        check("The total must not exceed $2M", 2_000_000);
        check("Spending mustn\u{2019}t ever exceed US$2.5bn!", 2_500_000_000);
        check("It cannot go above USD 40 thousand", 40_000);
        check("not-to-exceed: 12,000 US dollars", 12_000);
        check("2M USD at most", 2_000_000);
        check("cost <= 10 USD", 10);
        check("AT MOST 3M USD, and no more than 1M USD until May", 1_000_000);
        assert_eq!(ceiling("under 0.07 USD"), Usd::from_cents(7));
    }

    #[test]
    fn what_is_no_ceiling_of_the_whole_is_left_alone() {
        let check = |text: &str| assert_eq!(ceiling(text), None, "{text}");
        check("The company may at most double in size");
        check("Today's platform ends at 10,000 users");
        check("at most 10,000 users");
        check("at most 2M EUR");
        check("at least 2M USD");
        check("no less than 2M USD");
        check("cash must not fall below 2M USD");
        check("a person signs what is above 2M USD");
        check("Not negotiable; above 2M USD a person signs");
        check("at most 50 USD per seat");
        check("cost for each customer stays below 50 USD");
        check("at most 50 USD/hour");
        check("at most 50,000 USD a month");
        check("at most $2-3M");
        check("at most $2 to $3M");
        check("at most 20% of 2M USD");
        check("1.500.000 USD at most");
        check("1,5 million USD at most");
        check("2 000 000 USD at most");
        check(".5M USD at most");
        check("at most 99999999999999999999 USD");
        check("at most 999,999,999 billion USD");
        check("at most USD");
        check("");
    }

    #[test]
    fn durations_are_read_at_their_first_mention() {
        // What a month gets of 3,600.
        let check = |text: &str, by_month: Option<u128>| {
            assert_eq!(duration(text).and_then(|duration| duration.by_month(3_600)), by_month, "{text}");
        };
        check("18 months", Some(200));
        check("an 18-MONTH programme, then 2 years", Some(200));
        check("2 weeks", Some(7_715));
        check("1 year", Some(300));
        check("1.5 years.", Some(200));
        check("3 quarters", Some(400));
        check("30 days", Some(3_600));
        check("about 12-18 months", Some(200));
        check("0 months", None);
        check("-3 months", None);
        check("(-3 months)", None);
        check("mid-3 months", Some(1_200));
        check("by month 18", None);
        check("2026 soon", None);
        check("eighteen months", None);
        check("1,2 months", None);
        check("", None);
        let longest = duration("0.00000000000001 days").unwrap();
        assert!(longest.by_month(u64::MAX).is_some());
        check("0.0000000000000000000000000000000000000001 days", None);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,60}", figures in "[0-9.,$kMUSD /\\-]{0,40}") {
            for text in [text, format!("at most {figures} USD"), format!("{figures} months")] {
                let _ = ceiling(&text);
                let _ = duration(&text).and_then(|duration| duration.by_month(u64::MAX));
            }
        }

        /// However an amount is written, it is read as the same amount.
        #[test]
        fn a_written_amount_is_read_back(thousands in 1_u64..1_000_000) {
            let expected = Some(Usd::dollars(thousands * 1_000));
            prop_assert_eq!(ceiling(&format!("no more than {}", Usd::dollars(thousands * 1_000))), expected);
            prop_assert_eq!(ceiling(&format!("up to ${thousands}k")), expected);
            prop_assert_eq!(ceiling(&format!("below {}.{:03} million USD", thousands / 1_000, thousands % 1_000)), expected);
        }
    }
}
