//! Writing HTML and SVG from values that others may have written.
//!
//! What always holds: what is not escaped is a constant of this program, because tags, names of attributes and verbatim
//! parts are `&'static str`; everything else is text and can begin no tag, no entity and end no attribute. Every element
//! that is opened is closed.

/// Markup that is being written.
#[derive(Debug, Default)]
pub(super) struct Markup {
    text: String,
}

/// An attribute's name and value.
pub(super) type Attribute<'a> = (&'static str, &'a str);

impl Markup {
    /// An element with what `inner` writes into it.
    pub(super) fn within(
        &mut self,
        tag: &'static str,
        attributes: &[Attribute<'_>],
        inner: impl FnOnce(&mut Self),
    ) {
        self.start(tag, attributes);
        self.text.push('>');
        inner(self);
        self.text.push_str("</");
        self.text.push_str(tag);
        self.text.push('>');
        if is_block(tag) {
            self.text.push('\n');
        }
    }

    /// An element with a text.
    pub(super) fn element(&mut self, tag: &'static str, attributes: &[Attribute<'_>], text: &str) {
        self.within(tag, attributes, |inner| inner.text(text));
    }

    /// An element that holds nothing.
    pub(super) fn empty(&mut self, tag: &'static str, attributes: &[Attribute<'_>]) {
        self.start(tag, attributes);
        self.text.push_str("/>");
    }

    /// A text.
    pub(super) fn text(&mut self, text: &str) {
        escape(text, &mut self.text);
    }

    /// A text whose names, such as `first_second`, may be broken behind each of their parts.
    pub(super) fn breakable(&mut self, text: &str) {
        for (at, part) in text.split_inclusive('_').enumerate() {
            if at > 0 {
                self.empty("wbr", &[]);
            }
            self.text(part);
        }
    }

    /// A part of this program, as it is.
    pub(super) fn verbatim(&mut self, part: &'static str) {
        self.text.push_str(part);
    }

    /// What was written.
    pub(super) fn into_text(self) -> String {
        self.text
    }

    fn start(&mut self, tag: &'static str, attributes: &[Attribute<'_>]) {
        self.text.push('<');
        self.text.push_str(tag);
        for (name, value) in attributes {
            self.text.push(' ');
            self.text.push_str(name);
            self.text.push_str("=\"");
            escape(value, &mut self.text);
            self.text.push('"');
        }
    }
}

/// Elements that end their line, so that the source can be read.
fn is_block(tag: &str) -> bool {
    matches!(
        tag,
        "html"
            | "head"
            | "body"
            | "title"
            | "style"
            | "header"
            | "nav"
            | "main"
            | "section"
            | "footer"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "p"
            | "ul"
            | "ol"
            | "li"
            | "dl"
            | "div"
            | "table"
            | "caption"
            | "thead"
            | "tbody"
            | "tr"
            | "figure"
            | "figcaption"
            | "details"
            | "summary"
            | "pre"
            | "svg"
            | "g"
            | "article"
            | "blockquote"
    )
}

/// The text with everything that HTML reads as markup written as entities. A control character, which no page may hold,
/// becomes the character that stands for one.
fn escape(text: &str, out: &mut String) {
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(letter),
            // Text that turns the direction of what follows would let a text look like another.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => out.push(char::REPLACEMENT_CHARACTER),
            letter if letter.is_control() => out.push(char::REPLACEMENT_CHARACTER),
            letter => out.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(text: &str) -> String {
        let mut markup = Markup::default();
        markup.element("b", &[("title", text)], text);
        markup.into_text()
    }

    #[test]
    fn texts_are_escaped_in_content_and_attributes() {
        let check = |text: &str, expected: &str| {
            assert_eq!(written(text), format!("<b title=\"{expected}\">{expected}</b>"));
        };
        check("plain", "plain");
        check("</b><script>", "&lt;/b&gt;&lt;script&gt;");
        check("\" onload='x'", "&quot; onload=&#39;x&#39;");
        check("&amp;", "&amp;amp;");
        check("a\u{0}\r\u{7f}\u{202e}b\n", "a\u{fffd}\u{fffd}\u{fffd}\u{fffd}b\n");
    }

    #[test]
    fn elements_nest_and_close() {
        let mut markup = Markup::default();
        markup.within("p", &[("class", "a")], |inner| {
            inner.text("b");
            inner.empty("br", &[]);
            inner.element("i", &[], "c");
        });
        assert_eq!(markup.into_text(), "<p class=\"a\">b<br/><i>c</i></p>\n");
    }

    #[test]
    fn long_names_may_be_broken_between_their_parts() {
        let mut markup = Markup::default();
        markup.breakable("a_b <c_> d");
        assert_eq!(markup.into_text(), "a_<wbr/>b &lt;c_<wbr/>&gt; d");
    }

    proptest! {
        /// Goal: no text gets markup through. Method: between the constant parts of an element nothing is left that
        /// HTML reads as markup, and reading the entities gives the text again.
        #[test]
        fn no_text_becomes_markup(text in r#"([<>&"'a-z/;= ]|[^\p{C}]){0,40}"#) {
            let whole = written(&text);
            let inner = whole.strip_prefix("<b title=\"").and_then(|rest| rest.strip_suffix("</b>")).unwrap();
            let (attribute, content) = inner.split_once("\">").unwrap();
            for part in [attribute, content] {
                prop_assert!(!part.contains(['<', '>', '"', '\'']), "{part}");
                let entities = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"];
                for (at, _) in part.match_indices('&') {
                    prop_assert!(entities.iter().any(|entity| part[at..].starts_with(entity)), "{part}");
                }
                let read = part.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
                prop_assert_eq!(read.replace("&#39;", "'").replace("&amp;", "&"), text.as_str());
            }
        }
    }
}
