//! The WIT package in `wit/`, as Rust. The resource of the database lock is our own type.

wasmtime::component::bindgen!({
    path: "../wit",
    world: "fastintercom:component/fastintercom",
    imports: {
        default: trappable,
        "fastintercom:component/sync-control.request-sync": async | trappable,
    },
    exports: { default: async },
    require_store_data_send: true,
    with: {
        "wasi:io": wasmtime_wasi::p2::bindings::io,
        "wasi:clocks": wasmtime_wasi::p2::bindings::clocks,
        "wasi:filesystem": wasmtime_wasi::p2::bindings::filesystem,
        "wasi:random": wasmtime_wasi::p2::bindings::random,
        "wasi:http": wasmtime_wasi_http::p2::bindings::http,
        "fastintercom:component/database-lock.lock": crate::sandbox::lock::SharedLock,
    },
});

pub use exports::fastintercom::component::{account, bulk, maintenance, prompts, resources, tools, views};
pub use fastintercom::component::{
    database_lock, disclosure, log, progress, settings, sync_control, sync_types,
};
