//! What the operating system is asked directly. The `unsafe` of those calls is in this file.

/// The user this process acts for.
#[cfg(unix)]
#[must_use]
pub fn user_id() -> u32 {
    // SAFETY: geteuid has no preconditions and cannot fail.
    unsafe { libc::geteuid() }
}

/// Lets this process open as many files as its user may, at most 16384: every instance may open
/// a thousand, and none should be able to keep the others, or the network, from opening theirs.
pub fn allow_open_files() {
    #[cfg(unix)]
    {
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: the pointer is to a valid structure that the call fills.
        if unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } != 0 {
            return;
        }
        let wanted = limit.rlim_max.min(16_384);
        if limit.rlim_cur < wanted {
            limit.rlim_cur = wanted;
            // SAFETY: the pointer is to a valid structure. A refusal leaves the limit as it was.
            let _ = unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) };
        }
    }
}

/// Files that this process creates are for its user only, the database's journal included: WASI
/// has no file modes, so what the guest creates gets whatever the mask leaves.
pub fn keep_new_files_private() {
    #[cfg(unix)]
    // SAFETY: umask has no preconditions and cannot fail; it is called before other threads start.
    unsafe {
        libc::umask(0o077);
    }
}

/// Lets a child go on when this process, its group or its console is ended.
pub fn detach(command: &mut std::process::Command) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    #[cfg(windows)]
    {
        const DETACHED_PROCESS: u32 = 0x0000_0008;
        const CREATE_NEW_PROCESS_GROUP: u32 = 0x0000_0200;
        std::os::windows::process::CommandExt::creation_flags(
            command,
            DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP,
        );
    }
}

/// Gives memory that is free back to the system. glibc keeps what a big piece of work used, such
/// as compiling the component (some hundred megabytes), for the next one, which never comes.
pub fn give_back_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: malloc_trim has no preconditions and may be called on any thread.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Bytes that this user may still write to the file system of that folder. `None`: not told.
#[must_use]
pub fn free_space(folder: &std::path::Path) -> Option<u64> {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt as _;
        let path = std::ffi::CString::new(folder.as_os_str().as_bytes()).ok()?;
        // SAFETY: `statvfs` is a plain C struct for which all zeroes is a valid value.
        let mut found: libc::statvfs = unsafe { std::mem::zeroed() };
        // SAFETY: the path ends with a zero byte and both pointers are valid for the call.
        if unsafe { libc::statvfs(path.as_ptr(), &raw mut found) } != 0 {
            return None;
        }
        // The types of these fields differ between systems.
        #[allow(clippy::useless_conversion, clippy::unnecessary_cast, reason = "u32 on macOS")]
        Some((found.f_bavail as u64).saturating_mul(found.f_frsize as u64))
    }
    #[cfg(windows)]
    {
        use std::os::windows::ffi::OsStrExt as _;
        use windows_sys::Win32::Storage::FileSystem::GetDiskFreeSpaceExW;
        let path: Vec<u16> = folder.as_os_str().encode_wide().chain([0]).collect();
        let (mut free, unasked) = (0, std::ptr::null_mut());
        // SAFETY: the path ends with a zero; the pointers are null, as they may be, or valid for the call.
        let told = unsafe { GetDiskFreeSpaceExW(path.as_ptr(), &raw mut free, unasked, unasked) };
        (told != 0).then_some(free)
    }
}
