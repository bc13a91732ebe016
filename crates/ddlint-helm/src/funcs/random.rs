//! The functions whose result differs from render to render. Here each gives a fixed text of the right length and
//! alphabet that says, in its origin, that it is random; nothing can be concluded from its bytes.
//!
//! Deliberately absent: randomness. Keys and certificates are in `crypto`.

use super::strings::finish;
use super::{Args, Call, FuncDef, FuncError, Ty};
use crate::origin::OriginId;
use crate::text::TextBuf;
use crate::value::{Data, Value};

type Out = Result<Value, FuncError>;

pub(crate) const FUNCS: &[FuncDef] = &[
    FuncDef::fixed("randAlphaNum", &[Ty::Int], alpha_numeric),
    FuncDef::fixed("randAlpha", &[Ty::Int], alphabetic),
    FuncDef::fixed("randAscii", &[Ty::Int], alpha_numeric),
    FuncDef::fixed("randNumeric", &[Ty::Int], numeric),
    FuncDef::fixed("randBytes", &[Ty::Int], bytes),
    FuncDef::fixed("randInt", &[Ty::Int, Ty::Int], integer),
    FuncDef::fixed("uuidv4", &[], uuid),
    FuncDef::fixed("shuffle", &[Ty::Str], shuffle),
    FuncDef::fixed("bcrypt", &[Ty::Str], bcrypt),
    FuncDef::fixed("htpasswd", &[Ty::Str, Ty::Str], htpasswd),
];

/// The text begins with a letter and alternates, so that it is never read as a number.
const LETTERS_AND_DIGITS: &[u8] = b"p1L2a3C4e5H6o7L8d9E0r";
const LETTERS: &[u8] = b"pLaCeHoLdEr";
const DIGITS: &[u8] = b"1234567890";

/// So many bytes of an endless repetition. A negative number gives none.
fn repeated(call: &mut Call<'_>, args: &[Value], alphabet: &[u8]) -> Out {
    let count = u64::try_from(args.int(0)?).unwrap_or(0);
    call.charge(count / 2)?;
    let text: Vec<u8> = alphabet.iter().copied().cycle().take(count as usize).collect();
    let origin = random_origin(call, args);
    Ok(Value::str(text, origin))
}

/// Random, and of what it was made.
fn random_origin(call: &mut Call<'_>, args: &[Value]) -> OriginId {
    let (random, mixed) = (call.random(), call.mixed(args));
    call.origins.union(random, mixed)
}

fn alpha_numeric(call: &mut Call<'_>, args: &[Value]) -> Out {
    repeated(call, args, LETTERS_AND_DIGITS)
}
fn alphabetic(call: &mut Call<'_>, args: &[Value]) -> Out {
    repeated(call, args, LETTERS)
}
fn numeric(call: &mut Call<'_>, args: &[Value]) -> Out {
    repeated(call, args, DIGITS)
}

fn bytes(call: &mut Call<'_>, args: &[Value]) -> Out {
    let Ok(count) = u64::try_from(args.int(0)?) else {
        return Err("runtime error: makeslice: len out of range".into());
    };
    call.charge(count / 2)?;
    let bytes: Vec<u8> = LETTERS_AND_DIGITS.iter().copied().cycle().take(count as usize).collect();
    let origin = random_origin(call, args);
    Ok(Value::str(super::encoding::base64_encode(&bytes), origin))
}

fn integer(call: &mut Call<'_>, args: &[Value]) -> Out {
    let (low, high) = (args.int(0)?, args.int(1)?);
    if high.wrapping_sub(low) <= 0 {
        return Err("invalid argument to Intn".into());
    }
    let origin = random_origin(call, args);
    Ok(Value { data: Data::Int(low), origin })
}

fn uuid(call: &mut Call<'_>, args: &[Value]) -> Out {
    let origin = random_origin(call, args);
    Ok(Value::str("00000000-0000-4000-8000-000000000000", origin))
}

/// Every order of the characters is as good as any other, also the one they are in.
fn shuffle(call: &mut Call<'_>, args: &[Value]) -> Out {
    let text = args.any(0).clone();
    let one = args.text(0)?.bytes().windows(2).all(|w| w.first() == w.last());
    if one {
        return Ok(text);
    }
    let random = call.random();
    Ok(super::bridge::marked(call, text, random))
}

/// The form of a bcrypt hash of cost ten.
const BCRYPT: &str = "$2a$10$placeholderplaceholde.placeholderplaceholderplacehol1";

fn hashed(call: &mut Call<'_>, password: &Value) -> Result<Value, FuncError> {
    if password.as_text().is_some_and(|t| t.len() > 72) {
        let message = "failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes";
        let origin = password.origin(call.origins);
        return Ok(Value::str(message, origin));
    }
    let origin = random_origin(call, std::slice::from_ref(password));
    Ok(Value::str(BCRYPT, origin))
}

fn bcrypt(call: &mut Call<'_>, args: &[Value]) -> Out {
    hashed(call, args.any(0))
}

fn htpasswd(call: &mut Call<'_>, args: &[Value]) -> Out {
    let name = args.text(0)?;
    let mut out = TextBuf::new();
    if name.bytes().contains(&b':') {
        out.push(b"invalid username: ", name.origin_at(0));
        out.push_text(name);
        return Ok(finish(out, name.origin_at(0)));
    }
    let hash = hashed(call, args.any(1))?;
    out.push_text(name);
    if let Some(hash) = hash.as_text() {
        out.push(b":", hash.origin_at(0));
        out.push_text(hash);
    }
    Ok(finish(out, OriginId::NONE))
}
