//! The component's exports for the protocol.

fastintercom_mcp::component!(
    fastintercom_adapter_calls::bindings::fastintercom::component::tools,
    crate::bindings::fastintercom::component::resources,
    crate::bindings::fastintercom::component::prompts,
    include_str!("../../../src/tools/instructions.md")
);
