"""`audit config-schema`, and the schemas of what other commands write as JSON."""

from pathlib import Path

from alef_audit.cli.errors import OK, guarded
from alef_audit.cli.options import Output


@guarded
def config_schema(output: Output = None) -> int:
    """JSON Schema of alef-audit.toml and of [tool.alef-audit] in pyproject.toml."""
    from alef_audit.config import config_schema as schema

    return _written(schema(), output)


@guarded
def patterns_schema(output: Output = None) -> int:
    """JSON Schema of audit patterns --format=json and --format=jsonld."""
    from alef_audit.reporting.catalogue import catalogue_schema

    return _written(catalogue_schema(), output)


@guarded
def explain_schema(output: Output = None) -> int:
    """JSON Schema of audit explain --format=json."""
    from alef_audit.reporting.explain import explanation_schema

    return _written(explanation_schema(), output)


@guarded
def evidence_schema(output: Output = None) -> int:
    """JSON Schema of audit evidence --format=json."""
    from alef_audit.reporting.evidence_json import evidence_schema as schema

    return _written(schema(), output)


def _written(schema: dict[str, object], output: Path | None) -> int:
    from alef_audit.cli.output import check_writable, emit
    from alef_audit.reporting.encode import to_json

    check_writable(output)
    emit(to_json(schema), output)
    return OK
