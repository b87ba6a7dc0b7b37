//! What the program's exit says to shells and scripts.

use std::fs::File;
use std::process::Stdio;

use fastintercom_tests::command::Cli;
use fastintercom_tests::simulator::{Config, Endpoint, Fault, Rule};

use super::{simulate, small};

/// An answer that nobody got is a failure, whatever the command.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_behind_standard_output_is_a_failure_everywhere() {
    let simulator = small();
    let cli = Cli::new(&simulator);
    let _ = cli.clone().args(["sync"]).run().assert_code(0);
    let id = "SELECT id FROM conversations LIMIT 1";
    let id = super::database(cli.scratch()).value(id);
    for arguments in [
        vec!["--help"],
        vec!["--version"],
        vec!["sync", "--help"],
        vec!["sync"],
        vec!["sync", "--json"],
        vec!["call", "get_data_info"],
        vec!["tools"],
        vec!["tools", "--json"],
        vec!["status"],
        vec!["status", "--json"],
        vec!["search", "refund"],
        vec!["search", "refund", "--json"],
        vec!["show", &id],
        vec!["report", "-o", "-"],
        vec!["report", "--json", "-o", "page.html"],
        vec!["capabilities"],
        vec!["capabilities", "--json"],
        vec!["completions", "bash"],
        vec!["manual"],
        vec!["install", "cursor", "--print"],
        vec!["logout"],
        vec!["doctor"],
    ] {
        let mut command = cli.clone().args(arguments.iter().copied()).command();
        command.stdin(Stdio::null()).stdout(File::options().write(true).open("/dev/full").expect("a device"));
        let output = command.current_dir(cli.scratch().path()).output().expect("it runs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {stderr}");
        assert!(stderr.contains("Standard output could not be written"), "{arguments:?}: {stderr}");
    }
}

/// `head` and `less` close their end when they have enough.
#[test]
fn a_reader_that_has_enough_is_no_failure() {
    let cli = Cli::new(&small());
    for line in
        ["set -o pipefail; fastintercom manual | head -1", "set -o pipefail; fastintercom --help | true"]
    {
        let output = cli.run_in_bash(line);
        assert_eq!(output.code, Some(0), "{line}: {output:?}");
    }
}

/// As shells do it: 128 and the number of the signal; and one sentence, not two.
#[test]
fn what_a_signal_ended_has_the_code_of_shells_and_says_so_once() {
    for (interrupts, code) in [(true, 130), (false, 143)] {
        let simulator = simulate(Config::new().conversations(300).days(20));
        simulator.add_fault(Rule::new(Fault::Slow { seconds: 60.0 }).on(Endpoint::Search));
        let running = Cli::new(&simulator).args(["sync"]).start();
        let begun = std::time::Instant::now();
        while simulator.log().is_empty() {
            assert!(begun.elapsed() < fastintercom_tests::PATIENCE, "it does not begin: {running:?}");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let stopped = if interrupts { running.interrupt() } else { running.terminate() };
        assert_eq!(stopped.status.code(), Some(code), "{stopped:?}");
        assert_eq!(stopped.log.join("\n").matches("stopped").count(), 1, "{stopped:?}");
    }
}

#[test]
fn each_refusal_of_intercom_has_its_own_advice_and_is_not_tried_for_long() {
    let begun = std::time::Instant::now();
    for (status, body, words) in [
        (
            402,
            r#"{"type":"error.list","errors":[{"code":"api_plan_restricted","message":"Active subscription needed."}]}"#,
            "subscription",
        ),
        (
            403,
            r#"{"type":"error.list","errors":[{"code":"forbidden","message":"Region mismatch"}]}"#,
            "INTERCOM_REGION",
        ),
        (302, "", "https://sso.example/login"),
    ] {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                use std::io::{Read as _, Write as _};
                let mut stream = stream;
                let _ = stream.read(&mut [0; 4096]);
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Type: application/json\r\nLocation: https://sso.example/login?from=x\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                );
            }
        });
        let output = Cli::new(&small()).env("INTERCOM_BASE_URL", &base).args(["sync"]).run().assert_code(1);
        assert!(output.stderr.contains(words), "{status}: {output:?}");
        assert!(!output.stderr.contains("from=x"), "{status}: {output:?}");
    }
    assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{:?}", begun.elapsed());
}
