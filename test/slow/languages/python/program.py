# What the Python programs have in common: `SCRIPT ID server TRANSPORT` and `SCRIPT ID client TASK`, as ../README.md says.
import asyncio
import json
import socket
import sys
import time

import uvicorn


def listen(app, nagle=False):
    """asyncio turns Nagle's algorithm off on sockets that say they are TCP. uvicorn's own do so unless it has `--workers`."""
    listening = socket.socket(proto=0 if nagle else socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    print(f"listening on port {listening.getsockname()[1]}", file=sys.stderr, flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="error")).run([listening])


def register(tool, context):
    """Registers the tools. `tool` is the SDK's decorator; `context` is the type of the argument that reports progress."""

    async def echo(message: str) -> str:
        return message

    async def fail() -> str:
        raise ValueError("it fails")

    async def slow(ctx) -> str:
        for step in (1, 2):
            await ctx.report_progress(step, 2)
            await asyncio.sleep(0.1)
        return "done"

    slow.__annotations__["ctx"] = context
    for each in (echo, fail, slow):
        tool()(each)


async def talk(connection, calls):
    """`connection` gives `(server's name, list_tools, call_tool)` for as long as it is entered."""
    async with connection as (server, list_tools, call_tool):
        tools = [tool.name for tool in await list_tools()]
        made = []
        for call in calls:
            progress = []

            async def note(step, total, message, progress=progress):
                progress.append(step)

            since = time.perf_counter()
            is_error, text = await call_tool(call["name"], call["arguments"], note)
            took = (time.perf_counter() - since) * 1_000
            made.append({"tool": call["name"], "isError": is_error, "text": text, "progress": progress, "ms": took})
        # Compact, as the reader of this line knows it by its beginning.
        report = {"server": server, "tools": tools, "calls": made}
        print(json.dumps(report, separators=(",", ":")), flush=True)
        await asyncio.to_thread(sys.stdin.read)


def main(serve, connect):
    _, name, role, what = sys.argv
    if role == "server":
        serve(f"{name}-server", what)
        return
    task = json.loads(what)
    asyncio.run(talk(connect(f"{name}-client", task), task["calls"]))
