"""The WebSocket entry point: one JSON frame per call, one per answer."""

import json

from websockets.asyncio.server import Server, ServerConnection, serve

from agent_service.runner import run_embedded
from agent_service.settings import settings


async def start_gateway() -> Server:
    """Start to listen; the caller closes the server."""
    return await serve(serve_client, "127.0.0.1", settings.socket_port)


async def serve_client(socket: ServerConnection) -> None:  # $ root=message
    """Answer one client's frames until it leaves."""
    async for text in socket:
        frame = json.loads(text)
        answer = await run_embedded(frame["agent"], frame["session"], frame["prompt"])
        await socket.send(json.dumps({"id": frame["id"], "answer": answer}))  # $ sink=pending-send finding=warning:auth
