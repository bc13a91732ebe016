//! The functions against what sprig's own gave to the same calls (`tests/data/funcs.tsv`, which
//! `oracle/funcs` records).

use super::semvers::VersionObject;
use super::times::TimeObject;
use super::{Args, Call, FuncDef, FuncError, Ty};
use crate::HelmDialect;
use crate::exec::meter::Limits;
use crate::exec::{Engine, Recorder, Recording};
use crate::origin::{Leaf, OriginId, OriginTable};
use crate::set::TemplateSet;
use crate::value::{Data, Entry, ListKind, MapKind, Value};
use serde_json::Value as Json;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

const CALLS: &str = include_str!("../../tests/data/funcs.tsv");

/// In tests only: keeps the notation of its argument.
pub(super) const FUNCS: &[FuncDef] = &[FuncDef::fixed("dump", &[Ty::Reflect], keep)];

thread_local! {
    static KEPT: RefCell<String> = const { RefCell::new(String::new()) };
}

fn keep(_: &mut Call<'_>, args: &[Value]) -> Result<Value, FuncError> {
    KEPT.set(dump(args.any(0)));
    Ok(Value::str([], OriginId::NONE))
}

fn quoted(bytes: &[u8]) -> String {
    crate::fmt::quote(bytes)
}

fn dump(value: &Value) -> String {
    match &value.data {
        Data::Nil => "nil".to_owned(),
        Data::Bool(b) => b.to_string(),
        Data::Int(n) => format!("i:{n}"),
        Data::Int64(n) => format!("l:{n}"),
        Data::Float(f) => format!("f:{}", crate::fmt::float(*f)),
        Data::Str(text) => quoted(text.bytes()),
        Data::List(list) => {
            let items = list.items.borrow();
            let name = match list.kind {
                ListKind::Any => "",
                ListKind::Strings => "s",
                ListKind::Ints => "n",
                ListKind::Bytes => "b",
                ListKind::Nil => "null",
            };
            format!("{name}[{}]", items.iter().map(dump).collect::<Vec<_>>().join(", "))
        }
        Data::Map(map) => {
            let entries = map.entries.borrow();
            let mut items: Vec<String> =
                entries.iter().map(|(k, e)| format!("{}: {}", quoted(k), dump(&e.value))).collect();
            items.sort();
            let name = if map.kind == MapKind::Strings { "m" } else { "" };
            format!("{name}{{{}}}", items.join(", "))
        }
        Data::Object(object) => {
            if let Some(time) = object.as_any().downcast_ref::<TimeObject>() {
                return format!("t:{}", time.moment.print());
            }
            if let (Some(version), "ptr") = (object.as_any().downcast_ref::<VersionObject>(), object.kind()) {
                return format!("v:{}|{}", version.version.original, version.version);
            }
            format!("o:{}:{}", object.type_name(), String::from_utf8_lossy(&object.print()))
        }
    }
}

/// JSON as Go decodes it: each number is a `float64`. Each value has its path as origin.
fn data(json: &Json, path: &str, origins: &mut OriginTable) -> Value {
    let origin = origins.leaf(|| Leaf::Value { path: Arc::from(path), place: None });
    let data = match json {
        Json::Null => Data::Nil,
        Json::Bool(b) => Data::Bool(*b),
        Json::Number(n) => Data::Float(n.as_f64().expect("a number")),
        Json::String(text) => return Value::str(text, origin),
        Json::Array(items) => {
            let items =
                items.iter().enumerate().map(|(i, v)| data_at(v, path, &i.to_string(), origins)).collect();
            return Value { origin, ..Value::list(items) };
        }
        Json::Object(members) => {
            let mut entries: BTreeMap<Rc<[u8]>, Entry> = BTreeMap::new();
            for (key, member) in members {
                let value = data_at(member, path, key, origins);
                entries.insert(Rc::from(key.as_bytes()), Entry { key_origin: origin, value });
            }
            return Value { origin, ..Value::map(entries) };
        }
    };
    Value { data, origin }
}

fn data_at(json: &Json, path: &str, key: &str, origins: &mut OriginTable) -> Value {
    data(json, &format!("{path}.{key}"), origins)
}

const NAME: &str = "c";

/// The notation of a call's result, or its error without the place.
fn evaluate(call: &str, json: &Json) -> String {
    let mut origins = OriginTable::new(Recording::ON);
    let dot = data(json, "$", &mut origins);
    let mut set = TemplateSet::new(Arc::default());
    if let Err(error) = set.parse(NAME, &format!("{{{{ dump ({call}) }}}}").into()) {
        return format!("! parse: {}", error.message);
    }
    let mut engine = Engine::<Recording>::new(set, origins, HelmDialect::V4, Limits::default());
    match engine.execute(NAME, dot) {
        Ok(_) => KEPT.take(),
        Err(error) => {
            let message = error.message;
            let reason = message.split_once(">: ").map_or(message.as_str(), |(_, r)| r);
            format!("! {}", quoted(reason.as_bytes()))
        }
    }
}

#[test]
fn agrees_with_sprig() {
    // `DDLINT_FUNCS` names a file of other calls, which `oracle/funcs` draws when it is given a number.
    let other =
        std::env::var("DDLINT_FUNCS").ok().map(|p| std::fs::read_to_string(p).expect("a readable file"));
    let calls = other.as_deref().unwrap_or(CALLS);
    let (first, calls) = calls.split_once('\n').expect("the data stands in the first line");
    let json: Json = serde_json::from_str(first).expect("JSON");
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in calls.lines() {
        let (call, want) = line.split_once('\t').expect("a call and its result");
        count += 1;
        let got = evaluate(call, &json);
        if got != want {
            wrong.push(format!("{call}\n  go:   {want}\n  here: {got}"));
        }
    }
    assert!(count > 4000, "only {count} calls were found");
    assert!(wrong.is_empty(), "{} of {count} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// Each run of a template's output with the values it shows and, after `?`, those that were only tested.
fn runs(template: &str, json: &str) -> String {
    let json: Json = serde_json::from_str(json).expect("JSON");
    let mut origins = OriginTable::new(Recording::ON);
    let dot = data(&json, "$", &mut origins);
    let mut set = TemplateSet::new(Arc::default());
    set.parse(NAME, &template.to_owned().into()).expect("the template parses");
    let mut engine = Engine::<Recording>::new(set, origins, HelmDialect::V4, Limits::default());
    let text = engine.execute(NAME, dot).expect("the template renders");
    let origins = engine.into_origins();
    let names = |leaves: Vec<Leaf>| {
        let mut names: Vec<String> = leaves
            .into_iter()
            .filter_map(|leaf| match leaf {
                Leaf::Value { path, .. } => Some(path.to_string()),
                Leaf::Random { function, .. } => Some(format!("random {function}")),
                Leaf::Unordered { function, .. } => Some(format!("unordered {function}")),
                Leaf::Cluster { function: what, .. } | Leaf::Capabilities(what) => {
                    Some(format!("cluster {what}"))
                }
                _ => None,
            })
            .collect();
        names.sort();
        names.join(",")
    };
    let mut shown: Vec<(String, String)> = Vec::new();
    for (bytes, origin) in text.runs() {
        let resolved = origins.resolve(origin);
        let (mut from, tested) = (names(resolved.printed), names(resolved.tested));
        if !tested.is_empty() {
            from = format!("{from}?{tested}");
        }
        let bytes = String::from_utf8_lossy(bytes).into_owned();
        match shown.last_mut() {
            Some((last, known)) if *known == from => last.push_str(&bytes),
            _ => shown.push((bytes, from)),
        }
    }
    shown.into_iter().map(|(bytes, from)| format!("«{bytes}»{from}")).collect::<Vec<_>>().join(" ")
}

const DATA: &str = r#"{"a":"one","b":"two","u":" x_y ","n":7,"e":"","no":false,"yes":true,"l":["q","p"],
    "m":{"k":"v","j":"w"},"one":{"only":1},"t":"x\ny"}"#;

fn check(template: &str, want: &str) {
    assert_eq!(runs(template, DATA), want, "{template}");
}

#[test]
fn text_keeps_its_runs() {
    check("{{ printf \"%s-%s\" .a .b | trunc 5 }}", "«one»$.a «-» «t»$.b");
    check("{{ printf \"%s-%s\" .a .b | upper | quote }}", "«\"ONE»$.a «-» «TWO\"»$.b");
    check("{{ .u | trim }}", "«x_y»$.u");
    check("{{ printf \"%s\\n%s\" .a .b | nindent 2 }}", "«\n  one»$.a «\n» «  two»$.b");
    check("{{ printf \"%s.%s\" .a .b | replace \".\" \"-\" }}", "«one»$.a «-» «two»$.b");
    check("{{ cat .a .n .b }}", "«one»$.a « » «7»$.n « » «two»$.b");
    check("{{ join \"/\" .l }}", "«q»$.l.0 «/» «p»$.l.1");
    check("{{ list .a .b | join \",\" }}", "«one»$.a «,» «two»$.b");
    check("{{ range splitList \"-\" (printf \"%s-%s\" .a .b) }}{{ . }}{{ end }}", "«one»$.a «two»$.b");
    check("{{ quote .t }}", "«\"x\\ny\"»$.t");
    check("{{ printf \"%s%s\" .a .b | trimPrefix \"on\" | trimSuffix \"wo\" }}", "«e»$.a «t»$.b");
    check("{{ regexReplaceAll \"t\" (printf \"%s%s\" .a .b) \"T\" }}", "«one»$.a «Two»$.b");
    check("{{ regexFind \"e.\" (printf \"%s%s\" .a .b) }}", "«e»$.a «t»$.b");
    check("{{ printf \"%s/%s\" .a .b | base }}", "«two»$.b");
    check("{{ (dict \"x\" .a).x }}{{ get (dict \"x\" .b) \"x\" }}", "«one»$.a «two»$.b");
    check("{{ first .l }}{{ last .l }}{{ dig \"k\" \"no\" .m }}", "«q»$.l.0 «p»$.l.1 «v»$.m.k");
    check("{{ (merge (dict) .m).k }}", "«v»$.m.k");
}

#[test]
fn what_is_mixed_comes_from_everything() {
    check("{{ printf \"%s%s\" .a .b | b64enc }}", "«b25ldHdv»$.a,$.b");
    check("{{ add .n 1 }}", "«8»$.n");
    check("{{ printf \"%s%s\" .a .b | sha256sum | trunc 4 }}", "«25b6»$.a,$.b");
}

#[test]
fn what_is_chosen_says_by_what() {
    check("{{ default .a .e }}", "«one»$.a?$.e");
    check("{{ default .a .b }}", "«two»$.b");
    check("{{ ternary .a .b .no }}", "«two»$.b?$.no");
    check("{{ coalesce .e .a .b }}", "«one»$.a?$.e");
    check("{{ (ternary .m .one .yes).k }}", "«v»$.m.k?$.yes");
    check("{{ first (ternary .l (list) .yes) }}", "«q»$.l.0?$.yes");
    check("{{ if has \"q\" .l }}x{{ end }}", "«x»?$.l,$.l.0,$.l.1");
    check("{{ if .yes }}{{ $_ := set .m \"new\" .a }}{{ end }}{{ .m.new }}", "«one»$.a?$.yes");
}

#[test]
fn what_differs_from_render_to_render_says_so() {
    check("{{ randAlphaNum 4 }}", "«p1L2»random randAlphaNum");
    check("{{ .a }}{{ uuidv4 | trunc 2 }}", "«one»$.a «00»random uuidv4");
    check("{{ now | date \"2006\" }}", "«2026»random now");
    check("{{ date \"2006\" .n }}", "«2026»$.n,random date");
    check("{{ htpasswd .a .b | trunc 6 }}", "«one»$.a «:$2»$.b,random htpasswd");
    check("{{ (genCA \"x\" 3).Cert | trunc 5 }}", "«-----»random genCA");
    check("{{ keys .m | join \",\" }}", "«j»$.m,unordered keys «,» «k»$.m,unordered keys");
    check("{{ keys .m | sortAlpha | join \",\" }}", "«j»$.m «,» «k»$.m");
    check("{{ keys .one | join \",\" }}", "«only»$.one");
    check("{{ values .m | first }}", "«w»$.m.j,unordered values");
    check("{{ if has \"j\" (keys .m) }}x{{ end }}", "«x»?$.m");
    check("{{ if lookup \"v1\" \"Secret\" \"\" \"\" }}a{{ else }}b{{ end }}", "«b»?cluster lookup");
    check("{{ getHostByName \"x\" | default \"d\" }}", "«d»?cluster getHostByName");
}

#[test]
fn merged_maps_are_shared_as_in_go() {
    // What the target lacks is not copied, so a second merge changes the first source.
    check(
        "{{ $a := dict }}{{ $_ := merge $a .m (dict) }}{{ $_ := mergeOverwrite $a (dict \"k\" .b) }}{{ .m.k }}",
        "«v»$.m.k",
    );
    check(
        "{{ $t := dict }}{{ $s := dict \"x\" .one }}{{ $_ := merge $t $s }}{{ $_ := set $t.x \"new\" .a }}{{ .one.new }}",
        "«one»$.a",
    );
    check("{{ $c := deepCopy .m }}{{ $_ := set $c \"k\" .b }}{{ .m.k }}{{ $c.k }}", "«v»$.m.k «two»$.b");
}

#[test]
fn nothing_runs_away() {
    let fails = |call: &str| {
        let got = evaluate(call, &Json::Null);
        assert!(got.contains("more than"), "{call} gave {}", got.get(..80).unwrap_or(&got));
    };
    fails("until 9000000000000000000");
    fails("untilStep 0 9000000000000000000 1");
    fails("repeat 9000000000000000000 \"x\"");
    fails("randAlphaNum 9000000000000000000");
    fails("randBytes 9000000000000000000");
    fails("indent 9000000000000000000 \"x\"");
    fails("seq 9000000000000000000");
    // A map that holds itself.
    for call in [
        "deepCopy",
        "merge (dict \"s\" (dict \"s\" (dict)))",
        "deepEqual (dict)",
        "list | uniq | has",
        "values",
        "keys",
    ] {
        let got = evaluate(&format!("kindOf ({call} (set .a \"s\" .a))"), &serde_json::json!({ "a": {} }));
        assert!(!got.is_empty(), "{call}");
    }
}

/// The smallest, largest and oddest arguments that a template can write.
const ODD: &[&str] = &[
    "-9223372036854775808",
    "9223372036854775807",
    "0",
    "-1",
    "3",
    "1.5",
    "-1e308",
    "1e-320",
    "(float64 \"nan\")",
    "(float64 \"-inf\")",
    "nil",
    ".missing",
    "true",
    "\"\"",
    "\"\\xff\\x00é\"",
    "\"a-b_c D\"",
    "\"%!v\"",
    "\"((\"",
    "\"[^]\"",
    "\"\\\\\"",
    "\"{{\"",
    "\"-99999999999h\"",
    "\"2006-01-02 .000 MST -07 __2\"",
    "\"1.2.3-x+y || ^* - 9\"",
    "\"-----BEGIN X-----\"",
    "(list)",
    "(list nil 1 \"a\" (list))",
    "(dict)",
    "(dict \"a\" (dict \"b\" nil) \"\" 1)",
    "(until 3)",
    "(splitList \"\" \"é\\xff\")",
    "(toDate \"2006\" \"9999\")",
    "(semver \"1.2.3-a\")",
    "(int64 -9223372036854775808)",
    "(genCA \"x\" 1)",
    "(rest (list))",
    "(toDate \"2006\" \"1\").Month",
    "(split \"b\" \"abc\")",
    "(mustToDuration \"-1h\")",
    ".m",
    ".l",
    "(repeat 300 \"xé\")",
];

/// Every function with every kind of argument in each place: an answer or an error, but an end.
#[test]
fn any_call_ends() {
    let json = serde_json::json!({ "m": { "a": { "b": [1, null] } }, "l": ["x", 1.0, null, {}] });
    let mut state = 88_172_645_463_325_252u64;
    let mut draw = |n: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % n as u64) as usize
    };
    for def in super::TABLES.iter().flat_map(|t| t.iter()) {
        if matches!(def.name, "derivePassword" | "dump") {
            continue;
        }
        for _ in 0..40 {
            let count = if def.variadic { def.params.len() + draw(3) } else { def.params.len() };
            let args: Vec<&str> = (0..count)
                .map(|i| {
                    let fits: &[usize] = match def.params.get(i).or(def.params.last()) {
                        Some(Ty::Int | Ty::Int64) => &[0, 1, 2, 3, 4],
                        Some(Ty::Str) => &[13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 41],
                        Some(Ty::Map) => &[27, 28, 39],
                        Some(Ty::List) => &[25, 26, 40],
                        Some(Ty::Bool) => &[12],
                        Some(Ty::Named(_)) => &[31, 34],
                        _ => &[],
                    };
                    let at = if fits.is_empty() { draw(ODD.len()) } else { fits[draw(fits.len())] };
                    ODD[at]
                })
                .collect();
            let call = format!("{} {}", def.name, args.join(" "));
            assert!(!evaluate(&format!("kindOf ({call})"), &json).is_empty(), "{call}");
        }
    }
}

#[test]
fn durations_of_helm_4() {
    check(
        "{{ durationSeconds \"1m30.5s\" }} {{ durationSeconds 2 }} {{ durationSeconds \"x\" }}",
        "«90.5 2 0»",
    );
    check("{{ durationMilliseconds \"1.5\" }} {{ durationMicroseconds \"1ms\" }}", "«1500 1000»");
    check("{{ durationNanoseconds \"1us\" }} {{ durationMinutes \"90s\" }}", "«1000 1.5»");
    check(
        "{{ durationHours \"90m\" }} {{ durationDays \"36h\" }} {{ durationWeeks \"84h\" }}",
        "«1.5 1.5 0.5»",
    );
    check(
        "{{ durationRoundTo \"2h13m\" \"30m\" }} {{ durationTruncateTo \"2h13m\" \"1h\" }}",
        "«2h0m0s 2h0m0s»",
    );
    check("{{ mustToDuration .n }} {{ (mustToDuration \"90m\").Hours }}", "«7s»$.n « 1.5»");
}
