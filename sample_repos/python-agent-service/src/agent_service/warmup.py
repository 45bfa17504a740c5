"""Prepares the auth state shortly after the service has started."""

import asyncio
import json
import os

from agent_service.providers import usable_providers
from agent_service.settings import settings

WARMUP_DELAY = 5.0


async def warm_provider_auth() -> None:  # $ root=warmup
    """Sweep all providers once. The delay lets clients connect, and then all of them wait."""
    await asyncio.sleep(WARMUP_DELAY)
    usable = usable_providers()
    path = os.path.join(settings.state_dir, "provider-auth-state.json")
    with open(path, "w", encoding="utf-8") as file:  # $ sink=blocking.filesystem finding=warning:auth
        json.dump(usable, file)
