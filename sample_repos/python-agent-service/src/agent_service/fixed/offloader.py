"""Archetype offload-to-thread through a helper of one's own: `off_loop` only hands its function on."""

import asyncio
import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import requests

P = ParamSpec("P")
T = TypeVar("T")


async def off_loop(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call `function` on a thread of the default pool and await its result."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(None, functools.partial(function, *args, **kwargs))


def exchange_token(token_url: str, refresh_token: str) -> str:
    """Trade a refresh token for an access token."""
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    answer = requests.post(token_url, data=form, timeout=30)  # $ sink=blocking.network discharged
    return str(answer.json()["access_token"])


async def fresh_token(token_url: str, refresh_token: str) -> str:
    """The same, off the loop."""
    return await off_loop(exchange_token, token_url, refresh_token)
