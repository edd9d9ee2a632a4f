//! One file of HTML with everything in it, for mails and for what continuous integration keeps.

use std::borrow::Cow;

use smoker_page::table::{self, Head, Messages, Row, Style};

use crate::plugin::Plugin;
use crate::plugin::run_facts;
use crate::plugin::standing;
use crate::plugin::view::MessagesView;
use crate::report::{MISSING, NO_PLUGIN, Report};

/// Hosts by name, their plugins by name.
pub(in crate::render) fn render(report: &Report) -> String {
    let hosts = report.sorted_hosts();
    let note = report.summary(hosts.len());
    let head = Head { title: "Smoker", note: &note, has_hosts: true, when: "Last run", style: Style::Embedded };
    let mut page = table::begin(&head);
    for host in hosts {
        let row = |row: Row| table::row(&Row { host: Some(host.name().to_owned()), ..row });
        if let Some(reason) = host.error() {
            page += &row(Row { status: host.state().as_str().to_owned(), messages: error(reason), ..Row::default() });
        }
        for plugin in host.sorted_plugins() {
            page += &row(row_of(plugin));
        }
        for missing in host.missing() {
            let (plugin, status) = (missing.clone(), MISSING.to_owned());
            page += &row(Row { plugin, status, messages: error(NO_PLUGIN), ..Row::default() });
        }
    }
    page + table::end()
}

fn error(text: &str) -> Messages {
    vec![("error".to_owned(), text.to_owned())]
}

/// A plugin as a row of a table in HTML, without its host.
#[must_use]
pub fn row_of(plugin: &Plugin) -> Row {
    let view = plugin.view();
    let standing = standing::lines(&view).into_iter().map(|text| ("info".to_owned(), text));
    let mut messages: Messages = standing.chain(texts(view.messages())).collect();
    messages.extend(run_facts::reason(&view).map(|reason| ("error".to_owned(), reason)));
    for action in view.failed_actions() {
        let reason = action.reason().map_or(String::new(), |reason| format!(" {reason}"));
        messages.push(("error".to_owned(), format!("{} [{}]{reason}", action.title(), action.status)));
    }
    let components = view.components();
    let component = |part: &crate::plugin::view::Component<'_>| {
        (part.status.as_str().to_owned(), part.name.to_string(), texts(part.messages))
    };
    Row {
        host: None,
        plugin: plugin.name().to_owned(),
        status: plugin.status().as_str().to_owned(),
        when: view.last_run().unwrap_or_default(),
        duration: run_facts::duration(&view).map_or(String::new(), |seconds| format!("{seconds:.3} s")),
        next_run: view.next_run().unwrap_or_default(),
        messages,
        components: components.iter().map(component).collect(),
    }
}

fn texts(messages: Option<MessagesView<'_>>) -> Messages {
    let levels = messages.into_iter().flat_map(MessagesView::levels);
    levels
        .flat_map(|(level, texts)| {
            texts.into_iter().map(move |text: Cow<'_, str>| (level.to_owned(), text.into_owned()))
        })
        .collect()
}
