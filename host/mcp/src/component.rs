//! A [`Backend`](crate::Backend) that is composed with the component and calls it directly.

/// Makes, where it stands, the type `Component`: a backend on the modules that `wit-bindgen` made
/// of the imported interfaces `tools`, `resources` and `prompts`.
///
/// Its calls return when they are done, one at a time; there is nobody who could cancel them.
#[macro_export]
macro_rules! component {
    ($tools:path, $resources:path, $prompts:path, $instructions:expr) => {
        $crate::conversions!($tools, $resources, $prompts);

        /// The component's exports.
        pub struct Component {
            /// Counts the syncs that ended; none: nobody can subscribe.
            pub syncs_ended: Option<$crate::tokio::sync::watch::Receiver<u64>>,
        }

        mod component_backend {
            use $crate::rmcp::service::RequestContext;
            use $crate::rmcp::{RoleServer, model};
            use $crate::{Backend, Call, Completion, Failure, Prompted, Resource, ToolError, ToolOutput};
            use $crate::{tokio::sync::watch, tokio_util::sync::CancellationToken};
            use $prompts as prompts;
            use $resources as resources;
            use $tools as tools;

            use super::{Component, from_wit};

            impl Backend for Component {
                type Asker = ();

                fn asker(&self, _: &RequestContext<RoleServer>) {}

                fn scope(&self, (): &()) -> model::CacheScope {
                    model::CacheScope::Public
                }

                fn instructions(&self) -> Option<String> {
                    Some($instructions.to_owned())
                }

                async fn tools(&self, (): &()) -> Result<Vec<model::Tool>, Failure> {
                    tools::list_tools().into_iter().map(from_wit::tool).collect()
                }

                async fn call_tool(
                    &self,
                    (): &(),
                    call: Call,
                ) -> Result<Result<ToolOutput, ToolError>, Failure> {
                    Ok(from_wit::answer(tools::call_tool(&call.tool, &call.arguments, tools::Reader::Agent)))
                }

                async fn resources(&self, (): &()) -> Result<Vec<model::Resource>, Failure> {
                    Ok(resources::list_resources().into_iter().map(from_wit::resource).collect())
                }

                async fn resource_templates(&self, (): &()) -> Result<Vec<model::ResourceTemplate>, Failure> {
                    let templates = resources::list_resource_templates();
                    Ok(templates.into_iter().map(from_wit::resource_template).collect())
                }

                async fn read_resource(
                    &self,
                    (): &(),
                    uri: String,
                    _: CancellationToken,
                ) -> Result<Result<Resource, String>, Failure> {
                    Ok(resources::read_resource(&uri).map(from_wit::content))
                }

                async fn prompts(&self, (): &()) -> Result<Vec<model::Prompt>, Failure> {
                    Ok(prompts::list_prompts().into_iter().map(from_wit::prompt).collect())
                }

                async fn get_prompt(
                    &self,
                    (): &(),
                    name: String,
                    arguments: String,
                    _: CancellationToken,
                ) -> Result<Result<Prompted, String>, Failure> {
                    Ok(prompts::get_prompt(&name, &arguments).map(from_wit::prompted))
                }

                async fn complete(
                    &self,
                    (): &(),
                    reference: String,
                    of_resource: bool,
                    argument: String,
                    typed: String,
                    _: CancellationToken,
                ) -> Result<Result<Completion, String>, Failure> {
                    let reference = from_wit::reference(reference, of_resource);
                    Ok(prompts::complete(&reference, &argument, &typed).map(from_wit::completion))
                }

                fn syncs_ended(&self) -> Option<watch::Receiver<u64>> {
                    self.syncs_ended.clone()
                }
            }
        }
    };
}
