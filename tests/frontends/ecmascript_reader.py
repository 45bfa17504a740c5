"""Reads facts of the ECMAScript front end back into words, by a small solver over the rows of one file.

A value is a string: `function f`, `class C`, `instance C`, `object 0`, `import fs#readFileSync`, `global x`, `call f`
for the value of a call, and `X.name` for a field of something that the file does not know.
"""

from array import array
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from alef_audit.facts import flows
from alef_audit.facts.file import FileFacts, Function
from alef_audit.frontends.ecmascript.extract import extract_ecmascript

_OPS = {
    flows.ENTER: "ENTER",
    flows.COPY: "COPY",
    flows.FUNCTION: "FUNCTION",
    flows.CLASS: "CLASS",
    flows.OBJECT: "OBJECT",
    flows.LOAD: "LOAD",
    flows.STORE: "STORE",
    flows.IMPORT: "IMPORT",
    flows.GLOBAL: "GLOBAL",
    flows.SELF: "SELF",
    flows.TYPE: "TYPE",
    flows.SUPER: "SUPER",
    flows.SPREAD: "SPREAD",
    flows.MATCH: "MATCH",
    flows.COLLECT: "COLLECT",
    flows.PAIR: "PAIR",
    flows.ITERATE: "ITERATE",
}


@dataclass(frozen=True)
class Call:
    inside: str
    line: int
    column: int
    end_line: int
    callee: tuple[str, ...]
    receiver: tuple[str, ...]
    member: str
    text: str
    flags: int
    loop: int
    condition: int
    arguments: tuple[object, ...]  # a literal's spelling, or the tuple of values
    result: int


class Reader:
    def __init__(self, source: str | bytes, grammar: str = "typescript") -> None:
        text = source.encode() if isinstance(source, str) else source
        self.facts: FileFacts = extract_ecmascript(text, grammar)

    @cached_property
    def rows(self) -> list[tuple[str, int, int, int, int]]:
        aliases, raw = _integers(self.facts.aliases), _integers(self.facts.flows)
        found = []
        for at in range(0, len(raw), flows.ROW):
            row = list(raw[at : at + flows.ROW])
            for column in flows.SLOT_COLUMNS.get(row[0], ()):
                row[column] = aliases[row[column]]
            found.append((_OPS[row[0]], row[1], row[2], row[3], row[4]))
        return found

    @cached_property
    def values(self) -> dict[int, set[str]]:
        held: dict[int, set[str]] = defaultdict(set)
        fields: dict[tuple[str, str], set[str]] = defaultdict(set)
        for call in self._calls:
            if call.result:
                held[call.result].add(f"call {call.text}")
        while True:
            before = sum(map(len, held.values())) + sum(map(len, fields.values()))
            for row in self.rows:
                self._apply(row, held, fields)
            if sum(map(len, held.values())) + sum(map(len, fields.values())) == before:
                return held

    def _apply(
        self,
        row: tuple[str, int, int, int, int],
        held: dict[int, set[str]],
        fields: dict[tuple[str, str], set[str]],
    ) -> None:
        op, a, b, c, _ = row
        facts, name = self.facts, self.facts.names[c]
        match op:
            case "COPY":
                held[a] |= held[b]
            case "FUNCTION":
                held[a].add(f"function {facts.functions[b].label}")
            case "CLASS":
                held[a].add(f"class {facts.classes[b].name}")
            case "SELF":
                held[a].add(f"instance {facts.classes[b].name}")
            case "SUPER":
                held[a].add(f"super {facts.classes[b].name}")
            case "OBJECT":
                held[a].add(f"object {b}")
            case "IMPORT":
                held[a].add(f"import {facts.imports[b].specifier}#{facts.imports[b].name}")
            case "GLOBAL":
                held[a].add(f"global {name}")
            case "TYPE":
                held[a] |= {"instance " + value.removeprefix("class ") for value in held[b]}
            case "STORE":
                for base in held[a]:
                    fields[base, name] |= held[b]
            case "SPREAD":
                for (base, field), found in list(fields.items()):
                    if base in held[b]:
                        for target in held[a]:
                            fields[target, field] |= found
            case "LOAD":
                for base in held[b]:
                    held[a] |= _field(fields, base, name)

    def exported(self, name: str) -> set[str]:
        return {value for export in self.facts.exports if export.name == name for value in self.at(export.slot)}

    def returned(self, label: str) -> set[str]:
        return self.at(self.function(label).result)

    def at(self, slot: int) -> set[str]:
        return self.values[_integers(self.facts.aliases)[slot]]

    def parameter(self, label: str, position: int) -> set[str]:
        return self.at(self.function(label).parameters[position].slot)

    def function(self, label: str) -> Function:
        found = [function for function in self.facts.functions if function.label == label]
        assert found, (label, [function.label for function in self.facts.functions])
        return found[0]

    @property
    def labels(self) -> list[str]:
        return [function.label for function in self.facts.functions[1:]]

    @cached_property
    def _calls(self) -> list[Call]:
        return self._read_calls(None)

    @cached_property
    def calls(self) -> list[Call]:
        return self._read_calls(self.values)

    def call(self, text: str) -> Call:
        found = [call for call in self.calls if call.text == text]
        assert found, (text, [call.text for call in self.calls])
        return found[0]

    def _read_calls(self, values: dict[int, set[str]] | None) -> list[Call]:
        facts, raw, aliases = self.facts, _integers(self.facts.calls), _integers(self.facts.aliases)

        def words(slot: int) -> tuple[str, ...]:
            return tuple(sorted(values[aliases[slot]])) if values is not None and slot else ()

        found, at = [], 0
        while at < len(raw):
            head = raw[at : at + flows.CALL_HEAD]
            at += flows.CALL_HEAD
            arguments: list[object] = []
            for _ in range(head[flows.ARG_COUNT]):
                label, slot, literal = raw[at : at + flows.CALL_ARG]
                at += flows.CALL_ARG
                value: object = facts.names[literal] if literal else words(slot)
                arguments.append(("...", value) if label == flows.SPREAD_POSITIONAL else value)
            found.append(
                Call(
                    inside=facts.functions[head[flows.IN_FUNCTION]].label,
                    line=head[flows.LINE],
                    column=head[flows.COLUMN],
                    end_line=head[flows.END_LINE],
                    callee=words(head[flows.CALLEE]),
                    receiver=words(head[flows.RECEIVER]),
                    member=facts.names[head[flows.MEMBER]],
                    text=facts.names[head[flows.TEXT]],
                    flags=head[flows.FLAGS],
                    loop=head[flows.LOOP],
                    condition=head[flows.CONDITION],
                    arguments=tuple(arguments),
                    result=aliases[head[flows.RESULT]],
                )
            )
        return found


def _field(fields: dict[tuple[str, str], set[str]], base: str, name: str) -> set[str]:
    if name in ("*", "[]"):
        found = {value for (owner, _), values in fields.items() if owner == base for value in values}
    else:
        found = fields.get((base, name), set()) | fields.get((base, "*"), set())
    kind, _, rest = base.partition(" ")
    if kind == "instance":
        found = found | fields.get((f"class {rest}", name), set())
    if kind in ("import", "global", "super", "call") or (kind == "instance" and not found):
        return found | ({f"{base}.{name}"} if base.count(".") < 6 else set())
    return found


def _integers(data: bytes) -> array:  # type: ignore[type-arg]
    numbers = array("i")
    numbers.frombytes(data)
    return numbers
