"""Early exits: under which conditions control passes beyond an `if`."""

import re
from collections.abc import Iterator
from typing import Final

import msgspec
from tree_sitter import Node

from alef_audit.facts import kept
from alef_audit.facts.file import Handler
from alef_audit.frontends.leaving import is_search
from alef_audit.frontends.python import fields
from alef_audit.frontends.python.narrowing import narrowed
from alef_audit.frontends.python.walk import TEXT_LIMIT, Place, Walk, add_condition, raises, short

_EXITS: Final = frozenset(("return_statement", "raise_statement", "continue_statement", "break_statement"))
_NAMES: Final = re.compile(r"[A-Za-z_]\w*")
_CALLEE_LIMIT: Final = 80
_DEPTH: Final = 2  # of tests around an exit
_UNKNOWN: Final = " and (…)"  # a further test that nothing is known of
_ASKING: Final = re.compile(r"(?:\w+ = )?((?:asyncio\.)?get_running_loop\(\))")
# What raises where no loop runs, and what else is done with a loop or a task, which does not.
_METHODS: Final = r"(?:create_task|call_soon(?:_threadsafe)?|run_in_executor)\("
_NEEDING: Final = re.compile(
    rf"(?:return |[\w.]+ = )?(?:asyncio\.)?(?:create_task\(|get_running_loop\(\)(?:\.{_METHODS}|\Z))"
)
_AFTERWARDS: Final = re.compile(
    rf"(?:return |[\w.]+ = )?[\w.]+\.(?:{_METHODS}|(?:add_done_callback|add|append)\()|return(?: \w+)?\Z"
)
_TELLING: Final = re.compile(
    r"try: (?:return (?:asyncio\.)?get_running_loop\(\)(?:\.is_running\(\)| is not None) (?P<given>)"
    r"|(?:\w+ = )?(?:asyncio\.)?get_running_loop\(\) (?:return (?P<told>True|\w+\.is_running\(\)|\w+ is not None) )?)"
    r"except RuntimeError(?: as \w+)?: return False(?P<after> else: return True| return True)?"
)
# The same of a loop that the module was given: it neither makes one nor runs it.
_KEPT_LOOP: Final = re.compile(
    r"return (?:bool\()?(?P<loop>\w*loop)(?: is not None)? and (?P=loop)\.is_running\(\)\)?", re.IGNORECASE
)
_OWN_LOOP: Final = re.compile(rb"new_event_loop|run_forever|run_until_complete|asyncio\.run\(")
NO_LOOP: Final = "asyncio.get_running_loop()"
_LONGEST: Final = 400


def after(walk: Walk, place: Place, node: Node) -> Place:
    """The place beyond the `if` statement `node`.

    An exit deeper inside counts with what is asked around it: below `if enabled:` with `if cached: return cached` in
    it stands what runs unless `enabled and cached`.
    """
    condition, body = node.child_by_field_id(fields.CONDITION), node.child_by_field_id(fields.CONSEQUENCE)
    if condition is None or body is None:
        return place
    if _leaves(body):
        if node.child_by_field_id(fields.ALTERNATIVE) is not None:
            return place
        here = narrowed(walk, place, condition, holds=False)
        handler = Handler.RAISES if raises(body) else 0
        _note_search(walk, place, condition, body)
        _note_held(walk, place, condition, body)
        return here.under(add_condition(walk, here, condition, holds=False, exits=True, handler=handler, block=body))
    for inner, block in _inside(walk, body, _DEPTH):
        _note_held(walk, place, condition, block)
        place = _beyond(walk, place, condition, f" and {inner}", block)
    return place


def _note_held(walk: Walk, place: Place, condition: Node, block: Node) -> None:
    """Write down which of the locals that an early exit tests hold what a call gives."""
    called, tested = walk.called, walk.text[condition.start_byte : condition.end_byte]
    names = [name for name in _NAMES.findall(tested.decode("utf-8", "replace")) if (place.function, name) in called]
    for name in names:
        call = called.pop((place.function, name), None)
        callee = call.child_by_field_name("function") if call is not None else None
        if callee is not None:
            spelled, line = short(walk, callee, _CALLEE_LIMIT), callee.end_point[0] + 1
            walk.build.keep(kept.HELD, place.scope, place.function, -1, line, name, value=spelled)


def _note_search(walk: Walk, place: Place, condition: Node, block: Node) -> None:
    """Say of the loop around an `if` statement that it ends where something is found, if its exit does that."""
    if place.loop < 0:
        return
    loops = walk.build.loops
    loop = loops[place.loop]
    whole: Node | None = block.parent
    while whole is not None and whole.type not in ("for_statement", "while_statement"):
        whole = whole.parent
    tested = walk.text[condition.start_byte : condition.end_byte]
    if is_search(block, tested, whole, loop.each, walk.text):
        loops[place.loop] = msgspec.structs.replace(loop, searches=True)


def after_try(walk: Walk, place: Place, node: Node) -> Place:
    """The place beyond the `try` statement `node`: what its tests leave by may raise."""
    for child in _tried(node):
        if child.type != "if_statement":
            continue
        condition, body = child.child_by_field_id(fields.CONDITION), child.child_by_field_id(fields.CONSEQUENCE)
        if condition is not None and body is not None:
            if _leaves(body):
                place = _beyond(walk, place, condition, _UNKNOWN, body)
            else:
                for inner, block in _inside(walk, body, _DEPTH):
                    place = _beyond(walk, place, condition, f" and {inner}{_UNKNOWN}", block)
    return place


def _tried(node: Node) -> Iterator[Node]:
    """The statements that a `try` or `with` statement has tried where control passes beyond it."""
    block = node.child_by_field_id(fields.BODY)
    for child in block.named_children if block is not None else ():
        if child.type == "with_statement":
            yield from _tried(child)
        else:
            yield child


def _beyond(walk: Walk, place: Place, condition: Node, suffix: str, block: Node) -> Place:
    """The place where not both `condition` and what is asked inside hold; the latter is unknown if it is long."""
    asked = f"({short(walk, condition, TEXT_LIMIT)})"
    suffix = suffix if len(asked) + len(suffix) <= TEXT_LIMIT else _UNKNOWN
    if len(asked) + len(suffix) > TEXT_LIMIT:
        return place
    text = asked + suffix
    return place.under(add_condition(walk, place, condition, holds=False, exits=True, text=text, block=block))


def after_asking(walk: Walk, place: Place, node: Node) -> Place:
    """The place beyond a `try` statement that asks for the running loop, and leaves where there is one."""
    asked = asks_for_loop(walk, next((child for child in node.named_children if child.type == "block"), None))
    otherwise = next((child for child in node.named_children if child.type == "else_clause"), None)
    if not asked or otherwise is None or not otherwise.named_children or not _leaves(otherwise.named_children[-1]):
        return place
    handler = Handler.RAISES if raises(otherwise.named_children[-1]) else 0
    return place.under(add_condition(walk, place, otherwise, holds=False, exits=True, text=asked, handler=handler))


def asks_for_loop(walk: Walk, block: Node | None) -> str:
    """The call by which a block asks for the running loop and does nothing else; "" for other blocks."""
    if block is None or block.end_byte - block.start_byte > _LONGEST:
        return ""
    statements = [child for child in block.named_children if child.type != "comment"]
    found = _ASKING.fullmatch(short(walk, statements[0], TEXT_LIMIT)) if len(statements) == 1 else None
    return found[1] if found is not None else ""


def needs_loop(walk: Walk, block: Node) -> bool:
    """Whether a block starts with what only a running loop lets pass, and goes on with nothing but that loop's own."""
    statements = [child for child in block.named_children if child.type != "comment"]
    if not statements or block.end_byte - block.start_byte > _LONGEST:
        return False
    first, *others = (short(walk, statement, TEXT_LIMIT) for statement in statements)
    return _NEEDING.match(first) is not None and all(map(_AFTERWARDS.match, others))


def tells_of_loop(walk: Walk, body: Node) -> bool:
    """Whether the body of a function says whether a loop runs: True where it does, False where asking for it fails."""
    statements = [child for child in body.named_children if child.type not in ("comment", "expression_statement")]
    if len(statements) == 1 and statements[0].type == "return_statement":
        return _asks_kept_loop(walk, body, short(walk, statements[0], TEXT_LIMIT))
    if not statements or statements[0].type != "try_statement" or len(statements) > 2:
        return False
    found = _TELLING.fullmatch(" ".join(short(walk, statement, TEXT_LIMIT) for statement in statements))
    return found is not None and any(found[name] is not None for name in ("given", "told", "after"))


def _asks_kept_loop(walk: Walk, body: Node, returned: str) -> bool:
    """Whether a function says of the loop in a variable of its module that it runs, where the module has no other."""
    found = _KEPT_LOOP.fullmatch(returned)
    parameters = body.parent.child_by_field_id(fields.PARAMETERS) if body.parent is not None else None
    if found is None or parameters is None or parameters.named_child_count:
        return False
    return _OWN_LOOP.search(walk.text) is None


def _leaves(body: Node) -> bool:
    last = [child for child in body.named_children if child.type != "comment"][-1:]
    return bool(last) and last[0].type in _EXITS


def _inside(walk: Walk, block: Node, depth: int) -> Iterator[tuple[str, Node]]:
    """The tests, in parentheses, by which a block is left from statements of its own, and what they leave by."""
    for node in block.named_children:
        if node.type != "if_statement":
            continue
        condition, body = node.child_by_field_id(fields.CONDITION), node.child_by_field_id(fields.CONSEQUENCE)
        if condition is None or body is None:
            continue
        asked = f"({short(walk, condition, TEXT_LIMIT)})"
        if _leaves(body):
            yield asked, body
        elif depth > 1:
            yield from ((f"{asked} and {inner}", left) for inner, left in _inside(walk, body, depth - 1))
