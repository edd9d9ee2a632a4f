//! Shows hosts that look alike once (`--collapse`).

use std::collections::HashMap;

use smoker_model::verdict::odd::mask::Mask;

use crate::inventory::fold::fold;
use crate::render::format::Format;
use crate::report::{HostReport, Report};
use crate::terminal::style::Style;

/// Hosts that look alike.
struct Alike<'a> {
    hosts: Vec<&'a HostReport>,
    /// What the format shows of the first one.
    shown: String,
    /// Whether it shows the same of all, numbers and times included.
    is_same: bool,
}

/// The report with one entry for all hosts of which the format shows the same but for numbers, times, addresses and names
/// of hosts. The entry is that of the first host, named after all of them; it says when the others are not exactly so. Hosts
/// that could not be asked are alike with none.
pub(super) fn collapsed(
    report: &Report,
    format: &Format,
    render: impl Fn(&Report, &Format, Style) -> String,
) -> Report {
    let mask = Mask::new(report.hosts().iter().map(HostReport::name));
    let mut entries: Vec<Alike<'_>> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    // The width of a terminal must not decide which hosts are alike.
    let format = if let Format::Table { .. } = format { &Format::Table { width: None } } else { format };
    for host in report.sorted_hosts() {
        let shown = render(&Report::new(vec![host.clone().renamed(String::new())]), format, Style::Plain);
        if host.error().is_some() {
            entries.push(Alike { hosts: vec![host], shown, is_same: true });
            continue;
        }
        let place = *places.entry(mask.masked(&shown)).or_insert(entries.len());
        match entries.get_mut(place) {
            Some(entry) => {
                entry.is_same &= entry.shown == shown;
                entry.hosts.push(host);
            }
            None => entries.push(Alike { hosts: vec![host], shown, is_same: true }),
        }
    }
    Report::new(entries.into_iter().map(Alike::entry).collect())
}

impl Alike<'_> {
    fn entry(self) -> HostReport {
        let first = self.hosts[0].clone();
        let [_, _, ..] = *self.hosts else { return first };
        let names: Vec<_> = self.hosts.iter().map(|host| host.name()).collect();
        let count = names.len();
        let like = if self.is_same { String::new() } else { format!(" like {}", first.name()) };
        let name = format!("{} ({count} hosts{like})", fold(&names).join(","));
        first.renamed(name)
    }
}
