//! What the tests of several modules share.

use crate::value::{Data, Value};

/// A value on one line: JSON, with `i` before an `int64` and `n` before an `int`.
pub(crate) fn show(value: &Value) -> String {
    match &value.data {
        Data::Nil => "null".into(),
        Data::Bool(b) => b.to_string(),
        Data::Int(i) => format!("n{i}"),
        Data::Int64(i) => format!("i{i}"),
        Data::Float(f) => f.to_string(),
        Data::Str(text) => format!("{:?}", text.to_str_lossy()),
        Data::List(list) => {
            let items: Vec<String> = list.items.borrow().iter().map(show).collect();
            format!("[{}]", items.join(","))
        }
        Data::Map(map) => {
            let entries = map.entries.borrow();
            let members =
                entries.iter().map(|(k, e)| format!("{:?}:{}", String::from_utf8_lossy(k), show(&e.value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        Data::Object(object) => format!("<{}>", object.type_name()),
    }
}
