//! Whom to tell what happens while hosts are asked.

/// What all hosts are asked for at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Their last results.
    Asking,
    /// A run.
    Forcing,
}

/// Hears of everything that a person waiting for the report may want to know.
pub trait Watch {
    /// A host has a problem. The text names it.
    fn problem(&self, text: &str);
    /// A request has been answered, or not.
    fn request(&self, text: &str);
    /// A stage begins, with so many hosts and plugins.
    fn begin(&self, stage: Stage, hosts: usize, plugins: usize);
    /// One more host is done, and so many plugins with it.
    fn host_done(&self, plugins: usize);
}

/// Listens to nothing.
#[derive(Clone, Copy, Debug)]
pub struct Deaf;

impl Watch for Deaf {
    fn problem(&self, _: &str) {}
    fn request(&self, _: &str) {}
    fn begin(&self, _: Stage, _: usize, _: usize) {}
    fn host_done(&self, _: usize) {}
}
