//! The page: its structure, its pictures of small inputs, and that texts of others never become markup.

use proptest::prelude::*;

use super::*;
use crate::training::chronicle::samples::{discussed, plain, written};

/// The one picture with this id.
fn picture(page: &str, id: &str) -> String {
    let start =
        page.find(&format!("<svg class=\"picture\" role=\"img\" aria-labelledby=\"{id}-title")).unwrap();
    let end = page[start..].find("</svg>").unwrap();
    page[start..start + end + "</svg>".len()].to_owned()
}

/// The words of a page, without its markup and its style.
fn words(page: &str) -> String {
    let body = page.split_once("<body>").unwrap().1;
    let mut words = String::new();
    let mut in_tag = false;
    for letter in body.chars() {
        match letter {
            '<' => in_tag = true,
            '>' => {
                in_tag = false;
                words.push(' ');
            }
            letter if !in_tag => words.push(letter),
            _ => {}
        }
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_page_is_complete_in_itself() {
    for (chronicle, report) in [plain(), discussed()] {
        let page = page(&chronicle, &report);
        for outside in ["http", "<script", "<link", "@import", "url(", "src=", "<iframe", "<img"] {
            assert!(!page.contains(outside), "{outside}");
        }
        for id in ["matrix", "timeline", "votes", "ladder", "spending"] {
            let picture = picture(&page, id);
            assert!(picture.contains(&format!("<title id=\"{id}-title\">")), "{picture}");
            assert!(picture.contains(&format!("<desc id=\"{id}-description\">")), "{picture}");
        }
        assert_eq!(page.matches("<h1>").count(), 1);
        for (id, heading) in SECTIONS {
            assert!(page.contains(&format!("<a href=\"#{id}\">{heading}</a>")), "{id}");
            assert!(page.contains(&format!("<section id=\"{id}\">")), "{id}");
        }
        let mut ids: Vec<&str> =
            page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all, "an id stands on the page twice");
        assert!(page.contains(&chronicle.hash));
    }
}

#[test]
fn the_same_store_gives_the_same_bytes() {
    let pages = [plain(), plain()].map(|(chronicle, report)| page(&chronicle, &report));
    assert!(pages[0] == pages[1]);
}

#[test]
fn the_page_tells_what_happened() {
    let (chronicle, report) = discussed();
    let words = words(&page(&chronicle, &report));
    for told in [
        "escalated It waits for a person (apr-1).",
        "guard changes reject to approve, naming a fact of clerk: no paper was lost in 12 months",
        "guard asks clerk : How many papers were lost? clerk answers: None in 12 months.",
        "clerk asks porter : Who carries the old locks away? no answer",
        "Round 3: absent its breaker is open: panicked: no key",
        "dead letter guard msg-",
        "could not take msg-5: panicked: no key",
        "4,200 USD spent, 150,000 USD asked now; limit 5,000 USD: beyond",
        "porter no word on its answer to clerk (tho-90): the deadline has passed",
        "echo-org replay --session ses-1",
    ] {
        assert!(words.contains(told), "`{told}` is missing in\n{words}");
    }
}

#[test]
fn the_pictures_of_a_discussion() {
    let (chronicle, report) = discussed();
    let page = page(&chronicle, &report);
    insta::assert_snapshot!("votes", picture(&page, "votes"));
    insta::assert_snapshot!("spending", picture(&page, "spending"));
    insta::assert_snapshot!("ladder", picture(&page, "ladder"));
    let matrix = picture(&page, "matrix");
    assert!(matrix.contains("chief to clerk: 1"), "{matrix}");
    let timeline = picture(&page, "timeline");
    assert_eq!(timeline.matches("class=\"failure\"").count(), 3);
    assert!(timeline.contains("porter thinks about its answer to clerk: 2 min, the deadline has passed"));
    assert!(timeline.contains("each wait as much as it is long"));
}

#[test]
fn a_session_without_waits_counts_its_steps() {
    let (chronicle, report) = plain();
    let timeline = picture(&page(&chronicle, &report), "timeline");
    assert!(timeline.contains("by the store&#39;s clock the whole session took 0 ms"), "{timeline}");
    assert!(timeline.contains("step 2"), "{timeline}");
}

/// What is left of a page when every character that could be markup is the same.
fn without_entities(page: &str) -> String {
    let entities = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"];
    entities.iter().fold(page.to_owned(), |page, entity| page.replace(entity, "x"))
}

/// Goal: no text that somebody wrote gets markup onto the page. Method: a page full of such a text is the page full of
/// harmless letters, once entities are letters; had one character got through raw, it would be more.
#[track_caller]
fn check_harmless(text: &str) {
    let harmless: String = text.chars().map(|c| if "<>&\"'".contains(c) { 'x' } else { c }).collect();
    let pages = [text, &harmless].map(|text| {
        let (chronicle, report) = written(text);
        without_entities(&page(&chronicle, &report))
    });
    assert!(pages[0] == pages[1], "{text:?} got through");
}

#[test]
fn known_attacks_are_words() {
    check_harmless("</title></style></svg><script>alert(1)</script>");
    check_harmless("\" onload=\"alert(1)");
    check_harmless("' onload='alert(1)' x='");
    check_harmless("&lt;b&gt; &#60;");
    check_harmless("<!-- ]]> -->");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn no_text_becomes_markup(text in r#"[<>&"'/a-c =!-]{1,40}"#) {
        check_harmless(&text);
    }
}
