"""Which providers an agent could use."""

from agent_service.credentials import keychain_password, load_auth_profiles
from agent_service.settings import settings


def has_auth_for_provider(agent_id: str, provider_id: str) -> bool:
    """Whether an agent could authenticate against a provider. Looks at the disk and asks the keychain."""
    return provider_id in load_auth_profiles(agent_id) or bool(keychain_password(provider_id))


def usable_providers() -> dict[str, list[str]]:
    """Every provider each agent may use: one probe per provider, for each agent."""
    usable: dict[str, list[str]] = {}
    for agent_id in settings.agents:
        usable[agent_id] = []
        for provider in settings.providers:
            if has_auth_for_provider(agent_id, provider.id):
                usable[agent_id].append(provider.id)
    return usable
