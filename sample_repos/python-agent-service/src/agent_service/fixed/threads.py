"""Archetype offload-to-thread: the same function, on a thread of the default pool."""

import asyncio
import json
import os

from agent_service.settings import settings


def read_auth_profiles(agent_id: str) -> list[str]:
    """The providers that an agent has a stored profile for."""
    path = os.path.join(settings.state_dir, "agents", agent_id, "auth-profiles.json")
    with open(path, encoding="utf-8") as file:  # $ sink=blocking.filesystem discharged
        return list(json.load(file))


async def stored_providers(agent_id: str) -> list[str]:
    """The same, off the loop."""
    return await asyncio.to_thread(read_auth_profiles, agent_id)
