# The official Python SDK.
import asyncio
import json
import sys

from mcp import Client
from mcp.client.sse import sse_client

task = json.loads(sys.argv[1])
options = task["options"]


async def main():
    target = sse_client(task["url"]) if options.get("transport") == "sse" else task["url"]
    async with Client(target, mode=options.get("mode", "auto")) as client:
        tools = (await client.list_tools()).tools
        said = []
        for call in range(1, task["calls"] + 1):
            result = await client.call_tool("echo", {"message": f"hëllo {call}"})
            said.append(result.content[0].text)
    print(json.dumps({"tools": [tool.name for tool in tools], "said": said}))


asyncio.run(main())
