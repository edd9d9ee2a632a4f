//! The INI form of an inventory.

use crate::inventory::ansible::host_pattern;
use crate::inventory::groups::{Inventory, Member, UNGROUPED, Variables};

enum Section {
    Hosts(String),
    Children(String),
    Variables(String),
}

/// Reads the text of an inventory.
///
/// # Errors
///
/// When a line is not understood: its number and why.
pub(super) fn read(text: &str) -> Result<Inventory, String> {
    let mut inventory = Inventory::default();
    let mut section = Section::Hosts(UNGROUPED.to_owned());
    for (at, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        let place = |reason: String| format!("line {}: {reason}", at + 1);
        if line.starts_with('[') && is_section(line) {
            section = begin(line).map_err(place)?;
            let (Section::Hosts(group) | Section::Children(group) | Section::Variables(group)) = &section;
            inventory.group(group);
            continue;
        }
        if line.starts_with('[') && !line.contains(']') {
            return Err(place("the bracket of a section is not closed".to_owned()));
        }
        if line.starts_with('[') && line.split(']').next().is_some_and(|name| name.contains(char::is_whitespace)) {
            return Err(place(format!("{line} is no section: the name of a group has no blanks")));
        }
        match &section {
            Section::Hosts(group) => add_hosts(&mut inventory, group, line).map_err(place)?,
            Section::Children(group) => {
                let child = only_word(line).map_err(place)?;
                // A group that no section of any file makes is told when the groups are followed.
                if child == UNGROUPED {
                    inventory.group(&child);
                }
                inventory.group(group).members.push(Member::Group(child));
            }
            Section::Variables(group) => {
                let (name, value) = line.split_once('=').ok_or_else(|| place(format!("{line:?} is no NAME=VALUE")))?;
                inventory
                    .group(group)
                    .variables
                    .insert(name.trim().to_owned(), unquoted(without_comment(value.trim())).to_owned());
            }
        }
    }
    Ok(inventory)
}

/// Whether it is no host that begins with an address of IPv6 or a range.
fn is_section(line: &str) -> bool {
    let without_comment = line.split_once('#').map_or(line, |(before, _)| before).trim_end();
    without_comment.ends_with(']') && !without_comment.contains("::") && !without_comment.contains(char::is_whitespace)
}

fn begin(line: &str) -> Result<Section, String> {
    let inside = line.split_once('#').map_or(line, |(before, _)| before).trim_end();
    let inside = inside.trim_start_matches('[').trim_end_matches(']');
    let (group, kind) = inside.split_once(':').unwrap_or((inside, "hosts"));
    if group.is_empty() {
        return Err("a section without a name".to_owned());
    }
    match kind {
        "hosts" => Ok(Section::Hosts(group.to_owned())),
        "children" => Ok(Section::Children(group.to_owned())),
        "vars" => Ok(Section::Variables(group.to_owned())),
        other => {
            Err(format!("[{group}:{other}] is no section; there are [{group}], [{group}:children] and [{group}:vars]"))
        }
    }
}

fn add_hosts(inventory: &mut Inventory, group: &str, line: &str) -> Result<(), String> {
    let words = words(line)?;
    let Some((pattern, rest)) = words.split_first() else { return Ok(()) };
    let mut variables = Variables::new();
    for word in rest {
        let (name, value) = word.split_once('=').ok_or_else(|| format!("{word:?} is no NAME=VALUE"))?;
        variables.insert(name.to_owned(), unquoted(value).to_owned());
    }
    for host in host_pattern::expand(pattern)? {
        inventory.host(&host).extend(variables.clone());
        inventory.group(group).members.push(Member::Host(host));
    }
    Ok(())
}

/// The words of a line, as a shell has them; `#` begins a comment.
fn words(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some('"') | None, '\\') => word.get_or_insert_default().extend(rest.next()),
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            // As Ansible reads it, also within a word.
            (None, '#') => break,
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err("a quote is not closed".to_owned());
    }
    words.extend(word);
    Ok(words)
}

/// The one word of the line.
fn only_word(line: &str) -> Result<String, String> {
    let mut words = words(line)?;
    match (words.pop(), words.is_empty()) {
        (Some(word), true) => Ok(word),
        _ => Err(format!("{line:?} is not the name of one group")),
    }
}

/// The value without what a comment adds: Ansible knows comments behind numbers and quoted texts only, since `a # b` is a text.
fn without_comment(value: &str) -> &str {
    let Some((before, _)) = value.split_once('#') else { return value };
    let before = before.trim_end();
    let is_quoted = unquoted(before).len() < before.len();
    if is_quoted || before.parse::<f64>().is_ok() { before } else { value }
}

/// A text of Python without its quotes.
fn unquoted(value: &str) -> &str {
    let of = |quote| value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    of('"').or_else(|| of('\'')).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_hosts_and_variables_are_read() {
        let inventory = read(
            "; mine\nlone\n\n[web]\nweb[1:2].x:22 ansible_host=10.0.0.1 note=\"a b\" # old\n'web 3'\n[::1]:22\n\
             [web:vars]\ndc = 'fra'\n[prod:children] # all\nweb\n[db]\n",
        )
        .expect("valid");
        let groups = inventory.resolve().expect("no circle");
        assert_eq!(groups.hosts_of("web"), Ok(["web1.x", "web2.x", "web 3", "[::1]"].map(str::to_owned).into()));
        assert_eq!(groups.hosts_of("prod").map(|hosts| hosts.len()), Ok(4));
        assert_eq!(groups.hosts_of("ungrouped"), Ok(vec!["lone".to_owned()]));
        assert!(groups.hosts_of("db").is_err_and(|error| error.message.contains("no host")));
        let facts = &groups.facts()["web2.x"];
        assert_eq!(facts.labels(), [("dc".into(), "fra".into()), ("note".into(), "a b".into())].into());
        assert_eq!(facts.groups, ["prod".to_owned(), "web".to_owned()].into());
    }

    #[test]
    fn a_line_that_is_not_understood_is_named() {
        for (text, words) in [
            ("[web]\na b=1 c", "line 2: \"c\" is no NAME=VALUE"),
            ("[web:var]\n", "line 1: [web:var] is no section"),
            ("a 'b", "line 1: a quote is not closed"),
            ("[web:vars]\nx\n", "line 2: \"x\" is no NAME=VALUE"),
            ("a[3:1]", "line 1: [3:1] is no range"),
            ("[web\na\n", "line 1: the bracket of a section is not closed"),
            ("[web]\na\n[prod:children]\nweb db\n", "line 4: \"web db\" is not the name of one group"),
            ("[web servers]\na\n", "line 1: [web servers] is no section"),
        ] {
            let problem = read(text).expect_err(text);
            assert!(problem.starts_with(words), "{problem}");
        }
    }

    #[test]
    fn comments_are_those_of_ansible() {
        let text = "[web]\na x=1#2 y='3#4' z=5\\#6\n[web:vars]\nport=8086 # ours\nname=\"n\" # mine\nnote=a # b\n";
        let inventory = read(text).expect("valid");
        let facts = inventory.resolve().expect("no circle").facts()["a"].labels();
        let facts: Vec<_> = facts.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(facts, ["name=n", "note=a # b", "port=8086", "x=1"], "the rest of the line of a is a comment");
        let inventory = read("[web]\na y='3#4' z=5\\#6\n").expect("valid");
        let facts = inventory.resolve().expect("no circle").facts()["a"].labels();
        assert_eq!(facts, [("y".into(), "3#4".into()), ("z".into(), "5#6".into())].into());
    }

    /// A name that was mistyped would leave hosts out, which nobody would miss.
    #[test]
    fn children_that_no_section_makes_are_told() {
        let wrong = read("[prod:children]\nwbe\ndata\n[web]\na\n[data]\nb\n").expect("read");
        let error = wrong.resolve().expect_err("unknown").message;
        assert!(error.contains("group prod contains an unknown group \"wbe\"; did you mean web?"), "{error}");
        for text in
            ["[prod:children]\nweb\n[web]\n", "[prod:children]\nungrouped\n", "[prod:children]\nweb\n[web:children]\n"]
        {
            read(text).expect("read").resolve().expect(text);
        }
    }
}
