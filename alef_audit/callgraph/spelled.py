"""Classes and functions that an argument names in a string: `Type(default_value="package.module.Scheduler")`."""

from alef_audit.callgraph.calls import CallTable
from alef_audit.callgraph.members import load_export
from alef_audit.callgraph.state import State
from alef_audit.facts import flows
from alef_audit.rulepack.paths import Selector


def give_named(state: State, table: CallTable, call: int, selector: Selector, result: int) -> None:
    """Let `result` take what the selected arguments of a call name, dotted from the top-level package on."""
    names, arguments = state.program.names, table.arguments(call)
    positional = [literal for label, _, literal in arguments if label == flows.NO_NAME]
    chosen = [positional[at] for at in selector.positions if -len(positional) <= at < len(positional)]
    chosen += [literal for label, _, literal in arguments if label > 0 and names[label] in selector.keywords]
    for literal in chosen:
        module, _, name = names[literal].removeprefix('"').rpartition(".")
        if names[literal].startswith('"') and module and name in state.program.name_ids:
            for index, unit in enumerate(state.program.units):
                if unit.module == module:
                    load_export(state, index, state.program.name_ids[name], result)
