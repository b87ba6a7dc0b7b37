//! The page that hosts with MCP Apps draw answers on: figures, lists of conversations, a thread.
//!
//! It is one static document without data in it. The host that shows it in a frame hands it a
//! tool's answer, and passes on its calls; which of its three screens it draws shows in the
//! answer's fields. It loads nothing: its policy forbids that, beside the host's own. Text of
//! customers only ever becomes text nodes (`element` in `elements.js` is the one way to the page).
//!
//! The protocol: <https://github.com/modelcontextprotocol/ext-apps>, revision 2026-01-26.

/// The page's address, which hosts read once and keep.
pub const URI: &str = "ui://fastintercom/app.html";

/// The media type by which hosts know such pages.
pub const MIME_TYPE: &str = "text/html;profile=mcp-app";

/// `_meta` of a tool whose answers the page draws, as JSON. The flat key is what hosts of 2025 read.
pub const TOOL_META: &str =
    r#"{"ui":{"resourceUri":"ui://fastintercom/app.html"},"ui/resourceUri":"ui://fastintercom/app.html"}"#;

/// `_meta` of the page's content, as JSON. Without `csp` in it hosts allow no network at all.
pub const CONTENT_META: &str = r#"{"ui":{"prefersBorder":true}}"#;

/// The document.
pub const PAGE: &str = concat!(
    r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>FastIntercom</title>
<style>
"#,
    include_str!("style.css"),
    r#"</style>
</head>
<body>
<p id="status" role="status"></p>
<div id="screen"></div>
<script>
"#,
    include_str!("host.js"),
    include_str!("elements.js"),
    include_str!("search.js"),
    include_str!("thread.js"),
    include_str!("stats.js"),
    include_str!("start.js"),
    "</script>\n</body>\n</html>\n",
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_loads_nothing_and_takes_no_markup() {
        assert!(PAGE.contains("default-src 'none'"));
        for word in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "DOMParser",
            "fetch(",
            "src=",
            "href=",
        ] {
            assert!(!PAGE.contains(word), "{word}");
        }
        // The only addresses in it are names: of the namespace of SVG and of the specification.
        let addresses: Vec<&str> = PAGE
            .match_indices("http")
            .map(|(at, _)| PAGE[at..].split(['\'', '"', ' ', '\n']).next().unwrap_or(""))
            .filter(|found| found.contains("//"))
            .collect();
        assert_eq!(
            addresses,
            ["https://github.com/modelcontextprotocol/ext-apps,", "http://www.w3.org/2000/svg"]
        );
        assert_eq!(PAGE.matches("</script>").count(), 1);
    }

    #[test]
    fn what_is_said_of_it_is_json() {
        for text in [TOOL_META, CONTENT_META] {
            let meta: serde_json::Value = serde_json::from_str(text).expect("JSON");
            assert!(meta["ui"].is_object());
        }
        let meta: serde_json::Value = serde_json::from_str(TOOL_META).expect("JSON");
        assert_eq!(meta["ui"]["resourceUri"], URI);
        assert_eq!(meta["ui/resourceUri"], URI);
    }
}
