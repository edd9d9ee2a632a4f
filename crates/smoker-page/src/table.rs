//! Plugins as a table in HTML, made where they are known: the page without scripts, and files to be kept or sent.

use crate::files;
use crate::markup::push_text;

/// How many bytes of a message are shown.
const MESSAGE: usize = 16 * 1024;

/// How many bytes of a name are shown.
const NAME: usize = 1024;

/// Columns that a phone does not show.
const DURATION: &str = "Duration";
const NEXT_RUN: &str = "Next run";

/// Messages, each with its level.
pub type Messages = Vec<(String, String)>;

/// A plugin of the table. Times are as they are to be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The host, in a table of several.
    pub host: Option<String>,
    /// The plugin.
    pub plugin: String,
    /// `OK`, `WARN`, `ERROR`, `UNKNOWN`, or another word of a state.
    pub status: String,
    /// Since when it has that status, or when it last ran: what the head says.
    pub when: String,
    /// How long the run took.
    pub duration: String,
    /// When it runs next.
    pub next_run: String,
    /// The messages.
    pub messages: Messages,
    /// Status, name and messages of each component.
    pub components: Vec<(String, String, Messages)>,
}

/// How a page gets its style.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// From the daemon that sends it.
    Linked,
    /// It has it in itself.
    Embedded,
}

/// What a table says of itself.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// The title.
    pub title: &'a str,
    /// What stands beside it.
    pub note: &'a str,
    /// Whether rows have hosts.
    pub has_hosts: bool,
    /// What [`Row::when`] is.
    pub when: &'static str,
    /// How it gets its style.
    pub style: Style,
}

/// What stands before the rows.
#[must_use]
pub fn begin(head: &Head<'_>) -> String {
    let Head { title, note, has_hosts, when, style } = *head;
    let mut page = String::new();
    push_head(&mut page, title);
    match style {
        Style::Linked => {
            page.push_str("<link rel=\"stylesheet\" href=\"/ui/");
            page.push_str(files::style_name());
            page.push_str("\">\n");
        }
        Style::Embedded => {
            page.push_str("<style>");
            page.push_str(files::style());
            page.push_str("</style>\n");
        }
    }
    page.push_str("</head>\n<body>\n<header><h1>");
    push_text(&mut page, title, NAME);
    page.push_str("</h1><p>");
    push_text(&mut page, note, NAME);
    page.push_str("</p></header>\n<main>\n<table>\n<caption class=\"unseen\">Plugins</caption>\n<thead><tr>");
    let hosts = has_hosts.then_some("Host");
    for head in hosts.into_iter().chain(["Status", "Plugin", when, DURATION, NEXT_RUN, "Messages"]) {
        page.push_str(if [DURATION, NEXT_RUN].contains(&head) {
            "<th scope=\"col\" class=\"wide\">"
        } else {
            "<th scope=\"col\">"
        });
        page.push_str(head);
        page.push_str("</th>");
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    page
}

/// How a page begins, up to its style.
pub(crate) fn push_head(page: &mut String, title: &str) {
    page.push_str(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<title>",
    );
    push_text(page, title, NAME);
    page.push_str("</title>\n<link rel=\"icon\" href=\"data:,\">\n");
}

/// A row of the table.
#[must_use]
pub fn row(row: &Row) -> String {
    let mut page = "<tr>".to_owned();
    if let Some(host) = &row.host {
        cell(&mut page, "<td>", host);
    }
    state(&mut page, &row.status);
    if row.plugin.is_empty() {
        // A host that does not answer: a head without a text is none.
        page.push_str("<td></td>");
    } else {
        page.push_str("<th scope=\"row\"><bdi>");
        push_text(&mut page, &row.plugin, NAME);
        page.push_str("</bdi></th>");
    }
    cell(&mut page, "<td>", &row.when);
    for text in [&row.duration, &row.next_run] {
        cell(&mut page, "<td class=\"wide\">", text);
    }
    page.push_str("<td>");
    messages(&mut page, &row.messages);
    if !row.components.is_empty() {
        let bad = row.components.iter().filter(|(status, ..)| status != "OK").count();
        // What is not OK is to be seen at once.
        page.push_str(if bad > 0 { "<details open><summary>" } else { "<details><summary>" });
        let count = row.components.len();
        push_text(
            &mut page,
            &format!("{count} component{}, {bad} of them not OK", if count == 1 { "" } else { "s" }),
            NAME,
        );
        page.push_str("</summary><table><tbody>\n");
        for (status, name, texts) in &row.components {
            page.push_str("<tr>");
            state(&mut page, status);
            page.push_str("<th scope=\"row\"><bdi>");
            push_text(&mut page, name, NAME);
            page.push_str("</bdi></th><td>");
            messages(&mut page, texts);
            page.push_str("</td></tr>\n");
        }
        page.push_str("</tbody></table></details>");
    }
    page.push_str("</td></tr>\n");
    page
}

/// What stands behind the rows.
#[must_use]
pub fn end() -> &'static str {
    "</tbody>\n</table>\n</main>\n</body>\n</html>\n"
}

fn cell(page: &mut String, begin: &str, text: &str) {
    page.push_str(begin);
    push_text(page, text, NAME);
    page.push_str("</td>");
}

/// A status with its shape, its word and its colour.
pub(crate) fn state(page: &mut String, status: &str) {
    let (class, shape) = match status {
        "OK" => ("OK", "✓"),
        "WARN" => ("WARN", "▲"),
        "UNKNOWN" => ("UNKNOWN", "?"),
        _ => ("ERROR", "✖"),
    };
    page.push_str("<td class=\"state ");
    page.push_str(class);
    page.push_str("\">");
    page.push_str(shape);
    page.push(' ');
    push_text(page, status, NAME);
    page.push_str("</td>");
}

fn messages(page: &mut String, messages: &Messages) {
    for (level, text) in messages {
        page.push_str(match level.as_str() {
            "error" => "<pre class=\"ERROR\">",
            "warn" => "<pre class=\"WARN\">",
            _ => "<pre>",
        });
        push_text(page, text, MESSAGE);
        page.push_str("</pre>");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_plugins_say_stays_text_in_every_place() {
        let hostile = || "</td><script>alert(1)</script>\u{202e}\u{1b}".to_owned();
        let (title, note) = (hostile(), hostile());
        let head = Head { title: &title, note: &note, has_hosts: true, when: "Since", style: Style::Embedded };
        let page = begin(&head)
            + &row(&Row {
                host: Some(hostile()),
                plugin: hostile(),
                status: hostile(),
                when: hostile(),
                duration: hostile(),
                next_run: hostile(),
                messages: vec![(hostile(), hostile())],
                components: vec![(hostile(), hostile(), vec![("error".to_owned(), hostile())])],
            })
            + end();
        assert!(!page.contains("<script") && !page.contains(['\u{202e}', '\u{1b}']), "{page}");
        assert_eq!(page.matches("&lt;script&gt;").count(), 13, "{page}");
        assert_eq!(page.matches("<td").count(), page.matches("</td>").count());
    }

    #[test]
    fn a_row_without_a_plugin_has_no_head() {
        assert!(!row(&Row { status: "UNREACHABLE".to_owned(), ..Row::default() }).contains("<th"));
        assert!(
            row(&Row { plugin: "disk".to_owned(), ..Row::default() })
                .contains("<th scope=\"row\"><bdi>disk</bdi></th>")
        );
    }

    #[test]
    fn a_long_message_is_cut() {
        let shown = row(&Row { messages: vec![("info".to_owned(), "x".repeat(1 << 20))], ..Row::default() });
        assert!(shown.len() < 2 * MESSAGE && shown.contains('…'));
    }
}
