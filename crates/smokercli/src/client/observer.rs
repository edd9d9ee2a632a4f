//! Who follows the progress while hosts are asked.

/// What all hosts are asked for at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FleetStage {
    /// Their last results.
    Asking,
    /// A forced run.
    Forcing,
}

/// Is notified of everything that a person who waits for the report may want to know.
pub trait ProgressObserver {
    /// A host has a problem. The text names it.
    fn problem(&self, text: &str);
    /// A host answered, and its answer needs a remark. The text names it.
    fn remark(&self, text: &str);
    /// A host cannot be asked, which the report says, too. The text names it.
    fn unreachable(&self, text: &str);
    /// A request has been answered or has failed.
    fn request(&self, text: &str);
    /// A stage begins, with this number of hosts and plugins.
    fn begin(&self, stage: FleetStage, hosts: usize, plugins: usize);
    /// One more host is done, and this number of plugins with it.
    fn host_done(&self, plugins: usize);
}

/// Ignores all notifications.
#[derive(Clone, Copy, Debug)]
pub struct NoProgress;

impl ProgressObserver for NoProgress {
    fn problem(&self, _: &str) {}
    fn remark(&self, _: &str) {}
    fn unreachable(&self, _: &str) {}
    fn request(&self, _: &str) {}
    fn begin(&self, _: FleetStage, _: usize, _: usize) {}
    fn host_done(&self, _: usize) {}
}
