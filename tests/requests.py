"""What tests ask the pipeline for: the defaults of the command line, one process, no pattern chosen."""

from pathlib import Path

import msgspec

from alef_audit.auditing.report import Finding
from alef_audit.config import Config
from alef_audit.pipeline.auditing import audit
from alef_audit.request import AuditRequest


def request_for(root: Path, **changes: object) -> AuditRequest:
    """A request for `root` that differs from the defaults in `changes`."""
    plain = AuditRequest(
        root=root,
        only=(),
        patterns=(),
        rules=(),
        config=Config(),
        jobs=1,
        include_discharged=False,
        explain_unresolved=False,
        platform="any",
    )
    return msgspec.structs.replace(plain, **changes)


def found_in(path: Path, text: str) -> tuple[Finding, ...]:
    """What pattern 035 finds in one file of the text, in the order of the report."""
    path.write_text(text, encoding="utf-8")
    return audit(request_for(path.parent, patterns=("035",)), lambda *_: None).findings
