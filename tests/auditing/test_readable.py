"""What has something to read is not waited for."""

from pathlib import Path

import pytest

from alef_audit.pipeline.auditing import audit
from tests.requests import request_for

PROGRAM = """
import asyncio
import os
import select
import selectors
import socket
from fastapi import FastAPI

app = FastAPI()


def on_readable(fd):
    return os.read(fd, 4096)


def on_socket(peer: socket.socket):
    return peer.recv(4096)


def look(fd):
    selector = selectors.DefaultSelector()
    selector.register(fd, selectors.EVENT_READ)
    return len(selector.select(timeout=1)) > 0


@app.get("/")
async def index(fd: int, peer: socket.socket, verbose: bool):
    loop = asyncio.get_running_loop()
    BODY
"""
LOOK = "selectors.Selector.select"
READ = "os.read"
RECEIVE = "socket.Socket.recv"


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("os.read(fd, 1)", [READ]),
        ("loop.add_reader(fd, on_readable, fd)", []),
        ("loop.add_reader(peer, on_socket, peer)", []),
        ("loop.add_reader(fd, on_readable, fd)\n    on_readable(fd)", [READ]),
        ("loop.call_soon(on_readable, fd)", [READ]),
        ("if fd in select.select([fd], [], [], 0)[0]: os.read(fd, 1)", []),
        ("ready, _, _ = select.select([fd], [], [], 0)\n    if ready: os.read(fd, 1)", []),
        ("select.select([fd], [], [], 0)\n    os.read(fd, 1)", [READ]),
        ("if verbose: peer.recv(1)\n    select.select([fd], [], [], 0)", [RECEIVE]),
        ("there = await loop.run_in_executor(None, look, fd)\n    if there: os.read(fd, 1)", []),
        ("there = await loop.run_in_executor(None, look, fd)\n    os.read(fd, 1)", [READ]),
        ("picked = selectors.DefaultSelector()\n    for key, _ in picked.select(0): peer.recv(1)", []),
        ("picked = selectors.DefaultSelector()\n    for key in picked.get_map(): peer.recv(1)", [RECEIVE]),
        ("picked = selectors.DefaultSelector()\n    for key, _ in picked.select(): pass", [LOOK]),
    ],
)
def test_reads(tmp_path: Path, body: str, found: list[str]) -> None:
    (tmp_path / "app.py").write_text(PROGRAM.replace("BODY", body), encoding="utf-8")
    findings = audit(request_for(tmp_path, patterns=("035",)), lambda *_: None).findings
    assert [finding.sink.call for finding in findings] == found
