//! The two messages of OTLP/HTTP in JSON that are sent: spans and one histogram.
//!
//! Sources: the OTLP specification (`ExportTraceServiceRequest`, `ExportMetricsServiceRequest` in
//! Protocol Buffers' JSON form, ids in hexadecimal) and OpenTelemetry's semantic conventions for
//! MCP, which are still in development.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::Operation;

/// Bounds of the buckets of `mcp.server.operation.duration` in seconds, as the conventions advise.
const BOUNDS: [f64; 14] = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0];

/// Enumerators of the specification.
const SPAN_KIND_SERVER: u8 = 2;
const STATUS_CODE_ERROR: u8 = 2;
const CUMULATIVE: u8 = 2;

/// The message for `/v1/traces`.
pub fn traces(operations: &[Operation]) -> Value {
    let spans: Vec<Value> = operations.iter().map(span).collect();
    json!({"resourceSpans": [{"resource": resource(), "scopeSpans": [{"scope": scope(), "spans": spans}]}]})
}

fn span(operation: &Operation) -> Value {
    let parent = operation.traceparent.as_deref().and_then(Parent::read);
    let mut attributes = of_operation(operation);
    attributes.push(text("jsonrpc.request.id", &operation.request_id));
    let name = match &operation.tool {
        Some(tool) => format!("{} {tool}", operation.method),
        None => operation.method.to_owned(),
    };
    let mut span = json!({
        "traceId": parent.as_ref().map_or_else(|| format!("{:016x}{:016x}", random(), random()), |parent| parent.trace.clone()),
        "spanId": format!("{:016x}", random()),
        "name": name,
        "kind": SPAN_KIND_SERVER,
        "startTimeUnixNano": nanoseconds(operation.begun),
        "endTimeUnixNano": nanoseconds(operation.begun + operation.took),
        "attributes": attributes,
    });
    if let Some(parent) = parent {
        span["parentSpanId"] = json!(parent.span);
    }
    if operation.error.is_some() {
        span["status"] = json!({"code": STATUS_CODE_ERROR});
    }
    span
}

/// The attributes that spans and the histogram have in common.
fn of_operation(operation: &Operation) -> Vec<Value> {
    let mut attributes = vec![text("mcp.method.name", operation.method)];
    if let Some(tool) = &operation.tool {
        attributes.push(text("gen_ai.tool.name", tool));
        attributes.push(text("gen_ai.operation.name", "execute_tool"));
    }
    if let Some(version) = &operation.protocol_version {
        attributes.push(text("mcp.protocol.version", version));
    }
    if let Some(error) = operation.error {
        attributes.push(text("error.type", error));
    }
    attributes
}

fn text(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

fn resource() -> Value {
    json!({"attributes": [
        text("service.name", "fastintercom"),
        text("service.version", env!("CARGO_PKG_VERSION")),
    ]})
}

fn scope() -> Value {
    json!({"name": "fastintercom", "version": env!("CARGO_PKG_VERSION")})
}

/// 64-bit integers are strings in the JSON form.
fn nanoseconds(at: SystemTime) -> String {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos().to_string()
}

/// Never zero, which would be no id. Ids need not be secret: the keys of the standard library's
/// hash tables, which the system seeds, are random enough.
fn random() -> u64 {
    RandomState::new().build_hasher().finish().max(1)
}

/// The client's trace and span, from a W3C `traceparent`.
struct Parent {
    trace: String,
    span: String,
}

impl Parent {
    fn read(header: &str) -> Option<Self> {
        let mut parts = header.split('-');
        let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let is_hex = |part: &str, length: usize| {
            part.len() == length && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        let is_id = |part: &str, length: usize| is_hex(part, length) && part.bytes().any(|byte| byte != b'0');
        let valid = is_hex(version, 2)
            && version != "ff"
            && (version != "00" || parts.next().is_none())
            && is_id(trace, 32)
            && is_id(span, 16)
            && is_hex(flags, 2);
        valid.then(|| Self { trace: trace.to_owned(), span: span.to_owned() })
    }
}

/// `mcp.server.operation.duration` since the start, by what the operations have in common.
#[derive(Debug)]
pub struct Durations {
    since: SystemTime,
    /// By the attributes as JSON text, which is their identity.
    points: BTreeMap<String, Point>,
}

#[derive(Debug, Default)]
struct Point {
    count: u64,
    sum: f64,
    buckets: [u64; BOUNDS.len() + 1],
}

impl Default for Durations {
    fn default() -> Self {
        Self { since: SystemTime::now(), points: BTreeMap::new() }
    }
}

impl Durations {
    pub fn add(&mut self, operation: &Operation) {
        let key = json!(of_operation(operation)).to_string();
        self.points.entry(key).or_default().add(operation.took);
    }

    /// The message for `/v1/metrics`.
    pub fn to_json(&self, now: SystemTime) -> Value {
        let points: Vec<Value> = self
            .points
            .iter()
            .map(|(attributes, point)| {
                json!({
                    "attributes": serde_json::from_str::<Value>(attributes).unwrap_or_default(),
                    "startTimeUnixNano": nanoseconds(self.since),
                    "timeUnixNano": nanoseconds(now),
                    "count": point.count.to_string(),
                    "sum": point.sum,
                    "bucketCounts": point.buckets.map(|count| count.to_string()),
                    "explicitBounds": BOUNDS,
                })
            })
            .collect();
        let metric = json!({
            "name": "mcp.server.operation.duration",
            "description": "Time from a request to its answer",
            "unit": "s",
            "histogram": {"aggregationTemporality": CUMULATIVE, "dataPoints": points},
        });
        json!({"resourceMetrics": [{"resource": resource(), "scopeMetrics": [{"scope": scope(), "metrics": [metric]}]}]})
    }
}

impl Point {
    fn add(&mut self, took: Duration) {
        let seconds = took.as_secs_f64();
        self.count += 1;
        self.sum += seconds;
        let bucket = BOUNDS.iter().position(|bound| seconds <= *bound).unwrap_or(BOUNDS.len());
        self.buckets[bucket] += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(milliseconds: u64, error: Option<&'static str>) -> Operation {
        Operation {
            method: "tools/call",
            tool: Some("search_conversations".to_owned()),
            protocol_version: Some("2026-07-28".to_owned()),
            request_id: "7".to_owned(),
            traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01".to_owned()),
            begun: UNIX_EPOCH + Duration::from_secs(1_000),
            took: Duration::from_millis(milliseconds),
            error,
        }
    }

    #[test]
    fn a_span_continues_the_clients_trace() {
        let message = traces(&[operation(1_500, Some("tool_error"))]);
        let span = &message["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
        assert_eq!(span["name"], "tools/call search_conversations");
        assert_eq!(span["traceId"], "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(span["parentSpanId"], "00f067aa0ba902b7");
        assert_eq!(span["endTimeUnixNano"], "1001500000000");
        assert_eq!(span["status"]["code"], 2);
        assert!(span["attributes"].to_string().contains("tool_error"), "{span}");
    }

    #[test]
    fn a_parent_that_is_none_is_not_believed() {
        for header in [
            "",
            "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-0AF7651916CD43DD8448EB211C80319C-00f067aa0ba902b7-01",
            "ff-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01",
            "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01-more",
        ] {
            assert!(Parent::read(header).is_none(), "{header}");
        }
    }

    #[test]
    fn durations_fall_into_buckets() {
        let mut durations = Durations::default();
        for milliseconds in [5, 10, 15, 400_000] {
            durations.add(&operation(milliseconds, None));
        }
        durations.add(&operation(5, Some("tool_error")));
        let message = durations.to_json(SystemTime::now());
        let points =
            &message["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][0]["histogram"]["dataPoints"];
        let rows = points.as_array().expect("points");
        assert_eq!(rows.len(), 2, "errors apart: {points}");
        let ok = rows.iter().find(|row| row["count"] == "4").expect("four went well");
        let buckets = ok["bucketCounts"].as_array().expect("buckets");
        assert_eq!((&buckets[0], &buckets[1], &buckets[14]), (&json!("2"), &json!("1"), &json!("1")));
    }
}
