"""What GitHub rejects, found by the validator of the SARIF SDK with its rules for GitHub (npm, Linux)."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from alef_audit.auditing.report import AuditReport
from alef_audit.reporting.sarif import render_sarif
from tests.reporting import reports
from tests.reporting.test_exchange_formats import hostile, rendering

PACKAGE = "@microsoft/sarif-multitool-linux"
VERSION = "5.7.0"

pytestmark = [
    pytest.mark.skipif(shutil.which("npm") is None or sys.platform != "linux", reason="needs npm on Linux"),
    pytest.mark.xdist_group("sarif-validator"),
]


@pytest.fixture(scope="module")
def validator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("validator")
    wanted = f"{PACKAGE}@{VERSION}"
    install = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder), wanted]
    subprocess.run(install, check=True, capture_output=True, timeout=300)
    program = folder / "node_modules" / PACKAGE / "Sarif.Multitool"
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    "report", [reports.typical(), reports.report(), hostile()], ids=["typical", "clean", "hostile"]
)
def test_the_validator_has_nothing_to_say(report: AuditReport, validator: Path, tmp_path: Path) -> None:
    log, said = tmp_path / "log.sarif", tmp_path / "said.sarif"
    log.write_text(render_sarif(rendering(report)), encoding="utf-8")
    command = [str(validator), "validate", str(log), "--rule-kind", "Sarif;Ghas", "--output", str(said)]
    environment = os.environ | {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
    subprocess.run(command, check=False, capture_output=True, timeout=120, env=environment)
    results = json.loads(said.read_text(encoding="utf-8-sig"))["runs"][0]["results"]
    assert [(one["ruleId"], one["message"]) for one in results] == []
