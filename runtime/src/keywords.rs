//! Keywords: the words of a text, folded so that keywords find them.
//!
//! What always holds: texts and keywords are folded by the same function, so a keyword finds itself in any case and
//! number; a word is found whole or not at all; a phrase is found as consecutive words. Everything here is pure.

use unicode_normalization::UnicodeNormalization;

/// Whether a character takes no place: a soft hyphen, joiners and marks of direction.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

/// A trailing `s` is a plural's only on words longer than this many letters: `us`, `ios` and `bus` keep theirs.
const LONGEST_UNFOLDED_LETTERS: usize = 3;

/// The words of a text in their order: runs of letters and digits, in lower case, a plural `s` taken off. Letters in other
/// forms (wide ones, ligatures) are read as themselves, and characters that nobody sees are passed over.
pub(crate) fn words(text: &str) -> Vec<String> {
    let plain = text.is_ascii().then(|| text.to_owned());
    let text = plain.unwrap_or_else(|| text.chars().filter(|c| !is_unseen(*c)).nfkc().collect());
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(fold).collect()
}

/// Those of the keywords that occur among words from [`words`], in the keywords' order and spelling.
///
/// Keywords that fold to the same words count once; one without any word is never found.
pub(crate) fn hits(text_words: &[String], keywords: &[String]) -> Vec<String> {
    let mut seen: Vec<Vec<String>> = Vec::new();
    let mut found = Vec::new();
    for keyword in keywords {
        let phrase = words(keyword);
        if phrase.is_empty() || seen.contains(&phrase) {
            continue;
        }
        if text_words.windows(phrase.len()).any(|window| window == phrase) {
            found.push(keyword.clone());
        }
        seen.push(phrase);
    }
    found
}

/// Whether words from [`words`] tell of something: a phrase occurs among them as consecutive words, of which one that ends
/// in `*` stands for every word that begins so.
pub(crate) fn tells(text_words: &[String], telling: &str) -> bool {
    let phrase: Vec<(String, bool)> = telling
        .split_whitespace()
        .flat_map(|part| {
            let begins = part.ends_with('*');
            words(part).into_iter().map(move |word| (word, begins))
        })
        .collect();
    let is = |word: &String, (wanted, begins): &(String, bool)| {
        word == wanted || (*begins && word.starts_with(wanted.as_str()))
    };
    !phrase.is_empty()
        && text_words
            .windows(phrase.len())
            .any(|window| window.iter().zip(&phrase).all(|(word, wanted)| is(word, wanted)))
}

fn fold(word: &str) -> String {
    let word = word.to_lowercase();
    match word.strip_suffix('s') {
        Some(stem) if !stem.ends_with('s') && word.chars().count() > LONGEST_UNFOLDED_LETTERS => {
            stem.to_owned()
        }
        _ => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_are_whole_and_folded() {
        let check = |text: &str, expected: &[&str]| assert_eq!(words(text), expected, "{text}");
        check("Costs grow, as fast as REVENUE!", &["cost", "grow", "as", "fast", "as", "revenue"]);
        check("HR, UI/UX and QA tell us", &["hr", "ui", "ux", "and", "qa", "tell", "us"]);
        check("the iOS bus", &["the", "ios", "bus"]);
        check(
            "APIs; a process, a business; processes",
            &["api", "a", "process", "a", "business", "processe"],
        );
        check("Today's user_stories", &["today", "s", "user", "storie"]);
        check("Ärger kostet 2M", &["ärger", "kostet", "2m"]);
        check(" … -- ", &[]);
    }

    #[test]
    fn words_that_tell_are_found_by_their_beginnings() {
        let check = |text: &str, telling: &str, expected: bool| {
            assert_eq!(tells(&words(text), telling), expected, "{text} {telling}");
        };
        check("Bob is terminated today", "terminat*", true);
        check("the terminal", "terminat*", false);
        check("they were laid off", "laid off", true);
        check("laid it off", "laid off", false);
        check("we migrate databases", "migrat* database*", true);
        check("termi\u{200b}nation of \u{ff22}ob", "terminat*", true);
        check("term\u{ad}ination", "termination", true);
        check("anything", "*", false);
    }

    #[test]
    fn keywords_are_found_whole_once_and_as_phrases() {
        let check = |text: &str, keywords: &[&str], expected: &[&str]| {
            let keywords: Vec<String> = keywords.iter().map(|&word| word.to_owned()).collect();
            assert_eq!(hits(&words(text), &keywords), expected, "{text}");
        };
        check("A price change drives customers away", &["product", "customer"], &["customer"]);
        check("the designer's codebase", &["design", "code"], &[]);
        check("One new team member", &["hiring", "team member", "member"], &["team member", "member"]);
        check("members of the team", &["team member"], &[]);
        check("Team Members", &["team member"], &["team member"]);
        check("bug and bugs", &["bug", "Bugs", "BUG"], &["bug"]);
        check("anything", &["", " - "], &[]);
        check("", &["bug"], &[]);
    }

    proptest! {
        /// A keyword is found in itself, whatever stands around it.
        #[test]
        fn a_keyword_finds_itself(before in ".{0,12}", keyword in "[a-zA-Z]{1,8}( [a-z]{1,8})?", after in ".{0,12}") {
            let text = format!("{before} {keyword} {after}");
            prop_assert_eq!(hits(&words(&text), std::slice::from_ref(&keyword)), vec![keyword.clone()]);
            prop_assert_eq!(hits(&words(&text.to_uppercase()), std::slice::from_ref(&keyword)), vec![keyword]);
        }
    }
}
