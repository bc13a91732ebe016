//! Writing files so that nothing half-written is left.

use std::fs;
use std::path::Path;

use super::Stop;

/// Writes a file beside its place and moves it there, so that nothing half-written is left.
pub(super) fn write_whole(path: &Path, text: &str) -> Result<(), Stop> {
    let failed = |error: std::io::Error| {
        Stop::new(format!("`{}` cannot be written: {error}", path.display()))
            .help("name a file in a folder you may write")
    };
    // A device (`/dev/stdout`) or a pipe cannot be replaced by a new file.
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return fs::write(path, text).map_err(failed);
    }
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".ddlint-new");
    let beside = path.with_file_name(name);
    fs::write(&beside, text).and_then(|()| fs::rename(&beside, path)).map_err(|error| {
        let _ = fs::remove_file(&beside);
        failed(error)
    })
}
