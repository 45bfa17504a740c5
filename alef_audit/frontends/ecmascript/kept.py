"""What functions keep: stores into outer variables, fields and maps, and the reads that locals are bound to."""

import re
import string
from functools import lru_cache
from typing import Final

from tree_sitter import Node

from alef_audit.facts import kept
from alef_audit.frontends.ecmascript.nodes import bare
from alef_audit.frontends.ecmascript.walk import Walk
from alef_audit.frontends.words import is_storing, names_cache

# Methods of maps, sets and caches that put something in, and those that take something out.
_STORING: Final = frozenset(("set", "add"))
_CLEARING: Final = frozenset(("clear", "delete", "reset"))
_TOUCHING: Final = _STORING | _CLEARING
_LIMIT: Final = 120
_EMPTY: Final = re.compile(
    r"""null|undefined|void 0|false|0|""|''|\{\}|\[\]|new (?:Weak)?(?:Map|Set)(?:<[^()]*>)?\(\)|"""
    r"""Object\.create\(null\)"""
)
_TIMED: Final = re.compile(r"now|[tT]ime|[eE]xpir|TTL|ttl|_AT\b|At\b", re.ASCII)
# What a local may be bound to that tells where its value is kept: a look-up, a field, another name, a new collection;
# or a test of time, or of a text.
_PLAIN_START: Final = frozenset(string.ascii_letters + "_$!(")
_COLLECTION: Final = re.compile(r"new (?:Weak)?(?:Map|Set)\b", re.ASCII)
_LOOK_UP: Final = re.compile(r"\.(?:get|has|now|getItem|peek|match|exec)\(")
# … or what was looked for outside of the program.
_LOOKED_UP: Final = re.compile(
    r"!?(?:await )?[\w$.]*\b(?:get|find|has|exists|is|lookup|query|select|search|fetch|check)[A-Z_][\w$]*\(", re.ASCII
)
# Names of what reads a file.
_LOADING: Final = re.compile(r"(?:\b(?:read|load)|[a-z](?:Read|Load))(?:[A-Z_]\w*)?\(", re.ASCII)
_WORD: Final = re.compile(r"[\w$]+", re.ASCII)
_CALLED: Final = re.compile(r"(?:await )?[A-Za-z_$][\w$.]*\(", re.ASCII)
_PATH: Final = re.compile(r"[A-Za-z_$][\w$.!?]*")
# Locals whose value tells what is kept, whatever it is: keys, and where files are.
_NAMED_AFTER: Final = ("key", "path", "file", "dir", "directory", "folder")
_HELD: Final = re.compile(r"[A-Za-z_$][\w$.]*(?:\[[^\[\]]+\]|\.get\([^()]*\)[!]?)")
_NUMBER: Final = re.compile(r"[\d_.e\s*+()]+", re.ASCII)
_REST: Final = 60
# Names of what writes a file, or takes it away.
_WRITING: Final = re.compile(
    r"[wW]rite|[mM]kdir|open(?:Sync)?\Z|unlink|rename|copyFile|(?:rm(?:dir)?|remove|cp|move)(?:Sync)?\Z"
)
# What may hold a collection that a helper is handed to fill, and how many arguments that takes: key and value, or the
# key of what it makes itself.
_LENDABLE: Final = frozenset(("identifier", "member_expression"))
_LENDING: Final = 3
_NOTHING: Final = frozenset(("undefined", "null"))
_MAKING: Final = 2


def assigned(walk: Walk, left: Node, right: Node | None) -> None:
    """Note the assignment `left = right` if it keeps something, or empties what is kept."""
    kind = left.type
    if kind == "identifier":
        name = walk.text(left)
        if right is None:
            return
        if name in walk.frame.scope.declared:
            _rebound(walk, name, right)
            loaded(walk, name, right)
            return
        _note(walk, left, name, "", right)
    elif kind == "member_expression":
        text = _chain(walk, left)
        if text and right is not None:
            _note(walk, left, text, "", right)
            _looked_up_into(walk, text, right)
    elif kind == "subscript_expression":
        base, index = left.child_by_field_name("object"), left.child_by_field_name("index")
        if base is not None and index is not None and right is not None:
            text = _chain(walk, base)
            if text:
                _note(walk, left, text, walk.short(index, _LIMIT), right)


def _looked_up_into(walk: Walk, field: str, right: Node) -> None:
    """Note that a field for a cache takes one that something else holds: `this.cache = app.caches.get(name)`."""
    if names_cache(field) and right.end_byte - right.start_byte <= _LIMIT:
        spelled = walk.text(right)
        if _HELD.fullmatch(spelled):
            frame = walk.frame
            line = right.start_point.row + 1
            walk.build.keep(kept.READ, frame.scope, frame.index, -1, line, field, value=spelled)


def _rebound(walk: Walk, name: str, right: Node) -> None:
    """Note that a local or parameter does not keep the value that a caller decides: `force = true`, `x = x || y`."""
    text = walk.source[right.start_byte : min(right.end_byte, right.start_byte + _REST)]
    if text in (b"true", b"false") or text.startswith((name.encode(), b"!" + name.encode())):
        bound(walk, name, right)


def _chain(walk: Walk, node: Node) -> str:
    """The text of a name or chain of members; "" for others."""
    if node.end_byte - node.start_byte > _LIMIT:
        return ""
    text = walk.text(node)
    return "" if "(" in text else text


def _note(walk: Walk, node: Node, subject: str, key: str, right: Node) -> None:
    value = walk.characters[right.start_byte : min(right.end_byte, right.start_byte + 2 * _LIMIT)]
    empties = len(value) < _REST and _EMPTY.fullmatch(value) is not None
    if walk.guard is None and not (_outlives(walk, subject) or _fills(walk, subject, key)):
        if not key and "." in subject:
            walk.build.rebind(walk.frame.scope, node.start_point.row + 1, subject)
        return
    timed = walk.short(right, _LIMIT) if value == "this" or (not empties and _TIMED.search(value)) else ""
    _row(walk, kept.CLEAR if empties else kept.STORE, node, subject, key, timed)


def _outlives(walk: Walk, subject: str) -> bool:
    """Whether what is stored in `subject` unconditionally may outlive the function: it is no local, no module body."""
    frame = walk.frame
    name = subject.partition(".")[0].rstrip("?!")
    return frame.parent is not None and (name == "this" or name not in frame.scope.declared)


def _fills(walk: Walk, subject: str, key: str) -> bool:
    """Whether something is put into a collection that a function was given to fill, or that a local stands for."""
    scope = walk.frame.scope
    return bool(key) and (subject in scope.given or subject in scope.standing)


def _row(walk: Walk, kind: int, node: Node, subject: str, key: str, value: str) -> None:
    frame = walk.frame
    walk.build.keep(
        kind, frame.scope, frame.index, walk.condition(), node.start_point.row + 1, subject, key=key, value=value
    )


def touches(member: str) -> bool:
    """Whether a method of that name may put something into a collection, or take it out."""
    return member in _TOUCHING or is_storing(member)


def touched(walk: Walk, node: Node, receiver: Node, member: str, listed: Node) -> None:
    """Note the call `receiver.member(…)` of a method that puts something into a collection, or takes it out.

    Of other names than collections have, if the receiver or the method is named after a cache.
    """
    subject = _chain(walk, receiver)
    if not subject or (member not in _TOUCHING and not names_cache(f"{subject.rpartition('.')[2]} {member}")):
        return
    arguments = [child for child in listed.named_children if child.type != "comment"]
    if member not in _TOUCHING and len(arguments) < _MAKING:
        return
    key = walk.short(arguments[0], _LIMIT) if arguments else ""
    if walk.guard is None and not (_outlives(walk, subject) or _fills(walk, subject, key)):
        return
    if member in _CLEARING:
        _row(walk, kept.CLEAR, node, subject, key if member == "delete" else "", "")
        return
    value = walk.short(arguments[1], _LIMIT) if len(arguments) > 1 else ""
    _row(walk, kept.STORE, node, subject, key, value if _TIMED.search(value) else "")


def lent(walk: Walk, node: Node, member: str, listed: Node, count: int) -> None:
    """Note the call `member(subject, …)` of `count` arguments, if it may fill a collection that outlives the function,
    or write a file.
    """
    is_writing = _is_writing(member)
    if not is_writing:
        if count < _MAKING or walk.guard is None:
            return
        start, end = listed.start_byte, listed.end_byte
        if end - start > 2 * _LIMIT or (count < _LENDING and not names_cache(walk.characters, start, end)):
            return
    arguments = listed.named_children
    if not arguments or arguments[0].type not in _LENDABLE:
        return
    subject = _chain(walk, arguments[0])
    is_filled = count >= _LENDING and _outlives(walk, subject)
    if not subject or not (is_filled or is_writing or names_cache(subject)):
        return
    start, end = arguments[0].end_byte, arguments[-1].end_byte
    rest = walk.source[start : min(end, start + _LIMIT)].decode("utf-8", "replace").strip(" ,\n")
    if is_writing or end - start <= _LIMIT:
        _row(walk, kept.LENT, node, subject, " ".join(rest.split()), member)


@lru_cache(maxsize=16384)
def _is_writing(member: str) -> bool:
    return _WRITING.search(member) is not None


def _tells(text: str) -> bool:
    """Whether a value may tell where it is kept: it calls nothing, or something that looks it up."""
    if text[:1] in _PLAIN_START and text.find("(", 1) < 0:
        return True
    if "||" in text or "&&" in text or names_cache(text) or _LOOK_UP.search(text) is not None:
        return True
    return _COLLECTION.match(text) is not None


def loaded(walk: Walk, name: str, value: Node) -> None:
    """Note what the local `name` is bound to, if a file is read into it, or if it speaks of what was read before."""
    start, end = value.start_byte, value.end_byte
    scope = walk.frame.scope
    if end - start > _LIMIT or walk.frame.parent is None:
        return
    text = walk.characters[start:end]
    if scope.loaded.isdisjoint(_WORD.findall(text)) and _LOADING.search(text) is None:
        return
    scope.loaded.add(name)
    line = value.start_point.row + 1
    walk.build.keep(kept.LOADED, scope, walk.frame.index, -1, line, name, value=walk.text(value))


def _chosen(walk: Walk, name: str, value: Node) -> None:
    """Note the test by which a new variable takes something, or nothing: `changed ? { id } : undefined`."""
    frame = walk.frame
    if value.type != "ternary_expression" or value.named_child_count != 3 or frame.parent is None:
        return
    test, first, second = value.named_children
    if (walk.text(first) in _NOTHING) != (walk.text(second) in _NOTHING):
        key = kept.OTHERWISE if walk.text(first) in _NOTHING else ""
        line, asked = value.start_point.row + 1, walk.short(test, _LIMIT)
        walk.build.keep(kept.CHOSEN, frame.scope, frame.index, -1, line, name, key=key, value=asked)


def bound(walk: Walk, name: str, value: Node) -> None:
    """Note what the new variable `name` is bound to, if that may tell where its value is kept."""
    start, end = value.start_byte, value.end_byte
    frame = walk.frame
    loaded(walk, name, value)
    _chosen(walk, name, bare(value))
    called = _LOOKED_UP.match(walk.characters, start, end) if frame.parent is not None else None
    if end - start > _LIMIT:
        if called is None and frame.parent is not None:
            callee = _CALLED.match(walk.characters, start, end)
            called = callee if callee is not None and names_cache(callee.group()) else None
        if called is not None:
            line, spelled = value.start_point.row + 1, called.group() + "…)"
            walk.build.keep(kept.READ, frame.scope, frame.index, -1, line, name, value=spelled)
        return
    text = walk.characters[start:end]
    if frame.parent is None:
        if _NUMBER.fullmatch(text):
            line = value.start_point.row + 1
            walk.build.keep(kept.NUMBER, frame.scope, frame.index, -1, line, name, value=text)
    elif called is not None or (_tells(text) and "=>" not in text) or name.lower().endswith(_NAMED_AFTER):
        line = value.start_point.row + 1
        spelled = walk.text(value)
        if _PATH.fullmatch(spelled) and _outlives(walk, spelled):
            walk.frame.scope.standing |= {name}
        walk.build.keep(kept.READ, frame.scope, frame.index, -1, line, name, value=spelled)
