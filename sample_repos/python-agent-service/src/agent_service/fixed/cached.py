"""Archetype auth-cache-per-session-per-host: resolved once per session and host."""

import functools
import subprocess


@functools.lru_cache(maxsize=256)
def session_token(session_id: str, host_id: str) -> str:
    """The token of a session on a host. The first call of a session asks the keychain, the others a dictionary."""
    query = ["security", "find-generic-password", "-s", host_id, "-a", session_id, "-w"]
    found = subprocess.run(query, stdout=subprocess.PIPE, text=True, check=True)  # $ sink=blocking.process discharged
    return found.stdout.strip()
