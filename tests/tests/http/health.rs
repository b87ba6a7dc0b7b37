//! `/healthz` says that the process lives, `/readyz` whether calls can be answered.

use fastintercom_tests::server::Server;

use super::{open, small};

#[test]
fn a_server_is_alive_and_ready() {
    let simulator = small();
    let (_session, web) = open(Server::new(&simulator));
    assert_eq!(web.get("/healthz").succeeded()["status"], "alive");
    web.wait_until_ready();
    assert_eq!(web.get("/readyz").header("cache-control"), Some("no-store"));
    assert_eq!(web.post("/readyz", "").status, 405);
    assert!(web.get("/").refused(404).contains("/tools/NAME"));
}

#[test]
fn a_database_that_is_none_is_alive_and_not_ready() {
    let simulator = small();
    let server = Server::new(&simulator).without_token();
    server
        .scratch()
        .write("data/data.db", "These are no pages of SQLite, and long enough to be looked at. ".repeat(9));
    let (_session, web) = open(server);
    assert_eq!(web.get("/healthz").status, 200);
    assert!(web.get("/readyz").refused(503).contains("not an SQLite database"));
    let told = web.tool("get_data_info", serde_json::json!({})).refused(422);
    assert!(told.contains("not an SQLite database"), "{told}");
}

#[test]
fn a_component_that_is_none_is_alive_and_not_ready() {
    let simulator = small();
    let server = Server::new(&simulator).without_token();
    let file = server.scratch().write("component.wasm", "no component");
    let (_session, web) = open(server.env("FASTINTERCOM_COMPONENT_FILE", file));
    assert_eq!(web.get("/healthz").status, 200);
    assert!(web.get("/readyz").refused(503).contains("component"));
    assert!(web.tool("get_data_info", serde_json::json!({})).refused(503).contains("component"));
}
