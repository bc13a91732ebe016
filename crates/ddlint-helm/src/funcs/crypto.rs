//! Keys, certificates, derived passwords and AES.
//!
//! Helm generates a key for each call and may spend seconds on it. Here each call gives one of the fixed, valid
//! keys and certificates of `placeholder/`, marked as random. They were made for this purpose and guard nothing.
//! Deliberately absent: generating keys, and reading certificates beyond their outer form.

use super::encoding::{base64_decode, base64_encode};
use super::strings::mixed_text;
use super::{Args, Call, FuncDef, FuncError, Ty};
use crate::origin::OriginId;
use crate::value::{Data, Entry, List, Object, Value};
use crate::world::Draw;
use aes::cipher::{BlockDecryptMut, BlockEncryptMut, KeyIvInit, block_padding::NoPadding};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::rc::Rc;

type Out = Result<Value, FuncError>;

const CERTIFICATE: Ty = Ty::Named("sprig.certificate");

pub(crate) const FUNCS: &[FuncDef] = &[
    FuncDef::fixed("genPrivateKey", &[Ty::Str], private_key),
    FuncDef::fixed("genCA", &[Ty::Str, Ty::Int], authority),
    FuncDef::fixed("genCAWithKey", &[Ty::Str, Ty::Int, Ty::Str], authority_with_key),
    FuncDef::fixed("genSelfSignedCert", &[Ty::Str, Ty::List, Ty::List, Ty::Int], self_signed),
    FuncDef::fixed(
        "genSelfSignedCertWithKey",
        &[Ty::Str, Ty::List, Ty::List, Ty::Int, Ty::Str],
        self_signed_with_key,
    ),
    FuncDef::fixed("genSignedCert", &[Ty::Str, Ty::List, Ty::List, Ty::Int, CERTIFICATE], signed),
    FuncDef::fixed(
        "genSignedCertWithKey",
        &[Ty::Str, Ty::List, Ty::List, Ty::Int, CERTIFICATE, Ty::Str],
        signed_with_key,
    ),
    FuncDef::fixed("buildCustomCert", &[Ty::Str, Ty::Str], custom),
    FuncDef::fixed("derivePassword", &[Ty::Int, Ty::Str, Ty::Str, Ty::Str, Ty::Str], derive_password),
    FuncDef::fixed("encryptAES", &[Ty::Str, Ty::Str], encrypt),
    FuncDef::fixed("decryptAES", &[Ty::Str, Ty::Str], decrypt),
];

const CA_CERTIFICATE: &str = include_str!("placeholder/ca.crt.pem");
const CA_KEY: &str = include_str!("placeholder/ca.key.pem");
const LEAF_CERTIFICATE: &str = include_str!("placeholder/leaf.crt.pem");
const LEAF_KEY: &str = include_str!("placeholder/leaf.key.pem");
const RSA_KEY: &str = include_str!("placeholder/rsa.key.pem");
const DSA_KEY: &str = include_str!("placeholder/dsa.key.pem");
const ECDSA_KEY: &str = include_str!("placeholder/ecdsa.key.pem");
const ED25519_KEY: &str = include_str!("placeholder/ed25519.key.pem");

/// A certificate and its key, in PEM.
#[derive(Debug)]
struct Certificate {
    cert: Value,
    key: Value,
}

impl Object for Certificate {
    fn type_name(&self) -> &'static str {
        "sprig.certificate"
    }
    fn field(&self, name: &str) -> Option<Value> {
        match name {
            "Cert" => Some(self.cert.clone()),
            "Key" => Some(self.key.clone()),
            _ => None,
        }
    }
    fn print(&self) -> Vec<u8> {
        let text = |v: &Value| v.as_text().map_or(Vec::new(), |t| t.bytes().to_vec());
        [b"{".as_slice(), &text(&self.cert), b" ", &text(&self.key), b"}"].concat()
    }
    fn encode(&self) -> Value {
        let mut entries: BTreeMap<Rc<[u8]>, Entry> = BTreeMap::new();
        for (name, value) in [("Cert", &self.cert), ("Key", &self.key)] {
            let entry = Entry { key_origin: OriginId::NONE, value: value.clone() };
            entries.insert(Rc::from(name.as_bytes()), entry);
        }
        Value::map(entries)
    }
    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

fn certificate(cert: Value, key: Value, origin: OriginId) -> Value {
    Value { data: Data::Object(Rc::new(Certificate { cert, key })), origin }
}

/// A pair that says it is random, and what it was asked for with.
fn placeholder(call: &mut Call<'_>, args: &[Value], cert: &str, key: Option<&str>) -> Out {
    let (random, mixed) = (call.random(), call.mixed(args));
    let origin = call.origins.union(random, mixed);
    let cert = drawn(call, cert);
    let key = match key {
        Some(key) => Value::str(drawn(call, key), origin),
        // The key was given.
        None => args.last().cloned().unwrap_or(Value::NIL),
    };
    Ok(certificate(Value::str(cert, origin), key, origin))
}

fn private_key(call: &mut Call<'_>, args: &[Value]) -> Out {
    let key = match args.text(0)?.bytes() {
        b"" | b"rsa" => RSA_KEY,
        b"dsa" => DSA_KEY,
        b"ecdsa" => ECDSA_KEY,
        b"ed25519" => ED25519_KEY,
        other => {
            let text = [b"Unknown type ".as_slice(), other].concat();
            return Ok(mixed_text(call, args, text));
        }
    };
    let (random, mixed) = (call.random(), call.mixed(args));
    let origin = call.origins.union(random, mixed);
    Ok(Value::str(drawn(call, key), origin))
}

/// A key or certificate of the right form: the second draw differs in one character of its body.
fn drawn(call: &Call<'_>, pem: &str) -> String {
    let mut pem = pem.to_owned();
    if call.draw() == Draw::Second
        && let Some(end) = pem.find("\n-----END").and_then(|end| end.checked_sub(12))
        && let Some(old) = pem.get(end..end + 1)
    {
        let new = if old == "A" { "B" } else { "A" };
        pem.replace_range(end..end + 1, new);
    }
    pem
}

/// The kind and the bytes of the first PEM block.
fn pem(text: &[u8]) -> Option<(String, Vec<u8>)> {
    let text = String::from_utf8_lossy(text);
    let begin = match text.starts_with("-----BEGIN ") {
        true => 0,
        false => text.find("\n-----BEGIN ")? + 1,
    };
    let rest = text.get(begin + "-----BEGIN ".len()..)?;
    let (kind, rest) = rest.split_once("-----")?;
    let (body, _) = rest.split_once(&format!("-----END {kind}-----"))?;
    let body: Vec<u8> = body.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    Some((kind.to_owned(), base64_decode(&body).ok()?))
}

/// Whether the bytes are one DER sequence, which every key and certificate is.
fn is_sequence(bytes: &[u8]) -> bool {
    let [0x30, first, rest @ ..] = bytes else { return false };
    let (length, body) = match first {
        0..=0x7f => (usize::from(*first), rest),
        0x81..=0x84 => {
            let Some((size, body)) = rest.split_at_checked(usize::from(first & 0x7f)) else { return false };
            (size.iter().fold(0usize, |n, b| (n << 8) | usize::from(*b)), body)
        }
        _ => return false,
    };
    body.len() == length
}

fn check_key(text: &[u8]) -> Result<(), String> {
    let Some((kind, bytes)) = pem(text) else { return Err("no PEM data in input".to_owned()) };
    let malformed = "asn1: structure error: tags don't match";
    if kind == "PRIVATE KEY" {
        return if is_sequence(&bytes) {
            Ok(())
        } else {
            Err(format!("decoding PEM as PKCS#8: {malformed}"))
        };
    }
    match kind.strip_suffix(" PRIVATE KEY") {
        None => Err(format!("no private key data in PEM block of type {kind}")),
        Some(name @ ("RSA" | "EC" | "DSA")) if !is_sequence(&bytes) => {
            Err(format!("parsing {name} private key from PEM: {malformed}"))
        }
        Some("RSA" | "EC" | "DSA") => Ok(()),
        Some(other) => Err(format!("invalid private key type {other}")),
    }
}

fn check_certificate(text: &[u8], what: &str) -> Result<(), String> {
    let Some((_, bytes)) = pem(text) else { return Err("unable to decode certificate".to_owned()) };
    match is_sequence(&bytes) {
        true => Ok(()),
        false => Err(format!("error parsing certificate: {what}: x509: malformed certificate")),
    }
}

fn check_given_key(args: &[Value]) -> Result<(), FuncError> {
    let key = args.text(args.len().saturating_sub(1))?;
    check_key(key.bytes()).map_err(|e| FuncError::new(format!("parsing private key: {e}")))
}

fn check_each(list: Option<&List>, check: impl Fn(&Value) -> Result<(), String>) -> Result<(), FuncError> {
    for item in list.iter().flat_map(|l| l.items.borrow().clone()) {
        check(&item).map_err(|e| FuncError::new(e).blame(item.origin))?;
    }
    Ok(())
}

/// What Go refuses in the lists of addresses and names.
fn check_names(args: &[Value]) -> Result<(), FuncError> {
    let shown = |v: &Value| crate::fmt::to_text(v).to_str_lossy().into_owned();
    check_each(args.list(1)?, |ip| match ip.as_text() {
        None => Err(format!("error parsing ip: {} is not a string", shown(ip))),
        Some(text) if text.to_str_lossy().parse::<IpAddr>().is_err() => {
            Err(format!("error parsing ip: {}", shown(ip)))
        }
        Some(_) => Ok(()),
    })?;
    check_each(args.list(2)?, |dns| match dns.as_text() {
        Some(_) => Ok(()),
        None => Err(format!("error processing alternate dns name: {} is not a string", shown(dns))),
    })
}

fn check_signer(args: &[Value]) -> Result<(), FuncError> {
    let signer = args.object(4)?;
    let text =
        |name| signer.field(name).and_then(|v| v.as_text().map(|t| t.bytes().to_vec())).unwrap_or_default();
    check_certificate(&text("Cert"), "decodedSignerCert.Bytes")?;
    check_key(&text("Key")).map_err(|e| FuncError::new(format!("error parsing private key: {e}")))
}

fn authority(call: &mut Call<'_>, args: &[Value]) -> Out {
    placeholder(call, args, CA_CERTIFICATE, Some(CA_KEY))
}
fn authority_with_key(call: &mut Call<'_>, args: &[Value]) -> Out {
    check_given_key(args)?;
    placeholder(call, args, CA_CERTIFICATE, None)
}
fn self_signed(call: &mut Call<'_>, args: &[Value]) -> Out {
    check_names(args)?;
    placeholder(call, args, LEAF_CERTIFICATE, Some(LEAF_KEY))
}
fn self_signed_with_key(call: &mut Call<'_>, args: &[Value]) -> Out {
    check_given_key(args)?;
    check_names(args)?;
    placeholder(call, args, LEAF_CERTIFICATE, None)
}
fn signed(call: &mut Call<'_>, args: &[Value]) -> Out {
    check_signer(args)?;
    check_names(args)?;
    placeholder(call, args, LEAF_CERTIFICATE, Some(LEAF_KEY))
}
fn signed_with_key(call: &mut Call<'_>, args: &[Value]) -> Out {
    check_given_key(args)?;
    check_signer(args)?;
    check_names(args)?;
    placeholder(call, args, LEAF_CERTIFICATE, None)
}

fn custom(call: &mut Call<'_>, args: &[Value]) -> Out {
    let decode = |i: usize, what: &str| -> Result<Vec<u8>, FuncError> {
        base64_decode(args.text(i)?.bytes())
            .map_err(|_| FuncError::new(format!("unable to decode base64 {what}")))
    };
    let cert = decode(0, "certificate")?;
    let key = decode(1, "private key")?;
    check_certificate(&cert, "decodedCert.Bytes")?;
    check_key(&key).map_err(|e| FuncError::new(format!("error parsing private key: {e}")))?;
    let (cert_origin, key_origin) = (args.any(0).origin(call.origins), args.any(1).origin(call.origins));
    let origin = call.origins.union(cert_origin, key_origin);
    Ok(certificate(Value::str(cert, cert_origin), Value::str(key, key_origin), origin))
}

const SEED: &[u8] = b"com.lyndir.masterpassword";
/// The forms of the passwords: what stands at each place.
const FORMS: [(&str, &[&str]); 6] = [
    ("maximum", &["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"]),
    (
        "long",
        &[
            "CvcvnoCvcvCvcv",
            "CvcvCvcvnoCvcv",
            "CvcvCvcvCvcvno",
            "CvccnoCvcvCvcv",
            "CvccCvcvnoCvcv",
            "CvccCvcvCvcvno",
            "CvcvnoCvccCvcv",
            "CvcvCvccnoCvcv",
            "CvcvCvccCvcvno",
            "CvcvnoCvcvCvcc",
            "CvcvCvcvnoCvcc",
            "CvcvCvcvCvccno",
            "CvccnoCvccCvcv",
            "CvccCvccnoCvcv",
            "CvccCvccCvcvno",
            "CvcvnoCvccCvcc",
            "CvcvCvccnoCvcc",
            "CvcvCvccCvccno",
            "CvccnoCvcvCvcc",
            "CvccCvcvnoCvcc",
            "CvccCvcvCvccno",
        ],
    ),
    ("medium", &["CvcnoCvc", "CvcCvcno"]),
    ("short", &["Cvcn"]),
    ("basic", &["aaanaaan", "aannaaan", "aaannaaa"]),
    ("pin", &["nnnn"]),
];
/// What may stand at a place.
const PLACES: [(u8, &[u8]); 8] = [
    (b'V', b"AEIOU"),
    (b'C', b"BCDFGHJKLMNPQRSTVWXYZ"),
    (b'v', b"aeiou"),
    (b'c', b"bcdfghjklmnpqrstvwxyz"),
    (b'a', b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz"),
    (b'n', b"0123456789"),
    (b'o', b"@&%?,=[]_:-+*$#!'^~;()/."),
    (b'x', b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()"),
];

/// The Master Password scheme: the same arguments always give the same password.
fn derive_password(call: &mut Call<'_>, args: &[Value]) -> Out {
    let kind = args.text(1)?.to_str_lossy().into_owned();
    let Some((_, forms)) = FORMS.iter().find(|(name, _)| *name == kind) else {
        let text = format!("cannot find password template {kind}");
        return Ok(mixed_text(call, args, text.into_bytes()));
    };
    // One derivation needs 32 MB and a tenth of a second.
    call.charge(200_000)?;
    let counter = args.int(0)? as u32;
    let (user, site) = (args.text(3)?.bytes(), args.text(4)?.bytes());
    let sized = |text: &[u8]| [&(text.len() as u32).to_be_bytes(), text].concat();
    let salt = [SEED, &sized(user)].concat();
    let failed = || FuncError::new("failed to derive password");
    let params = scrypt::Params::new(15, 8, 2, 64).map_err(|_| failed())?;
    let mut key = [0u8; 64];
    scrypt::scrypt(args.text(2)?.bytes(), &salt, &params, &mut key).map_err(|_| failed())?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| failed())?;
    mac.update(&[SEED, &sized(site), &counter.to_be_bytes()].concat());
    let seed = mac.finalize().into_bytes();
    let pick = |n: usize, from: usize| seed.get(n).map_or(0, |b| usize::from(*b) % from.max(1));
    let form = forms.get(pick(0, forms.len())).copied().unwrap_or("");
    let password: Vec<u8> = form
        .bytes()
        .enumerate()
        .filter_map(|(i, place)| {
            let (_, choice) = PLACES.iter().find(|(name, _)| *name == place)?;
            choice.get(pick(i + 1, choice.len())).copied()
        })
        .collect();
    Ok(mixed_text(call, args, password))
}

const BLOCK: usize = 16;

fn aes_key(password: &[u8]) -> [u8; 32] {
    let mut key = [0u8; 32];
    for (slot, byte) in key.iter_mut().zip(password) {
        *slot = *byte;
    }
    key
}

/// The text encrypted under an initial vector of zeros, where Helm draws one.
fn encrypt(call: &mut Call<'_>, args: &[Value]) -> Out {
    let text = args.text(1)?;
    if text.is_empty() {
        return Ok(Value::string(text.clone()));
    }
    let padding = BLOCK - text.len() % BLOCK;
    let padded = [text.bytes(), &vec![padding as u8; padding]].concat();
    let key = aes_key(args.text(0)?.bytes());
    let vector = [call.draw().pick(0u8, 1u8); BLOCK];
    let cipher = cbc::Encryptor::<aes::Aes256>::new(&key.into(), &vector.into());
    let encrypted = cipher.encrypt_padded_vec_mut::<NoPadding>(&padded);
    let (random, mixed) = (call.random(), call.mixed(args));
    let origin = call.origins.union(random, mixed);
    Ok(Value::str(base64_encode(&[&vector[..], &encrypted].concat()), origin))
}

fn decrypt(call: &mut Call<'_>, args: &[Value]) -> Out {
    let text = args.text(1)?;
    if text.is_empty() {
        return Ok(Value::string(text.clone()));
    }
    let bytes = base64_decode(text.bytes())?;
    let out_of_range =
        |what: String| FuncError::new(format!("runtime error: slice bounds out of range {what}"));
    let Some((vector, body)) = bytes.split_first_chunk::<BLOCK>() else {
        return Err(out_of_range(format!("[:{BLOCK}] with capacity {}", text.len() / 4 * 3)));
    };
    if body.len() % BLOCK != 0 {
        return Err("crypto/cipher: input not full blocks".into());
    }
    let key = aes_key(args.text(0)?.bytes());
    let cipher = cbc::Decryptor::<aes::Aes256>::new(&key.into(), vector.into());
    let Ok(padded) = cipher.decrypt_padded_vec_mut::<NoPadding>(body) else {
        return Err("crypto/cipher: input not full blocks".into());
    };
    let Some(padding) = padded.last().map(|b| usize::from(*b)) else {
        return Err("runtime error: index out of range [-1]".into());
    };
    match padded.len().checked_sub(padding).and_then(|end| padded.get(..end)) {
        Some(plain) => Ok(mixed_text(call, args, plain.to_vec())),
        None => Err(out_of_range(format!("[:{}]", padded.len() as i64 - padding as i64))),
    }
}
