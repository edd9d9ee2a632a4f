//! A grid of hosts and plugins as an HTML page, made by the server.

use crate::files;
use crate::markup::{path_segment, push_text};
use crate::table::{push_head, state};

/// How many bytes of a name or of a reason are shown.
const TEXT: usize = 1024;

/// What a grid shows.
#[derive(Clone, Copy, Debug)]
pub struct Grid<'a> {
    /// The title.
    pub title: &'a str,
    /// Text beside the title.
    pub note: &'a str,
    /// How old the answers are, in seconds; none before there are some.
    pub age: Option<u64>,
    /// From which age on the page says that nothing newer comes, in seconds.
    pub old: u64,
    /// The names of the plugins.
    pub columns: &'a [String],
    /// The hosts.
    pub rows: &'a [GridRow<'a>],
}

/// A host of a grid.
#[derive(Clone, Debug)]
pub struct GridRow<'a> {
    /// Its name.
    pub host: &'a str,
    /// Its state: a status, or another word.
    pub state: &'a str,
    /// Why it does not answer.
    pub error: Option<&'a str>,
    /// The status of the plugin of each column; none where the host has no such plugin.
    pub cells: Vec<Option<&'a str>>,
}

/// The page. Its script replaces the grid by a newer one, as long as the page is open; it is the same without.
#[must_use]
pub fn page(grid: &Grid<'_>) -> String {
    let mut page = String::new();
    push_head(&mut page, grid.title);
    page.push_str("<link rel=\"stylesheet\" href=\"/ui/");
    page.push_str(files::style_name());
    page.push_str("\">\n<script src=\"/ui/");
    page.push_str(files::fleet_script_name());
    page.push_str("\" defer></script>\n</head>\n<body>\n<header><h1>");
    push_text(&mut page, grid.title, TEXT);
    page.push_str(
        "</h1><p id=\"live\" data-state=\"connecting\">as of the load of this page</p></header>\n<main data-age=\"",
    );
    page.push_str(&grid.age.map_or(String::new(), |age| age.to_string()));
    page.push_str("\" data-old=\"");
    page.push_str(&grid.old.to_string());
    page.push_str("\"><p role=\"status\">");
    push_text(&mut page, grid.note, TEXT);
    page.push_str("</p>\n<div class=\"grid\"><table>\n<caption class=\"unseen\">Hosts and plugins, those that are odd first</caption>\n");
    page.push_str("<thead><tr><th scope=\"col\">Host</th><th scope=\"col\">State</th>");
    for column in grid.columns {
        page.push_str("<th scope=\"col\"><bdi>");
        push_text(&mut page, column, TEXT);
        page.push_str("</bdi></th>");
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    for row in grid.rows {
        push_row(&mut page, row);
    }
    page.push_str("</tbody>\n</table></div>\n</main>\n</body>\n</html>\n");
    page
}

fn push_row(page: &mut String, row: &GridRow<'_>) {
    page.push_str("<tr><th scope=\"row\"><bdi><a href=\"/host/");
    page.push_str(&path_segment(row.host));
    page.push_str("\">");
    push_text(page, row.host, TEXT);
    page.push_str("</a></bdi></th>");
    state(page, row.state);
    if let Some(reason) = row.error {
        page.push_str("<td colspan=\"");
        page.push_str(&row.cells.len().max(1).to_string());
        page.push_str("\">");
        push_text(page, reason, TEXT);
        page.push_str("</td>");
    } else {
        for cell in &row.cells {
            match cell {
                Some(status) => state(page, status),
                None => page.push_str("<td>–</td>"),
            }
        }
    }
    page.push_str("</tr>\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_text_and_lead_to_their_hosts() {
        let hostile = "\"></a><script>alert(1)</script>/../\u{202e}";
        let columns = [hostile.to_owned(), "disk".to_owned()];
        let rows = [
            GridRow { host: hostile, state: hostile, error: None, cells: vec![Some(hostile), None] },
            GridRow { host: "web01", state: "UNREACHABLE", error: Some(hostile), cells: vec![None, None] },
        ];
        let page = page(&Grid { title: hostile, note: hostile, age: Some(3), old: 20, columns: &columns, rows: &rows });
        assert_eq!(page.matches("<script").count(), 1, "{page}");
        assert!(!page.contains('\u{202e}') && page.contains("data-age=\"3\""), "{page}");
        assert!(
            page.contains("href=\"/host/%22%3E%3C%2Fa%3E%3Cscript%3Ealert%281%29%3C%2Fscript%3E%2F..%2F%E2%80%AE\""),
            "{page}"
        );
        assert!(page.contains("<td colspan=\"2\">"), "{page}");
        assert_eq!(page.matches("<td").count(), page.matches("</td>").count());
    }
}
