//! `urlParse` and `urlJoin`: URLs as Go's `net/url` takes them apart and puts them together.
//!
//! Deliberately absent: resolving references, and queries as maps.

use super::bridge::go_quote;
use super::{Args, Call, FuncDef, FuncError, Ty};
use crate::origin::OriginId;
use crate::value::{Entry, Map, Value};
use std::collections::BTreeMap;
use std::rc::Rc;

type Out = Result<Value, FuncError>;

pub(crate) const FUNCS: &[FuncDef] =
    &[FuncDef::fixed("urlParse", &[Ty::Str], url_parse), FuncDef::fixed("urlJoin", &[Ty::Map], url_join)];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Path,
    User,
    Host,
    Zone,
    Fragment,
}

/// Name and, after a colon, password.
struct User {
    name: Vec<u8>,
    password: Option<Vec<u8>>,
}

#[derive(Default)]
struct Url {
    scheme: Vec<u8>,
    opaque: Vec<u8>,
    user: Option<User>,
    host: Vec<u8>,
    path: Vec<u8>,
    query: Vec<u8>,
    fragment: Vec<u8>,
}

fn must_escape(byte: u8, part: Part) -> bool {
    if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
        return false;
    }
    match part {
        Part::Host | Part::Zone if b"!$&'()*+,;=:[]<>\"".contains(&byte) => false,
        Part::Host | Part::Zone => true,
        Part::Path => !b"$&+,/:;=@".contains(&byte),
        Part::User => !b"$&+,;=".contains(&byte),
        Part::Fragment => !b"$&+,/:;=?@!()*".contains(&byte),
    }
}

fn escape(bytes: &[u8], part: Part) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for byte in bytes {
        if must_escape(*byte, part) {
            out.extend_from_slice(format!("%{byte:02X}").as_bytes());
        } else {
            out.push(*byte);
        }
    }
    out
}

fn unescape(bytes: &[u8], part: Part) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at).copied() {
        if byte != b'%' {
            if matches!(part, Part::Host | Part::Zone) && byte < 0x80 && must_escape(byte, part) {
                return Err(format!("invalid character {} in host name", go_quote(&[byte])));
            }
            out.push(byte);
            at += 1;
            continue;
        }
        let code = bytes.get(at..).map(|rest| rest.get(..3).unwrap_or(rest)).unwrap_or(&[]);
        let digit = |i: usize| code.get(i).and_then(|b| char::from(*b).to_digit(16));
        let bad = || Err(format!("invalid URL escape {}", go_quote(code)));
        let (Some(high), Some(low)) = (digit(1), digit(2)) else { return bad() };
        // A host may only escape what is not ASCII, and the percent sign before a zone.
        if part == Part::Host && high < 8 && code != b"%25" {
            return bad();
        }
        let value = (high * 16 + low) as u8;
        if part == Part::Zone && code != b"%25" && value != b' ' && must_escape(value, Part::Host) {
            return bad();
        }
        out.push(value);
        at += 3;
    }
    Ok(out)
}

fn cut(bytes: &[u8], mark: u8) -> (&[u8], Option<&[u8]>) {
    match bytes.iter().position(|b| *b == mark) {
        Some(at) => (bytes.get(..at).unwrap_or(&[]), bytes.get(at + 1..)),
        None => (bytes, None),
    }
}

/// The scheme and what follows its colon.
fn scheme(text: &[u8]) -> Result<(&[u8], &[u8]), String> {
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err("missing protocol scheme".to_owned()),
            b':' => return Ok((text.get(..at).unwrap_or(&[]), text.get(at + 1..).unwrap_or(&[]))),
            _ => break,
        }
    }
    Ok((&[], text))
}

fn is_port(text: &[u8]) -> bool {
    match text {
        [] => true,
        [b':', digits @ ..] => digits.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

fn parse_host(text: &[u8]) -> Result<Vec<u8>, String> {
    let bad_port = |port: &[u8]| format!("invalid port {} after host", go_quote(port));
    if text.starts_with(b"[") {
        let Some(close) = text.iter().rposition(|b| *b == b']') else {
            return Err("missing ']' in host".to_owned());
        };
        let port = text.get(close + 1..).unwrap_or(&[]);
        if !is_port(port) {
            return Err(bad_port(port));
        }
        let inside = text.get(..close).unwrap_or(&[]);
        if let Some(zone) = super::gostr::find(inside, b"%25") {
            let (address, zone) = inside.split_at(zone);
            let mut host = unescape(address, Part::Host)?;
            host.extend(unescape(zone, Part::Zone)?);
            host.extend(unescape(text.get(close..).unwrap_or(&[]), Part::Host)?);
            return Ok(host);
        }
    } else if let Some(colon) = text.iter().rposition(|b| *b == b':') {
        let port = text.get(colon..).unwrap_or(&[]);
        if !is_port(port) {
            return Err(bad_port(port));
        }
    }
    unescape(text, Part::Host)
}

fn parse_user(text: &[u8]) -> Result<User, String> {
    let allowed = |b: &u8| b.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(b);
    if !text.iter().all(allowed) {
        return Err("net/url: invalid userinfo".to_owned());
    }
    let (name, password) = cut(text, b':');
    let password = password.map(|p| unescape(p, Part::User)).transpose()?;
    Ok(User { name: unescape(name, Part::User)?, password })
}

fn parse(text: &[u8]) -> Result<Url, String> {
    let (body, fragment) = cut(text, b'#');
    let wrap = |whole: &[u8], error: String| format!("parse {}: {error}", go_quote(whole));
    let mut url = parse_body(body).map_err(|e| wrap(body, e))?;
    if let Some(fragment) = fragment {
        url.fragment = unescape(fragment, Part::Fragment).map_err(|e| wrap(text, e))?;
    }
    Ok(url)
}

fn parse_body(text: &[u8]) -> Result<Url, String> {
    if text.iter().any(|b| *b < b' ' || *b == 0x7f) {
        return Err("net/url: invalid control character in URL".to_owned());
    }
    let mut url = Url::default();
    if text == b"*" {
        url.path = text.to_vec();
        return Ok(url);
    }
    let (scheme, rest) = scheme(text)?;
    url.scheme = scheme.to_ascii_lowercase();
    let (mut rest, query) = cut(rest, b'?');
    url.query = query.unwrap_or(&[]).to_vec();
    if !rest.starts_with(b"/") {
        if !scheme.is_empty() {
            url.opaque = rest.to_vec();
            return Ok(url);
        }
        if cut(rest, b'/').0.contains(&b':') {
            return Err("first path segment in URL cannot contain colon".to_owned());
        }
    }
    if (!scheme.is_empty() || !rest.starts_with(b"///"))
        && let Some(after) = rest.strip_prefix(b"//")
    {
        let end = after.iter().position(|b| *b == b'/').unwrap_or(after.len());
        let (authority, path) = after.split_at(end);
        rest = path;
        match authority.iter().rposition(|b| *b == b'@') {
            Some(at) => {
                url.host = parse_host(authority.get(at + 1..).unwrap_or(&[]))?;
                url.user = Some(parse_user(authority.get(..at).unwrap_or(&[]))?);
            }
            None => url.host = parse_host(authority)?,
        }
    }
    url.path = unescape(rest, Part::Path)?;
    Ok(url)
}

impl User {
    fn text(&self) -> Vec<u8> {
        let mut out = escape(&self.name, Part::User);
        if let Some(password) = &self.password {
            out.push(b':');
            out.extend(escape(password, Part::User));
        }
        out
    }
}

impl Url {
    /// The host without port and brackets.
    fn host_name(&self) -> &[u8] {
        let host = &self.host;
        let colon = host.iter().rposition(|b| *b == b':');
        let bare = match colon {
            Some(at) if is_port(host.get(at..).unwrap_or(&[])) => host.get(..at).unwrap_or(&[]),
            _ => host,
        };
        match bare {
            [b'[', inside @ .., b']'] => inside,
            _ => bare,
        }
    }

    fn text(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if !self.scheme.is_empty() {
            out.extend_from_slice(&self.scheme);
            out.push(b':');
        }
        if !self.opaque.is_empty() {
            out.extend_from_slice(&self.opaque);
        } else {
            if !self.scheme.is_empty() || !self.host.is_empty() || self.user.is_some() {
                if !self.host.is_empty() || !self.path.is_empty() || self.user.is_some() {
                    out.extend_from_slice(b"//");
                }
                if let Some(user) = &self.user {
                    out.extend(user.text());
                    out.push(b'@');
                }
                out.extend(escape(&self.host, Part::Host));
            }
            let path = if self.path == b"*" { self.path.clone() } else { escape(&self.path, Part::Path) };
            if !path.is_empty() && !path.starts_with(b"/") && !self.host.is_empty() {
                out.push(b'/');
            }
            if out.is_empty() && cut(&path, b'/').0.contains(&b':') {
                out.extend_from_slice(b"./");
            }
            out.extend(path);
        }
        if !self.query.is_empty() {
            out.push(b'?');
            out.extend_from_slice(&self.query);
        }
        if !self.fragment.is_empty() {
            out.push(b'#');
            out.extend(escape(&self.fragment, Part::Fragment));
        }
        out
    }
}

fn url_parse(call: &mut Call<'_>, args: &[Value]) -> Out {
    let url = parse(args.text(0)?.bytes()).map_err(|e| format!("unable to parse url: {e}"))?;
    let origin = call.mixed(args);
    let mut entries: BTreeMap<Rc<[u8]>, Entry> = BTreeMap::new();
    let mut put = |key: &str, bytes: &[u8]| {
        let entry = Entry { key_origin: OriginId::NONE, value: Value::str(bytes, origin) };
        entries.insert(Rc::from(key.as_bytes()), entry);
    };
    put("scheme", &url.scheme);
    put("host", &url.host);
    put("hostname", url.host_name());
    put("path", &url.path);
    put("query", &url.query);
    put("opaque", &url.opaque);
    put("fragment", &url.fragment);
    put("userinfo", &url.user.as_ref().map(User::text).unwrap_or_default());
    Ok(Value::map(entries))
}

fn member(map: Option<&Map>, key: &str) -> Result<Vec<u8>, FuncError> {
    match map.and_then(|m| m.get(key.as_bytes())) {
        None => Ok(Vec::new()),
        Some(value) => match value.as_text() {
            Some(text) => Ok(text.bytes().to_vec()),
            None if value.is_nil() => Err(super::lists::NIL_TYPE.into()),
            None => Err(FuncError::new(format!(
                "unable to parse {key} key, must be of type string, but {} found",
                value.kind()
            ))),
        },
    }
}

fn url_join(call: &mut Call<'_>, args: &[Value]) -> Out {
    let map = args.map(0)?;
    let mut url = Url {
        scheme: member(map, "scheme")?,
        host: member(map, "host")?,
        path: member(map, "path")?,
        query: member(map, "query")?,
        opaque: member(map, "opaque")?,
        fragment: member(map, "fragment")?,
        user: None,
    };
    let info = member(map, "userinfo")?;
    if !info.is_empty() {
        let whole = [b"proto://".as_slice(), &info, b"@host"].concat();
        url.user = parse(&whole).map_err(|e| format!("unable to parse userinfo in dict: {e}"))?.user;
    }
    let origin = call.deep_origin(args.any(0));
    Ok(Value::str(url.text(), origin))
}
