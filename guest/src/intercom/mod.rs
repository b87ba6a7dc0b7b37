//! Intercom's REST API: requests, lenient answers, limits and errors. Knows no table.
