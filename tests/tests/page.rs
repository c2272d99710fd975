//! What people read after a session: the files beside the store, and the page as a browser shows it.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test reports what it cannot read by failing"
)]

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use echo_tests::{Browser, Home, artefact};
use serde_json::Value;

/// The pictures of a page.
const PICTURES: [&str; 5] = ["votes", "ladder", "matrix", "timeline", "spending"];

/// The files of a session.
const FILES: [&str; 4] = ["messages.jsonl", "report.html", "report.json", "report.md"];

/// The width of a usual window, in pixels.
const WIDE: u32 = 1200;
/// The narrowest window that the browser opens, in pixels.
const NARROW: u32 = 500;
/// The width of a picture as on a phone, in pixels.
const PHONE: u32 = 390;

/// Put behind a page, it has the browser write down the box of each picture, and whether the page is wider than the
/// window. The page itself needs no script.
const MEASURE: &str = r#"<script>
document.querySelectorAll("svg").forEach(svg => {
  const box = svg.getBoundingClientRect();
  const texts = [...svg.querySelectorAll("text")].filter(text => {
    const own = text.getBoundingClientRect();
    return own.right > box.right + 1 || own.left < box.left - 1 || own.bottom > box.bottom + 1 || own.top < box.top - 1;
  });
  svg.setAttribute("data-box", Math.round(box.width) + "x" + Math.round(box.height));
  svg.setAttribute("data-cut", texts.map(text => text.textContent).join("|"));
});
document.body.setAttribute("data-excess", document.documentElement.scrollWidth - window.innerWidth);
document.body.setAttribute("data-width", window.innerWidth);
document.body.setAttribute("data-requests", performance.getEntriesByType("resource").length);
</script>"#;

/// Where the files of a home's first session are.
fn session(home: &Home) -> PathBuf {
    home.store().with_file_name("org.redb.sessions").join("ses-1")
}

fn text(directory: &Path, name: &str) -> String {
    std::fs::read_to_string(directory.join(name)).unwrap()
}

/// The value of an attribute of the element in which `place` stands.
fn attribute<'p>(page: &'p str, place: &str, name: &str) -> &'p str {
    let at = page.find(place).unwrap_or_else(|| panic!("{place} is not on the page"));
    let start = page[..at].rfind('<').unwrap();
    let element = &page[start..];
    let rest = element.split_once(&format!("{name}=\"")).unwrap_or_else(|| panic!("{place} has no {name}")).1;
    rest.split('"').next().unwrap()
}

#[test]
fn a_session_leaves_its_files_beside_the_store() {
    let home = Home::default();
    let run = home.run(&["train"]).exits(0);
    let directory = session(&home);
    let page = directory.join("report.html");
    let said = format!("report   {}", page.display());
    assert_eq!(run.stdout.lines().last(), Some(said.as_str()), "{}", run.told());
    let names: BTreeSet<String> = std::fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names, FILES.map(str::to_owned).into(), "and nothing unfinished");
    assert!(text(&directory, "report.md").starts_with("# Triple revenue in 18 months\n"));
    let report: Value = serde_json::from_str(&text(&directory, "report.json")).unwrap();
    assert_eq!(report["decision"]["status"], "escalated");

    let messages = text(&directory, "messages.jsonl");
    let messages: Vec<Value> = messages.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ids: Vec<String> = (1..=messages.len()).map(|number| format!("msg-{number}")).collect();
    let found: Vec<&str> = messages.iter().map(|message| message["id"].as_str().unwrap()).collect();
    assert_eq!(found, ids);
    assert_eq!(messages[0]["from"], "ceo");
    assert_eq!(messages[0]["content"]["decision"], "dec-1", "content is JSON");
    let asked = messages.iter().find(|message| message["kind"] == "request").unwrap();
    assert_eq!(asked["recipients"].as_array().unwrap().len(), 8, "everybody but the sender");
    assert!(
        messages
            .iter()
            .flat_map(|one| one["recipients"].as_array().unwrap())
            .all(|one| one["state"] == "read")
    );
}

/// Goal: the report for programs is what `train --json` prints. Method: both are compared, byte for byte.
#[test]
fn programs_find_in_the_file_what_was_printed() {
    let home = Home::default();
    let run = home.run(&["train", "--json"]).exits(0);
    assert_eq!(text(&session(&home), "report.json").trim_end(), run.stdout.trim_end());
    assert_eq!(run.stderr, "");
}

/// Goal: the files come from the store alone. Method: they are removed and written again, and those for people are the
/// same bytes; after a verdict they tell it.
#[test]
fn a_report_can_be_written_again() {
    let home = Home::default();
    let _ = home.run(&["train", "--virtual-time", "--seed", "7"]).exits(0);
    let directory = session(&home);
    let before = FILES.map(|name| text(&directory, name));
    std::fs::remove_dir_all(&directory).unwrap();
    let run = home.run(&["report"]).exits(0);
    assert_eq!(run.stdout.trim_end(), directory.join("report.html").to_str().unwrap());
    for (name, before) in FILES.iter().zip(&before).filter(|(name, _)| **name != "report.json") {
        assert!(text(&directory, name) == *before, "{name} differs");
    }
    let _ = home.run(&["approve", "apr-1", &home.code("apr-1"), "--note", "go on"]).exits(0);
    let _ = home.run(&["report", "ses-1"]).exits(0);
    assert!(text(&directory, "report.md").contains("**Approved by a person.**"));
    assert!(text(&directory, "report.html").contains("go on"));
    let _ = home.run(&["report", "ses-9"]).exits(1).says(&["no session ses-9"]);
}

#[test]
fn a_fresh_start_takes_the_reports_along() {
    let home = Home::default();
    let _ = home.run(&["train", "--quiet"]).exits(0);
    let page = text(&session(&home), "report.html");
    let _ = home.run(&["train", "--quiet", "--fresh"]).exits(0);
    let aside = home.store().with_file_name("org.redb.before-1.sessions").join("ses-1");
    assert!(text(&aside, "report.html") == page);
    assert!(session(&home).join("report.html").exists());
}

/// Goal: a report that cannot be written is told after the result, with the remedy, and the store is as it should be.
/// Method: a file stands where the directory should be made.
#[test]
fn a_report_that_cannot_be_written_is_told() {
    let home = Home::default();
    let in_the_way = home.store().with_file_name("org.redb.sessions");
    std::fs::create_dir_all(in_the_way.parent().unwrap()).unwrap();
    std::fs::write(&in_the_way, "a letter").unwrap();
    let run = home.run(&["train"]).exits(1);
    assert!(run.stdout.contains("OUTCOME\n  escalated"), "{}", run.told());
    let run = run.says(&["ses-1 is whole in the store", "org.redb.sessions/ses-1", "echo-org report ses-1"]);
    assert!(!run.stdout.contains("\nreport "), "{}", run.told());
    assert_eq!(std::fs::read_to_string(&in_the_way).unwrap(), "a letter");
    std::fs::remove_file(&in_the_way).unwrap();
    let _ = home.run(&["replay"]).exits(0);
    let _ = home.run(&["report"]).exits(0);
}

/// Goal: the page is what it should be where people look at it. Method: a real browser opens it; what it made of the page
/// is read, and pictures of it are left to be looked at.
#[test]
fn a_browser_shows_the_page() {
    let Some(browser) = Browser::find() else {
        // Straight to the stream, because what a test that passes prints is not shown.
        let told =
            "SKIPPED: no browser was found; install chromium, or name one in CHROMIUM, and run this again";
        writeln!(std::io::stderr(), "{told}").unwrap();
        return;
    };
    let home = Home::default();
    let _ = home.run(&["train", "--quiet"]).exits(0);
    let page = session(&home).join("report.html");
    let source = std::fs::read_to_string(&page).unwrap();
    for outside in ["http", "<script", "<link", "@import", "url(", " src="] {
        assert!(!source.contains(outside), "{outside}");
    }
    let measured = home.write("measured.html", &format!("{source}{MEASURE}"));
    for width in [WIDE, NARROW] {
        check_layout(&browser.dump(&measured, width), width);
    }
    let wide = shot(&browser, &page, "report.png", (WIDE, 2400), false);
    let dark = shot(&browser, &page, "report-dark.png", (WIDE, 2400), true);
    let phone = shot(&browser, &page, "report-phone.png", (PHONE, 3000), false);
    assert!(wide != dark, "dark looks like light");
    assert!(phone != wide);
}

/// What a browser made of the page in a window of this width.
fn check_layout(seen: &str, width: u32) {
    assert!(seen.contains("<title>ses-1: Triple revenue in 18 months</title>"));
    assert!(seen.contains("It waits for a person (apr-1)."));
    assert_eq!(attribute(seen, "data-requests", "data-requests"), "0");
    let inner = attribute(seen, "data-width", "data-width");
    assert_eq!(inner, width.to_string(), "the window is as wide as it should be");
    let excess: i64 = attribute(seen, "data-excess", "data-excess").parse().unwrap();
    assert!(excess <= 0, "the page is {excess} pixels wider than its window");
    for id in PICTURES {
        let place = format!("aria-labelledby=\"{id}-title");
        let (width, height) = attribute(seen, &place, "data-box").split_once('x').unwrap();
        let sides: [u32; 2] = [width, height].map(|side| side.parse().unwrap());
        assert!(sides[0] >= 200 && sides[1] >= 60, "{id} has a box of {sides:?}");
        assert_eq!(attribute(seen, &place, "data-cut"), "", "texts of {id} stand out of it");
    }
}

/// A picture of the page, which must be a PNG of the size and of more than one colour.
fn shot(browser: &Browser, page: &Path, name: &str, size: (u32, u32), is_dark: bool) -> Vec<u8> {
    let path = artefact(name);
    let _ = std::fs::remove_file(&path);
    browser.shoot(page, size.0, size.1, is_dark, &path);
    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n", "{name}");
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    assert_eq!((number(16), number(20)), size, "{name}");
    // A single colour packs into a few bytes for each line; text takes much more.
    let lines = usize::try_from(size.1).unwrap();
    assert!(bytes.len() > lines * 20, "{name} has {} bytes, so there is hardly anything on it", bytes.len());
    bytes
}
