"""Library models whose library is itself the audited program: rows hold for its own source."""

from alef_audit.callgraph.api import ApiGraph
from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.program import Program


def attach_models(program: Program, api: ApiGraph, table: CallTable) -> None:
    """Note on `table` which functions and classes of the program a model describes, by their qualified names."""
    for unit in program.units:
        node = api.modules.get((unit.facts.language, unit.module))
        if node is None or unit.facts.language != "python":
            continue
        for offset, cls in enumerate(unit.facts.classes):
            found = _walk(api, node, cls.qualname)
            if found and found in api.made_type:
                table.local_types[unit.classes + offset] = api.made_type[found]
        for offset, function in enumerate(unit.facts.functions):
            if not offset or "<" in function.qualname or " " in function.qualname:
                continue
            found = _walk(api, node, function.qualname)
            if found and found in api.modelled:
                table.local_api[unit.functions + offset] = found


def _walk(api: ApiGraph, node: int, qualname: str) -> int:
    """The API node that a dotted name below a module already has; members of a class are those of its instances."""
    for part in qualname.split("."):
        node = api.existing(api.made_type.get(node, node), part)
        if not node:
            return 0
    return node
