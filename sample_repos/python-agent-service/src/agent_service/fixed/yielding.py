"""Archetype yield-between-probes: others get a turn between two probes, but each probe still blocks."""

import asyncio
import json
import os

from agent_service.settings import settings


def has_credential_file(agent_id: str, provider_id: str) -> bool:
    """Whether an agent has a credential file with a token for a provider."""
    path = os.path.join(settings.state_dir, "agents", agent_id, f"{provider_id}.credentials.json")
    try:
        with open(path, encoding="utf-8") as file:  # $ sink=blocking.filesystem finding=warning:auth
            return "access_token" in json.load(file)
    except FileNotFoundError:
        return False


async def providers_with_credentials(agent_id: str) -> list[str]:
    """The providers that an agent has a credential file for; gives the loop a turn before each look."""
    found: list[str] = []
    for provider in settings.providers:
        await asyncio.sleep(0)
        if has_credential_file(agent_id, provider.id):
            found.append(provider.id)
    return found
