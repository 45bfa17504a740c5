"""The HTTP entry point: `uvicorn agent_service.app:app`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from pydantic import BaseModel

from agent_service.activity import tail
from agent_service.fixed.routes import router
from agent_service.gateway import start_gateway
from agent_service.providers import usable_providers
from agent_service.runner import run_embedded
from agent_service.tools import mcp
from agent_service.warmup import warm_provider_auth


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Start the socket server and the warm-up with the service, stop both with it."""
    server = await start_gateway()
    warmup = asyncio.create_task(warm_provider_auth())
    yield
    warmup.cancel()
    server.close()
    await server.wait_closed()


app = FastAPI(lifespan=lifespan)
app.include_router(router)
app.mount("/mcp", mcp.sse_app())


class RunRequest(BaseModel):
    agent_id: str = "main"
    session_id: str
    prompt: str


@app.post("/runs")
async def start_run(request: RunRequest) -> dict[str, str]:  # $ root=request
    """Run a prompt and answer with the result."""
    answer = await run_embedded(request.agent_id, request.session_id, request.prompt)
    return {"answer": answer}


@app.get("/models")
async def list_models() -> dict[str, list[str]]:  # $ root=request
    """What each agent could use."""
    return usable_providers()


@app.get("/activity")
def recent_activity(count: int = 100) -> list[str]:
    """The latest entries of the activity log. A plain `def`: FastAPI runs it in a thread."""
    return tail(count)
