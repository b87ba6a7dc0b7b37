//! Reading and replacing a file that belongs to another program.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// A client's configuration as it was found.
#[derive(Debug)]
pub struct ClientFile {
    /// Where it really is: a link (people keep such files elsewhere) is followed.
    path: PathBuf,
    /// `None`: there is no such file yet.
    text: Option<String>,
}

impl ClientFile {
    /// Reads it.
    ///
    /// # Errors
    /// A sentence, when it is there and cannot be read as text.
    pub fn read(path: &Path) -> Result<Self, String> {
        let shown = path.display();
        let is_there = fs::symlink_metadata(path).is_ok();
        if !is_there {
            return Ok(Self { path: path.to_owned(), text: None });
        }
        let real = dunce::canonicalize(path)
            .map_err(|error| format!("{shown} cannot be followed to a file ({error}); mend or remove it."))?;
        match fs::read(&real).map(String::from_utf8) {
            Ok(Ok(text)) => Ok(Self { path: real, text: Some(text) }),
            Ok(Err(_)) => Err(format!("{shown} is not UTF-8 text, so it was left as it is.")),
            Err(error) => Err(format!("{shown} cannot be read ({error}).")),
        }
    }

    /// Its content; nothing when there is no file.
    #[must_use]
    pub fn text(&self) -> &str {
        self.text.as_deref().unwrap_or_default()
    }

    #[must_use]
    pub fn exists(&self) -> bool {
        self.text.is_some()
    }

    /// Puts a new text in its place, in one step, and keeps the old one beside it. `closed` takes
    /// every right of other users away, for what holds a secret. Returns where the old text is.
    ///
    /// # Errors
    /// A sentence; the file is then as it was.
    pub fn replace(&self, text: &str, closed: bool) -> Result<Option<PathBuf>, String> {
        let shown = self.path.display();
        let failed = |what: &str, error: &io::Error| format!("{shown} was left as it is: {what} ({error}).");
        let folder = self.path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(|error| failed("its folder cannot be made", &error))?;
        let rights = fs::metadata(&self.path).ok().map(|found| found.permissions());
        let kept = match &self.text {
            None => None,
            Some(old) => {
                Some(self.keep(old, rights.as_ref()).map_err(|error| failed("no copy can be kept", &error))?)
            }
        };
        let draft = self.beside(&format!(".{}.draft", std::process::id()));
        let written = write_new(&draft, text, rights.as_ref(), closed)
            .and_then(|()| self.check_unchanged())
            .and_then(|()| fs::rename(&draft, &self.path));
        if let Err(error) = written {
            let _ = fs::remove_file(&draft);
            if let Some(kept) = &kept {
                let _ = fs::remove_file(kept);
            }
            return Err(failed("the new text cannot be put there", &error));
        }
        Ok(kept)
    }

    /// A running client writes its file, too: what it wrote since must not be lost.
    fn check_unchanged(&self) -> io::Result<()> {
        let same = match fs::read(&self.path) {
            Ok(now) => self.text.as_deref().is_some_and(|text| text.as_bytes() == now),
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.text.is_none(),
            Err(error) => return Err(error),
        };
        if same { Ok(()) } else { Err(io::Error::other("another program changed it meanwhile; try again")) }
    }

    /// Copies the old text to a name of its own. No earlier copy is overwritten.
    fn keep(&self, old: &str, rights: Option<&fs::Permissions>) -> io::Result<PathBuf> {
        let stamp = chrono::Local::now().format("%Y%m%d-%H%M%S");
        for number in 1..100 {
            let more = if number == 1 { String::new() } else { format!("-{number}") };
            let copy = self.beside(&format!(".before-fastintercom-{stamp}{more}"));
            match write_new(&copy, old, rights, false) {
                Ok(()) => return Ok(copy),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::other("too many copies of this second are there"))
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    }
}

/// Writes a file that must not exist yet. It is this user's alone until it has its rights.
fn write_new(path: &Path, text: &str, rights: Option<&fs::Permissions>, closed: bool) -> io::Result<()> {
    let mut options = fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    if let Some(rights) = rights
        && !closed
    {
        file.set_permissions(rights.clone())?;
    }
    // The new name must not be on the disk before what it names.
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder that goes away.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("fastintercom-file-{}-{name}", std::process::id()));
            fs::create_dir_all(&path).expect("a folder");
            Self(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_new_file_is_made_with_its_folders_and_an_old_one_kept() {
        let folder = Folder::new("new");
        let path = folder.0.join("a/b/c.json");
        let missing = ClientFile::read(&path).expect("readable");
        assert!(!missing.exists());
        assert_eq!(missing.replace("one", false), Ok(None));
        for (old, new) in [("one", "two"), ("two", "three")] {
            let kept = ClientFile::read(&path).expect("readable").replace(new, false).expect("replaced");
            assert_eq!(fs::read_to_string(kept.expect("a copy")).expect("text"), old);
        }
        assert_eq!(fs::read_to_string(&path).expect("text"), "three");
        assert_eq!(fs::read_dir(path.parent().expect("a folder")).expect("a folder").count(), 3);
    }

    #[test]
    fn what_another_program_wrote_meanwhile_is_not_lost() {
        let folder = Folder::new("race");
        let path = folder.0.join("c.json");
        fs::write(&path, "old").expect("written");
        let file = ClientFile::read(&path).expect("readable");
        fs::write(&path, "newer").expect("written");
        let error = file.replace("ours", false).expect_err("it changed");
        assert!(error.contains("another program changed it meanwhile; try again"), "{error}");
        assert_eq!(fs::read_to_string(&path).expect("text"), "newer");
        assert_eq!(fs::read_dir(&folder.0).expect("a folder").count(), 1, "nothing is left behind");
    }

    #[cfg(unix)]
    #[test]
    fn links_stay_links_and_rights_stay_unless_they_are_taken() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = Folder::new("link");
        let (link, real) = (folder.0.join("link.json"), folder.0.join("real.json"));
        fs::write(&real, "old").expect("written");
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).expect("changed");
        std::os::unix::fs::symlink(&real, &link).expect("a link");
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        let kept = ClientFile::read(&link).expect("readable").replace("new", false).expect("replaced");
        assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
        assert_eq!((mode(&real), mode(&kept.expect("a copy"))), (0o640, 0o640));
        ClientFile::read(&link).expect("readable").replace("secret", true).expect("replaced");
        assert_eq!((fs::read_to_string(&real).expect("text").as_str(), mode(&real)), ("secret", 0o600));
        fs::remove_file(&real).expect("removed");
        assert!(ClientFile::read(&link).expect_err("it leads nowhere").contains("mend or remove it"));
    }

    #[test]
    fn what_is_no_text_is_left_alone() {
        let folder = Folder::new("bytes");
        let path = folder.0.join("c.json");
        fs::write(&path, [0xff, 0xfe, b'{', 0]).expect("written");
        assert!(ClientFile::read(&path).expect_err("no text").contains("is not UTF-8 text"));
    }
}
