//! A session as one HTML page that is complete in itself.
//!
//! In reading order: [`page()`] puts it together; `summary`, `sections` and `agents` write its parts; `votes`, `matrix`,
//! `timeline`, `ladder` and `spending` draw its pictures with what `drawing` shares; `markup` is what all of them write
//! with.
//!
//! What always holds: the page names nothing outside itself: no script, no font, no picture, no address. Texts that others
//! wrote are text on it and never markup. It is a function of the chronicle and the report, so the same store gives the
//! same bytes.

mod agents;
mod drawing;
mod ladder;
mod markup;
mod matrix;
mod sections;
mod spending;
mod summary;
#[cfg(test)]
mod tests;
mod timeline;
mod votes;

use self::markup::Markup;
use super::chronicle::Chronicle;
use super::report::Report;

/// How the page looks.
const STYLE: &str = include_str!("page/style.css");

/// The sections, in their order: their ids and their headings.
const SECTIONS: [(&str, &str); 9] = [
    ("question", "The question"),
    ("votes-section", "Votes"),
    ("discussion", "Discussion"),
    ("path", "Way to the outcome"),
    ("agents", "What each agent did"),
    ("talk", "Who talked to whom"),
    ("course", "Timeline"),
    ("money", "Spending"),
    ("trouble", "What went wrong"),
];

/// The page.
pub fn page(chronicle: &Chronicle, report: &Report) -> String {
    let mut markup = Markup::default();
    markup.verbatim("<!DOCTYPE html>\n");
    markup.within("html", &[("lang", "en")], |html| {
        html.within("head", &[], |head| {
            head.empty("meta", &[("charset", "utf-8")]);
            head.empty("meta", &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")]);
            head.empty("meta", &[("name", "color-scheme"), ("content", "light dark")]);
            head.element("title", &[], &format!("{}: {}", chronicle.session.id, chronicle.session.title));
            head.within("style", &[], |style| style.verbatim(STYLE));
        });
        html.within("body", &[], |body| {
            summary::header(body, chronicle, report);
            body.within("nav", &[("aria-label", "Parts of this page")], |nav| {
                nav.within("ul", &[], |list| {
                    for (id, heading) in SECTIONS {
                        list.within("li", &[], |item| {
                            item.element("a", &[("href", &format!("#{id}"))], heading);
                        });
                    }
                });
            });
            body.within("main", &[], |main| {
                sections::question(main, chronicle, report);
                sections::votes(main, chronicle);
                sections::discussion(main, chronicle);
                sections::path(main, chronicle);
                agents::agents(main, chronicle, report);
                sections::talk(main, chronicle);
                sections::course(main, chronicle);
                sections::money(main, chronicle);
                sections::trouble(main, chronicle);
            });
            summary::footer(body, chronicle);
        });
    });
    markup.into_text()
}
