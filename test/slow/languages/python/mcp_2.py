# Version 2 of the official Python SDK.
from contextlib import asynccontextmanager

from mcp import Client, StdioServerParameters
from mcp.client.sse import sse_client
from mcp.server.mcpserver import Context, MCPServer
from mcp.types import Implementation

from program import listen, main, register


def serve(name, transport):
    server = MCPServer(name, version="1.0.0", log_level="ERROR")
    register(server.tool, Context)
    if transport == "stdio":
        server.run("stdio")
    elif transport == "sse":
        listen(server.sse_app())
    else:
        listen(server.streamable_http_app(stateless_http=transport == "http-stateless"))


def target(task):
    if task["transport"] == "stdio":
        command, *args = task["command"]
        return StdioServerParameters(command=command, args=args)
    return sse_client(task["url"]) if task["transport"] == "sse" else task["url"]


@asynccontextmanager
async def connect(name, task):
    async with Client(target(task), client_info=Implementation(name=name, version="1.0.0")) as client:

        async def list_tools():
            return (await client.list_tools()).tools

        async def call_tool(tool, arguments, note):
            result = await client.call_tool(tool, arguments, progress_callback=note)
            return result.is_error, result.content[0].text

        yield client.server_info.name, list_tools, call_tool


main(serve, connect)
