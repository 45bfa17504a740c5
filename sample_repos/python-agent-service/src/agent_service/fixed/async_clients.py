"""Archetype use-async-api: the file and the token endpoint, both awaited."""

import json
import os

import aiofiles
import httpx

from agent_service.settings import settings

client = httpx.AsyncClient(timeout=30)


async def access_token(agent_id: str, provider_id: str, token_url: str) -> str:
    """The access token of an agent for a provider, refreshed with what the agent's profile holds."""
    path = os.path.join(settings.state_dir, "agents", agent_id, "auth-profiles.json")
    async with aiofiles.open(path, encoding="utf-8") as file:
        profile = json.loads(await file.read())[provider_id]
    form = {"grant_type": "refresh_token", "refresh_token": profile["refresh_token"]}
    answer = await client.post(token_url, data=form)
    return str(answer.json()["access_token"])
