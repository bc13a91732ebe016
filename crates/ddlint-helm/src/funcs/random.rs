//! The functions whose result differs from render to render. Here each gives a fixed text of the right length and
//! alphabet that says, in its origin, that it is random; nothing can be concluded from its bytes.
//!
//! Deliberately absent: randomness. Keys and certificates are in `crypto`.

use super::strings::finish;
use super::{Args, Call, FuncDef, FuncError, Ty};
use crate::origin::OriginId;
use crate::text::TextBuf;
use crate::value::{Data, Value};
use crate::world::Draw;

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
const LETTERS_AND_DIGITS: [&[u8]; 2] = [b"p1L2a3C4e5H6o7L8d9E0r", b"s2T4u6B8s0T1i3T5u7T9e"];
const LETTERS: [&[u8]; 2] = [b"pLaCeHoLdEr", b"sUbStItUtE"];
const DIGITS: [&[u8]; 2] = [b"1234567890", b"2468013579"];

/// So many bytes of an endless repetition. A negative number gives none.
fn repeated(call: &mut Call<'_>, args: &[Value], [first, second]: [&[u8]; 2]) -> Out {
    let alphabet = call.draw().pick(first, second);
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
    let [first, second] = LETTERS_AND_DIGITS;
    let bytes: Vec<u8> =
        call.draw().pick(first, second).iter().copied().cycle().take(count as usize).collect();
    let origin = random_origin(call, args);
    Ok(Value::str(super::encoding::base64_encode(&bytes), origin))
}

fn integer(call: &mut Call<'_>, args: &[Value]) -> Out {
    let (low, high) = (args.int(0)?, args.int(1)?);
    if high.wrapping_sub(low) <= 0 {
        return Err("invalid argument to Intn".into());
    }
    let origin = random_origin(call, args);
    // The upper end is excluded.
    let drawn = call.draw().pick(low, if high.wrapping_sub(low) > 1 { low.wrapping_add(1) } else { low });
    Ok(Value { data: Data::Int(drawn), origin })
}

fn uuid(call: &mut Call<'_>, args: &[Value]) -> Out {
    let origin = random_origin(call, args);
    let drawn =
        call.draw().pick("00000000-0000-4000-8000-000000000000", "11111111-1111-4111-9111-111111111111");
    Ok(Value::str(drawn, origin))
}

/// Every order of the characters is as good as any other, also the one they are in.
fn shuffle(call: &mut Call<'_>, args: &[Value]) -> Out {
    let text = args.any(0).clone();
    let one = args.text(0)?.bytes().windows(2).all(|w| w.first() == w.last());
    if one {
        return Ok(text);
    }
    let random = call.random();
    let text = match (call.draw(), text.as_text()) {
        (Draw::Second, Some(given)) => Value::str(reversed(given.bytes()), given.origin(call.origins)),
        _ => text,
    };
    Ok(super::bridge::marked(call, text, random))
}

/// The characters in another order than they are in: turned round, or else shifted by one.
fn reversed(text: &[u8]) -> Vec<u8> {
    let mut other: Vec<u8> = text.iter().rev().copied().collect();
    if other == text {
        other.rotate_left(1);
    }
    other
}

/// The form of a bcrypt hash of cost ten.
const BCRYPT: [&str; 2] = [
    "$2a$10$placeholderplaceholde.placeholderplaceholderplacehol1",
    "$2a$10$substitutesubstituteu.substitutesubstitutesubstituteu",
];

fn hashed(call: &mut Call<'_>, password: &Value) -> Result<Value, FuncError> {
    if password.as_text().is_some_and(|t| t.len() > 72) {
        let message = "failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes";
        let origin = password.origin(call.origins);
        return Ok(Value::str(message, origin));
    }
    let origin = random_origin(call, std::slice::from_ref(password));
    let [first, second] = BCRYPT;
    Ok(Value::str(call.draw().pick(first, second), origin))
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
