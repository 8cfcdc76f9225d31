# FastMCP's client, traced where it is told to whom.
import asyncio
import json
import sys

from fastmcp import Client
from fastmcp.client.transports import SSETransport
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

task = json.loads(sys.argv[1])
options = task["options"]
if options.get("traced"):
    provider = TracerProvider(resource=Resource.create({"service.name": "fastmcp-client"}))
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(task["traces"])))
    trace.set_tracer_provider(provider)


async def main():
    target = SSETransport(task["url"]) if options.get("transport") == "sse" else task["url"]
    async with Client(target) as client:
        tools = await client.list_tools()
        said = []
        for call in range(1, task["calls"] + 1):
            result = await client.call_tool("echo", {"message": f"hëllo {call}"})
            said.append(result.content[0].text)
    print(json.dumps({"tools": [tool.name for tool in tools], "said": said}))


asyncio.run(main())
