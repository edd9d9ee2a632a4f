//! Why calls are held: results stay true, and nobody is told until the hold ends.
//!
//! # Layout
//!
//! - `hold`: why a call is held
//! - `lock`: looks for maintenance locks before calls are made
//! - `on_demand`: runs of other plugins that calls wait for

pub(super) mod hold;
pub(super) mod lock;
pub(super) mod on_demand;
