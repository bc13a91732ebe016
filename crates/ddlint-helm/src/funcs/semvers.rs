//! `semver` and `semverCompare`.

use super::{Args, Call, FuncDef, FuncError, Ty};
use crate::origin::OriginId;
use crate::semver::{Constraint, Version};
use crate::value::{Data, Object, Value};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

type Out = Result<Value, FuncError>;

pub(crate) const FUNCS: &[FuncDef] = &[
    FuncDef::fixed("semver", &[Ty::Str], semver),
    FuncDef::fixed("semverCompare", &[Ty::Str, Ty::Str], semver_compare),
];

/// A version with its methods.
#[derive(Debug)]
pub(super) struct VersionObject {
    pub(super) version: Version,
    origin: OriginId,
    pointer: bool,
}

fn number(n: u64, origin: OriginId) -> Value {
    Value { data: Data::Int64(i64::try_from(n).unwrap_or(i64::MAX)), origin }
}

fn object(version: Version, origin: OriginId, pointer: bool) -> Value {
    Value { data: Data::Object(Rc::new(VersionObject { version, origin, pointer })), origin }
}

impl VersionObject {
    /// The next version, as the library counts: a pre-release goes to its release.
    fn next(&self, part: &str) -> Value {
        let mut v = self.version.clone();
        match part {
            "IncMajor" => (v.major, v.minor, v.patch) = (v.major.saturating_add(1), 0, 0),
            "IncMinor" => (v.minor, v.patch) = (v.minor.saturating_add(1), 0),
            _ if v.prerelease.is_empty() => v.patch = v.patch.saturating_add(1),
            _ => {}
        }
        v.prerelease.clear();
        v.metadata.clear();
        self.renamed(v)
    }

    fn renamed(&self, mut v: Version) -> Value {
        let prefix = if self.version.original.starts_with('v') { "v" } else { "" };
        v.original = format!("{prefix}{v}");
        object(v, self.origin, false)
    }
}

impl Object for VersionObject {
    fn type_name(&self) -> &'static str {
        if self.pointer { "*semver.Version" } else { "semver.Version" }
    }
    fn kind(&self) -> &'static str {
        if self.pointer { "ptr" } else { "struct" }
    }
    fn field(&self, name: &str) -> Option<Value> {
        let v = &self.version;
        Some(match name {
            "Major" => number(v.major, self.origin),
            "Minor" => number(v.minor, self.origin),
            "Patch" => number(v.patch, self.origin),
            "Prerelease" => Value::str(&v.prerelease, self.origin),
            "Metadata" => Value::str(&v.metadata, self.origin),
            "Original" if self.pointer => Value::str(&v.original, self.origin),
            "String" => Value::str(v.to_string(), self.origin),
            "IncMajor" | "IncMinor" | "IncPatch" => self.next(name),
            _ => return None,
        })
    }
    fn call(&self, method: &str, args: &[Value]) -> Option<Result<Value, String>> {
        if args.is_empty() {
            return self.field(method).map(Ok);
        }
        if let ("SetPrerelease" | "SetMetadata", [value]) = (method, args) {
            let text = value.as_text()?.to_str_lossy().into_owned();
            return Some(self.with_suffix(method, text));
        }
        // The comparisons are methods of the pointer.
        if !self.pointer {
            return None;
        }
        let [Value { data: Data::Object(other), .. }] = args else { return None };
        let other = other.as_any().downcast_ref::<VersionObject>()?;
        let order = self.version.compare(&other.version);
        let answer = match method {
            "Compare" => return Some(Ok(Value { data: Data::Int(order as i64), origin: self.origin })),
            "LessThan" => order.is_lt(),
            "LessThanEqual" => order.is_le(),
            "GreaterThan" => order.is_gt(),
            "GreaterThanEqual" => order.is_ge(),
            "Equal" => order.is_eq(),
            _ => return None,
        };
        Some(Ok(Value::bool(answer, self.origin)))
    }
    fn print(&self) -> Vec<u8> {
        self.version.to_string().into_bytes()
    }
    fn encode(&self) -> Value {
        Value::str(self.version.to_string(), self.origin)
    }
    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

impl VersionObject {
    fn with_suffix(&self, method: &str, text: String) -> Result<Value, String> {
        let mut v = self.version.clone();
        let (mark, complaint) = match method {
            "SetPrerelease" => ('-', "invalid prerelease string"),
            _ => ('+', "invalid metadata string"),
        };
        if !text.is_empty() {
            let read = Version::parse(&format!("1.0.0{mark}{text}"));
            read.map_err(|e| if e.contains("starts with 0") { e } else { complaint.to_owned() })?;
        }
        match mark {
            '-' => v.prerelease = text,
            _ => v.metadata = text,
        }
        Ok(self.renamed(v))
    }
}

fn semver(call: &mut Call<'_>, args: &[Value]) -> Out {
    let text = args.text(0)?;
    let origin = call.mixed(args);
    let version = Version::parse(&text.to_str_lossy()).map_err(|e| FuncError::new(e).blame(origin))?;
    Ok(object(version, origin, true))
}

/// Compiled, or why it is none.
type Compiled = Result<Rc<Constraint>, String>;

thread_local! {
    static KNOWN: RefCell<HashMap<String, Compiled>> = RefCell::new(HashMap::new());
}

/// Charts ask the same few questions thousands of times.
fn constraint(text: &str) -> Compiled {
    KNOWN.with_borrow_mut(|known| {
        if let Some(done) = known.get(text) {
            return done.clone();
        }
        if known.len() > 1000 {
            known.clear();
        }
        let done = Constraint::parse(text).map(Rc::new);
        known.insert(text.to_owned(), done.clone());
        done
    })
}

fn semver_compare(call: &mut Call<'_>, args: &[Value]) -> Out {
    let constraint = constraint(&args.text(0)?.to_str_lossy())?;
    let blame = args.text(1)?.origin(call.origins);
    let version =
        Version::parse(&args.text(1)?.to_str_lossy()).map_err(|e| FuncError::new(e).blame(blame))?;
    let origin = call.mixed(args);
    Ok(Value::bool(constraint.matches(&version), origin))
}
