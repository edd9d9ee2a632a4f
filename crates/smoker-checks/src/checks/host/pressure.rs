//! Pressure stall information of the kernel: for how much of the time some process waited for a resource.

use crate::checks::system_file;
use crate::measure::thresholds::Thresholds;
use crate::report::Component;

/// The name of the number in checks that have it.
pub(super) const NAME: &str = "Pressure";

/// Adds the pressure of the last minute on a resource (`cpu`, `memory`, `io`). A kernel may have none: that is an error
/// only where the configuration sets a limit for it.
pub(super) fn add(component: &mut Component, thresholds: &Thresholds, resource: &str) {
    let path = format!("/proc/pressure/{resource}");
    let average = system_file::read(&path)
        .and_then(|text| some_of_minute(&text).ok_or_else(|| format!("{path} is not understood: {}", text.trim())));
    match average {
        Ok(average) => component.number(thresholds, NAME, average),
        Err(reason) if thresholds.mentions(NAME) => component.error(&format!("{NAME} is not known: {reason}")),
        Err(_) => {}
    }
}

fn some_of_minute(text: &str) -> Option<f64> {
    let some = text.lines().find_map(|line| line.strip_prefix("some "))?;
    some.split(' ').find_map(|word| word.strip_prefix("avg60="))?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_average_of_a_minute_is_read() {
        let text = "some avg10=0.10 avg60=1.25 avg300=0.02 total=5\nfull avg10=0.00 avg60=9.00 avg300=0.00 total=0\n";
        assert_eq!(some_of_minute(text), Some(1.25));
        assert_eq!(some_of_minute("full avg60=1"), None);
    }
}
