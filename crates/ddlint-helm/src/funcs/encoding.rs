//! Encodings and digests: base 64 and 32, the sums, and AES as sprig applies it.
//!
//! Deliberately absent: keys, certificates and passwords (`random`, `crypto`).

use super::strings::mixed_text;
use super::{Args, Call, FuncDef, FuncError, Ty};
use crate::value::Value;
use sha1::Digest as _;

type Out = Result<Value, FuncError>;

pub(crate) const FUNCS: &[FuncDef] = &[
    FuncDef::fixed("b64enc", &[Ty::Str], b64enc),
    FuncDef::fixed("b64dec", &[Ty::Str], b64dec),
    FuncDef::fixed("b32enc", &[Ty::Str], b32enc),
    FuncDef::fixed("b32dec", &[Ty::Str], b32dec),
    FuncDef::fixed("sha1sum", &[Ty::Str], sha1sum),
    FuncDef::fixed("sha256sum", &[Ty::Str], sha256sum),
    FuncDef::fixed("sha512sum", &[Ty::Str], sha512sum),
    FuncDef::fixed("adler32sum", &[Ty::Str], adler32sum),
];

pub(super) fn hex(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let digit = |n: u8| b"0123456789abcdef".get(usize::from(n)).copied().unwrap_or(b'0');
    bytes.as_ref().iter().flat_map(|b| [digit(b >> 4), digit(b & 0xf)]).collect()
}

fn digest(call: &mut Call<'_>, args: &[Value], sum: impl Fn(&[u8]) -> Vec<u8>) -> Out {
    let text = args.text(0)?;
    call.charge(text.len() as u64 / 16)?;
    let bytes = sum(text.bytes());
    Ok(mixed_text(call, args, bytes))
}

fn sha1sum(call: &mut Call<'_>, args: &[Value]) -> Out {
    digest(call, args, |bytes| hex(sha1::Sha1::digest(bytes)))
}
fn sha256sum(call: &mut Call<'_>, args: &[Value]) -> Out {
    digest(call, args, |bytes| hex(sha2::Sha256::digest(bytes)))
}
fn sha512sum(call: &mut Call<'_>, args: &[Value]) -> Out {
    digest(call, args, |bytes| hex(sha2::Sha512::digest(bytes)))
}
fn adler32sum(call: &mut Call<'_>, args: &[Value]) -> Out {
    digest(call, args, |bytes| {
        let (a, b) = bytes.iter().fold((1u32, 0u32), |(a, b), byte| {
            let a = (a + u32::from(*byte)) % 65_521;
            (a, (b + a) % 65_521)
        });
        ((b << 16) | a).to_string().into_bytes()
    })
}

/// An alphabet of two to the `bits`.
struct Base {
    alphabet: &'static [u8],
    bits: u32,
    /// Digits of a full block.
    block: usize,
    name: &'static str,
}

const BASE64: Base = Base {
    alphabet: b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    bits: 6,
    block: 4,
    name: "base64",
};
const BASE32: Base =
    Base { alphabet: b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", bits: 5, block: 8, name: "base32" };

impl Base {
    fn encode(&self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len() * 2);
        let (mut buffer, mut held) = (0u32, 0u32);
        let digit = |n: u32| self.alphabet.get(n as usize % self.alphabet.len()).copied().unwrap_or(b'=');
        for byte in bytes {
            buffer = (buffer << 8) | u32::from(*byte);
            held += 8;
            while held >= self.bits {
                held -= self.bits;
                out.push(digit(buffer >> held));
            }
            buffer &= (1 << held) - 1;
        }
        if held > 0 {
            out.push(digit(buffer << (self.bits - held)));
        }
        while !out.len().is_multiple_of(self.block) {
            out.push(b'=');
        }
        out
    }

    /// The value of a digit.
    fn value(&self, byte: u8) -> Option<u64> {
        self.alphabet.iter().position(|b| *b == byte).map(|at| at as u64)
    }

    /// The bytes; the error is the offset of the first byte that is wrong. Line breaks are passed over.
    fn decode(&self, text: &[u8]) -> Result<Vec<u8>, usize> {
        let mut out = Vec::with_capacity(text.len());
        let mut at = 0;
        let mut next = |at: &mut usize| loop {
            let byte = text.get(*at).copied();
            *at += 1;
            match byte {
                Some(b'\n' | b'\r') => {}
                other => return other,
            }
        };
        loop {
            let mut buffer = 0u64;
            let mut digits = 0;
            while digits < self.block {
                let start = at;
                let byte = next(&mut at);
                let Some(byte) = byte else {
                    return if digits == 0 { Ok(out) } else { Err(start.saturating_sub(digits)) };
                };
                let Some(value) = self.value(byte) else {
                    if byte != b'=' {
                        return Err(at - 1);
                    }
                    return self.end(&mut out, buffer, digits, at, &mut next, text.len()).map(|()| out);
                };
                buffer = (buffer << self.bits) | value;
                digits += 1;
            }
            let bytes = buffer.to_be_bytes();
            let width = self.block * self.bits as usize / 8;
            out.extend_from_slice(bytes.get(8 - width..).unwrap_or(&[]));
        }
    }

    /// What follows the first `=`.
    fn end(
        &self,
        out: &mut Vec<u8>,
        buffer: u64,
        digits: usize,
        mut at: usize,
        next: &mut impl FnMut(&mut usize) -> Option<u8>,
        length: usize,
    ) -> Result<(), usize> {
        if !matches!(digits, 2 | 3) {
            return Err(at - 1);
        }
        for _ in 1..self.block - digits {
            match next(&mut at) {
                Some(b'=') => {}
                // Go names the mark before.
                Some(_) => return Err(at.saturating_sub(2)),
                None => return Err(length),
            }
        }
        if next(&mut at).is_some() {
            return Err(at - 1);
        }
        let bits = digits as u32 * self.bits;
        let whole = bits / 8;
        let bytes = (buffer >> (bits % 8)).to_be_bytes();
        out.extend_from_slice(bytes.get(8 - whole as usize..).unwrap_or(&[]));
        Ok(())
    }

    fn error(&self, offset: usize) -> String {
        format!("illegal {} data at input byte {offset}", self.name)
    }
}

/// Base 32 has other rules for what is wrong where: offsets count without line breaks, and what follows the padding
/// does not matter.
fn base32_decode(text: &[u8]) -> Result<Vec<u8>, usize> {
    let text: Vec<u8> = text.iter().copied().filter(|b| !matches!(b, b'\n' | b'\r')).collect();
    let mut out = Vec::with_capacity(text.len());
    for (start, block) in (0..).step_by(8).zip(text.chunks(8)) {
        let (mut buffer, mut digits) = (0u64, 0usize);
        for (i, byte) in block.iter().enumerate() {
            // What is left behind this byte.
            let after = text.len() - start - i - 1;
            if *byte == b'=' && i >= 2 && after < 8 {
                if after + i < 7 {
                    return Err(text.len());
                }
                let padding = text.iter().skip(start + i + 1).take(7 - i);
                if let Some(k) = padding.clone().position(|b| *b != b'=') {
                    return Err(start + i + k);
                }
                if matches!(digits, 1 | 3 | 6) {
                    return Err(start + i);
                }
                break;
            }
            let value = BASE32.value(*byte).ok_or(start + i)?;
            buffer = (buffer << 5) | value;
            digits += 1;
        }
        if digits == block.len() && digits < 8 {
            return Err(start);
        }
        let bytes = digits * 5 / 8;
        let shifted = (buffer >> (digits * 5 % 8)).to_be_bytes();
        out.extend_from_slice(shifted.get(8 - bytes..).unwrap_or(&[]));
        if digits < 8 {
            break;
        }
    }
    Ok(out)
}

/// Decodes standard base 64; the error is Go's.
pub(super) fn base64_decode(text: &[u8]) -> Result<Vec<u8>, String> {
    BASE64.decode(text).map_err(|at| BASE64.error(at))
}

/// Encodes as standard base 64.
pub(super) fn base64_encode(bytes: &[u8]) -> Vec<u8> {
    BASE64.encode(bytes)
}

fn b64enc(call: &mut Call<'_>, args: &[Value]) -> Out {
    digest(call, args, |bytes| BASE64.encode(bytes))
}
fn b32enc(call: &mut Call<'_>, args: &[Value]) -> Out {
    digest(call, args, |bytes| BASE32.encode(bytes))
}
/// What is no base 64 gives the error's text.
fn b64dec(call: &mut Call<'_>, args: &[Value]) -> Out {
    digest(call, args, |bytes| BASE64.decode(bytes).unwrap_or_else(|at| BASE64.error(at).into_bytes()))
}
fn b32dec(call: &mut Call<'_>, args: &[Value]) -> Out {
    digest(call, args, |bytes| base32_decode(bytes).unwrap_or_else(|at| BASE32.error(at).into_bytes()))
}
