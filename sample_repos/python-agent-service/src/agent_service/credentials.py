"""Credentials of the model providers. Nothing here remembers a result."""

import hashlib
import json
import netrc
import os
import platform
import subprocess
import time
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

import requests

from agent_service.settings import Provider, settings


@dataclass(frozen=True)
class Credentials:
    access_token: str
    refresh_token: str = ""
    expires_at: float = 0.0


def profile_path(agent_id: str) -> str:
    return os.path.join(settings.state_dir, "agents", agent_id, "auth-profiles.json")


def load_auth_profiles(agent_id: str) -> dict[str, Credentials]:
    """The stored profiles of an agent by provider; opens the file each time."""
    path = profile_path(agent_id)
    if not os.path.exists(path):  # $ sink=blocking.filesystem finding=warning:auth
        return {}
    with open(path, encoding="utf-8") as file:  # $ sink=blocking.filesystem finding=error:auth
        stored = json.load(file)
    return {provider_id: Credentials(**entry) for provider_id, entry in stored.items()}


def save_auth_profile(agent_id: str, provider_id: str, credentials: Credentials) -> None:
    """Store `credentials`, so that the next run finds the fresh token."""
    profiles = load_auth_profiles(agent_id)
    profiles[provider_id] = credentials
    with open(profile_path(agent_id), "w", encoding="utf-8") as file:  # $ sink=blocking.filesystem finding=error:auth
        json.dump({key: asdict(value) for key, value in profiles.items()}, file)


def keychain_password(provider_id: str) -> str:
    """What the system keychain holds for a provider; empty where there is no keychain or no entry."""
    if platform.system() != "Darwin":
        return ""
    query = ["security", "find-generic-password", "-s", f"agent-{provider_id}", "-w"]
    found = subprocess.run(query, stdout=subprocess.PIPE, text=True)  # $ sink=blocking.process finding=error:auth
    return found.stdout.strip()


def netrc_password(endpoint: str) -> str:
    """The password that the netrc file holds for the endpoint's host; empty where there is none."""
    entries = netrc.netrc(os.path.join(settings.state_dir, "netrc"))  # $ sink=blocking.auth finding=error:auth
    found = entries.authenticators(urlsplit(endpoint).hostname or "")
    return (found[2] or "") if found else ""


def refresh_access_token(provider: Provider, refresh_token: str) -> Credentials:
    """Trade the refresh token for a new access token."""
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    answer = requests.post(provider.token_url, data=form, timeout=30)  # $ sink=blocking.network finding=error:auth
    body = answer.json()
    return Credentials(body["access_token"], refresh_token, time.time() + body["expires_in"])


def resolve_credentials(agent_id: str, provider: Provider) -> Credentials:
    """What an attempt authenticates with: stored profile, keychain, netrc, or a refreshed token, in this order."""
    stored = load_auth_profiles(agent_id).get(provider.id)
    if stored is not None and stored.expires_at > time.time():
        return stored
    password = keychain_password(provider.id) or netrc_password(provider.endpoint)
    if password:
        return Credentials(password)
    if stored is None:
        raise LookupError(f"no credentials for {provider.id}")
    fresh = refresh_access_token(provider, stored.refresh_token)
    save_auth_profile(agent_id, provider.id, fresh)
    return fresh


def request_signature(credentials: Credentials, session_id: str) -> str:
    """Proof of possession that providers ask for: a key derived from token and session."""
    token, salt = credentials.access_token.encode(), session_id.encode()
    key = hashlib.pbkdf2_hmac("sha256", token, salt, 600_000)  # $ sink=blocking.crypto finding=error:auth
    return key.hex()
