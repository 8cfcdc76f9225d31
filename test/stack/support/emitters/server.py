# A server of MCP that traces itself, as its SDK does when a program sets a tracer up: `server.py '{"sdk", "name", "traces"}'`.
import json
import socket
import sys

import uvicorn
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

task = json.loads(sys.argv[1])
provider = TracerProvider(resource=Resource.create({"service.name": task["name"]}))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(task["traces"]), schedule_delay_millis=500))
trace.set_tracer_provider(provider)


def echo(message: str) -> str:
    return message


if task["sdk"] == "fastmcp":
    from fastmcp import FastMCP

    server = FastMCP(task["name"])
    server.tool(echo)
    app = server.http_app()
else:
    from mcp.server.mcpserver import MCPServer

    server = MCPServer(task["name"], log_level="ERROR")
    server.tool()(echo)
    app = server.streamable_http_app()

listening = socket.socket()
listening.bind(("127.0.0.1", 0))
print(f"listening on port {listening.getsockname()[1]}", file=sys.stderr, flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="error")).run([listening])
