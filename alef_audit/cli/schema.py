"""`audit config-schema`."""

from alef_audit.cli.errors import OK, guarded
from alef_audit.cli.options import Output


@guarded
def config_schema(output: Output = None) -> int:
    """JSON Schema of alef-audit.toml and of [tool.alef-audit] in pyproject.toml."""
    from alef_audit.cli.output import check_writable, emit
    from alef_audit.config import config_schema as schema
    from alef_audit.reporting.encode import to_json

    check_writable(output)
    emit(to_json(schema()), output)
    return OK
