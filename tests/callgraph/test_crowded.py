"""More functions than a variable may hold, each put there by itself."""

from pathlib import Path

import pytest

from alef_audit.pipeline.auditing import audit
from tests.requests import request_for

DECORATED = """
import functools
import requests
from aiohttp import web

def checked(func):
    @functools.wraps(func)
    def wrapper(*args, **kwargs):
        return func(*args, **kwargs)
    return wrapper

class Device:
    @checked
    def serial(self):
        return requests.get("http://device")
{methods}

async def handle(request):
    return web.json_response(Device().serial())

app = web.Application()
app.router.add_get("/", handle)
"""
METHOD = """
    @checked
    def other{number}(self):
        return {number}
"""
TABLE = """
from dataclasses import dataclass
from typing import Callable

import requests
from aiohttp import web

@dataclass
class Description:
    key: str
    value: Callable

DESCRIPTIONS = (
    Description("first", lambda api: requests.get(api)),
{rows})

async def handle(request):
    for description in DESCRIPTIONS:
        description.value("http://device")

app = web.Application()
app.router.add_get("/", handle)
"""
ROW = '    Description("{number}", lambda api: {number}),\n'


DECLARED = DECORATED.replace("def checked(func)", "from vendor.types import Routed\n\ndef checked(func: Routed)")


@pytest.mark.parametrize("others", [3, 31, 32, 100, 400])
@pytest.mark.parametrize(("text", "part"), [(DECORATED, METHOD), (DECLARED, METHOD), (TABLE, ROW)])
def test_all_of_them_are_called(text: str, part: str, others: int, tmp_path: Path) -> None:
    several = "".join(part.format(number=number) for number in range(others))
    (tmp_path / "app.py").write_text(text.format(methods=several, rows=several), encoding="utf-8")
    findings = audit(request_for(tmp_path), lambda *_: None).findings
    assert [(one.sink.call, one.level) for one in findings] == [("requests.get", "error")]
