//! From bytes of a rendered text to where they came from, and to the place that a person edits.
//!
//! Deliberately absent: how origins are recorded (`ddlint-helm`), which findings there are.

use ddlint_helm::origin::{Leaf, OriginId};
use ddlint_yaml::Span;

use crate::finding::{Finding, OriginStep, Related};
use crate::model::Model;
use crate::source::{Origin, Place, Rendering, SourceMap};

/// What bytes came from, told apart by what it did.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sources {
    /// What was printed, the largest share of the bytes first; of equal shares values before literals.
    pub printed: Vec<Leaf>,
    /// What only decided that the bytes are there.
    pub tested: Vec<Leaf>,
}

fn is_literal(leaf: &Leaf) -> bool {
    matches!(leaf, Leaf::Template(_))
}

/// The origins of a range of a rendered text. `lines` is for values of several lines: lines that a condition left out
/// of them belong to them, while after a value of one line they would be another field.
pub fn sources_of(rendering: &Rendering, span: Span, lines: bool) -> Sources {
    sources_with(rendering, span, lines, &[])
}

/// The same with origins that decided about the range without standing in it.
fn sources_with(rendering: &Rendering, span: Span, lines: bool, around: &[OriginId]) -> Sources {
    let table = &rendering.table;
    let evidence = ddlint_helm::text::evidence(&rendering.segments, table, span.start, span.end, lines);
    let mut leaves: Vec<(u32, Leaf)> = Vec::new();
    let mut tested: Vec<Leaf> = Vec::new();
    for (origin, share) in evidence {
        let resolved = table.resolve(origin);
        for leaf in resolved.printed {
            match leaves.iter_mut().find(|(_, known)| *known == leaf) {
                Some((sum, _)) => *sum += share,
                None => leaves.push((share, leaf)),
            }
        }
        for leaf in resolved.tested {
            if !tested.contains(&leaf) {
                tested.push(leaf);
            }
        }
    }
    for origin in around {
        let resolved = table.resolve(*origin);
        for leaf in resolved.printed.into_iter().chain(resolved.tested) {
            if !is_literal(&leaf) && !tested.contains(&leaf) {
                tested.push(leaf);
            }
        }
    }
    // Stable: what comes first in the text stays first.
    leaves.sort_by_key(|(share, leaf)| (std::cmp::Reverse(*share), is_literal(leaf)));
    let printed: Vec<Leaf> = leaves.into_iter().map(|(_, leaf)| leaf).collect();
    tested.retain(|leaf| !printed.contains(leaf));
    Sources { printed, tested }
}

/// A line of a template without its indentation and its end.
fn trimmed(sources: &SourceMap, place: Place) -> Place {
    let Span { start, end } = place.span;
    let text = sources.get(place.file).text.get(start as usize..end as usize).unwrap_or_default();
    let rest = text.trim_start();
    let start = start + (text.len() - rest.len()) as u32;
    let length = rest.trim_end_matches(['\n', '\r']).len() as u32;
    if length == 0 { place } else { Place { span: Span { start, end: start + length }, ..place } }
}

/// A leaf as a step of the chain.
pub fn step(rendering: &Rendering, sources: &SourceMap, leaf: &Leaf, tested: bool) -> OriginStep {
    let place = |it: &ddlint_helm::origin::Place| {
        let file = *rendering.files.get(&it.file)?;
        Some(sources.outermost(Place { file, span: Span { start: it.start, end: it.end } }))
    };
    let plain =
        |kind, place, path: Option<&str>| OriginStep { kind, place, path: path.map(str::to_string), tested };
    match leaf {
        Leaf::Template(it) => plain("template", place(it).map(|place| trimmed(sources, place)), None),
        Leaf::Value { path, place: it } => {
            // Values inside another document are those of an Application (or a HelmRelease).
            let inline = it.as_ref().is_some_and(|it| it.file.contains('#'));
            plain(if inline { "application" } else { "values" }, it.as_ref().and_then(place), Some(path))
        }
        Leaf::Set { path } => plain("set", None, Some(path)),
        Leaf::Release(name) => plain("release", None, Some(name)),
        Leaf::Chart(name) => plain("chart", None, Some(name)),
        Leaf::Capabilities(name) => plain("capabilities", None, Some(name)),
        Leaf::File(name) => plain("file", None, Some(name)),
        Leaf::Random { function, call } => plain("random", place(call), Some(function)),
        Leaf::Unordered { function, call } => plain("random", place(call), Some(function)),
        Leaf::Cluster { function, call } => plain("capabilities", place(call), Some(function)),
    }
}

/// The chain of a place in a rendered text: what was printed, then what was tested.
pub fn chain(rendering: &Rendering, sources: &SourceMap, at: Place) -> Vec<OriginStep> {
    chain_with(rendering, sources, at, &[])
}

/// The same with origins that decided about the place without standing in it.
pub fn chain_with(
    rendering: &Rendering,
    sources: &SourceMap,
    at: Place,
    around: &[OriginId],
) -> Vec<OriginStep> {
    let text = sources.get(at.file).text.get(at.span.start as usize..at.span.end as usize);
    // After a key without a value lines are absent that would be its value.
    let lines = text.is_some_and(|text| text.contains('\n') || text.is_empty());
    let found = sources_with(rendering, at.span, lines, around);
    let mut steps: Vec<OriginStep> =
        found.printed.iter().map(|leaf| step(rendering, sources, leaf, false)).collect();
    // Where all of it was printed by an action, that is the line of the template.
    if !steps.iter().any(|step| step.kind == "template")
        && let Some(place) = template_place(rendering, sources, at.span)
    {
        steps.push(OriginStep { kind: "template", place: Some(place), path: None, tested: false });
    }
    steps.extend(found.tested.iter().map(|leaf| step(rendering, sources, leaf, true)));
    steps
}

/// The origins of a range, as they are recorded.
pub fn origins_of(rendering: &Rendering, span: Span) -> Vec<OriginId> {
    let evidence =
        ddlint_helm::text::evidence(&rendering.segments, &rendering.table, span.start, span.end, false);
    evidence.into_iter().map(|(origin, _)| origin).collect()
}

/// What decided, before an item of a list, how many items there are: lines that are absent between `from` and `to`,
/// and what was tested for the byte at `to` to be there. Each of them moves the items that follow.
pub fn moved_by(rendering: &Rendering, from: u32, to: u32, out: &mut Vec<OriginId>) {
    let table = &rendering.table;
    let mut add = |origin: OriginId| {
        if !out.contains(&origin) {
            out.push(origin);
        }
    };
    ddlint_helm::text::absent_lines(&rendering.segments, table, from, to).for_each(&mut add);
    let byte = to.saturating_sub(1);
    let at = rendering.segments.partition_point(|segment| segment.end <= byte);
    if let Some(segment) = rendering.segments.get(at) {
        add(segment.origin);
    }
}

/// The place that a person edits to change a range of a rendered text: a value where one was printed, else the
/// template's literal, else the template around it.
pub fn edit_place(rendering: &Rendering, sources: &SourceMap, at: Place) -> Option<Place> {
    let span = at.span;
    let steps = chain(rendering, sources, at);
    let open = |step: &&OriginStep| step.place.is_some_and(|place| sources.can_be_opened(place));
    let printed = || steps.iter().filter(|step| !step.tested).filter(open);
    let value = printed().find(|step| matches!(step.kind, "values" | "application"));
    let first = value.or_else(|| printed().next());
    if let Some(place) = first.and_then(|step| step.place) {
        return Some(place);
    }
    if rendering.outside.is_some() {
        return rendering.outside;
    }
    // A release's name, a capability: it stands on the line of the template.
    let whole = rendering.template_file.map(|file| Place { file, span: Span { start: 0, end: 0 } });
    template_place(rendering, sources, span).filter(|place| sources.can_be_opened(*place)).or(whole)
}

/// The template that prints a range of a rendered text whose words are a value's: for a finding that is about where
/// they were put, not about the value. The second place is the range in the rendered text.
pub fn printed_by(sources: &SourceMap, place: Place) -> Option<(Place, Place)> {
    let at = sources.outermost(place);
    let Origin::Rendered(rendering) = &sources.get(at.file).origin else { return None };
    let steps = chain(rendering, sources, at);
    let value =
        steps.iter().any(|step| !step.tested && matches!(step.kind, "values" | "application" | "set"));
    let template = template_place(rendering, sources, at.span).filter(|_| value)?;
    sources.can_be_opened(template).then_some((template, at))
}

/// Where the template prints a range: behind the nearest literal text before it, or at the action that prints where that
/// stands on a later line.
pub fn template_place(rendering: &Rendering, sources: &SourceMap, span: Span) -> Option<Place> {
    let before = rendering.segments.partition_point(|segment| segment.end <= span.start);
    let literal = rendering.segments.get(..before)?.iter().rev().find_map(|segment| {
        let resolved = rendering.table.resolve(segment.origin);
        let leaf = resolved.printed.iter().find(|leaf| is_literal(leaf))?;
        step(rendering, sources, leaf, false).place
    })?;
    let end = literal.span.end;
    let rest = sources.get(literal.file).text.get(end as usize..).unwrap_or_default();
    let span = match printing_action(rest) {
        Some((from, to)) => Span { start: end + from as u32, end: end + to as u32 },
        None => Span { start: end, end },
    };
    Some(Place { span, ..literal })
}

/// The first action that may print something, where only white space and actions that print nothing stand before it, and
/// it stands on a later line.
fn printing_action(text: &str) -> Option<(usize, usize)> {
    const SILENT: [&str; 7] = ["if", "else", "end", "with", "range", "break", "continue"];
    // The literal may be a constant inside of an action.
    let closed = text.find("}}").filter(|close| text.find("{{").is_none_or(|open| *close < open));
    let mut at = closed.map_or(0, |close| close + 2);
    loop {
        let rest = text.get(at..)?;
        let begin = at + (rest.len() - rest.trim_start().len());
        let inner = text.get(begin..)?.strip_prefix("{{")?;
        let length = inner.find("}}")?;
        let action = inner.get(..length)?.trim_start_matches('-').trim_start();
        let word = action.split(|c: char| !c.is_ascii_alphanumeric() && c != '$' && c != '_').next()?;
        // Another helper begins.
        if matches!(word, "define" | "block") {
            return None;
        }
        let assigns = word.starts_with('$') && action.get(word.len()..)?.trim_start().starts_with([':', '=']);
        let end = begin + 2 + length + 2;
        if !(SILENT.contains(&word) || assigns || action.starts_with("/*")) {
            return text.get(..begin)?.contains('\n').then_some((begin, end));
        }
        at = end;
    }
}

/// The value in a file on the disk that a rendered scalar is, and nothing else: changing it changes the scalar.
pub fn owner(rendering: &Rendering, sources: &SourceMap, at: Place) -> Option<Place> {
    let value = |span: Span| match sources_of(rendering, span, false).printed.as_slice() {
        [leaf @ Leaf::Value { .. }] => Some(leaf.clone()),
        _ => None,
    };
    // The quotes around it may be the template's.
    let text = at.span.slice(&sources.get(at.file).text);
    let inner = ['"', '\''].into_iter().any(|quote| {
        text.strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote))
            .is_some_and(|inner| !inner.is_empty())
    });
    let within = || inner.then(|| value(Span { start: at.span.start + 1, end: at.span.end - 1 })).flatten();
    let leaf = value(at.span).or_else(within)?;
    let place = step(rendering, sources, &leaf, false).place?;
    let scalar = |place: Place| {
        let text = place.span.slice(&sources.get(place.file).text);
        let stream = ddlint_yaml::parse(text.into());
        let root = stream.documents.first()?.root()?;
        let text = root.text().filter(|_| root.is_scalar() && stream.errors.is_empty())?;
        (!text.contains('\n')).then(|| text.to_string())
    };
    let same = scalar(place)? == scalar(at)?;
    (same && matches!(sources.get(place.file).origin, Origin::Disk)).then_some(place)
}

/// Adds the places whose values lost against the one that is to be edited.
pub fn add_shadowed(finding: &mut Finding, model: &Model) {
    let Some(at) = finding.about else { return };
    let Origin::Rendered(rendering) = &model.sources.get(at.file).origin else { return };
    let winning = finding.origin.iter().find(|step| {
        !step.tested && matches!(step.kind, "values" | "application") && step.place == Some(finding.primary)
    });
    let Some(steps) = winning.and_then(|step| crate::drift::member_steps(step.path.as_deref()?)) else {
        return;
    };
    let keys: Vec<&str> = steps.iter().map(String::as_str).collect();
    let Some(value) = model.release(rendering.release).values.get(&keys) else { return };
    for lost in &value.shadowed {
        let place = model.sources.outermost(model.place(lost.value_at()));
        let known = place == finding.primary || finding.related.iter().any(|related| related.place == place);
        if !known && model.sources.can_be_opened(place) {
            let message = "the value given here is overridden".to_string();
            finding.related.push(Related { place, message });
        }
    }
}

/// Of what an archive holds only the archive, or who deploys it, can be opened: one place for many causes. They are told
/// apart by where they are in it, and that is said.
fn packed(finding: &mut Finding, sources: &SourceMap) {
    let closed = |step: &&OriginStep| !step.tested && step.place.is_some_and(|it| !sources.can_be_opened(it));
    let steps = || finding.origin.iter().filter(closed);
    let cause = steps().find(|step| step.kind == "values").or_else(|| steps().next());
    let Some(place) = cause.and_then(|step| step.place) else { return };
    let at = sources.location(place);
    if finding.label.is_empty() {
        finding.label = format!("in the archive it is {}:{}", at.file, at.line);
    }
    finding.apart = format!("{}:{} {}", at.root_file, at.offset, finding.apart);
}

/// Leads the places of a finding out of rendered texts, and records the chain.
pub fn lead_back(finding: &mut Finding, sources: &SourceMap) {
    // A text inside a rendered one, as an Application's inline values: it stands where its holder was printed.
    let rendered = |place: Place| {
        let outer = sources.outermost(place);
        if matches!(sources.get(outer.file).origin, Origin::Rendered(_)) { outer } else { place }
    };
    finding.primary = rendered(finding.primary);
    for related in &mut finding.related {
        related.place = rendered(related.place);
    }
    if let Origin::Rendered(rendering) = &sources.get(finding.primary.file).origin {
        let at = finding.primary;
        if finding.origin.is_empty() {
            finding.origin = chain(rendering, sources, at);
        }
        if let Some(place) = edit_place(rendering, sources, at) {
            finding.primary = place;
        }
        if rendering.outside == Some(finding.primary) {
            packed(finding, sources);
        }
        finding.about = Some(at);
    }
    if let Some(at) = finding.about
        && finding.origin.is_empty()
        && let Origin::Rendered(rendering) = &sources.get(at.file).origin
    {
        finding.origin = chain(rendering, sources, at);
    }
    for related in &mut finding.related {
        if let Origin::Rendered(rendering) = &sources.get(related.place.file).origin
            && let Some(place) = edit_place(rendering, sources, related.place)
        {
            related.place = place;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::printing_action;

    #[test]
    fn the_action_that_prints_is_found_behind_those_that_do_not() {
        let found = |text: &'static str| printing_action(text).map(|(from, to)| &text[from..to]);
        assert_eq!(found("\n  {{- toYaml .x | nindent 2 }}\n"), Some("{{- toYaml .x | nindent 2 }}"));
        let behind = "\n  {{- end }}\n  {{- with .y }}{{/* why */}}\n  {{- $z := 1 }}\n  {{ . }}\n";
        assert_eq!(found(behind), Some("{{ . }}"));
        for text in [
            " {{ .x }}\n",
            "{{ .x }}",
            "\n  a: {{ .x }}",
            "\n  {{- if .x }}\n  a",
            "\n{{ broken",
            "",
            "\n",
            "\n{{ end }}\n{{ define \"x\" }}{{ .x }}",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
        assert_eq!(found(" | quote }}\n{{- end }}\n{{- .x }}"), Some("{{- .x }}"));
        assert_eq!(found("\n{{ endpoint }}"), Some("{{ endpoint }}"));
    }
}
