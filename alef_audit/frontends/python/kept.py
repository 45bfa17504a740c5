"""What functions keep: stores into outer variables, fields and maps, and the reads that locals are bound to."""

import re
import string
from functools import lru_cache
from typing import Final

from tree_sitter import Node

from alef_audit.facts import kept
from alef_audit.facts.file import Condition, Handler
from alef_audit.frontends.leaving import tried
from alef_audit.frontends.python.exits import NO_LOOP, asks_for_loop, needs_loop
from alef_audit.frontends.python.required import required
from alef_audit.frontends.python.walk import Place, Walk, line_of, literal_of, raises, short, source
from alef_audit.frontends.words import is_storing, names_cache

_STORING: Final = frozenset(("set", "add", "setdefault", "put"))
_CLEARING: Final = frozenset(("clear", "pop", "cache_clear"))
_TOUCHING: Final = _STORING | _CLEARING
_LIMIT: Final = 120
_EMPTY: Final = re.compile(rb"""None|False|0|0\.0|""|''|\{\}|\[\]|dict\(\)|set\(\)|list\(\)""")
_TIMED: Final = re.compile(rb"now|time|expir|ttl|TTL|monotonic")
# What a local may be bound to that tells where its value is kept: a look-up, a field, another name, a new collection;
# or a test of time.
_PLAIN_START: Final = frozenset(string.ascii_letters + "_(")
_PREFIXED: Final = re.compile(r"[fFrRbB]{1,2}[\"']")
_COLLECTIONS: Final = ("set(", "dict(", "list(")
_LOOKING_UP: Final = (
    *(
        ".get(",
        ".setdefault(",
        "getattr(",
        "match(",
        "re.search(",
        "time(",
        "monotonic(",
        "cache",
        "memo",
        "_loop(",
        "kwargs",
        " and ",
        " or ",
    ),
)
# … or what was looked for outside of the program, and made where it was not found.
_LOOKED_UP: Final = re.compile(
    r"(?:not )?(?:await )?[\w.]*\b_?(?:async_)?(?:get|find|has|exists|is|lookup|query|select|search|fetch|check|"
    r"create|insert|add|register|make)_\w*\(",
    re.ASCII,
)
# Names of what reads a file.
_LOADING: Final = re.compile(r"(?:\b|_)(?:read|load|loads|open)(?:_\w+)?\(", re.ASCII)
_WORD: Final = re.compile(r"\w+", re.ASCII)
_CALLED: Final = re.compile(r"(?:await )?[A-Za-z_][\w.]*\(", re.ASCII)
_PATH: Final = re.compile(r"[A-Za-z_$][\w$.!?]*")
# Locals whose value tells what is kept, whatever it is: keys, and where files are.
_NAMED_AFTER: Final = ("key", "path", "file", "dir", "directory", "folder")
_HELD: Final = re.compile(r"[A-Za-z_][\w.]*(?:\[[^\[\]]+\]|\.(?:get|setdefault)\(.*\))", re.DOTALL)
_FIELD: Final = re.compile(r"self\.[A-Za-z_]\w*")
_NO_FILE: Final = ("FileNotFoundError", "OSError")
_ASKS_FILE: Final = re.compile(r"[\w.]+\.l?stat\([\w.]*\)\Z", re.ASCII)
_NUMBER: Final = re.compile(r"[\d_.e\s*+()]+|(?:datetime\.)?timedelta\([\w=,\s]+\)", re.ASCII)
# What an argument may be set to; texts for readers are compared with nothing.
_TOLD: Final = re.compile(r"\d{1,6}|\"[\w.:/\- ]{0,32}")
_NAMED: Final = re.compile(r"""["']([A-Za-z_]\w*)["']""")
_MISSING: Final = ("KeyError", "AttributeError", "LookupError", "IndexError", "NameError")
# Names of what writes a file, or takes it away; by itself, or as a method of a path.
_WRITING: Final = re.compile(
    r"write|[mM]kdir|makedirs|touch|[oO]pen(?:Sync)?\Z|unlink|rm(?:Sync|tree|dir)|remove\Z|rename|copy|move\Z"
)
_OF_PATH: Final = frozenset(("write_text", "write_bytes", "touch", "unlink"))
# What may hold a collection that a helper is handed to fill, and how many arguments that takes: key and value, or the
# key of what it makes itself.
_LENDABLE: Final = frozenset(("identifier", "attribute"))
_LENDING: Final = 3
_MAKING: Final = 2
_LOOKING: Final = frozenset(("return_statement", "expression_statement"))


def assigned(walk: Walk, place: Place, target: Node, right: Node) -> None:
    """Note the assignment `target = right` if it keeps something, empties what is kept, or reads it into a local."""
    kind = target.type
    if kind == "identifier":
        name = source(walk, target)
        if name not in place.scope.declared:  # declared `global` or `nonlocal`
            _note(walk, place, target, name, "", right)
        elif place.fields is None:
            _bound(walk, place, name, right)
            _note_called(walk, place, name, right)
            loaded(walk, place, name, right)
        if not place.function and (place.enumerates if place.fields is not None else name.isupper()):
            _constant(walk, place, name, right)
    elif kind == "attribute":
        text = _chain(walk, target)
        if text:
            _note(walk, place, target, text, "", right)
            _looked_up_into(walk, place, text, right)
            _constructed(walk, place, text, right)
    elif kind == "subscript" and len(target.named_children) == 2:
        text = _chain(walk, target.named_children[0])
        if text:
            _note(walk, place, target, text, short(walk, target.named_children[1], _LIMIT), right)


def _note_called(walk: Walk, place: Place, name: str, value: Node) -> None:
    """Remember that the local `name` holds what the call `value` gives."""
    if value.type == "await" and value.named_children:
        value = value.named_children[0]
    if value.type == "call" and place.function:
        walk.called[place.function, name] = value
    elif walk.called:
        walk.called.pop((place.function, name), None)


def _constant(walk: Walk, place: Place, name: str, right: Node) -> None:
    """Note a constant of the module, or a member of an enumeration, if its value is a literal and it has no other."""
    spelled = literal_of(walk, right) if place.condition < 0 and place.loop < 0 else ""
    if _TOLD.fullmatch(spelled):
        subject = f"{place.qualname}.{name}" if place.qualname else name
        line = line_of(right)
        walk.build.keep(kept.LITERAL, place.scope, 0, -1, line, subject, key=place.enumerates, value=spelled)


def _looked_up_into(walk: Walk, place: Place, field: str, right: Node) -> None:
    """Note that a field for a cache takes one that something else holds: `self._cache = hass.data[KEY]`."""
    if names_cache(field) and right.end_byte - right.start_byte <= _LIMIT:
        spelled = source(walk, right)
        if _HELD.fullmatch(spelled):
            walk.build.keep(kept.READ, place.scope, place.function, -1, line_of(right), field, value=spelled)


def _constructed(walk: Walk, place: Place, field: str, right: Node) -> None:
    """Note what a constructor binds a field of the object to: `self.folder = Path(folder) if folder else None`."""
    if place.qualname.endswith(".__init__") and _FIELD.fullmatch(field):
        always = place.condition < 0 and place.loop < 0 and right.end_byte - right.start_byte <= _LIMIT
        spelled = source(walk, right) if always else "…"
        walk.build.keep(kept.BOUND, place.scope, place.function, -1, line_of(right), field, value=spelled)


def declared(walk: Walk, place: Place, field: Node, annotation: Node, default: Node | None) -> None:
    """Note a field of the class that is walked, if its default is a literal, or if it is required."""
    spelled = literal_of(walk, default) if default is not None else ""
    spelled = spelled or required(walk, annotation, default)
    if spelled:
        name, line = source(walk, field), line_of(field)
        walk.build.keep(kept.FIELD, place.scope, place.function, -1, line, name, key=place.qualname, value=spelled)


def set_by_name(walk: Walk, place: Place, arguments: list[Node]) -> None:
    """Note `setattr(x, "name", value)` as the assignment that it is."""
    target, name, value = arguments
    text, spelled = _chain(walk, target), _NAMED.fullmatch(source(walk, name))
    if text and spelled is not None:
        _note(walk, place, target, f"{text}.{spelled[1]}", "", value)


def _chain(walk: Walk, node: Node) -> str:
    """The text of a name or chain of attributes; "" for others."""
    if node.end_byte - node.start_byte > _LIMIT:
        return ""
    text = source(walk, node)
    return "" if "(" in text.replace("type(self)", "") else text


def _note(walk: Walk, place: Place, node: Node, subject: str, key: str, right: Node) -> None:
    value = walk.text[right.start_byte : min(right.end_byte, right.start_byte + 2 * _LIMIT)]
    empties = _EMPTY.fullmatch(value) is not None
    if place.condition < 0 and not (_outlives(place, subject) or _fills(place, subject, key)):
        if not key and "." in subject:
            walk.build.rebind(place.scope, line_of(node), subject)
        return
    timed = short(walk, right, _LIMIT) if value == b"self" or (not empties and _TIMED.search(value)) else ""
    _row(walk, place, kept.CLEAR if empties else kept.STORE, node, subject, key, timed)


def _outlives(place: Place, subject: str) -> bool:
    """Whether what is stored in `subject` unconditionally may outlive the function: it is no local, no module body."""
    name = subject.partition(".")[0]
    return bool(place.function) and (name in ("self", "cls") or name not in place.scope.declared)


def _fills(place: Place, subject: str, key: str) -> bool:
    """Whether something is put into a collection that a function was given to fill, or that a local stands for."""
    scope = place.scope
    return bool(key) and (subject in scope.given or subject in scope.standing)


def _row(walk: Walk, place: Place, kind: int, node: Node, subject: str, key: str, value: str) -> None:
    walk.build.keep(kind, place.scope, place.function, place.condition, line_of(node), subject, key=key, value=value)


def _tells(text: str) -> bool:
    """Whether a value may tell where it is kept: it calls nothing, makes a collection, or looks something up."""
    if text[:1] in _PLAIN_START and text.find("(", 1) < 0 and not _PREFIXED.match(text):
        return True
    return text in ("{}", "[]") or text.startswith(_COLLECTIONS) or any(word in text for word in _LOOKING_UP)


def loaded(walk: Walk, place: Place, name: str, value: Node) -> None:
    """Note what the local `name` is bound to, if a file is read into it, or if it speaks of what was read before."""
    start, end = value.start_byte, value.end_byte
    if end - start > _LIMIT or not place.function:
        return
    known, text = place.scope.loaded, walk.characters[start:end]
    if known.isdisjoint(_WORD.findall(text)) and _LOADING.search(text) is None:
        return
    known.add(name)
    walk.build.keep(kept.LOADED, place.scope, place.function, -1, line_of(value), name, value=source(walk, value))


def _chosen(walk: Walk, place: Place, name: str, value: Node) -> None:
    """Note the test by which a local takes something, or nothing: `event if changed else None`."""
    if value.type != "conditional_expression" or value.named_child_count != 3 or not place.function:
        return
    first, test, second = value.named_children
    if (first.type == "none") != (second.type == "none"):
        key, asked = kept.OTHERWISE if first.type == "none" else "", short(walk, test, _LIMIT)
        walk.build.keep(kept.CHOSEN, place.scope, place.function, -1, line_of(value), name, key=key, value=asked)


def _bound(walk: Walk, place: Place, name: str, right: Node) -> None:
    start, end = right.start_byte, right.end_byte
    _chosen(walk, place, name, right)
    called = _LOOKED_UP.match(walk.characters, start, end) if place.function else None
    if end - start > _LIMIT:
        if called is None and place.function:
            callee = _CALLED.match(walk.characters, start, end)
            called = callee if callee is not None and names_cache(callee.group()) else None
        if called is not None:
            spelled = called.group() + "…)"
            walk.build.keep(kept.READ, place.scope, place.function, -1, line_of(right), name, value=spelled)
        return
    text = walk.characters[start:end]
    if not place.function:
        if _NUMBER.fullmatch(text):
            walk.build.keep(kept.NUMBER, place.scope, 0, -1, line_of(right), name, value=text)
    elif called is not None or (_tells(text) and "lambda" not in text) or name.lower().endswith(_NAMED_AFTER):
        spelled = source(walk, right)
        if _PATH.fullmatch(spelled) and _outlives(place, spelled):
            place.scope.standing |= {name}
        walk.build.keep(kept.READ, place.scope, place.function, -1, line_of(right), name, value=spelled)


def touches(member: str) -> bool:
    """Whether a method of that name may put something into a collection, or take it out."""
    return member in _TOUCHING or is_storing(member)


def touched(walk: Walk, place: Place, node: Node, member: str) -> None:
    """Note the call `receiver.member(…)` of a method that puts something into a collection, or takes it out.

    Of other names than collections have, if the receiver or the method is named after a cache.
    """
    subject = _chain(walk, node.named_children[0].named_children[0])
    if not subject or (member not in _TOUCHING and not names_cache(f"{subject.rpartition('.')[2]} {member}")):
        return
    listed = [_value(child) for child in node.named_children[-1].named_children if child.type != "comment"]
    if member not in _TOUCHING and len(listed) < _MAKING:
        return
    key = short(walk, listed[0], _LIMIT) if listed else ""
    if place.condition < 0 and not (_outlives(place, subject) or _fills(place, subject, key)):
        return
    if member in _CLEARING:
        _row(walk, place, kept.CLEAR, node, subject, key if member == "pop" else "", "")
        return
    value = short(walk, listed[1], _LIMIT) if len(listed) > 1 else ""
    _row(walk, place, kept.STORE, node, subject, key, value if _TIMED.search(value.encode()) else "")


def _value(argument: Node) -> Node:
    """What an argument hands over, if it is named or not."""
    return argument.named_children[-1] if argument.type == "keyword_argument" else argument


def lent(walk: Walk, place: Place, node: Node, member: str, count: int) -> None:
    """Note the call `member(subject, …)` of `count` arguments, if it may fill a collection that outlives the function,
    or write a file; that may be a method of its path as well.
    """
    is_writing = _is_writing(member)
    if not is_writing:
        if place.condition < 0 or count < _MAKING:
            return
        start, end = node.start_byte, node.end_byte
        if end - start > 2 * _LIMIT or (count < _LENDING and not names_cache(walk.characters, start, end)):
            return
    callee, arguments = node.named_children[0], node.named_children[-1].named_children
    named = arguments[0] if arguments and arguments[0].type in _LENDABLE else None
    of_path = is_writing and callee.type == "attribute" and (named is None or member in _OF_PATH)
    named = callee.named_children[0] if of_path else named
    subject = _chain(walk, named) if named is not None else ""
    is_filled = count >= _LENDING and _outlives(place, subject)
    if not subject or not (is_filled or is_writing or names_cache(subject)):
        return
    start = arguments[0].start_byte if of_path and arguments else named.end_byte if named is not None else 0
    end = max(start, arguments[-1].end_byte) if arguments else start
    rest = walk.text[start : min(end, start + _LIMIT)].decode("utf-8", "replace").strip(" ,\n")
    if is_writing or end - start <= _LIMIT:
        _row(walk, place, kept.LENT, node, subject, " ".join(rest.split()), member)


@lru_cache(maxsize=16384)
def _is_writing(member: str) -> bool:
    return _WRITING.search(member) is not None


def deleted(walk: Walk, place: Place, target: Node) -> None:
    """Note `del x.y` and `del x[k]`."""
    if place.function and target.named_children:
        keyed = target.type == "subscript" and len(target.named_children) == 2
        text = _chain(walk, target.named_children[0] if keyed else target)
        if text:
            key = short(walk, target.named_children[1], _LIMIT) if keyed else ""
            _row(walk, place, kept.CLEAR, target, text, key, "")


def caught(walk: Walk, place: Place, attempted: Node | None, clause: Node) -> Place:
    """The place inside an `except` clause: under a condition of its own.

    Where a look-up is tried and its failure caught (`try: return cache[k]`, `except KeyError:`), the condition is that
    the look-up finds nothing; where the running loop is asked for, that there is none; else that something failed.
    """
    text = "except"
    named = next((child for child in clause.named_children if child.type not in ("block", "comment")), None)
    if named is not None and attempted is not None:
        spelled = short(walk, named, _LIMIT)
        looked = _looked_up(walk, attempted)
        asked = _asked_file(walk, attempted)
        if asked and any(missing in spelled for missing in _NO_FILE):
            text = asked
        elif looked and any(missing in spelled for missing in _MISSING):
            text = f"{looked} is not None"
        elif spelled.partition(" as ")[0] == "RuntimeError":
            text = asks_for_loop(walk, attempted) or (NO_LOOP if needs_loop(walk, attempted) else text)
    is_handler = text == "except"
    conditions = walk.build.conditions
    handler = Handler.CATCHES | (Handler.RAISES if raises(clause.named_children[-1]) else 0) if is_handler else 0
    out = tried(clause.parent) if is_handler else 0
    conditions.append(Condition(place.condition, line_of(clause), text, holds=is_handler, handler=handler, leaving=out))
    return place.under(len(conditions) - 1)


def _asked_file(walk: Walk, block: Node) -> str:
    """The call that asks for a file where that is all which a block does: `os.stat(path)`; "" for other blocks."""
    statements = [child for child in block.named_children if child.type != "comment"]
    if len(statements) != 1 or statements[0].type != "expression_statement" or not statements[0].named_children:
        return ""
    spelled = short(walk, statements[0].named_children[0], _LIMIT).removeprefix("await ")
    return spelled if _ASKS_FILE.match(spelled) else ""


def _looked_up(walk: Walk, block: Node) -> str:
    """What a block that consists of one look-up reads: `cache[k]`, `self._x`; "" for other blocks."""
    statements = [child for child in block.named_children if child.type != "comment"]
    if len(statements) != 1 or statements[0].type not in _LOOKING or not statements[0].named_children:
        return ""
    looked = statements[0].named_children[0]
    if looked.type == "assignment":
        looked = looked.child_by_field_name("right") or looked
    return _chain(walk, looked) if looked.type in ("subscript", "attribute", "identifier") else ""
