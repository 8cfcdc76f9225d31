//! The official Rust SDK: `program server TRANSPORT` and `program client TASK`, as test/slow/languages/README.md says.
use std::{
    error::Error,
    io::Read,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use rmcp::{
    ClientHandler, Peer, RoleClient, RoleServer, ServerHandler, ServiceExt,
    handler::server::wrapper::Parameters,
    model::{
        CallToolRequestParams, CallToolResult, ClientCapabilities, ClientConfig, ContentBlock, Implementation,
        ProgressNotificationParam, RequestMetaObject, ServerCapabilities, ServerConfig,
    },
    service::{NotificationContext, RunningService},
    tool, tool_handler, tool_router,
    transport::{
        StreamableHttpClientTransport, StreamableHttpServerConfig, StreamableHttpService, TokioChildProcess, stdio,
        streamable_http_server::session::local::LocalSessionManager,
    },
};
use serde::{Deserialize, Serialize};

type Outcome<T> = Result<T, Box<dyn Error>>;

#[derive(Clone)]
struct Tools;

#[derive(Deserialize, schemars::JsonSchema)]
struct EchoArguments {
    message: String,
}

#[tool_router]
impl Tools {
    #[tool]
    async fn echo(Parameters(arguments): Parameters<EchoArguments>) -> CallToolResult {
        CallToolResult::success(vec![ContentBlock::text(arguments.message)])
    }

    #[tool]
    async fn fail() -> CallToolResult {
        CallToolResult::error(vec![ContentBlock::text("it fails")])
    }

    #[tool]
    async fn slow(meta: RequestMetaObject, peer: Peer<RoleServer>) -> Result<CallToolResult, rmcp::ErrorData> {
        for step in [1.0, 2.0] {
            if let Some(token) = meta.get_progress_token() {
                peer.notify_progress(ProgressNotificationParam::new(token, step).with_total(2.0))
                    .await
                    .map_err(|error| rmcp::ErrorData::internal_error(error.to_string(), None))?;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(CallToolResult::success(vec![ContentBlock::text("done")]))
    }
}

#[tool_handler]
impl ServerHandler for Tools {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("rmcp-server", "1.0.0"))
    }
}

async fn serve(transport: &str) -> Outcome<()> {
    if transport == "stdio" {
        Tools.serve(stdio()).await?.waiting().await?;
        return Ok(());
    }
    let service = StreamableHttpService::new(
        || Ok(Tools),
        Arc::new(LocalSessionManager::default()),
        StreamableHttpServerConfig::default(),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    eprintln!("listening on port {}", listener.local_addr()?.port());
    axum::serve(listener, axum::Router::new().nest_service("/mcp", service)).await?;
    Ok(())
}

#[derive(Deserialize)]
struct Task {
    #[serde(default)]
    url: String,
    #[serde(default)]
    command: Vec<String>,
    calls: Vec<Call>,
}

#[derive(Deserialize)]
struct Call {
    name: String,
    arguments: rmcp::model::JsonObject,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Called {
    tool: String,
    is_error: bool,
    text: String,
    progress: Vec<f64>,
    ms: f64,
}

#[derive(Serialize)]
struct Report {
    server: String,
    tools: Vec<String>,
    calls: Vec<Called>,
}

/** Notes the progress of the call that is being made. */
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<f64>>>);

impl Notes {
    fn take(&self) -> Vec<f64> {
        std::mem::take(&mut *self.0.lock().expect("nobody panics with it"))
    }
}

impl ClientHandler for Notes {
    fn get_info(&self) -> ClientConfig {
        ClientConfig::new(ClientCapabilities::default(), Implementation::new("rmcp-client", "1.0.0"))
    }

    async fn on_progress(&self, step: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        self.0.lock().expect("nobody panics with it").push(step.progress);
    }
}

async fn connect(task: &Task, notes: Notes) -> Outcome<RunningService<RoleClient, Notes>> {
    let Some((program, arguments)) = task.command.split_first() else {
        return Ok(notes.serve(StreamableHttpClientTransport::from_uri(task.url.as_str())).await?);
    };
    let mut command = tokio::process::Command::new(program);
    command.args(arguments);
    Ok(notes.serve(TokioChildProcess::new(command)?).await?)
}

async fn talk(words: &str) -> Outcome<()> {
    let task: Task = serde_json::from_str(words)?;
    let notes = Notes::default();
    let client = connect(&task, notes.clone()).await?;
    let mut report = Report {
        server: client.peer_info().and_then(|peer| peer.server_info.clone()).map_or(String::new(), |server| server.name),
        tools: client.list_all_tools().await?.into_iter().map(|tool| tool.name.into_owned()).collect(),
        calls: Vec::new(),
    };
    for call in task.calls {
        let since = Instant::now();
        let request = CallToolRequestParams::new(call.name.clone()).with_arguments(call.arguments);
        let result = client.call_tool(request).await?;
        let ms = since.elapsed().as_secs_f64() * 1_000.0;
        report.calls.push(Called {
            tool: call.name,
            is_error: result.is_error.unwrap_or(false),
            text: result.content.first().and_then(|content| content.as_text()).map_or(String::new(), |text| text.text.clone()),
            progress: notes.take(),
            ms,
        });
    }
    println!("{}", serde_json::to_string(&report)?);
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    client.cancel().await?;
    Ok(())
}

#[tokio::main]
async fn main() -> Outcome<()> {
    let [_, role, what] = std::env::args().collect::<Vec<_>>().try_into().map_err(|_| "two arguments")?;
    if role == "server" { serve(&what).await } else { talk(&what).await }
}
