//! What the operating system is asked directly. The `unsafe` of those calls is in this file.

/// The user this process acts for.
#[cfg(unix)]
#[must_use]
pub fn user_id() -> u32 {
    // SAFETY: geteuid has no preconditions and cannot fail.
    unsafe { libc::geteuid() }
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
