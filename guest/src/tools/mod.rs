//! The MCP tools: one file a tool, one table that lists them. They know no HTTP.
