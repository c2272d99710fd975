//! What was asked in a session, field by field, as every written form of it tells.
//!
//! What always holds: everything that a vote may rest on is there, and a field that was not given is left out.

use echo_storage::records::Context;

/// The fields that were given, by name.
pub(super) fn fields(context: &Context) -> Vec<(&'static str, String)> {
    let data = context.data.iter().map(|(name, figure)| format!("{name} {figure}"));
    let questions = context.questions.iter().map(|(topic, question)| format!("{topic}: {question}"));
    let told: Vec<&str> = context.not_concerned.iter().map(echo_storage::names::RoleId::as_str).collect();
    let all = [
        ("Impact", context.impact.clone()),
        ("Concerns", context.stakeholders.join(", ")),
        ("Timeline", context.timeline.clone()),
        ("Figures", data.collect::<Vec<_>>().join("; ")),
        ("Questions", questions.collect::<Vec<_>>().join("; ")),
        ("Alternatives", context.alternatives.join("; ")),
        ("Depends on", context.dependencies.join("; ")),
        ("Succeeds if", context.success_criteria.join("; ")),
        ("Constraints", context.constraints.join("; ")),
        ("Risks", risks(context)),
        ("Told to stay away", told.join(", ")),
    ];
    all.into_iter().filter(|(_, text)| !text.trim().is_empty()).collect()
}

fn risks(context: &Context) -> String {
    let risks = context.risks.iter().map(|risk| match &risk.mitigation {
        Some(answer) => format!("{} (answered by: {answer})", risk.risk),
        None => risk.risk.clone(),
    });
    risks.collect::<Vec<_>>().join("; ")
}
