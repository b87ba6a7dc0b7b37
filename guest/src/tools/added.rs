//! Arguments that clients add to a call of themselves.
//!
//! Most servers pass over what they do not know, so clients got away with marks of their own among
//! a tool's arguments. Ours refuse unknown names, since a mistyped filter that is passed over gives
//! a wrong answer; so these few are known. None of them could mean a filter.

/// Lower case, without `_` and `-`.
const NAMES: &[&str] = &[
    // Cline adds its list of things to do to every tool, and asks for approval by an argument.
    "taskprogress",
    "requiresapproval",
    // n8n's MCP Client Tool (n8n-io/n8n#21500), and what its chat trigger puts beside it.
    "tool",
    "toolcallid",
    "sessionid",
    "action",
    "chatinput",
    // Cursor and others, for tools without arguments, which some models cannot call.
    "randomstring",
    "dummy",
    "placeholder",
    "noargs",
    // Gemini CLI and Antigravity: order of calls, and words for the screen.
    "waitforprevious",
    "waitforprevioustools",
    "toolaction",
    "toolsummary",
    // OpenHands rates each call, Letta keeps a model's thoughts beside it.
    "securityrisk",
    "innerthoughts",
    "requestheartbeat",
    // Several agents: why the model calls.
    "explanation",
    "reasoning",
    "thought",
    "thoughts",
    "thinking",
    // Ids of the call, from frameworks that pass their own arguments on.
    "callid",
    "requestid",
    "runid",
    "toolname",
    "tooluseid",
    "traceid",
    "traceparent",
    "progresstoken",
];

/// Whether clients add an argument of that name. A leading underscore says "not for the tool" in
/// every language that these clients are written in (`_meta`, `__arg1`).
pub fn by_a_client(name: &str) -> bool {
    let plain: String =
        name.chars().filter(|letter| !"_-".contains(*letter)).flat_map(char::to_lowercase).collect();
    name.starts_with('_') || NAMES.contains(&plain.as_str())
}
