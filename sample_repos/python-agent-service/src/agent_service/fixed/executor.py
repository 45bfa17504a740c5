"""Archetype offload-to-thread, with a pool of its own so that key derivation cannot starve other work."""

import asyncio
import hashlib
from concurrent.futures import ThreadPoolExecutor

pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="keys")


def derive_key(secret: str, salt: str) -> str:
    """A key that takes a while to derive, on purpose."""
    key = hashlib.pbkdf2_hmac("sha256", secret.encode(), salt.encode(), 600_000)  # $ sink=blocking.crypto discharged
    return key.hex()


async def session_key(secret: str, session_id: str) -> str:
    """The same, off the loop."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(pool, derive_key, secret, session_id)
