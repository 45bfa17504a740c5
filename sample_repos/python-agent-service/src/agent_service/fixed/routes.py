"""One route per twin, so that each has an entry point of its own."""

from fastapi import APIRouter

from agent_service.fixed.async_clients import access_token
from agent_service.fixed.cached import session_token
from agent_service.fixed.executor import session_key
from agent_service.fixed.offloader import fresh_token
from agent_service.fixed.threads import stored_providers
from agent_service.fixed.yielding import providers_with_credentials

router = APIRouter(prefix="/fixed")


@router.post("/prepare/{session_id}/{host_id}")
async def prepare(session_id: str, host_id: str) -> dict[str, bool]:  # $ root=request
    return {"ready": bool(session_token(session_id, host_id))}


@router.get("/stored/{agent_id}")
async def stored(agent_id: str) -> list[str]:  # $ root=request
    return await stored_providers(agent_id)


@router.post("/key/{session_id}")
async def key(session_id: str, secret: str) -> str:  # $ root=request
    return await session_key(secret, session_id)


@router.post("/exchange")
async def exchange(token_url: str, refresh_token: str) -> dict[str, bool]:  # $ root=request
    return {"fresh": bool(await fresh_token(token_url, refresh_token))}


@router.post("/probe/{agent_id}/{provider_id}")
async def probe(agent_id: str, provider_id: str, token_url: str) -> dict[str, bool]:  # $ root=request
    return {"usable": bool(await access_token(agent_id, provider_id, token_url))}


@router.get("/providers/{agent_id}")
async def providers(agent_id: str) -> list[str]:  # $ root=request
    return await providers_with_credentials(agent_id)
