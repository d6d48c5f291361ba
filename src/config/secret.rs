//! The instance secret: where every key of this instance comes from. Losing it makes sealed Stripe keys unreadable.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

use super::{Settings, SettingsError};

/// The fewest characters of an instance secret.
pub const MIN_LENGTH: usize = 32;
/// Its file in the data directory.
const FILE: &str = "instance-secret";

/// The secret of this instance, and those it replaced.
#[derive(Clone, Debug)]
pub struct InstanceSecret {
    /// New keys come from this one.
    pub current: SecretString,
    /// What these sealed or signed stays valid.
    pub previous: Vec<SecretString>,
}

impl InstanceSecret {
    /// Secrets of any length, for tests.
    #[cfg(test)]
    pub(crate) fn fixed(current: &str, previous: &[&str]) -> Self {
        Self { current: current.into(), previous: previous.iter().map(|text| (*text).into()).collect() }
    }
}

/// The secret by the settings; made on first start, but only in the data directory: a named file that is missing is a mistake,
/// and another secret in its place would make everything sealed unreadable.
pub fn load(settings: &Settings) -> Result<InstanceSecret, SettingsError> {
    let current = match (&settings.secret, &settings.secret_file) {
        (Some(_), Some(_)) => {
            return Err(wrong("TRIBUTARY_SECRET and TRIBUTARY_SECRET_FILE", "are both set; set one of them"));
        }
        (Some(secret), None) => secret.clone(),
        (None, Some(path)) => read(path)?,
        (None, None) => {
            let path = settings.data_dir.join(FILE);
            if !path.exists() {
                make(&settings.data_dir, &path)?;
            }
            read(&path)?
        }
    };
    Ok(InstanceSecret { current, previous: settings.secret_previous.clone() })
}

fn wrong(setting: &str, problem: impl Into<String>) -> SettingsError {
    SettingsError { setting: setting.to_owned(), problem: problem.into() }
}

fn in_file(path: &Path, problem: &str) -> SettingsError {
    wrong("TRIBUTARY_SECRET_FILE (--secret-file)", format!("is {}, which {problem}", path.display()))
}

fn read(path: &Path) -> Result<SecretString, SettingsError> {
    let unreadable = |error: io::Error| in_file(path, &format!("cannot be read ({error}); name a file with the instance secret"));
    let metadata = fs::metadata(path).map_err(unreadable)?;
    if let Some(mode) = open_to_others(&metadata) {
        return Err(in_file(path, &format!("others may read or change (mode {mode:o}); run chmod 600 on it")));
    }
    let text = SecretString::from(fs::read_to_string(path).map_err(unreadable)?);
    let secret = text.expose_secret().trim();
    if secret.chars().count() < MIN_LENGTH {
        return Err(in_file(path, &format!("holds fewer than {MIN_LENGTH} characters; fill it from a random source")));
    }
    Ok(secret.into())
}

/// The mode, when anybody may read the file or its group may change it. A group may read it: that is how containers mount secrets.
#[cfg(unix)]
fn open_to_others(metadata: &fs::Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    let mode = metadata.permissions().mode() & 0o777;
    (mode & 0o027 != 0).then_some(mode)
}

#[cfg(not(unix))]
fn open_to_others(_: &fs::Metadata) -> Option<u32> {
    None
}

/// Writes a random secret. It is written aside and linked into place, so that of two processes that start together the second
/// finds the first one's whole file.
fn make(directory: &Path, path: &Path) -> Result<(), SettingsError> {
    let written = || {
        make_directory(directory)?;
        let aside: PathBuf = path.with_extension(hex::encode(rand::random::<[u8; 8]>()));
        let mut bytes = [0_u8; 32];
        rand::fill(&mut bytes);
        let mut file = private_file(&aside)?;
        file.write_all(hex::encode(bytes).as_bytes())?;
        file.sync_all()?;
        let linked = fs::hard_link(&aside, path);
        fs::remove_file(&aside)?;
        // The name must be as lasting as the bytes: what is sealed next in the database will need it.
        if cfg!(unix) {
            fs::File::open(directory)?.sync_all()?;
        }
        linked.or_else(|error| if error.kind() == io::ErrorKind::AlreadyExists { Ok(()) } else { Err(error) })
    };
    written().map_err(|error: io::Error| {
        let problem = format!("is {}, where the instance secret cannot be written ({error})", directory.display());
        wrong("TRIBUTARY_DATA_DIR (--data-dir)", format!("{problem}; name a directory that this user may write, or set TRIBUTARY_SECRET"))
    })?;
    tracing::warn!(path = %path.display(), "made a new instance secret; keep a copy of it, sealed Stripe keys cannot be opened without");
    Ok(())
}

#[cfg(unix)]
fn make_directory(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)
}

#[cfg(unix)]
fn private_file(path: &Path) -> io::Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn make_directory(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)
}

#[cfg(not(unix))]
fn private_file(path: &Path) -> io::Result<fs::File> {
    fs::OpenOptions::new().write(true).create_new(true).open(path)
}
