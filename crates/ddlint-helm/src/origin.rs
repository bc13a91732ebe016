//! Where a piece of text or a value came from.
//!
//! Origins are interned in an [`OriginTable`] and passed around as [`OriginId`], four bytes. They form a DAG of
//! three shapes: a leaf, the union of two origins (a function mixed its inputs), and an origin that was only
//! selected or emitted because another one was tested (`if`, `default`, `ternary` …). Everything that printed a
//! field and everything that merely decided about it can be told apart by [`OriginTable::resolve`].
//!
//! Deliberately absent: file contents, line numbers. A leaf holds byte ranges; whoever has the files counts lines.
//!
//! Where nothing is recorded all origins are [`OriginId::NONE`], and everything downstream costs next to nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

/// An interned origin; only meaningful together with the [`OriginTable`] that made it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct OriginId(pub u32);

impl OriginId {
    /// No origin is known (or nothing is recorded).
    pub const NONE: OriginId = OriginId(0);
    /// Whether nothing is known.
    pub fn is_none(self) -> bool {
        self.0 == 0
    }
}

/// A byte range of a file that the renderer was given (a template or a values file).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Place {
    /// The name under which the file was given, for example `mychart/charts/sub/templates/a.yaml`,
    /// or the name of a values source.
    pub file: Arc<str>,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// What a piece of text came from in the end.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Leaf {
    /// Literal text, or a literal inside an action, of a template.
    Template(Place),
    /// A value; `path` is the path in the *parent chart's* values, as a user writes it.
    Value {
        /// Normalized path (RFC 9535), for example `$['image']['tag']`.
        path: Arc<str>,
        /// Where the winning value stands; none for a value from `--set`.
        place: Option<Place>,
    },
    /// A value given with `--set` and its siblings.
    Set {
        /// Normalized path in the parent chart's values.
        path: Arc<str>,
    },
    /// `.Release.*`; the field name.
    Release(Arc<str>),
    /// `.Chart.*` of the chart named; the field name.
    Chart(Arc<str>),
    /// `.Capabilities.*`.
    Capabilities(Arc<str>),
    /// A call that asks the cluster (`lookup`, `getHostByName`); without one it finds nothing.
    Cluster {
        /// The function's name.
        function: Arc<str>,
        /// The call in the template.
        call: Place,
    },
    /// Text from `.Files`.
    File(Arc<str>),
    /// A call that gives another result at each render.
    Random {
        /// The function's name.
        function: Arc<str>,
        /// The call in the template.
        call: Place,
    },
    /// A call whose result has an unspecified order in Go (`keys`, `values`).
    Unordered {
        /// The function's name.
        function: Arc<str>,
        /// The call in the template.
        call: Place,
    },
}

/// One node of the DAG.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Node {
    /// An end point: [`Leaf::Template`], the file by its number. Each line of a template is one, so it is kept small.
    Template { file: u32, start: u32, end: u32 },
    /// Any other end point, by its number.
    Leaf(u32),
    /// Both.
    Union(OriginId, OriginId),
    /// `base`, and `by` was tested to decide that it is there.
    Tested {
        /// What is printed.
        base: OriginId,
        /// What was only tested.
        by: OriginId,
    },
    /// Nothing is printed, because of `by`.
    Absent {
        /// What was tested.
        by: OriginId,
        /// Whether whole lines are absent, and not a part of a line.
        lines: bool,
    },
}

/// What was asked for while a template was executed that no render can know.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sensed {
    /// A random function, the clock or an order that is not specified.
    pub random: bool,
    /// What the cluster holds.
    pub cluster: bool,
}

/// Origins by their id, as far as some leaf is behind them.
#[derive(Clone, Debug, Default)]
pub struct Reached(Vec<bool>);

impl Reached {
    /// Whether such a leaf is behind the origin, printed or tested.
    pub fn contains(&self, id: OriginId) -> bool {
        (id.0 as usize).checked_sub(1).and_then(|at| self.0.get(at)).copied().unwrap_or(false)
    }
}

/// The first number among the keys of [`OriginTable::pairs`] that stands for a range of a file, that of the first file.
const LITERALS: u32 = 3;

/// The interned origins of one render.
#[derive(Clone, Debug)]
pub struct OriginTable {
    nodes: Vec<Node>,
    /// The files of templates.
    files: Vec<Arc<str>>,
    /// All other leaves.
    leaves: Vec<Leaf>,
    known: QuickMap<Leaf, OriginId>,
    /// Nodes of numbers alone, by kind and parts. They are made with every byte that is written under a condition,
    /// so looking them up is cheap.
    pairs: QuickMap<(u32, u32, u32), OriginId>,
    recording: bool,
    sensed: Sensed,
}

/// A cheap hasher: what it hashes are ids, given out in order, and the texts, places and paths of one render, whose
/// number is bounded by the size of the files.
#[derive(Default)]
pub(crate) struct PairHasher(u64);

impl PairHasher {
    fn mix(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(23) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

impl Hasher for PairHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (whole, rest) = bytes.as_chunks::<8>();
        for chunk in whole {
            self.mix(u64::from_le_bytes(*chunk));
        }
        if !rest.is_empty() {
            self.mix(rest.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)));
        }
    }
    fn write_u8(&mut self, number: u8) {
        self.mix(u64::from(number));
    }
    fn write_u32(&mut self, number: u32) {
        self.mix(u64::from(number));
    }
    fn write_u64(&mut self, number: u64) {
        self.mix(number);
    }
    fn write_usize(&mut self, number: usize) {
        self.mix(number as u64);
    }
    fn write_isize(&mut self, number: isize) {
        self.mix(number as u64);
    }
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }
}

/// A map with the cheap hasher: for keys that come from the files of one render, or from the program itself.
pub(crate) type QuickMap<K, V> = HashMap<K, V, BuildHasherDefault<PairHasher>>;

/// The leaves behind an origin.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Resolved {
    /// What was printed, in order of first appearance.
    pub printed: Vec<Leaf>,
    /// What only decided a condition around it.
    pub tested: Vec<Leaf>,
}

impl OriginTable {
    /// An empty table; with `recording` false every origin made is [`OriginId::NONE`].
    pub fn new(recording: bool) -> Self {
        // So many there are at least where anything is recorded.
        let some = if recording { 4096 } else { 0 };
        OriginTable {
            nodes: Vec::with_capacity(some),
            files: Vec::new(),
            leaves: Vec::new(),
            known: QuickMap::with_capacity_and_hasher(some / 4, BuildHasherDefault::default()),
            pairs: QuickMap::with_capacity_and_hasher(some, BuildHasherDefault::default()),
            recording,
            sensed: Sensed::default(),
        }
    }

    /// Whether origins are recorded at all.
    pub fn is_recording(&self) -> bool {
        self.recording
    }

    fn pair(&mut self, key: (u32, u32, u32), node: Node) -> OriginId {
        if let Some(&id) = self.pairs.get(&key) {
            return id;
        }
        let id = self.push(node);
        self.pairs.insert(key, id);
        id
    }

    fn push(&mut self, node: Node) -> OriginId {
        self.nodes.push(node);
        OriginId(self.nodes.len() as u32)
    }

    /// The number of a template's file. Mostly it is the one that was asked for last.
    fn file(&mut self, file: &Arc<str>) -> u32 {
        let last = self.files.iter().rposition(|known| Arc::ptr_eq(known, file));
        let found = last.or_else(|| self.files.iter().position(|known| known == file));
        let at = found.unwrap_or_else(|| {
            self.files.push(Arc::clone(file));
            self.files.len() - 1
        });
        at as u32
    }

    /// The origin that is a range of a template.
    pub(crate) fn template(&mut self, file: &Arc<str>, start: u32, end: u32) -> OriginId {
        if !self.recording {
            return OriginId::NONE;
        }
        let file = self.file(file);
        self.pair((LITERALS.saturating_add(file), start, end), Node::Template { file, start, end })
    }

    /// The origin that is just this leaf.
    pub fn leaf(&mut self, leaf: impl FnOnce() -> Leaf) -> OriginId {
        if !self.recording {
            return OriginId::NONE;
        }
        let leaf = leaf();
        if let Leaf::Template(Place { file, start, end }) = &leaf {
            return self.template(file, *start, *end);
        }
        if let Some(&id) = self.known.get(&leaf) {
            return id;
        }
        let id = self.push(Node::Leaf(self.leaves.len() as u32));
        self.leaves.push(leaf.clone());
        self.known.insert(leaf, id);
        id
    }

    /// The origins of the lines of a literal text, which the caller makes once and keeps: they are not looked up.
    pub(crate) fn lines(
        &mut self,
        file: &Arc<str>,
        lines: impl Iterator<Item = (u32, u32)>,
    ) -> Vec<(u32, OriginId)> {
        let file = self.file(file);
        lines.map(|(start, end)| (end, self.push(Node::Template { file, start, end }))).collect()
    }

    /// The same lines under a test; not looked up either.
    pub(crate) fn tested_lines(&mut self, lines: &[(u32, OriginId)], by: OriginId) -> Vec<(u32, OriginId)> {
        lines.iter().map(|(end, base)| (*end, self.push(Node::Tested { base: *base, by }))).collect()
    }

    /// The origin of something made out of both.
    pub fn union(&mut self, a: OriginId, b: OriginId) -> OriginId {
        match (a, b) {
            (a, b) if a == b || b.is_none() => a,
            (a, b) if a.is_none() => b,
            (a, b) => {
                // A loop adds the same condition again and again.
                if let Some(Node::Union(x, y)) = self.node(a)
                    && (x == b || y == b)
                {
                    return a;
                }
                self.pair((0, a.0, b.0), Node::Union(a, b))
            }
        }
    }

    /// `base`, which is only there because `by` was tested. `by` alone also makes an origin: of something that
    /// has no text of its own.
    pub fn tested(&mut self, base: OriginId, by: OriginId) -> OriginId {
        if self.is_tested(base, by) { base } else { self.pair((1, base.0, by.0), Node::Tested { base, by }) }
    }

    /// As [`OriginTable::tested`] for a base that has not been tested so: the origin is not looked up.
    pub(crate) fn tested_anew(&mut self, base: OriginId, by: OriginId) -> OriginId {
        if self.is_tested(base, by) { base } else { self.push(Node::Tested { base, by }) }
    }

    /// Whether a test adds nothing.
    fn is_tested(&self, base: OriginId, by: OriginId) -> bool {
        let known = |node| matches!(node, Node::Tested { by: known, .. } if known == by);
        by.is_none() || by == base || !self.recording || self.node(base).is_some_and(known)
    }

    /// The origin of nothing: because of `by` no text was written, where otherwise whole `lines` or a part of a
    /// line would stand.
    pub fn absent(&mut self, by: OriginId, lines: bool) -> OriginId {
        if by.is_none() || !self.recording {
            return OriginId::NONE;
        }
        self.pair((2, by.0, u32::from(lines)), Node::Absent { by, lines })
    }

    /// The origin of a member that a container of values does not have: its path, without a place. Where the
    /// container is none of the values, its own origin.
    pub(crate) fn member(&mut self, container: OriginId, name: &str) -> OriginId {
        let mut at = container;
        loop {
            match self.node(at) {
                Some(Node::Tested { base, .. }) => at = base,
                Some(Node::Leaf(leaf)) => {
                    let Some(Leaf::Value { path, .. }) = self.leaves.get(leaf as usize) else {
                        return container;
                    };
                    let mut path = path.to_string();
                    crate::path::push_member(&mut path, name);
                    return self.leaf(|| Leaf::Value { path: Arc::from(path), place: None });
                }
                _ => return container,
            }
        }
    }

    /// Whether this is the origin of nothing, and then whether whole lines are absent.
    pub fn absence(&self, id: OriginId) -> Option<bool> {
        let mut at = id;
        loop {
            match self.node(at)? {
                Node::Absent { lines, .. } => return Some(lines),
                Node::Tested { base, .. } => at = base,
                Node::Template { .. } | Node::Leaf(_) | Node::Union(..) => return None,
            }
        }
    }

    /// What was tested for this origin itself to be there, without looking deeper than its own chain of tests.
    /// What is taken out of a container inherits it.
    pub fn test_of(&mut self, id: OriginId) -> OriginId {
        let mut sum = OriginId::NONE;
        let mut at = id;
        while let Some(Node::Tested { base, by }) = self.node(at) {
            sum = self.union(sum, by);
            at = base;
        }
        sum
    }

    /// Gives template files other names in all places, once a render is over: the names under which they were
    /// given instead of those that Helm gives them. No origins are made after that.
    pub(crate) fn rename_files(&mut self, names: &BTreeMap<Arc<str>, Arc<str>>) {
        let rename = |file: &mut Arc<str>| {
            if let Some(name) = names.get(file) {
                *file = Arc::clone(name);
            }
        };
        self.files.iter_mut().for_each(rename);
        for leaf in &mut self.leaves {
            if let Leaf::Random { call, .. } | Leaf::Unordered { call, .. } | Leaf::Cluster { call, .. } =
                leaf
            {
                rename(&mut call.file);
            }
        }
        self.known.clear();
        self.pairs.clear();
    }

    /// Notes that something is asked for that no render can know.
    pub(crate) fn sense(&mut self, what: Sensed) {
        self.sensed.random |= what.random;
        self.sensed.cluster |= what.cluster;
    }

    /// What was asked for since it was last taken.
    pub(crate) fn take_sensed(&mut self) -> Sensed {
        std::mem::take(&mut self.sensed)
    }

    /// The origins with a leaf behind them for which the test holds, however far away. It is not asked about the text
    /// of templates ([`Leaf::Template`]), which is most of all leaves.
    pub fn reaching(&self, test: impl Fn(&Leaf) -> bool) -> Reached {
        let leaves: Vec<bool> = self.leaves.iter().map(&test).collect();
        let mut out = Reached(Vec::with_capacity(self.nodes.len()));
        let mut any = false;
        // What a node is made of was made before it.
        for node in &self.nodes {
            let reached = match *node {
                Node::Leaf(leaf) => {
                    let reached = leaves.get(leaf as usize).copied().unwrap_or_default();
                    any |= reached;
                    reached
                }
                Node::Template { .. } => false,
                _ if !any => false,
                Node::Union(a, b) => out.contains(a) || out.contains(b),
                Node::Tested { base, by } => out.contains(base) || out.contains(by),
                Node::Absent { by, .. } => out.contains(by),
            };
            out.0.push(reached);
        }
        out
    }

    /// Whether some leaf was made for which the test holds; as in [`OriginTable::reaching`] none of a template's text.
    pub fn any_leaf(&self, test: impl Fn(&Leaf) -> bool) -> bool {
        self.leaves.iter().any(test)
    }

    /// The node behind an id.
    pub(crate) fn node(&self, id: OriginId) -> Option<Node> {
        self.nodes.get((id.0 as usize).checked_sub(1)?).copied()
    }

    /// The leaf that a node is.
    pub(crate) fn leaf_of(&self, node: Node) -> Option<Leaf> {
        match node {
            Node::Template { file, start, end } => {
                let file = Arc::clone(self.files.get(file as usize)?);
                Some(Leaf::Template(Place { file, start, end }))
            }
            Node::Leaf(leaf) => self.leaves.get(leaf as usize).cloned(),
            Node::Union(..) | Node::Tested { .. } | Node::Absent { .. } => None,
        }
    }

    /// All leaves behind an id, told apart by what they did. Each leaf stands once; one that was printed is not
    /// listed again as tested. Iterative, so that a long chain cannot overflow the stack.
    pub fn resolve(&self, id: OriginId) -> Resolved {
        let mut out = Resolved::default();
        let mut seen: BTreeSet<(OriginId, bool)> = BTreeSet::new();
        let mut printed_ids: BTreeSet<OriginId> = BTreeSet::new();
        let mut tested_ids: Vec<OriginId> = Vec::new();
        let mut stack = vec![(id, false)];
        while let Some((id, only_tested)) = stack.pop() {
            if id.is_none() || !seen.insert((id, only_tested)) {
                continue;
            }
            match self.node(id) {
                None => {}
                Some(Node::Template { .. } | Node::Leaf(_)) if only_tested => tested_ids.push(id),
                Some(node @ (Node::Template { .. } | Node::Leaf(_))) => {
                    printed_ids.insert(id);
                    out.printed.extend(self.leaf_of(node));
                }
                Some(Node::Union(a, b)) => {
                    stack.push((b, only_tested));
                    stack.push((a, only_tested));
                }
                Some(Node::Absent { by, .. }) => stack.push((by, true)),
                Some(Node::Tested { base, by }) => {
                    stack.push((by, true));
                    stack.push((base, only_tested));
                }
            }
        }
        for id in tested_ids {
            if !printed_ids.contains(&id) {
                out.tested.extend(self.node(id).and_then(|node| self.leaf_of(node)));
            }
        }
        out
    }
}
