//! The only binary: reads arguments and starts what they ask for.
fn main() {}
