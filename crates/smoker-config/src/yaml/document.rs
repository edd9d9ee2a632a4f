//! The text of one file becomes a tree of nodes.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span};
use smoker_model::value::Value;
use smoker_model::value::secret::SecretSource;

use crate::error::Fault;
use crate::limits::MAX_NESTING;
use crate::problem::{ProblemLog, Severity, SourcePlace};
use crate::yaml::advice;
use crate::yaml::command::{self, COMMAND, WrittenCommand};
use crate::yaml::compat::CompatText;
use crate::yaml::merge::{self, Merger, Pair};
use crate::yaml::node::{Include, Kind, Node, SecretReference};
use crate::yaml::source_text::SourceText;
use crate::yaml::tag::Tag;
use crate::yaml::words::{go, scalar};

/// Reads a file's text. An empty file is null.
pub(crate) fn parse(source: &SourceText, problems: &mut ProblemLog) -> Result<Rc<Node>, Fault> {
    let mut text = CompatText::new(&source.text);
    loop {
        let mut builder = Builder::new(source, &text);
        let error = match builder.build() {
            Ok(root) => {
                if source.is_configuration() {
                    problems.entries.append(&mut builder.merger.problems.entries);
                }
                return Ok(root);
            }
            Err(Failure::Fault(fault)) => return Err(fault),
            Err(Failure::Syntax(error)) => error,
        };
        let column = text.column(error.marker().line(), error.marker().col());
        let keys = builder.keys();
        if !text.repair(&error) {
            return Err(advice::explain(&error, column + 1, source, &keys));
        }
    }
}

enum Failure {
    Syntax(ScanError),
    Fault(Fault),
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// A list or mapping whose end has not come yet.
struct Frame {
    place: SourcePlace,
    tag: Tag,
    anchor: usize,
    /// How deep lists and mappings are nested in this one, itself counted.
    height: usize,
    content: Content,
}

enum Content {
    List(Vec<Rc<Node>>),
    Map { pairs: Vec<Pair>, name: Option<Rc<Node>> },
}

struct Builder<'a> {
    source: &'a SourceText,
    last_line: usize,
    text: &'a CompatText,
    frames: Vec<Frame>,
    root: Option<Rc<Node>>,
    /// Finished nodes by anchor, with their height.
    anchors: HashMap<usize, (Rc<Node>, usize)>,
    /// The anchors that an alias refers to.
    used_anchors: HashSet<usize>,
    /// Commands with an anchor, each with its place and names.
    anchored_commands: Vec<(usize, SourcePlace, String)>,
    merger: Merger,
}

impl<'a> Builder<'a> {
    fn new(source: &'a SourceText, text: &'a CompatText) -> Self {
        let last_line = source.last_line();
        Self {
            source,
            last_line,
            text,
            frames: Vec::new(),
            root: None,
            anchors: HashMap::new(),
            used_anchors: HashSet::new(),
            anchored_commands: Vec::new(),
            merger: Merger::default(),
        }
    }

    fn build(&mut self) -> Result<Rc<Node>, Failure> {
        let mut documents = 0;
        for event in Parser::new_from_str(self.text.as_str()) {
            let (event, span) = event.map_err(Failure::Syntax)?;
            let place = self.place(span);
            match event {
                Event::DocumentStart(_) => {
                    documents += 1;
                    if documents > 1 {
                        let text =
                            "a second document starts here; remove the `---` or put the rest into a file of its own";
                        return Err(Fault::at(&place, text).into());
                    }
                }
                Event::Scalar(text, style, anchor, tag) => {
                    let tag = Tag::of(tag.as_deref());
                    let kind = self.scalar(&text, style, &tag, &place)?;
                    self.review_tag(&tag, &place);
                    self.review_command(&text, style, anchor, span);
                    self.finish(Node { place, kind }, anchor, 0)?;
                }
                Event::SequenceStart(anchor, tag) => {
                    self.open(place, Tag::of(tag.as_deref()), anchor, Content::List(Vec::new()))?;
                }
                Event::MappingStart(anchor, tag) => {
                    let content = Content::Map { pairs: Vec::new(), name: None };
                    self.open(place, Tag::of(tag.as_deref()), anchor, content)?;
                }
                Event::SequenceEnd | Event::MappingEnd => self.close()?,
                Event::Alias(anchor) => {
                    let Some((node, height)) = self.anchors.get(&anchor).cloned() else {
                        return Err(self.fault(&place, "the alias is inside of the value that it refers to").into());
                    };
                    self.used_anchors.insert(anchor);
                    self.add(node, height, &place)?;
                }
                Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            }
        }
        self.review_anchors();
        let nothing = || Node { place: SourcePlace::start_of(&self.source.path), kind: Kind::Scalar(Value::Null) };
        Ok(self.root.take().unwrap_or_else(|| Rc::new(nothing())))
    }

    fn place(&self, span: Span) -> SourcePlace {
        let line = span.start.line();
        let column = self.text.column(line, span.start.col()) + 1;
        // An empty value at the end of the file begins behind it, where no editor goes.
        let (line, column) = if line > self.last_line { (self.last_line, 1) } else { (line, column) };
        SourcePlace { file: Rc::clone(&self.source.path), line, column }
    }

    fn scalar(&self, text: &str, style: ScalarStyle, tag: &Tag, place: &SourcePlace) -> Result<Kind, Fault> {
        let is_plain = style == ScalarStyle::Plain;
        let value = match tag {
            Tag::Absent if is_plain && text == "<<" => return Ok(Kind::Merge),
            Tag::Absent if !is_plain => Ok(Value::Text(text.to_owned())),
            Tag::Absent if self.source.is_of_go => Ok(go::plain(text, self.is_at_name())),
            Tag::Absent | Tag::Bare => scalar::plain(text),
            Tag::Standard(name) if name == "merge" => return Ok(Kind::Merge),
            Tag::Standard(name) => scalar::tagged(name, text).unwrap_or_else(|| Err(tag.refusal())),
            Tag::Include | Tag::IncludeDir if !text.is_empty() => {
                let folder = *tag == Tag::IncludeDir;
                return Ok(Kind::Include(Include { path: text.to_owned(), folder, content: OnceCell::new() }));
            }
            Tag::Environment | Tag::File if !text.is_empty() => {
                let source = match tag {
                    Tag::Environment => SecretSource::Environment(text.to_owned()),
                    _ => SecretSource::File(text.into()),
                };
                return Ok(Kind::Secret(SecretReference { source, content: OnceCell::new() }));
            }
            Tag::Include | Tag::IncludeDir | Tag::Environment | Tag::File | Tag::Unknown(_) => Err(tag.refusal()),
        };
        value.map(Kind::Scalar).map_err(|reason| {
            // The reason quotes the value.
            let reason = if self.source.is_configuration() { reason } else { "a value here cannot be read".to_owned() };
            self.fault(place, &reason)
        })
    }

    fn open(&mut self, place: SourcePlace, tag: Tag, anchor: usize, content: Content) -> Result<(), Fault> {
        if self.frames.len() >= MAX_NESTING {
            return Err(self.too_deep(&place));
        }
        self.review_tag(&tag, &place);
        self.frames.push(Frame { place, tag, anchor, height: 1, content });
        Ok(())
    }

    fn close(&mut self) -> Result<(), Fault> {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        let refuse = |tag: &Tag| Fault::at(&frame.place, &tag.refusal());
        if let Content::Map { pairs, .. } = &frame.content
            && let Some((place, text)) = command::cut_by_comma(self.source, &frame.place, pairs)
        {
            self.warn(&place, text);
        }
        let kind = match frame.content {
            Content::List(items) => match &frame.tag {
                Tag::Absent | Tag::Bare => Kind::List(items),
                Tag::Standard(name) if name == "seq" => Kind::List(items),
                Tag::Standard(name) if name == "omap" || name == "pairs" => {
                    Kind::List(merge::as_pairs(&items).ok_or_else(|| refuse(&frame.tag))?)
                }
                tag => return Err(refuse(tag)),
            },
            Content::Map { pairs, .. } => match &frame.tag {
                Tag::Absent | Tag::Bare => Kind::Map(self.merger.entries(pairs)?),
                Tag::Standard(name) if name == "map" => Kind::Map(self.merger.entries(pairs)?),
                Tag::Standard(name) if name == "set" => Kind::List(merge::names_only(&self.merger.entries(pairs)?)),
                tag => return Err(refuse(tag)),
            },
        };
        self.finish(Node { place: frame.place, kind }, frame.anchor, frame.height)
    }

    /// Takes a complete node: remembers its anchor and adds it to the list or mapping around it.
    fn finish(&mut self, node: Node, anchor: usize, height: usize) -> Result<(), Fault> {
        let node = Rc::new(node);
        if anchor > 0 {
            self.anchors.insert(anchor, (Rc::clone(&node), height));
        }
        let place = node.place.clone();
        self.add(node, height, &place)
    }

    fn add(&mut self, node: Rc<Node>, height: usize, place: &SourcePlace) -> Result<(), Fault> {
        if self.frames.len() + height > MAX_NESTING {
            return Err(self.too_deep(place));
        }
        let Some(frame) = self.frames.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        frame.height = frame.height.max(height + 1);
        match &mut frame.content {
            Content::List(items) => items.push(node),
            Content::Map { pairs, name } => match name.take() {
                Some(name) => pairs.push((name, node)),
                None => *name = Some(node),
            },
        }
        Ok(())
    }

    /// What YAML takes from a value without an error.
    fn review_tag(&mut self, tag: &Tag, place: &SourcePlace) {
        if *tag == Tag::Bare {
            let what = if self.is_command() { "command" } else { "value" };
            self.warn(place, format!("`!` begins a YAML tag and is no part of the {what}: quote the {what}"));
        }
    }

    fn review_command(&mut self, value: &str, style: ScalarStyle, anchor: usize, span: Span) {
        let Some(name) = self.name().filter(|_| self.is_command()) else { return };
        let place = self.place(span);
        let last = span.end.line().min(self.last_line);
        let end = self.text.column(span.end.line(), span.end.col());
        let is_empty = value.is_empty() && style == ScalarStyle::Plain;
        // The place of an empty value is that of what comes next.
        let (place, behind) =
            if is_empty { (name.place.clone(), name.place.column - 1 + COMMAND.len()) } else { (place, end) };
        let last_line = self.source.line(if is_empty { place.line } else { last });
        let behind = last_line.char_indices().nth(behind).map_or("", |(at, _)| &last_line[at..]);
        let lines = (place.line..=last).map(|line| self.source.line(line)).collect();
        let change = WrittenCommand { style, value, lines, behind }.change();
        if anchor > 0 {
            self.anchored_commands.push((anchor, place.clone(), self.keys()));
        }
        if let Some(text) = change {
            self.warn(&place, text);
        }
    }

    /// An anchor that nothing refers to was probably meant for the shell.
    fn review_anchors(&mut self) {
        for (anchor, place, keys) in std::mem::take(&mut self.anchored_commands) {
            if !self.used_anchors.contains(&anchor) {
                let text = format!("{keys}: `&` begins a YAML anchor and is no part of the command: quote the command");
                self.merger.problems.add(Severity::Warning, &place, text);
            }
        }
    }

    fn warn(&mut self, place: &SourcePlace, text: String) {
        let keys = self.keys();
        let text = if keys.is_empty() { text } else { format!("{keys}: {text}") };
        self.merger.problems.add(Severity::Warning, place, text);
    }

    /// The name whose value comes next.
    fn name(&self) -> Option<&Rc<Node>> {
        match &self.frames.last()?.content {
            Content::Map { name, .. } => name.as_ref(),
            Content::List(_) => None,
        }
    }

    /// Whether a name of a mapping comes next.
    fn is_at_name(&self) -> bool {
        matches!(self.frames.last().map(|frame| &frame.content), Some(Content::Map { name: None, .. }))
    }

    fn is_command(&self) -> bool {
        self.name().is_some_and(|name| command::is_name(name))
    }

    fn too_deep(&self, place: &SourcePlace) -> Fault {
        self.fault(place, &format!("more than {MAX_NESTING} lists and mappings are nested here"))
    }

    /// `reason` says nothing of the content of a file that may be the wrong one.
    fn fault(&self, place: &SourcePlace, reason: &str) -> Fault {
        if !self.source.is_configuration() {
            return Fault::at(place, &format!("{reason}; {}", advice::NOT_SHOWN));
        }
        let keys = self.keys();
        let within = if keys.is_empty() { String::new() } else { format!("{keys}: ") };
        Fault::at(place, &format!("{within}{reason}"))
    }

    /// The names that lead to the present place: `plugins.varnish.Ignore[2]`.
    fn keys(&self) -> String {
        let steps = self.frames.iter().map(|frame| match &frame.content {
            Content::List(items) => format!("[{}]", items.len() + 1),
            Content::Map { name: Some(name), .. } => format!(".{}", merge::shown(&name.to_value())),
            Content::Map { name: None, .. } => String::new(),
        });
        steps.collect::<String>().trim_start_matches('.').to_owned()
    }
}
