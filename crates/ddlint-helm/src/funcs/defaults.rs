//! The functions that choose and that ask: defaults, conditions, types, and Helm's own `required`, `fail`, `lookup`.
//!
//! What is chosen keeps its origin and is marked by what was looked at.
//! Deliberately absent: `and`, `or`, `not` and the comparisons, which are the template language's own.

use super::encoding::base64_encode;
use super::{Args, Call, FuncDef, FuncError, Ty};
use crate::origin::{OriginId, OriginTable};
use crate::text::Text;
use crate::value::{Data, Map, MapKind, Value};
use crate::world::Cluster;
use crate::yaml_in;
use ddlint_yaml::Node;
use std::collections::BTreeMap;

type Out = Result<Value, FuncError>;

pub(crate) const FUNCS: &[FuncDef] = &[
    FuncDef::variadic("default", &[Ty::Any, Ty::Any], default),
    FuncDef::fixed("empty", &[Ty::Any], empty),
    FuncDef::variadic("coalesce", &[Ty::Any], coalesce),
    FuncDef::variadic("all", &[Ty::Any], all),
    FuncDef::variadic("any", &[Ty::Any], any),
    FuncDef::fixed("ternary", &[Ty::Any, Ty::Any, Ty::Bool], ternary),
    FuncDef::fixed("typeOf", &[Ty::Any], type_of),
    FuncDef::fixed("typeIs", &[Ty::Str, Ty::Any], type_is),
    FuncDef::fixed("typeIsLike", &[Ty::Str, Ty::Any], type_is_like),
    FuncDef::fixed("kindOf", &[Ty::Any], kind_of),
    FuncDef::fixed("kindIs", &[Ty::Str, Ty::Any], kind_is),
    FuncDef::fixed("required", &[Ty::Str, Ty::Any], required),
    FuncDef::fixed("fail", &[Ty::Str], fail),
    FuncDef::fixed("lookup", &[Ty::Str, Ty::Str, Ty::Str, Ty::Str], lookup),
    FuncDef::fixed("getHostByName", &[Ty::Str], host_by_name),
];

/// Sprig's emptiness: Go's falsehood, but nothing with fields is empty.
fn is_empty(value: &Value) -> bool {
    match &value.data {
        Data::Object(object) => !matches!(object.kind(), "struct" | "ptr") && !object.truth(),
        _ => !value.truth(),
    }
}

fn default(call: &mut Call<'_>, args: &[Value]) -> Out {
    match args.get(1) {
        Some(given) if !is_empty(given) => Ok(given.clone()),
        Some(given) => {
            let origin = given.origin(call.origins);
            Ok(call.tested(args.any(0).clone(), origin))
        }
        None => Ok(args.any(0).clone()),
    }
}

fn empty(call: &mut Call<'_>, args: &[Value]) -> Out {
    let origin = call.mixed(args);
    Ok(Value::bool(is_empty(args.any(0)), origin))
}

fn coalesce(call: &mut Call<'_>, args: &[Value]) -> Out {
    let mut tested = OriginId::NONE;
    for value in args {
        if !is_empty(value) {
            return Ok(call.tested(value.clone(), tested));
        }
        let origin = value.origin(call.origins);
        tested = call.origins.union(tested, origin);
    }
    Ok(call.tested(Value::NIL, tested))
}

fn all(call: &mut Call<'_>, args: &[Value]) -> Out {
    let origin = call.mixed(args);
    Ok(Value::bool(!args.iter().any(is_empty), origin))
}

fn any(call: &mut Call<'_>, args: &[Value]) -> Out {
    let origin = call.mixed(args);
    Ok(Value::bool(args.iter().any(|v| !is_empty(v)), origin))
}

fn ternary(call: &mut Call<'_>, args: &[Value]) -> Out {
    let chosen = if args.bool(2)? { args.any(0) } else { args.any(1) };
    Ok(call.tested(chosen.clone(), args.any(2).origin))
}

fn type_of(call: &mut Call<'_>, args: &[Value]) -> Out {
    let origin = call.mixed(args);
    Ok(Value::str(args.any(0).type_name(), origin))
}

fn type_is(call: &mut Call<'_>, args: &[Value]) -> Out {
    let origin = call.mixed(args);
    Ok(Value::bool(args.text(0)?.bytes() == args.any(1).type_name().as_bytes(), origin))
}

fn type_is_like(call: &mut Call<'_>, args: &[Value]) -> Out {
    let origin = call.mixed(args);
    let name = args.any(1).type_name();
    let wanted = args.text(0)?.bytes();
    let pointed = name.strip_prefix('*').unwrap_or(name);
    Ok(Value::bool(wanted == name.as_bytes() || wanted == pointed.as_bytes(), origin))
}

fn kind_of(call: &mut Call<'_>, args: &[Value]) -> Out {
    let origin = call.mixed(args);
    Ok(Value::str(args.any(0).kind(), origin))
}

fn kind_is(call: &mut Call<'_>, args: &[Value]) -> Out {
    let origin = call.mixed(args);
    Ok(Value::bool(args.text(0)?.bytes() == args.any(1).kind().as_bytes(), origin))
}

fn required(call: &mut Call<'_>, args: &[Value]) -> Out {
    let value = args.any(1);
    let missing = value.is_nil() || value.as_text().is_some_and(|t| t.is_empty());
    if missing {
        let blame = value.origin(call.origins);
        return Err(FuncError::new(args.text(0)?.to_str_lossy().into_owned()).blame(blame));
    }
    Ok(value.clone())
}

fn fail(_: &mut Call<'_>, args: &[Value]) -> Out {
    Err(FuncError::new(args.text(0)?.to_str_lossy().into_owned()))
}

/// Without a cluster nothing is ever found.
fn lookup(call: &mut Call<'_>, args: &[Value]) -> Out {
    let origin = call.cluster();
    let found = match &call.world.cluster {
        Some(cluster) => found(cluster, args)?,
        None => None,
    };
    let empty = || Data::Map(Map::new(BTreeMap::new(), MapKind::Any));
    Ok(Value { data: found.map_or_else(empty, |value| value.data), origin })
}

/// The object, or the list of objects where no name is given.
fn found(cluster: &Cluster, args: &[Value]) -> Result<Option<Value>, FuncError> {
    let text = |i: usize| args.text(i).map(|text| text.to_str_lossy().into_owned());
    let (version, kind, namespace, name) = (text(0)?, text(1)?, text(2)?, text(3)?);
    let has = |node: Node<'_>, key: &str, wanted: &str| {
        node.get(key).and_then(|it| it.text()).map_or(key == "namespace", |it| it == wanted)
    };
    let mut matching = cluster.objects.iter().filter_map(|document| document.root()).filter(|root| {
        let meta = root.get("metadata");
        has(*root, "apiVersion", &version)
            && has(*root, "kind", &kind)
            && meta.is_some_and(|meta| {
                (name.is_empty() || has(meta, "name", &name))
                    && (namespace.is_empty() || has(meta, "namespace", &namespace))
            })
    });
    let plain = |value: &str| Value::str(value, OriginId::NONE);
    let object = |fields: Vec<(&str, Value)>| {
        let map = Map::new(BTreeMap::new(), MapKind::Any);
        for (key, value) in fields {
            map.set(key.as_bytes(), OriginId::NONE, value);
        }
        Value::plain(Data::Map(map))
    };
    if name.is_empty() {
        let items: Vec<Value> = matching.filter_map(as_applied).collect();
        if items.is_empty() && !cluster.holds_anything {
            return Ok(None);
        }
        let kind = plain(&format!("{kind}List"));
        return Ok(Some(object(vec![
            ("apiVersion", plain(&version)),
            ("kind", kind),
            ("items", Value::list(items)),
        ])));
    }
    if let Some(root) = matching.next() {
        return Ok(as_applied(root));
    }
    if !cluster.holds_anything {
        return Ok(None);
    }
    let metadata = object(vec![
        ("name", plain(&name)),
        ("namespace", plain(&namespace)),
        ("uid", plain("22222222-2222-4222-a222-222222222222")),
    ]);
    Ok(Some(object(vec![("apiVersion", plain(&version)), ("kind", plain(&kind)), ("metadata", metadata)])))
}

/// A manifest as the cluster gives it back: the strings of a Secret are encoded.
fn as_applied(root: Node<'_>) -> Option<Value> {
    let mut table = OriginTable::new(false);
    let value = yaml_in::value_of(root, yaml_in::Source::Text(&Text::empty()), &mut table).ok()?;
    if let (Some(Value { data: Data::Map(given), .. }), Some(map)) = (value.get("stringData"), value.as_map())
    {
        let data = match value.get("data") {
            Some(Value { data: Data::Map(data), .. }) => data,
            _ => Map::new(BTreeMap::new(), MapKind::Any),
        };
        for (key, entry) in given.entries.borrow().iter() {
            if let Some(text) = entry.value.as_text() {
                let encoded = Value::str(base64_encode(text.bytes()), OriginId::NONE);
                data.set(key, OriginId::NONE, encoded);
            }
        }
        map.set(b"data", OriginId::NONE, Value::plain(Data::Map(data)));
    }
    Some(value)
}

/// Helm asks no name server unless it is told to.
fn host_by_name(call: &mut Call<'_>, _: &[Value]) -> Out {
    let origin = call.cluster();
    Ok(Value::str([], origin))
}
