"""Agents behind HTTP, WebSocket and MCP entry points."""
