# FastMCP, whose versions 2, 3 and 4 are used alike.
from contextlib import asynccontextmanager

from fastmcp import Client, Context, FastMCP
from fastmcp.client.transports import SSETransport, StdioTransport

try:
    from mcp_types import Implementation
except ImportError:
    from mcp.types import Implementation

from program import listen, main, register


def serve(name, transport):
    server = FastMCP(name, version="1.0.0")
    register(server.tool, Context)
    if transport == "stdio":
        server.run("stdio", show_banner=False)
    elif transport == "sse":
        listen(server.http_app(path="/sse", transport="sse"))
    else:
        listen(server.http_app(stateless_http=transport == "http-stateless"))


def target(task):
    if task["transport"] == "stdio":
        command, *args = task["command"]
        return StdioTransport(command=command, args=args, keep_alive=False)
    return SSETransport(task["url"]) if task["transport"] == "sse" else task["url"]


@asynccontextmanager
async def connect(name, task):
    async with Client(target(task), client_info=Implementation(name=name, version="1.0.0")) as client:
        # Version 4 may know it without `initialize`.
        server = getattr(client, "server_info", None) or client.initialize_result.serverInfo

        async def call_tool(tool, arguments, note):
            result = await client.call_tool(tool, arguments, progress_handler=note, raise_on_error=False)
            return result.is_error, result.content[0].text

        yield server.name, client.list_tools, call_tool


main(serve, connect)
