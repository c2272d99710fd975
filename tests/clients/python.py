"""The official Python client, over stdio and HTTP, with the tools of all nine roles.

    python python.py PROGRAM STORE PORT
"""

import asyncio
import json
import os
import subprocess
import sys

import httpx2
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

PROGRAM, STORE, PORT = sys.argv[1:]
ROLES = [
    "ceo", "cto", "chro", "operations_head", "product_manager", "senior_architect", "uiux_engineer",
    "senior_developer", "test_lead",
]


def stdio(*door):
    args = ["mcp", "--store", STORE, *door]
    return stdio_client(StdioServerParameters(command=PROGRAM, args=args, env=dict(os.environ)))


def http(path, *door):
    token = subprocess.run([PROGRAM, "token", "--store", STORE, *door], check=True, capture_output=True, text=True)
    client = httpx2.AsyncClient(headers={"Authorization": f"Bearer {token.stdout.strip()}"}, timeout=60)
    return streamable_http_client(f"http://127.0.0.1:{PORT}{path}", http_client=client)


async def with_session(transport, work):
    async with transport as streams, ClientSession(*streams[:2]) as session:
        await session.initialize()
        await work(session)


async def one_role(session):
    tools = (await session.list_tools()).tools
    assert len(tools) >= 16, len(tools)
    said = await session.call_tool("remember", {"text": "Noted from Python", "tags": ["client"]})
    assert not said.is_error, said
    found = await session.call_tool("recall", {"words": "noted"})
    assert not found.is_error, found


async def everyone(session):
    names = {tool.name for tool in (await session.list_tools()).tools}
    assert all(f"{role}_decision_status" in names for role in ROLES), names
    for resource in (await session.list_resources()).resources:
        json.loads((await session.read_resource(resource.uri)).contents[0].text)
    prompt = await session.get_prompt("briefing", {"role": "cto"})
    assert "You act as the cto" in prompt.messages[0].content.text


async def main():
    for role in ROLES:
        await with_session(stdio("--role", role), one_role)
        await with_session(http(f"/mcp/{role}", "--role", role), one_role)
    await with_session(stdio(), everyone)
    await with_session(http("/mcp"), everyone)
    print("the Python client: well")


asyncio.run(main())
