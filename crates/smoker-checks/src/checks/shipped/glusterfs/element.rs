//! An XML document as a tree, for answers of bounded size.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;

/// Deeper nesting than any answer has.
const MAX_DEPTH: usize = 64;

/// An element with what is in it.
#[derive(Debug, Default)]
pub(crate) struct Element {
    name: String,
    text: String,
    children: Vec<Element>,
}

impl Element {
    /// Reads a document; the result is its root element.
    pub(crate) fn parse(xml: &str) -> Result<Self, String> {
        let mut reader = Reader::from_str(xml);
        let mut open = vec![Self::default()];
        loop {
            let event = reader.read_event().map_err(|error| error.to_string())?;
            match event {
                Event::Start(_) if open.len() > MAX_DEPTH => return Err("it is nested too deeply".to_owned()),
                Event::Start(tag) => open.push(Self::named(tag.local_name().as_ref())),
                Event::Empty(tag) => adopt(&mut open, Self::named(tag.local_name().as_ref())),
                Event::End(_) => {
                    if let Some(closed) = open.pop() {
                        adopt(&mut open, closed);
                    }
                }
                Event::Text(text) => add_text(&mut open, &String::from_utf8_lossy(&text)),
                Event::CData(text) => add_text(&mut open, &String::from_utf8_lossy(&text)),
                Event::GeneralRef(entity) => {
                    let character = entity.resolve_char_ref().ok().flatten().map(String::from);
                    let name = String::from_utf8_lossy(&entity).into_owned();
                    add_text(&mut open, character.as_deref().or(resolve_predefined_entity(&name)).unwrap_or_default());
                }
                Event::Eof => break,
                Event::Decl(_) | Event::PI(_) | Event::DocType(_) | Event::Comment(_) => {}
            }
        }
        match (open.len(), open.pop().and_then(|document| document.children.into_iter().next())) {
            (1, Some(root)) => Ok(root),
            _ => Err("it is cut off or empty".to_owned()),
        }
    }

    fn named(name: &[u8]) -> Self {
        Self { name: String::from_utf8_lossy(name).into_owned(), ..Self::default() }
    }

    /// The elements of this name directly in this one.
    pub(crate) fn children<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The elements at the end of a path of names.
    pub(crate) fn all<'a>(&'a self, path: &[&'a str]) -> Vec<&'a Self> {
        path.iter()
            .fold(vec![self], |found, name| found.into_iter().flat_map(|element| element.children(name)).collect())
    }

    /// The elements of this name at any depth below this one, in the document's order.
    pub(crate) fn descendants<'a>(&'a self, name: &str) -> Vec<&'a Self> {
        let mut found = Vec::new();
        for child in &self.children {
            if child.name == name {
                found.push(child);
            }
            found.extend(child.descendants(name));
        }
        found
    }

    /// The element's own text, stripped.
    pub(crate) fn text(&self) -> &str {
        self.text.trim()
    }

    /// The text of the first child of this name, stripped; empty when there is none.
    pub(crate) fn text_of(&self, name: &str) -> &str {
        self.children.iter().find(|child| child.name == name).map_or("", |child| child.text.trim())
    }
}

fn add_text(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

fn adopt(open: &mut [Element], child: Element) {
    if let Some(parent) = open.last_mut() {
        parent.children.push(child);
    }
}
