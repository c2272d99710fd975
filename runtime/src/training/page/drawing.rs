//! Drawing: what the pictures of a page share.
//!
//! What always holds: coordinates are whole pixels of the picture's own size, so the same data gives the same bytes; every
//! picture has a title and a description for those who do not see it; colours are classes of the page's style, so it
//! reads in light and dark.

use super::markup::{Attribute, Markup};

/// The height of a line of text, in pixels.
pub(super) const LINE: i64 = 17;
/// The size of a letter of the pictures' text, in pixels.
const LETTER: i64 = 13;
/// The width of an average letter of sans-serif text, in percent of its size; rather too wide than too narrow.
const LETTER_PERCENT: i64 = 57;
/// How many characters of a role's name a picture shows; the whole name is in its title.
const NAME_CHARS: usize = 24;

/// Where a text stands beside its point.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    /// To the right of it.
    Start,
    /// Across it.
    Middle,
    /// To the left of it.
    End,
}

/// A picture that is being drawn.
pub(super) struct Picture<'m> {
    markup: &'m mut Markup,
}

/// What a picture is for those who do not see it, and how large it is.
pub(super) struct Canvas<'a> {
    /// By which its title and description are found.
    pub(super) id: &'static str,
    /// What it shows.
    pub(super) title: &'a str,
    /// What is to be seen, in words.
    pub(super) description: &'a str,
    /// In pixels.
    pub(super) width: i64,
    /// In pixels.
    pub(super) height: i64,
}

impl Canvas<'_> {
    /// Draws the picture into the page.
    pub(super) fn draw(&self, markup: &mut Markup, inner: impl FnOnce(&mut Picture<'_>)) {
        let Self { id, title, description, width, height } = self;
        let (width, height) = (width.to_string(), height.to_string());
        let view = format!("0 0 {width} {height}");
        let (title_id, description_id) = (format!("{id}-title"), format!("{id}-description"));
        let labels = format!("{title_id} {description_id}");
        let attributes: [Attribute<'_>; 6] = [
            ("class", "picture"),
            ("role", "img"),
            ("aria-labelledby", &labels),
            ("viewBox", &view),
            ("width", &width),
            ("height", &height),
        ];
        markup.within("svg", &attributes, |markup| {
            markup.element("title", &[("id", &title_id)], title);
            markup.element("desc", &[("id", &description_id)], description);
            inner(&mut Picture { markup });
        });
    }
}

impl Picture<'_> {
    /// A group of this class whose title is told on hovering.
    pub(super) fn group(&mut self, class: &str, title: &str, inner: impl FnOnce(&mut Picture<'_>)) {
        self.markup.within("g", &[("class", class)], |markup| {
            if !title.is_empty() {
                markup.element("title", &[], title);
            }
            inner(&mut Picture { markup });
        });
    }

    /// A rectangle with its left upper corner at (x, y).
    pub(super) fn rectangle(&mut self, class: &str, x: i64, y: i64, width: i64, height: i64) {
        let [x, y, width, height] = [x, y, width.max(0), height.max(0)].map(|number| number.to_string());
        let place: [Attribute<'_>; 6] =
            [("class", class), ("x", &x), ("y", &y), ("width", &width), ("height", &height), ("rx", "4")];
        self.markup.empty("rect", &place);
    }

    /// A straight line.
    pub(super) fn line(&mut self, class: &str, from: (i64, i64), to: (i64, i64)) {
        let [x1, y1, x2, y2] = [from.0, from.1, to.0, to.1].map(|number| number.to_string());
        self.markup.empty("line", &[("class", class), ("x1", &x1), ("y1", &y1), ("x2", &x2), ("y2", &y2)]);
    }

    /// A circle.
    pub(super) fn circle(&mut self, class: &str, x: i64, y: i64, radius: i64) {
        let [x, y, radius] = [x, y, radius].map(|number| number.to_string());
        self.markup.empty("circle", &[("class", class), ("cx", &x), ("cy", &y), ("r", &radius)]);
    }

    /// A closed shape through these points.
    pub(super) fn shape(&mut self, class: &str, points: &[(i64, i64)]) {
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{x},{y}")).collect();
        self.markup.empty("polygon", &[("class", class), ("points", &points.join(" "))]);
    }

    /// A text whose base line is at y.
    pub(super) fn text(&mut self, class: &str, x: i64, y: i64, anchor: Anchor, text: &str) {
        let [x, y] = [x, y].map(|number| number.to_string());
        let place: [Attribute<'_>; 4] =
            [("class", class), ("x", &x), ("y", &y), ("text-anchor", anchor_name(anchor))];
        self.markup.element("text", &place, text);
    }

    /// A text that rises to the right from (x, y).
    pub(super) fn rising(&mut self, class: &str, x: i64, y: i64, text: &str) {
        let [left, top] = [x, y].map(|number| number.to_string());
        let turn = format!("rotate(-50 {x} {y})");
        let place: [Attribute<'_>; 4] = [("class", class), ("x", &left), ("y", &top), ("transform", &turn)];
        self.markup.element("text", &place, text);
    }

    /// The mark of a vote: approval is a disc, rejection a square, abstention a diamond, each with its letter.
    pub(super) fn vote(&mut self, vote: echo_storage::records::Vote, x: i64, y: i64, radius: i64) {
        use echo_storage::records::Vote;
        let letter = match vote {
            Vote::Approve => {
                self.circle("mark approve", x, y, radius);
                "A"
            }
            Vote::Reject => {
                self.rectangle("mark reject", x - radius, y - radius, 2 * radius, 2 * radius);
                "R"
            }
            Vote::Abstain => {
                let wide = radius + 2;
                let corners = [(x, y - wide), (x + wide, y), (x, y + wide), (x - wide, y)];
                self.shape("mark abstain", &corners);
                "\u{2013}"
            }
        };
        self.text("letter", x, y + 4, Anchor::Middle, letter);
    }
}

fn anchor_name(anchor: Anchor) -> &'static str {
    match anchor {
        Anchor::Start => "start",
        Anchor::Middle => "middle",
        Anchor::End => "end",
    }
}

/// The name of somebody as a picture shows it.
pub(super) fn shown(name: &str) -> String {
    crate::wording::shortened(name, NAME_CHARS)
}

/// A count as a coordinate.
pub(super) fn pixels(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// About how wide a text is, in pixels.
pub(super) fn width_of(text: &str) -> i64 {
    pixels(text.chars().count()) * LETTER * LETTER_PERCENT / 100 + 2
}

/// How wide the widest of the names is as a picture shows them, in pixels.
pub(super) fn widest<'n>(names: impl IntoIterator<Item = &'n str>) -> i64 {
    names.into_iter().map(|name| width_of(&shown(name))).max().unwrap_or_default()
}

/// A text on lines of at most about this width, at most so many; the last says that there was more.
pub(super) fn wrapped(text: &str, width: i64, lines: usize) -> Vec<String> {
    let letters = usize::try_from((width - 2) * 100 / (LETTER * LETTER_PERCENT)).unwrap_or(1).max(1);
    let mut wrapped: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        let used = line.chars().count();
        if used > 0 && used + 1 + word.len() > letters {
            wrapped.push(std::mem::take(&mut line));
        }
        while word.len() > letters {
            let rest = word.split_off(letters);
            wrapped.push(word.into_iter().collect());
            word = rest;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word);
    }
    if !line.is_empty() {
        wrapped.push(line);
    }
    if wrapped.len() > lines {
        wrapped.truncate(lines);
        if let Some(last) = wrapped.last_mut() {
            let mut kept: Vec<char> = last.chars().collect();
            kept.truncate(letters.saturating_sub(1));
            *last = kept.into_iter().collect::<String>().trim_end().to_owned() + "\u{2026}";
        }
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_wrap_within_their_width() {
        let check = |text: &str, letters: i64, lines: usize, expected: &[&str]| {
            // Rounded up, so that exactly so many letters fit.
            let width = (letters * LETTER * LETTER_PERCENT).div_euclid(100) + 3;
            assert_eq!(wrapped(text, width, lines), expected, "{text}");
        };
        check("", 5, 3, &[]);
        check("a b c", 5, 3, &["a b c"]);
        check("a b cd", 5, 3, &["a b", "cd"]);
        check("abcdefgh i", 3, 9, &["abc", "def", "gh", "i"]);
        check("ab cd ef gh", 2, 2, &["ab", "c\u{2026}"]);
    }
}
