//! Edits of files. A fix is offered only where it is certain: every placeholder has one value, the place is in a file
//! on the disk, and the document differs afterwards in what was to be changed and nothing else.
//!
//! Deliberately absent: whether the finding is mended (`crate::fix` lints the new text), and writing files.

mod disk;
mod edits;
mod prove;
mod write;

use ddlint_yaml::{Node, Style};

pub(crate) use self::disk::{Draft, Texts};
pub(crate) use self::edits::Made;
use self::write::{Manner, Yaml, column};
use super::frame::{Eval, Focus, Frame};
use super::truth::Truth;
use crate::finding::{Edit, Fix, Safety};
use crate::model::{At as NodeAt, Owner, ReleaseId};
use crate::rule::condition::{At, Beneath, Change, Content, FixPlan, Source, Template};
use crate::source::{FileId, Origin, Place};
use crate::views::FactValue;

impl Eval<'_> {
    /// The edits of a fix, if it can be offered.
    pub(super) fn fix(&self, plan: &FixPlan, frame: &Frame<'_>) -> Option<Fix> {
        if plan.when.as_ref().is_some_and(|when| self.holds(when, frame, frame) != Truth::True) {
            return None;
        }
        let mut drafts = Vec::new();
        for change in &plan.changes {
            drafts.extend(self.drafts(change, frame)?);
        }
        let sources = &self.scope.run.model.sources;
        // A value of a chart may be printed elsewhere too.
        let rendered = |draft: &Draft| {
            let place = Place { file: draft.file, span: draft.made.span };
            matches!(sources.get(sources.outermost(place).file).origin, Origin::Rendered(_))
        };
        let safety = if drafts.iter().any(rendered) { Safety::Unsafe } else { plan.safety };
        let texts = Texts { model: self.scope.run.model, locator: self.scope.run.locator };
        let mut edits: Vec<Edit> =
            drafts.into_iter().map(|draft| texts.on_disk(draft)).collect::<Option<_>>()?;
        edits.sort();
        edits.dedup();
        let apart = |pair: &[Edit]| match pair {
            [a, b] => {
                let (a, b) = (a.place, b.place);
                a.file != b.file
                    || a.span.end < b.span.start
                    || (a.span.end == b.span.start && a.span.start != b.span.start)
            }
            _ => true,
        };
        if edits.is_empty() || !edits.windows(2).all(apart) {
            return None;
        }
        let text = |template: &Template| self.text(template, frame, Focus::All).0;
        let (description, note) = (text(&plan.description), text(&plan.note).trim_end().to_string());
        Some(Fix { safety, description, note, edits })
    }

    fn place_of(&self, at: &At, frame: &Frame<'_>) -> Option<Place> {
        self.places_at(at, frame, Focus::All).first().copied()
    }

    fn text_of(&self, file: FileId) -> &ddlint_yaml::SourceText {
        &self.scope.run.model.sources.get(file).text
    }

    fn manner(&self, node: Node<'_>, file: FileId) -> Manner {
        Manner::of(node, &self.scope.run.model.sources.get(file).root_path)
    }

    fn drafts(&self, change: &Change, frame: &Frame<'_>) -> Option<Vec<Draft>> {
        let draft = |file: FileId, made: Made| Draft { file, made, plain: None };
        Some(match change {
            Change::Replace(at, content) => vec![self.replace(at, content, frame)?],
            Change::Into(at, content) => {
                let (place, node) = self.node_at(at, frame)?;
                let node = if node.is_key() { crate::rule::locate::value_of(node)? } else { node };
                let yaml = self.yaml(content, frame)?;
                vec![draft(place.file, edits::append(node, &yaml, self.manner(node, place.file))?)]
            }
            Change::After(at, content) => {
                let (place, node) = self.node_at(at, frame)?;
                let yaml = self.yaml(content, frame)?;
                vec![draft(place.file, edits::after(node, &yaml, self.manner(node, place.file))?)]
            }
            Change::Delete(at) => {
                let (place, node) = self.node_at(at, frame)?;
                vec![draft(place.file, edits::delete(node)?)]
            }
            Change::Set(beneath, keys, content) => {
                let yaml = self.yaml(content, frame)?;
                self.set(beneath, keys, &yaml, None, frame)?
            }
            Change::Move(at, beneath, keys) => {
                let (place, node) = self.node_at(at, frame)?;
                let (from, made, items) = edits::take(node)?;
                let mut drafts = vec![draft(place.file, made)];
                drafts.extend(self.set(beneath, keys, &items, Some(&from), frame)?);
                // What leaves a file that others share would be missing there.
                if drafts.iter().any(|draft| draft.file != place.file) {
                    return None;
                }
                drafts
            }
        })
    }

    fn node_at(&self, at: &At, frame: &Frame<'_>) -> Option<(Place, Node<'_>)> {
        let place = self.place_of(at, frame)?;
        let (_, node) = self.scope.run.locator.exact(place)?;
        Some((place, node))
    }

    fn replace(&self, at: &At, content: &Content, frame: &Frame<'_>) -> Option<Draft> {
        let place = self.place_of(at, frame)?;
        let (doc, found) = self.scope.run.locator.exact(place)?;
        // The innermost node around the whole place: of an entry that is its mapping.
        let around = |node: &Node<'_>| {
            node.full_span().start <= place.span.start && place.span.end <= node.full_span().end
        };
        let node = std::iter::successors(Some(found), |node| node.parent()).find(around)?;
        let manner = self.manner(node, place.file);
        let of = |text: String, plain: Option<String>| Draft {
            file: place.file,
            made: Made { span: place.span, text, target: node.id(), lost: 1 },
            plain,
        };
        if let Content::Text(template) = content {
            let text = self.exact_text(template, frame)?;
            let text = text.trim_end();
            if node.span() != place.span || !node.is_scalar() {
                // A part of a scalar, as it is.
                return Some(of(
                    text.replace(
                        '\n',
                        &format!("\n{}", " ".repeat(column(self.text_of(place.file), place.span.start))),
                    ),
                    None,
                ));
            }
            if node.is_missing() {
                return Some(of(format!(" {}", write::string(text, manner.json)), None));
            }
            return Some(of(write::restyled(node, text, manner.json)?, Some(text.to_string())));
        }
        let yaml = self.yaml(content, frame)?;
        let flow = node.style() == Style::Flow || edits::in_flow(node);
        let comments = edits::comments_in(&self.scope.run.model.doc(doc).tree, place.span);
        let indent = column(self.text_of(place.file), place.span.start);
        let text = match flow {
            true if comments.is_empty() => write::flow(&yaml, manner.json)?,
            true => return None,
            // What was said about the old text stands before the new one.
            false => {
                let newline = format!("\n{}", " ".repeat(indent));
                let before: String = comments.iter().map(|comment| format!("{comment}{newline}")).collect();
                format!("{before}{}", write::block(&yaml, indent, manner))
            }
        };
        Some(of(text, None))
    }

    /// `from` is the key under which it stood, of what is moved.
    fn set(
        &self,
        beneath: &Beneath,
        keys: &[Box<str>],
        yaml: &Yaml,
        from: Option<&str>,
        frame: &Frame<'_>,
    ) -> Option<Vec<Draft>> {
        let model = self.scope.run.model;
        let names: Vec<&str> = keys.iter().map(AsRef::as_ref).collect();
        let below = |at: NodeAt, keys: &[String]| {
            let (node, file) = (model.node(at), model.doc(at.doc).file);
            // What is not there yet is a list or a mapping as the place is that has its name.
            let path: Vec<&str> = keys.iter().map(String::as_str).collect();
            if from.is_some_and(|from| path.last() != Some(&from) && node.at(&path).is_none()) {
                return None;
            }
            // A variable that is there already would be given twice.
            if let Yaml::Items(items) = yaml
                && let Some(name) = items.iter().find_map(item_name)
            {
                let list = node.at(&path).into_iter().flat_map(Node::items);
                if list.filter_map(|item| item.get("name")?.text()).any(|other| other == name) {
                    return None;
                }
            }
            let made = edits::set(node, keys, yaml, self.manner(node, file))?;
            let old = node.document().node(made.target);
            let plain = match yaml {
                Yaml::Str(text) if old.is_scalar() && old.span() == made.span => Some(text.clone()),
                _ => None,
            };
            Some(Draft { file, made, plain })
        };
        match beneath {
            Beneath::Place(at) => {
                let keys: Vec<String> = names.iter().map(ToString::to_string).collect();
                let places = self.places_at(at, frame, Focus::All);
                let drafts = places.into_iter().map(|place| {
                    let (doc, node) = self.scope.run.locator.exact(place)?;
                    below(NodeAt { doc, node: node.id() }, &keys)
                });
                drafts.collect::<Option<Vec<_>>>().filter(|drafts| !drafts.is_empty())
            }
            Beneath::Values(of) => match model.value_owner(self.release(of.as_ref(), frame)?, &names)? {
                Owner::Below(at, keys) => Some(vec![below(at, &keys)?]),
                Owner::Parameter(at) => {
                    let (node, file) = (model.node(at), model.doc(at.doc).file);
                    let (Yaml::Written(text) | Yaml::Str(text)) = yaml else { return None };
                    // Values of parameters are text.
                    let text = write::restyled(node, text, self.manner(node, file).json)?;
                    let made = Made { span: node.span(), text, target: node.id(), lost: 1 };
                    Some(vec![Draft { file, made, plain: None }])
                }
            },
        }
    }

    /// The release of a member; none where several are meant.
    fn release(&self, of: Option<&Source>, frame: &Frame<'_>) -> Option<ReleaseId> {
        let run = self.scope.run;
        let members: Vec<(usize, u32)> = match of {
            None => vec![(frame.view, frame.member)],
            Some(Source::RelatedMember(relation)) => {
                let view = self.rule.relations.get(*relation)?.view;
                self.found(*relation, frame).members.into_iter().map(|member| (view, member)).collect()
            }
            Some(source) => {
                let value = self.value(source, frame, Focus::All).value;
                let member = |value: &FactValue| match value {
                    FactValue::Member(view, member) => Some((run.views.index(view)?, *member)),
                    _ => None,
                };
                match &value {
                    FactValue::List(items) => items.iter().filter_map(|item| member(&item.value)).collect(),
                    value => member(value).into_iter().collect(),
                }
            }
        };
        let [(view, member)] = members.as_slice() else { return None };
        run.views.at(*view).release(run.model, self.scope.scope, *member)
    }

    /// Content with the values of the member.
    fn yaml(&self, content: &Content, frame: &Frame<'_>) -> Option<Yaml> {
        Some(match content {
            Content::Text(template) => {
                let text = self.exact_text(template, frame)?;
                let text = text.trim_end();
                let flow = (!text.contains('\n')).then(|| text.to_string());
                let lines = text.split('\n').map(str::to_string).collect();
                Yaml::Lines { comments: Vec::new(), lines, flow }
            }
            Content::Scalar(template) => {
                let text = self.exact_text(template, frame)?;
                // A number alone stays one.
                let value = template.single_hole().map(|source| self.value(source, frame, Focus::All).value);
                match value {
                    Some(FactValue::Int(_) | FactValue::Bool(_)) => Yaml::Written(text),
                    _ => Yaml::Str(text),
                }
            }
            Content::Bare(text) => Yaml::Written(text.to_string()),
            Content::Entries(entries) => {
                let entry =
                    |(key, value): &(Box<str>, Content)| Some((key.to_string(), self.yaml(value, frame)?));
                Yaml::Entries(entries.iter().map(entry).collect::<Option<_>>()?)
            }
            Content::Items(items) => {
                Yaml::Items(items.iter().map(|item| self.yaml(item, frame)).collect::<Option<_>>()?)
            }
        })
    }

    fn exact_text(&self, template: &Template, frame: &Frame<'_>) -> Option<String> {
        let (text, exact) = self.text(template, frame, Focus::All);
        exact.then_some(text)
    }
}

/// The `name` of an item that is moved.
fn item_name(item: &Yaml) -> Option<String> {
    let Yaml::Lines { lines, .. } = item else { return None };
    let stream = ddlint_yaml::parse(ddlint_yaml::SourceText::from(lines.join("\n")));
    Some(stream.documents.first()?.root()?.get("name")?.text()?.to_string())
}
