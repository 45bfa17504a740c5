"""The sample gateways that can be run: started under `audit prove`, sent requests, joined to their findings."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.testing import CliRunner

from alef_audit.auditing.report import AuditReport
from alef_audit.cli.main import app
from alef_audit.pipeline.auditing import audit
from tests.requests import request_for

REPOSITORY = Path(__file__).resolve().parent.parent.parent
SAMPLES = REPOSITORY / "sample_repos"
REQUESTS = 3
HELPER_MS = 300  # that the keychain of the samples takes at least

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the samples are ended by a signal")


def ask_over_http(port: int) -> dict[str, object]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", "/", json.dumps({"sessionId": "s1", "hostId": "alpha", "prompt": "hi"}))
    answer: dict[str, object] = json.loads(connection.getresponse().read())
    connection.close()
    return answer


def ask_over_a_socket(port: int) -> dict[str, object]:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection, connection.makefile("rw") as stream:
        stream.write(json.dumps({"session": "s1", "host": "alpha", "prompt": "hi"}) + "\n")
        stream.flush()
        answer: dict[str, object] = json.loads(stream.readline())
        return answer


class Gateway(NamedTuple):
    name: str
    command: tuple[str, ...]
    ask: Callable[[int], dict[str, object]]


NODE = Gateway(
    "node-gateway",
    (shutil.which("node") or "", "src/server.mjs"),
    ask_over_http,
)
PYTHON = Gateway("asyncio-gateway", (sys.executable, "-m", "gateway"), ask_over_a_socket)


def proved(gateway: Gateway, sample: Path, proof: Path) -> None:
    """Run the gateway of a sample under the monitor, send it requests, and end it as a terminal would."""
    command = (sys.executable, "-P", "-m", "alef_audit", "prove", "--output", str(proof), "--", *gateway.command)
    environment = {**os.environ, "PORT": "0", "PYTHONPATH": str(REPOSITORY)}
    with subprocess.Popen(
        command, cwd=sample, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline().removeprefix("listening on "))
            for _ in range(REQUESTS):
                answer = gateway.ask(port)
                assert (answer["answer"], answer["authorised"]) == ("hi", True)
        finally:
            os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=60)
        assert process.returncode == 0


def joined(sample: Path, proof: Path) -> AuditReport:
    return audit(request_for(sample, evidence=(str(proof),)), lambda *_: None)


@pytest.mark.parametrize("gateway", [NODE, PYTHON], ids=lambda gateway: gateway.name)
def test_a_run_confirms_the_planted_calls_and_clears_the_fixed_twin(gateway: Gateway, tmp_path: Path) -> None:
    if not gateway.command[0]:
        pytest.skip("Node is not installed")
    planted, fixed = SAMPLES / gateway.name, SAMPLES / f"{gateway.name}-fixed"
    before, after = tmp_path / "before.json", tmp_path / "after.json"
    proved(gateway, planted, before)
    proved(gateway, fixed, after)

    report = joined(planted, before)
    levels = {one.sink.kind: one.level for one in report.findings if one.rule == "blocking-call-on-hot-path"}
    assert levels.pop("blocking.filesystem") == "warning"  # one small file
    assert levels
    assert set(levels.values()) == {"error"}
    worst = report.findings[0]
    assert worst.sink.kind == "blocking.process"
    assert worst.evidence[0].kind == "proof"
    assert worst.evidence[0].milliseconds > REQUESTS * HELPER_MS
    assert "seen at run time: " in worst.message

    healed = joined(fixed, after)
    assert healed.findings == ()
    assert healed.runtime is not None
    # on a busy machine what takes little may be seen, too
    assert sum(one.evidence.milliseconds for one in healed.runtime.missed) < HELPER_MS

    compared = CliRunner().invoke(app, ["prove", "--before", str(before), "--after", str(after)], prog_name="audit")
    fall = compared.stdout.splitlines()[0].removeprefix("a timer of 100 ms took at most ").partition(" ms")
    assert int(fall[0]) > HELPER_MS
    assert int(fall[2].removeprefix(" -> ").partition(" ms")[0]) < int(fall[0])
