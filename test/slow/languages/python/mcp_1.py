# Version 1 of the official Python SDK.
from contextlib import asynccontextmanager

from mcp.client.session import ClientSession
from mcp.client.sse import sse_client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.server.fastmcp import Context, FastMCP
from mcp.types import Implementation

from program import listen, main, register


def serve(name, transport):
    server = FastMCP(name, stateless_http=transport == "http-stateless", log_level="ERROR")
    register(server.tool, Context)
    if transport == "stdio":
        server.run("stdio")
    else:
        listen(server.sse_app() if transport == "sse" else server.streamable_http_app(), nagle=True)


def streams(task):
    if task["transport"] == "stdio":
        command, *args = task["command"]
        return stdio_client(StdioServerParameters(command=command, args=args))
    return sse_client(task["url"]) if task["transport"] == "sse" else streamable_http_client(task["url"])


@asynccontextmanager
async def connect(name, task):
    async with streams(task) as (read, write, *_):
        async with ClientSession(read, write, client_info=Implementation(name=name, version="1.0.0")) as session:
            begun = await session.initialize()

            async def list_tools():
                return (await session.list_tools()).tools

            async def call_tool(tool, arguments, note):
                result = await session.call_tool(tool, arguments, progress_callback=note)
                return result.isError, result.content[0].text

            yield begun.serverInfo.name, list_tools, call_tool


main(serve, connect)
