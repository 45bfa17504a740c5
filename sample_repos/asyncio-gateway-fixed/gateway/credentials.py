import asyncio
import hashlib
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

STATE = Path(__file__).resolve().parent.parent / "state"
KEYCHAIN = Path(__file__).resolve().parent / "keychain.py"
MAX_AGE = 3600.0


@dataclass(frozen=True)
class Credentials:
    user: str
    token: str


@dataclass(frozen=True)
class Entry:
    credentials: "asyncio.Task[Credentials]"
    expires_at: float


entries: dict[tuple[str, str], Entry] = {}


async def session_credentials(session: str, host: str) -> Credentials:
    """Those of a session on a host, for an hour; attempts that ask at the same time share one resolution."""
    known = entries.get((session, host))
    if known is None or known.expires_at < time.monotonic():
        known = Entry(asyncio.create_task(resolve_credentials(host)), time.monotonic() + MAX_AGE)
        entries[session, host] = known
    try:
        return await asyncio.shield(known.credentials)
    except LookupError:
        entries.pop((session, host), None)
        raise


async def resolve_credentials(host: str) -> Credentials:
    """Those of a host: its profile from the disk, its password from the keychain, and a token derived of both."""
    profile = await asyncio.to_thread(read_auth_profile, host)
    password = await read_keychain_password(host)
    key = await asyncio.to_thread(derive_key, password, profile["salt"].encode())
    return Credentials(profile["user"], key.hex())


def derive_key(password: bytes, salt: bytes) -> bytes:
    return hashlib.scrypt(password, salt=salt, n=16384, r=8, p=1)  # $ sink=blocking.crypto discharged


def read_auth_profile(host: str) -> dict[str, str]:
    text = (STATE / "auth-profiles.json").read_text()  # $ sink=blocking.filesystem discharged
    profile: dict[str, str] = json.loads(text)[host]
    return profile


async def read_keychain_password(host: str) -> bytes:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, str(KEYCHAIN), host, stdout=pipe)
    output, _ = await process.communicate()
    return output.strip()
