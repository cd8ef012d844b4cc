//! P-1: no personal text reaches an input, an event or a state.

use crate::world::World;

#[test]
fn nothing_personal_is_in_the_log_or_the_state() {
    let mut world = World::new();
    world.run(
        "stock LIP 9
         plan evening anna
         offer evening LIP 79.00
         start evening
         buy bo evening LIP 1
         cancel 1 bo
         ban evening troll
         cut evening c1 from=0 to=4
         undo evening c1
         end evening",
    );
    let states = world.shows.values().map(|stage| serde_json::to_string(stage.state()));
    let shop = serde_json::to_string(world.shop.state());
    let states: Result<Vec<_>, _> = states.chain([shop]).collect();
    let everything = world.stored() + &states.expect("states serialise").concat();
    assert!(everything.contains("\"commitment\"") || everything.contains("\"c\""));
    for marker in ["contact-marker", "reason-marker"] {
        assert!(!everything.contains(marker), "{marker} is in the log");
        // Nor in a disguise that anyone can take off.
        let bytes = marker.as_bytes();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(!everything.contains(&hex), "{marker} is in the log as hex");
    }
}
