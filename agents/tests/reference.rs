//! What the roles can call and may not decide alone, as a list that is made from their declarations.
//!
//! Goal: the list that people read is never behind the program, and every schema is one. Method: the list is made anew and
//! compared with the file; `UPDATE_REFERENCE=1 cargo test -p echo-agents --test reference` writes it.
#![expect(clippy::unwrap_used, reason = "a test reports what it cannot read by failing")]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use echo_agents::{ROLES, organisation};
use echo_runtime::role::Course;
use echo_runtime::tool::{Class, Tool};
use echo_storage::names::RoleId;

const HEAD: &str = "\
# What the roles can call, and what they may not decide alone

Made from the declarations by `UPDATE_REFERENCE=1 cargo test -p echo-agents --test reference`. A tool *decides* (through the
one path of decisions), *computes* and records, only *reads*, or *generates* (its answer comes from a mind).
";

fn file() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("REFERENCE.md")
}

fn class(tool: &Tool) -> &'static str {
    match tool.class() {
        _ if tool.only_reads() => "reads",
        Class::Decides => "decides",
        Class::Computes => "computes",
        Class::Generates => "generates",
    }
}

fn rows<'t>(list: &mut String, tools: impl Iterator<Item = &'t Tool>) {
    list.push_str("\n| tool | it | what it does |\n|---|---|---|\n");
    for tool in tools {
        writeln!(list, "| `{}` | {} | {} |", tool.name(), class(tool), tool.description()).unwrap();
    }
}

fn reference() -> String {
    let organisation = organisation().unwrap();
    let tools = |id: &str| organisation.tools(&RoleId::new(id).unwrap());
    let common: BTreeSet<&str> = {
        let of = |id: &str| tools(id).iter().map(Tool::name).collect::<BTreeSet<_>>();
        ROLES.iter().map(|role| of(role.id)).reduce(|one, other| &one & &other).unwrap()
    };
    let mut list = HEAD.to_owned();
    for role in ROLES {
        write!(list, "\n## {} (`{}`)\n", role.title, role.id).unwrap();
        rows(&mut list, tools(role.id).iter().filter(|tool| !common.contains(tool.name())));
    }
    list.push_str("\n## Every role\n");
    rows(&mut list, tools("ceo").iter().filter(|tool| common.contains(tool.name())));
    list.push_str("\n## Matters\n\n| role | matter | who decides | told by the types | told by the words |\n|---|---|---|---|---|\n");
    for role in ROLES {
        for matter in role.matters {
            let course = match matter.course {
                Course::With([]) => "those concerned vote".to_owned(),
                Course::With(roles) => format!("those concerned vote, {} among them", roles.join(", ")),
                Course::Up => format!("whoever is above `{}`", role.id),
                Course::Person => "a person".to_owned(),
            };
            let (types, words) = (matter.types.join(", "), matter.words.join(", "));
            writeln!(list, "| `{}` | `{}` | {course} | {types} | {words} |", role.id, matter.name).unwrap();
        }
    }
    list
}

#[test]
fn the_reference_is_what_the_declarations_say() {
    let made = reference();
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        std::fs::write(file(), &made).unwrap();
    }
    let read = std::fs::read_to_string(file()).unwrap();
    assert!(read == made, "REFERENCE.md is behind the declarations: see the head of this test");
}

#[test]
fn every_role_has_six_tools_of_its_own_and_no_name_twice() {
    let organisation = organisation().unwrap();
    let every = |id: &str| organisation.tools(&RoleId::new(id).unwrap()).iter().map(Tool::name);
    let common = &every("ceo").collect::<BTreeSet<_>>() & &every("cto").collect::<BTreeSet<_>>();
    for role in ROLES {
        let names: Vec<&str> = every(role.id).collect();
        let own = names.iter().filter(|name| !common.contains(*name)).count();
        assert_eq!(own, 6, "{}: {names:?}", role.id);
    }
}

#[test]
fn every_schema_is_valid_by_the_meta_schema() {
    let organisation = organisation().unwrap();
    for role in ROLES {
        for tool in organisation.tools(&RoleId::new(role.id).unwrap()) {
            for (name, schema) in [("input", tool.input_schema()), ("output", tool.output_schema())] {
                assert!(schema["$schema"].as_str().unwrap().contains("2020-12"), "{} {name}", tool.name());
                let valid = jsonschema::meta::validate(&schema);
                assert!(valid.is_ok(), "{} {name}: {valid:?}", tool.name());
            }
        }
    }
    // The check itself sees what is wrong.
    assert!(jsonschema::meta::validate(&serde_json::json!({ "type": "nonsense" })).is_err());
}
