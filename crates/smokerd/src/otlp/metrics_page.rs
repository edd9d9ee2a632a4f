//! The page of metrics that is sent.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;

/// Writes the page of metrics, in pieces of whole lines of OpenMetrics. Who writes it is not known here. Cheap to clone.
#[derive(Clone)]
pub(crate) struct MetricsPage(Arc<dyn Fn() -> Writing + Send + Sync>);

type Writing = Pin<Box<dyn Future<Output = [Bytes; 2]> + Send>>;

impl MetricsPage {
    /// A page that is written by this.
    pub(crate) fn new<F: Future<Output = [Bytes; 2]> + Send + 'static>(
        write: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(move || Box::pin(write())))
    }

    /// The page of this moment.
    pub(super) async fn write(&self) -> [Bytes; 2] {
        (self.0)().await
    }
}

impl fmt::Debug for MetricsPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MetricsPage")
    }
}
