//! Tidiness of the source tree: what always holds of it, read from its files.
//!
//! Goal: an invariant that only people remember is soon broken, so each has a test here that names the file, the line
//! and the remedy. Method: a rule is a function from the tree's files to the places that break it. Each test shows
//! first that its rule finds an offence that is put into a copy of the tree, and then that the tree itself has none.
#![expect(clippy::expect_used, reason = "a test reports what it cannot read by failing")]

use std::fmt::Write;
use std::path::Path;

/// The longest source file, in lines: one that can be read in one sitting.
const MAX_LINES: usize = 800;

/// What stands at the top level of the tree, besides dotfiles.
const TOP_LEVEL: [&str; 8] =
    ["Cargo.lock", "Cargo.toml", "LICENSE", "README.md", "agents", "runtime", "storage", "tests"];

/// The roles that are shipped.
const ROLES: [&str; 9] = [
    "ceo",
    "cto",
    "chro",
    "operations_head",
    "product_manager",
    "senior_architect",
    "uiux_engineer",
    "senior_developer",
    "test_lead",
];

/// Who may name the database besides the storage: the benchmark that measures it bare.
const BARE_DATABASE: [&str; 2] = ["tests/Cargo.toml", "tests/benches/store/bare.rs"];

/// The one module that asks the machine for time and randomness.
const CLOCK: &str = "storage/src/clock.rs";

#[test]
fn only_storage_names_the_database() {
    check(
        |tree| {
            names_library(tree, "redb", |path| path.starts_with("storage/") || BARE_DATABASE.contains(&path))
        },
        "ask echo-storage for what is needed, and add it there if it is missing",
        &[
            ("runtime/src/a.rs", "//! A.\nuse redb::Database;\n"),
            ("agents/src/a.rs", "//! A.\nfn f() -> redb::Error {}\n"),
            ("tests/benches/store/a.rs", "//! A.\nuse redb::Database;\n"),
            ("runtime/Cargo.toml", "[dependencies]\nredb.workspace = true\n[lints]\nworkspace = true\n"),
        ],
    );
}

#[test]
fn only_the_codec_names_its_encoding() {
    check(
        |tree| {
            names_library(tree, "bincode", |path| {
                matches!(path, "storage/src/codec.rs" | "storage/Cargo.toml")
            })
        },
        "use Encode, Decode, encode and decode of echo_storage::codec",
        &[
            ("storage/src/a.rs", "//! A.\nuse bincode::Encode;\n"),
            ("agents/Cargo.toml", "[dependencies.bincode]\nversion = \"2\"\n[lints]\nworkspace = true\n"),
        ],
    );
}

#[test]
fn the_runtime_names_no_shipped_role() {
    let rule = |tree: &[File]| {
        // Tests may play with roles that readers know; what is shipped may not.
        let is_test = |path: &str| path.contains("/tests/") || path.ends_with("/tests.rs");
        let of_runtime = tree.iter().filter(|file| file.path.starts_with("runtime/") && !is_test(&file.path));
        places(of_runtime, |line| ROLES.into_iter().find(|role| has_word(line, role)))
    };
    check(
        rule,
        "name roles that no company ships, such as `chief` or `clerk`: the runtime hosts any organisation",
        &[
            ("runtime/src/a.rs", "//! A.\nfn f() { ask(\"ceo\") }\n"),
            ("runtime/src/b.rs", "//! The test_lead tests.\n"),
            ("runtime/README.md", "Ask the `chro`.\n"),
        ],
    );
}

#[test]
fn agents_are_pure() {
    const WORDS: [&str; 9] =
        ["async", "await", "tokio", "clock", "Clock", "Stopwatch", "Instant", "SystemTime", "thread"];
    const STD: [&str; 4] = ["fs", "net", "thread", "time"];
    let rule = |tree: &[File]| {
        let mut found = Vec::new();
        // A file of tests alone is no role's.
        let is_role =
            |file: &&File| file.path.starts_with("agents/src/") && !file.path.ends_with("/tests.rs");
        for file in tree.iter().filter(is_role).filter(|file| file.is_rust()) {
            let code = code(&file.text);
            found.extend(places_in(&file.path, &code, |line| {
                WORDS.into_iter().find(|word| has_word(line, word))
            }));
            let names = std_modules(&code);
            let impure = STD.into_iter().filter(|module| names.iter().any(|name| name == module));
            found.extend(impure.map(|module| format!("{}: std::{module}", file.path)));
        }
        found
    };
    check(
        rule,
        "roles are pure: take times as arguments, return effects, and leave files, sockets and waiting to the runtime",
        &[
            ("agents/src/a.rs", "//! A.\nasync fn f() {}\n"),
            ("agents/src/b.rs", "//! B.\nuse std::{fmt, fs};\n"),
            ("agents/src/c.rs", "//! C.\nuse std::time::Duration;\n"),
            ("agents/src/d.rs", "//! D.\nfn f() { std::net::TcpStream::connect(\"\"); }\n"),
            ("agents/src/e.rs", "//! E.\nuse echo_storage::clock::Stopwatch;\n"),
        ],
    );
}

#[test]
fn every_module_says_what_it_is_for() {
    let rule = |tree: &[File]| {
        let silent = tree.iter().filter(|file| file.is_rust() && !file.text.starts_with("//!"));
        silent.map(|file| file.path.clone()).collect()
    };
    check(
        rule,
        "begin the file with `//!` and a sentence of purpose",
        &[("storage/src/a.rs", "use std::fmt;\n//! Late.\n")],
    );
}

#[test]
fn modules_are_files_of_their_own_name() {
    let rule = |tree: &[File]| {
        let named_mod = tree.iter().filter(|file| file.path.ends_with("/mod.rs"));
        named_mod.map(|file| file.path.clone()).collect()
    };
    check(rule, "rename `x/mod.rs` to `x.rs`", &[("runtime/src/a/mod.rs", "//! A.\n")]);
}

#[test]
fn files_can_be_read_in_one_sitting() {
    let rule = |tree: &[File]| {
        let lines = tree.iter().filter(|file| file.is_rust()).map(|file| (file, file.text.lines().count()));
        let long = lines.filter(|(_, lines)| *lines > MAX_LINES);
        long.map(|(file, lines)| format!("{}: {lines} lines, at most {MAX_LINES}", file.path)).collect()
    };
    let long = "//! Line.\n".repeat(MAX_LINES + 1);
    check(rule, "split the file by what its parts are about", &[("storage/src/a.rs", &long)]);
}

#[test]
fn the_top_level_holds_what_it_should() {
    let rule = |tree: &[File]| {
        let mut found: Vec<&str> = tree.iter().filter_map(|file| file.path.split('/').next()).collect();
        found.sort_unstable();
        found.dedup();
        let missing = TOP_LEVEL.iter().filter(|name| !found.contains(name)).map(|name| format!("no {name}"));
        let more = found.iter().filter(|name| !TOP_LEVEL.contains(name)).map(|name| format!("{name} is new"));
        missing.chain(more).collect()
    };
    check(
        rule,
        "put new things into the crate that they belong to; add what is missing",
        &[("notes.md", ""), ("core/src/lib.rs", "//! Core.\n")],
    );
    let empty = rule(&[]);
    assert_eq!(empty.len(), TOP_LEVEL.len(), "an empty tree lacks everything: {empty:?}");
}

#[test]
fn tests_do_not_sleep() {
    const WORDS: [&str; 5] = ["sleep", "sleep_until", "sleep_ms", "pause_ms", "park_timeout"];
    let rule = |tree: &[File]| {
        let mut found = Vec::new();
        for file in tree.iter().filter(|file| file.is_rust()) {
            // Blanking what is no test keeps the numbers of the lines.
            let code = test_code(&file.path, &code(&file.text));
            found.extend(places_in(&file.path, &code, |line| {
                WORDS.into_iter().find(|word| has_word(line, word))
            }));
        }
        found
    };
    check(
        rule,
        "wait for the event, with a bound, or move the virtual clock",
        &[
            ("tests/tests/a.rs", "//! A.\nfn f() { std::thread::sleep(LONG); }\n"),
            ("runtime/src/a/tests.rs", "//! A.\nasync fn f() { tokio::time::sleep(LONG).await; }\n"),
            ("runtime/src/b.rs", "//! B.\n#[cfg(test)]\nmod tests {\n    use std::thread::sleep;\n}\n"),
            (
                "storage/src/c.rs",
                "//! C.\n#[cfg(test)]\nmod tests {\n    fn f() { clock::pause_ms(5); }\n}\n",
            ),
        ],
    );
}

#[test]
fn every_crate_has_a_readme() {
    let rule = |tree: &[File]| {
        let readmes = crates(tree).map(|(name, _)| format!("{name}/README.md"));
        readmes.filter(|readme| !tree.iter().any(|file| file.path == *readme)).collect()
    };
    check(
        rule,
        "write one that says what the crate is for, and include it in the crate's docs",
        &[("extra/Cargo.toml", "[package]\n")],
    );
}

#[test]
fn only_one_module_asks_for_time_and_randomness() {
    const CALLS: [&str; 7] = [
        "SystemTime::now",
        "Instant::now",
        "getrandom::",
        "thread::sleep",
        "rand::rng",
        "rand::random",
        "disallowed_methods",
    ];
    let rule = |tree: &[File]| {
        let mut found = Vec::new();
        for file in tree.iter().filter(|file| file.is_rust() && file.path != CLOCK) {
            let code = code(&file.text);
            found.extend(places_in(&file.path, &code, |line| {
                CALLS.into_iter().find(|call| line.contains(call))
            }));
        }
        found
    };
    check(
        rule,
        "take the time as an argument; where it is read, use Clock or Stopwatch of echo_storage::clock",
        &[
            ("runtime/src/a.rs", "//! A.\nfn f() { tokio::time::Instant::now(); }\n"),
            ("storage/src/b.rs", "//! B.\nfn f() { SystemTime::now(); }\n"),
            ("tests/tests/c.rs", "//! C.\n#![allow(clippy::disallowed_methods)]\n"),
        ],
    );
}

#[test]
fn every_crate_inherits_the_lints() {
    let rule = |tree: &[File]| {
        let inherits = |text: &str| {
            let section = text.lines().map(str::trim).skip_while(|line| *line != "[lints]").skip(1);
            section.take_while(|line| !line.starts_with('[')).any(|line| line == "workspace = true")
        };
        let own_way = crates(tree).filter(|(_, manifest)| !inherits(&manifest.text));
        own_way.map(|(_, manifest)| manifest.path.clone()).collect()
    };
    check(
        rule,
        "add `[lints]` with `workspace = true`",
        &[
            ("extra/Cargo.toml", "[package]\n"),
            ("extra/Cargo.toml", "[lints]\nrust = {}\n[other]\nworkspace = true\n"),
        ],
    );
}

#[test]
fn code_is_told_from_comments_and_texts() {
    let check = |text: &str, expected: &str| assert_eq!(code(text), expected, "{text}");
    check("a // b\nc", "a     \nc");
    check("a /* b /* c */ \n d */ e", "a              \n      e");
    check(r#"f("a // b", 'c', '"') g"#, r#"f("      ", ' ', ' ') g"#);
    check(r#""\"a" b"#, r#""   " b"#);
    check("r#\"a \" b\"# c", "r#\"     \"# c");
    check("r\"a\\\" b", "r\"  \" b");
    check("b'\\'' x<'a, 'b>", "b'  ' x<'a, 'b>");
    check("\"é\" a", "\" \" a");
    assert_eq!(
        std_modules("use std::{fmt, io::{self, net}, fs as f}; std::time::X"),
        ["fmt", "io", "fs", "time"]
    );
    assert_eq!(std_modules("mystd::fs; std :: net :: X; use ::std::thread;"), ["net", "thread"]);
    assert!(has_word("a ceo.", "ceo") && !has_word("ceo_id oceo ceos", "ceo"));
}

/// A file of the tree.
#[derive(Clone)]
struct File {
    /// Its path from the top, with `/` between the parts.
    path: String,
    text: String,
}

impl File {
    fn is_rust(&self) -> bool {
        Path::new(&self.path).extension().is_some_and(|extension| extension == "rs")
    }
}

/// Shows that the rule finds each of the offences (path, text) in a copy of the tree, and that the tree has none.
#[track_caller]
fn check(rule: impl Fn(&[File]) -> Vec<String>, remedy: &str, offences: &[(&str, &str)]) {
    let tree = tree();
    let found = rule(&tree);
    for (path, text) in offences {
        let mut copy: Vec<File> = tree.iter().filter(|file| file.path != *path).cloned().collect();
        copy.push(File { path: (*path).to_owned(), text: (*text).to_owned() });
        let is_found = rule(&copy).iter().any(|place| !found.contains(place));
        assert!(is_found, "the rule misses an offence in {path}:\n{text}");
    }
    let mut message = String::new();
    for place in &found {
        let _ = writeln!(message, "  {place}");
    }
    assert!(found.is_empty(), "{} to mend: {remedy}\n{message}", found.len());
}

/// Every file of the tree, by path; build results and dotfiles are none of it.
fn tree() -> Vec<File> {
    let mut files = Vec::new();
    let mut directories = vec![String::new()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(echo_tests::root().join(&directory)).expect("the tree can be listed") {
            let entry = entry.expect("the tree can be listed");
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') || (directory.is_empty() && name == "target") {
                continue;
            }
            let path = if directory.is_empty() { name } else { format!("{directory}/{name}") };
            if entry.path().is_dir() {
                directories.push(path);
            } else {
                let bytes = std::fs::read(entry.path()).expect("the tree can be read");
                files.push(File { path, text: String::from_utf8_lossy(&bytes).into_owned() });
            }
        }
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    files
}

/// The crates: their directories and manifests.
fn crates(tree: &[File]) -> impl Iterator<Item = (&str, &File)> {
    let crates = tree.iter().filter_map(|file| Some((file.path.strip_suffix("/Cargo.toml")?, file)));
    crates.filter(|(name, _)| !name.contains('/'))
}

/// Where a library is used in code or depended on, except in files that may.
fn names_library(tree: &[File], library: &str, may: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    // The workspace's manifest says which version it is, which is no use of it.
    for file in tree.iter().filter(|file| !may(&file.path) && file.path != "Cargo.toml") {
        if file.is_rust() {
            found.extend(places_in(&file.path, &code(&file.text), |line| {
                has_word(line, library).then_some(library)
            }));
        } else if file.path.ends_with("Cargo.toml") {
            found.extend(places_in(&file.path, &file.text, |line| {
                let line = line.split('#').next().unwrap_or(line);
                has_word(line, library).then_some(library)
            }));
        }
    }
    found
}

fn places<'a>(
    files: impl Iterator<Item = &'a File>,
    offence: impl Fn(&str) -> Option<&'static str>,
) -> Vec<String> {
    files.flat_map(|file| places_in(&file.path, &file.text, &offence)).collect()
}

/// The lines of a text for which `offence` says what is wrong.
fn places_in<'a>(path: &str, text: &str, offence: impl Fn(&str) -> Option<&'a str>) -> Vec<String> {
    let lines = (1..).zip(text.lines());
    lines.filter_map(|(number, line)| Some(format!("{path}:{number}: {}", offence(line)?))).collect()
}

fn is_part_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(is_part_of_word) && !after.is_some_and(is_part_of_word)
    })
}

/// The modules of the standard library that code names, alone or in a group.
fn std_modules(code: &str) -> Vec<String> {
    let code: String = code.split_whitespace().collect::<Vec<_>>().join(" ").replace(" :: ", "::");
    let mut modules = Vec::new();
    for (at, _) in code.match_indices("std::") {
        let (before, rest) = (code.get(..at).unwrap_or(""), code.get(at + "std::".len()..).unwrap_or(""));
        if before.chars().next_back().is_some_and(is_part_of_word) {
            continue;
        }
        let name = |text: &str| text.trim().chars().take_while(|c| is_part_of_word(*c)).collect::<String>();
        let Some(group) = rest.trim_start().strip_prefix('{') else {
            modules.push(name(rest));
            continue;
        };
        let (mut depth, mut start) = (0_usize, 0);
        for (end, c) in group.char_indices() {
            if depth == 0 && matches!(c, ',' | '}') {
                modules.push(name(group.get(start..end).unwrap_or("")));
                start = end + 1;
            }
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                _ => {}
            }
        }
    }
    modules
}

/// The code with everything blanked that is no test: all of a file of tests, else what follows `#[cfg(test)]`.
fn test_code(path: &str, code: &str) -> String {
    let is_test = |part: &str| matches!(part, "tests" | "tests.rs" | "benches");
    if path.split('/').any(is_test) {
        return code.to_owned();
    }
    let start = code.find("#[cfg(test)]").unwrap_or(code.len());
    code.char_indices().map(|(at, c)| if at < start && c != '\n' { ' ' } else { c }).collect()
}

/// The code with the insides of comments and texts blanked, so that each line keeps its number.
fn code(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let piece = piece(rest, code.chars().next_back());
        let (kept, blanked, end) = piece.unwrap_or((c.len_utf8(), 0, 0));
        let (head, tail) = rest.split_at(kept);
        let (inside, tail) = tail.split_at(blanked);
        let (foot, tail) = tail.split_at(end);
        code.push_str(head);
        code.extend(inside.chars().map(|c| if c == '\n' { c } else { ' ' }));
        code.push_str(foot);
        rest = tail;
    }
    code
}

/// A comment or a text at the start of `rest`: how many bytes to keep, to blank, and to keep again.
fn piece(rest: &str, before: Option<char>) -> Option<(usize, usize, usize)> {
    let upto = |end: Option<usize>| end.unwrap_or(rest.len());
    if rest.starts_with("//") {
        return Some((0, upto(rest.find('\n')), 0));
    }
    if rest.starts_with("/*") {
        return Some((0, block_comment(rest), 0));
    }
    if let Some(text) = rest.strip_prefix('"') {
        return Some(quoted(text, '"'));
    }
    if let Some(raw) = rest.strip_prefix('r').filter(|_| !before.is_some_and(is_part_of_raw_prefix)) {
        let hashes = raw.chars().take_while(|c| *c == '#').count();
        let text = raw.get(hashes..)?.strip_prefix('"')?;
        let end = format!("\"{}", "#".repeat(hashes));
        let inside = text.find(&end).unwrap_or(text.len());
        return Some((2 + hashes, inside, text.len().min(inside + end.len()) - inside));
    }
    // A lifetime has no second quote right behind its first character.
    let text = rest.strip_prefix('\'')?;
    let is_char = text.starts_with('\\') || text.chars().nth(1) == Some('\'');
    is_char.then(|| quoted(text, '\''))
}

/// A word that ends in `r` is no raw text, but `br` and `cr` are how some begin.
fn is_part_of_raw_prefix(before: char) -> bool {
    is_part_of_word(before) && !matches!(before, 'b' | 'c')
}

/// A text behind its opening quote.
fn quoted(text: &str, quote: char) -> (usize, usize, usize) {
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            _ if c == quote => return (1, at, 1),
            _ => {}
        }
    }
    (1, text.len(), 0)
}

/// How many bytes a comment has; such comments nest.
fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(here) = rest.get(at..).filter(|here| !here.is_empty()) {
        let (step, next) = if here.starts_with("/*") {
            (2, depth + 1)
        } else if here.starts_with("*/") {
            (2, depth.saturating_sub(1))
        } else {
            (here.chars().next().map_or(1, char::len_utf8), depth)
        };
        at += step;
        depth = next;
        if depth == 0 {
            break;
        }
    }
    at
}
