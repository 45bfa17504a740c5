"""MCP tools over the notes folder. Before mcp 2 a plain `def` tool runs on the loop as well."""

import os

from mcp.server.fastmcp import FastMCP

from agent_service.settings import settings

NOTES = os.path.join(settings.state_dir, "notes")

mcp = FastMCP("agent-service")


@mcp.tool()
async def read_note(name: str) -> str:  # $ root=tool
    """Give back the text of a note."""
    with open(note_path(name), encoding="utf-8") as note:  # $ sink=blocking.filesystem finding=note:filesystem
        return note.read()  # $ sink=blocking.filesystem finding=warning:filesystem


@mcp.tool()
def list_notes() -> list[str]:  # $ root=tool
    """Give back the names of all notes."""
    names = os.listdir(NOTES)  # $ sink=blocking.filesystem finding=warning:filesystem
    return sorted(names)


@mcp.tool()
async def note_exists(name: str) -> bool:  # $ root=tool
    """Say whether there is a note of this name."""
    return os.path.exists(note_path(name))  # $ sink=blocking.filesystem finding=note:filesystem


def note_path(name: str) -> str:
    return os.path.join(NOTES, f"{name}.md")
