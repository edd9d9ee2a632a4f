//! Parameters that not everybody may read.
//!
//! # Layout
//!
//! - `secret_name`: names of parameters whose values are secret
//! - `mask`: parameters without the secrets in them

pub mod mask;
pub mod secret_name;
