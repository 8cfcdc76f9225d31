# A FastMCP server that is instrumented: its own spans, and those of the HTTP requests that they came with.
import json
import socket
import sys

import uvicorn
from fastmcp import FastMCP
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

task = json.loads(sys.argv[1])
provider = TracerProvider(resource=Resource.create({"service.name": "fastmcp-server"}))
provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(task["traces"])))
trace.set_tracer_provider(provider)

server = FastMCP("fastmcp-server")


@server.tool
def echo(message: str) -> str:
    return message


app = server.http_app()
if task["http"]:
    # Without it nothing reads the `traceparent` header.
    app = OpenTelemetryMiddleware(app, exclude_spans=["receive", "send"])
listening = socket.socket()
listening.bind(("127.0.0.1", 0))
print(f"listening on port {listening.getsockname()[1]}", file=sys.stderr, flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="error")).run([listening])
