//! The domain as its callers meet it: scripts of shows, properties, golden logs.

mod golden;
mod privacy;
mod scripts;
mod sentinel;
mod shop_props;
mod show_props;
mod stage_props;
mod world;
