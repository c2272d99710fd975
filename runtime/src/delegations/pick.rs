//! Who is needed for a piece of work: by the category that is named, or by the words that tell of one.
//!
//! What always holds: the same words give the same category, and the reason names the words that counted, or says that none
//! did. No mind is asked: those there are answer other questions.

use echo_storage::names::RoleId;

use super::MAX_REASON_CHARS;
use crate::keywords;

/// A kind of work, and who is picked for it.
#[derive(Debug, Clone, Copy)]
pub struct Category {
    /// Its name.
    pub name: &'static str,
    /// What it is, in a line.
    pub about: &'static str,
    /// Who is picked, the first one first.
    pub roles: &'static [&'static str],
    /// What tells of it in a description: words and phrases; one that ends in `*` stands for every word that begins so.
    pub words: &'static [&'static str],
}

impl Category {
    /// Who is picked.
    ///
    /// # Errors
    /// A name that is not well formed.
    pub fn role_ids(&self) -> Result<Vec<RoleId>, echo_storage::names::NameError> {
        self.roles.iter().map(|role| RoleId::new(role)).collect()
    }
}

/// A category that was picked.
#[derive(Debug, Clone)]
pub struct Picked {
    /// Which.
    pub category: &'static Category,
    /// Why.
    pub because: String,
}

/// The category of this name; without a name that of which the description tells most, and where it tells of none the first
/// one declared. Of two that it tells of alike it is the one declared first.
///
/// # Errors
/// There is no category of this name, or none at all.
pub fn pick(
    categories: &'static [Category],
    named: Option<&str>,
    description: &str,
) -> Result<Picked, String> {
    let all = || categories.iter().map(|category| category.name).collect::<Vec<_>>().join(", ");
    let Some(default) = categories.first() else {
        return Err("this organisation declares no categories of work".to_owned());
    };
    if let Some(named) = named {
        let category = categories.iter().find(|category| category.name == named);
        let category =
            category.ok_or_else(|| format!("task_category: there is no `{named}`; there are {}", all()))?;
        return Ok(Picked { category, because: "it was named".to_owned() });
    }
    let words = keywords::words(description);
    let telling = |category: &'static Category| {
        let told = category.words.iter().copied().filter(|telling| keywords::tells(&words, telling));
        (category, told.collect::<Vec<_>>())
    };
    let mut told_of: Vec<_> = categories.iter().map(telling).filter(|(_, told)| !told.is_empty()).collect();
    // Among equals the order stays.
    told_of.sort_by_key(|(_, told)| std::cmp::Reverse(told.len()));
    Ok(match told_of.first() {
        Some((category, told)) => {
            let alike = told_of.iter().skip(1).filter(|(_, other)| other.len() == told.len());
            let alike: Vec<&str> = alike.map(|(other, _)| other.name).collect();
            let tie = if alike.is_empty() {
                String::new()
            } else {
                format!("; it tells as much of {}, so name one where that is meant", alike.join(", "))
            };
            let because = format!("the description tells of it: {}{tie}", told.join(", "));
            Picked { category, because: because.chars().take(MAX_REASON_CHARS).collect() }
        }
        None => Picked {
            category: default,
            because: format!(
                "the description tells of no category, and this is the default; name one of {}",
                all()
            ),
        },
    })
}
