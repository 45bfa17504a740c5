"""Embedded runs: a prompt goes to the first provider that answers."""

import httpx

from agent_service import activity
from agent_service.credentials import request_signature, resolve_credentials
from agent_service.settings import Provider, settings

client = httpx.AsyncClient(timeout=60)


async def run_embedded(agent_id: str, session_id: str, prompt: str) -> str:  # $ root=attempt
    """Run `prompt` on an agent: attempts the providers in order until one answers."""
    activity.record("run", agent=agent_id, characters=len(prompt))
    failure: Exception = LookupError("no provider configured")
    for provider in settings.providers:
        try:
            return await dispatch_attempt(agent_id, session_id, prompt, provider)
        except (LookupError, httpx.HTTPError) as error:
            failure = error
    raise failure


async def dispatch_attempt(agent_id: str, session_id: str, prompt: str, provider: Provider) -> str:  # $ root=attempt
    """One attempt. Credentials are resolved from scratch, on the loop that serves every connection."""
    credentials = resolve_credentials(agent_id, provider)
    headers = {
        "authorization": f"Bearer {credentials.access_token}",
        "x-signature": request_signature(credentials, session_id),
    }
    response = await client.post(provider.endpoint, headers=headers, json={"prompt": prompt})
    response.raise_for_status()
    return response.text
