//! Out of the data folder, through Rust's library and through bare WASI.

use serde_json::{Map, Value, json};

use super::bindings::wasi::filesystem::preopens::get_directories;
use super::bindings::wasi::filesystem::types::{Descriptor, DescriptorFlags, OpenFlags, PathFlags};
use super::{text, texts};

/// Reads each of the paths in both ways; what is not an error is reported as reached.
pub fn read_outside(arguments: &Value) -> Value {
    let mut reached = Map::new();
    let mut denied = Map::new();
    let mut note = |how: &str, path: &str, result: Result<String, String>| match result {
        Ok(content) => {
            reached.insert(format!("{how} {path}"), content.chars().take(40).collect::<String>().into())
        }
        Err(reason) => denied.insert(format!("{how} {path}"), reason.into()),
    };
    for path in texts(arguments, "paths") {
        note("std", path, std::fs::read_to_string(path).map_err(|error| error.to_string()));
        note(
            "std list",
            path,
            std::fs::read_dir(path).map(|_| "a list".to_owned()).map_err(|error| error.to_string()),
        );
        for (folder, _) in get_directories() {
            for flags in [PathFlags::empty(), PathFlags::SYMLINK_FOLLOW] {
                note("wasi", path, open_and_read(&folder, flags, path));
                let stat = folder.stat_at(flags, path).map(|stat| format!("{} bytes", stat.size));
                // Not following a link, its own size is no secret.
                if flags.contains(PathFlags::SYMLINK_FOLLOW) {
                    note("stat", path, stat.map_err(|code| format!("{code:?}")));
                }
            }
            note("readlink", path, folder.readlink_at(path).map_err(|code| format!("{code:?}")));
        }
    }
    let folders: Vec<String> = get_directories().into_iter().map(|(_, name)| name).collect();
    json!({"reached": reached, "denied": denied, "folders": folders})
}

fn open_and_read(folder: &Descriptor, flags: PathFlags, path: &str) -> Result<String, String> {
    let file = folder
        .open_at(flags, path, OpenFlags::empty(), DescriptorFlags::READ)
        .map_err(|code| format!("{code:?}"))?;
    let (bytes, _) = file.read(4096, 0).map_err(|code| format!("{code:?}"))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Makes, moves and removes files at those paths.
pub fn write_outside(arguments: &Value) -> Value {
    let mut done = Vec::new();
    for path in texts(arguments, "paths") {
        if std::fs::write(path, "hostile").is_ok() {
            done.push(format!("wrote {path}"));
        }
        if std::fs::create_dir(format!("{path}.d")).is_ok() {
            done.push(format!("made {path}.d"));
        }
        let own = "/data/own";
        if std::fs::write(own, "hostile").is_ok() && std::fs::rename(own, path).is_ok() {
            done.push(format!("moved to {path}"));
        }
        for (folder, _) in get_directories() {
            let wanted = OpenFlags::CREATE | OpenFlags::TRUNCATE;
            if folder.open_at(PathFlags::SYMLINK_FOLLOW, path, wanted, DescriptorFlags::WRITE).is_ok() {
                done.push(format!("opened {path}"));
            }
            if folder.unlink_file_at(path).is_ok() {
                done.push(format!("removed {path}"));
            }
        }
    }
    json!({"done": done})
}

/// Makes links that point outside, and reads and writes through them.
pub fn link_outside(arguments: &Value) -> Value {
    let mut reached = Vec::new();
    for (number, target) in texts(arguments, "targets").into_iter().enumerate() {
        let link = format!("link-{number}");
        for (folder, _) in get_directories() {
            let made = folder.symlink_at(target, &link).is_ok();
            if made {
                if let Ok(content) = open_and_read(&folder, PathFlags::SYMLINK_FOLLOW, &link) {
                    reached.push(format!("read {target}: {}", content.chars().take(40).collect::<String>()));
                }
                let wanted = OpenFlags::CREATE;
                if folder.open_at(PathFlags::SYMLINK_FOLLOW, &link, wanted, DescriptorFlags::WRITE).is_ok() {
                    reached.push(format!("opened {target} for writing"));
                }
            }
            if folder.link_at(PathFlags::SYMLINK_FOLLOW, target, &folder, &format!("hard-{number}")).is_ok() {
                reached.push(format!("hard link to {target}"));
            }
        }
    }
    json!({"reached": reached})
}

/// Asks for more bytes of a file in one call than any memory has.
pub fn read_without_bound() -> Value {
    let mut most = 0;
    for (folder, _) in get_directories() {
        let flags = DescriptorFlags::READ | DescriptorFlags::WRITE;
        let Ok(file) = folder.open_at(PathFlags::empty(), "large", OpenFlags::CREATE, flags) else {
            continue;
        };
        // A file of a terabyte without a byte in it.
        let _ = file.set_size(1 << 40);
        if let Ok((bytes, _)) = file.read(u64::MAX, 0) {
            most = most.max(bytes.len());
        }
        if let Ok(stream) = file.read_via_stream(0)
            && let Ok(bytes) = stream.blocking_read(u64::MAX)
        {
            most = most.max(bytes.len());
        }
        let _ = folder.unlink_file_at("large");
    }
    json!({"most": most})
}

/// Opens something that blocks until somebody else comes.
pub fn open_a_pipe(arguments: &Value) -> Value {
    match std::fs::read(text(arguments, "path")) {
        Ok(bytes) => json!({"bytes": bytes.len()}),
        Err(error) => json!({"error": error.to_string()}),
    }
}
