//! The sweep on the tiny company.

use super::*;
use crate::training::samples::{DESKS, company};

fn sweep(bounds: Bounds, sabotage: Option<Sabotage>) -> Figures {
    let organisation = Arc::new(company());
    let (roles, types) = (organisation.role_ids(), organisation.decision_types());
    let scenario = Scenario::parse("desks.yaml", DESKS, &roles, &types).unwrap();
    Sweep { organisation, scenario, seed: 7, bounds, sabotage }.run(&mut |_| {}).unwrap()
}

#[test]
fn x() {
    let f = sweep(Bounds::SAMPLE, None);
    panic!("{f:#?}");
}
