//! What sharing a runtime costs.
fn main() {}
