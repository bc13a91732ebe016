//! Unpacking `.tgz` charts from bytes, with limits.
//!
//! Deliberately absent: writing files; nothing leaves memory, so links and modes mean nothing here.

use crate::chart::{ChartError, FileData, PackedFiles};
use std::io::Read;

/// What an archive may hold.
#[derive(Clone, Copy, Debug)]
pub struct ArchiveLimits {
    /// Bytes of all files together.
    pub total: u64,
    /// Bytes of one file.
    pub file: u64,
    /// Number of files.
    pub files: usize,
}

impl Default for ArchiveLimits {
    /// Helm's own limits (100 MiB, 5 MiB), and a bound on the number of files.
    fn default() -> Self {
        ArchiveLimits { total: 100 << 20, file: 5 << 20, files: 100_000 }
    }
}

/// The files of a packed chart, in the archive's order, without the folder that holds them all.
pub fn unpack(bytes: &[u8], limits: &ArchiveLimits) -> Result<PackedFiles, ChartError> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Err(ChartError::new("not a gzipped archive"));
    }
    // The headers and the padding are decompressed too, so the stream as a whole has a bound of its own.
    let bound = limits.total.saturating_mul(2).saturating_add(1 << 20);
    let stream = flate2::read::MultiGzDecoder::new(bytes).take(bound);
    let mut archive = tar::Archive::new(stream);
    let mut left = limits.total;
    let mut out = PackedFiles::new();
    let entries = archive.entries().map_err(|e| ChartError::new(format!("broken archive: {e}")))?;
    for entry in entries {
        let mut entry = entry.map_err(|e| ChartError::new(format!("broken archive: {e}")))?;
        let kind = entry.header().entry_type();
        if kind.is_dir() || kind.is_pax_global_extensions() || kind.is_pax_local_extensions() {
            continue;
        }
        let raw = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if raw.ends_with('/') {
            continue;
        }
        let name = inner_name(&raw)?;
        let size = entry.size();
        if size > left {
            return Err(ChartError::new(format!(
                "decompressed chart is larger than the maximum file size {}",
                limits.total
            )));
        }
        if size > limits.file {
            return Err(ChartError::new(format!(
                "decompressed chart file {raw:?} is larger than the maximum file size {}",
                limits.file
            )));
        }
        if out.len() >= limits.files {
            return Err(ChartError::new(format!("the chart archive has more than {} files", limits.files)));
        }
        let mut data = Vec::new();
        let got = entry.by_ref().take(size).read_to_end(&mut data);
        got.map_err(|e| ChartError::new(format!("broken archive: {e}")))?;
        if (data.len() as u64) < size {
            return Err(ChartError::new("broken archive: unexpected EOF"));
        }
        left -= size;
        out.push((name, FileData::from(data)));
    }
    if out.is_empty() {
        return Err(ChartError::new("no files in chart archive"));
    }
    Ok(out)
}

/// The name without its first folder, cleaned as Go's `path.Clean` does.
fn inner_name(raw: &str) -> Result<String, ChartError> {
    let delimiter = if raw.contains('\\') { '\\' } else { '/' };
    let (first, rest) = raw.split_once(delimiter).unwrap_or((raw, ""));
    let rest = rest.replace(delimiter, "/");
    if rest.starts_with('/') {
        return Err(ChartError::new("chart illegally contains absolute paths"));
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in rest.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|p| *p != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let clean = parts.join("/");
    if clean.is_empty() {
        return Err(ChartError::new(format!(
            "chart illegally contains content outside the base directory: {raw:?}"
        )));
    }
    if clean.starts_with("..") {
        return Err(ChartError::new("chart illegally references parent directory"));
    }
    let mut start = clean.chars();
    if start.next().is_some_and(|c| c.is_ascii_alphabetic()) && clean[1..].starts_with(":/") {
        return Err(ChartError::new("chart contains illegally named files"));
    }
    if first == "Chart.yaml" {
        return Err(ChartError::new("chart yaml not in base directory"));
    }
    Ok(clean)
}

#[cfg(test)]
pub(crate) fn pack(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder =
        tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    for (name, data) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(data.len() as u64);
        header.set_mode(0o644);
        // Written by hand: the builder refuses the illegal names that are tested.
        if let Some(slot) = header.as_old_mut().name.get_mut(..name.len()) {
            slot.copy_from_slice(name.as_bytes());
        }
        header.set_cksum();
        builder.append(&header, *data).expect("append");
    }
    builder.into_inner().and_then(|gz| gz.finish()).expect("finish")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(files: &[(&str, &[u8])]) -> Result<Vec<String>, String> {
        unpack(&pack(files), &ArchiveLimits::default())
            .map(|files| files.into_iter().map(|(name, _)| name).collect())
            .map_err(|e| e.message)
    }

    #[test]
    fn the_first_folder_is_taken_off() {
        let files: &[(&str, &[u8])] =
            &[("x/Chart.yaml", b"a"), ("x/templates/./a.yaml", b"b"), ("x\\b\\c", b"")];
        assert_eq!(names(files), Ok(vec!["Chart.yaml".into(), "templates/a.yaml".into(), "b/c".into()]));
    }

    #[test]
    fn bad_names_are_refused() {
        for (name, word) in [
            ("x/../../etc/passwd", "parent directory"),
            ("x//etc/passwd", "absolute"),
            ("Chart.yaml", "outside the base"),
            ("x/c:/y", "illegally named"),
        ] {
            let error = names(&[(name, b"")]).expect_err(name);
            assert!(error.contains(word), "{name}: {error}");
        }
    }

    #[test]
    fn limits_hold_and_garbage_is_an_error() {
        let big = vec![0u8; 1000];
        let bytes = pack(&[("x/a", &big), ("x/b", &big)]);
        let limits = ArchiveLimits { total: 1500, file: 1200, files: 9 };
        assert!(unpack(&bytes, &limits).is_err());
        assert!(unpack(&bytes, &ArchiveLimits { file: 10, ..ArchiveLimits::default() }).is_err());
        assert!(unpack(&bytes, &ArchiveLimits { files: 1, ..ArchiveLimits::default() }).is_err());
        assert!(unpack(&bytes[..bytes.len() / 2], &ArchiveLimits::default()).is_err());
        assert!(unpack(b"PK", &ArchiveLimits::default()).is_err());
        assert!(unpack(&[0x1f, 0x8b, 8, 0], &ArchiveLimits::default()).is_err());
    }
}
