//! Files of the data folder that hold keys: only the server's user reads them.

use std::io::{self, Write as _};
use std::path::Path;

/// Writes a file that its owner alone may read, in one step.
pub fn write_private(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = file.with_extension("tmp");
    match std::fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut open = options.open(&temporary)?;
    open.write_all(bytes)?;
    open.sync_all()?;
    std::fs::rename(&temporary, file)
}
