"""Imports and exports, ES modules and CommonJS."""

from typing import Final

from tree_sitter import Node

from alef_audit.facts.file import Export, Import
from alef_audit.frontends.ecmascript.frames import Naming
from alef_audit.frontends.ecmascript.literals import string_value
from alef_audit.frontends.ecmascript.nodes import starts_with
from alef_audit.frontends.ecmascript.walk import Walk

_VALUELESS: Final = frozenset(("arguments", "undefined", "NaN", "Infinity"))
_CLAUSES: Final = frozenset(("import_clause", "import_require_clause"))
_SPECIAL: Final = _VALUELESS | {"exports"}


def import_slot(
    walk: Walk, specifier: str, line: int, name: str = "", *, type_only: bool = False, dynamic: bool = False
) -> int:
    """A fresh slot that holds the module, or its export `name`."""
    dst = walk.build.slot()
    function = walk.frame.index
    walk.build.add_import(dst, Import(specifier, name, line, function, type_only=type_only, dynamic=dynamic))
    return dst


def module_object(walk: Walk) -> int:
    """The slot of `exports` and `module.exports`."""
    if not walk.build.module_slot:
        walk.build.module_slot = walk.build.slot()
    return walk.build.module_slot


def identifier(walk: Walk, name: str) -> int:
    """The slot of what an identifier stands for."""
    if name in _SPECIAL:
        if name in _VALUELESS:
            return 0
        if not walk.declared(name):
            return module_object(walk)
    return walk.frame.scope.slots[name] if name else 0


def is_module_exports(walk: Walk, node: Node) -> bool:
    """Whether the member expression is CommonJS's `module.exports`."""
    parts = node.named_children
    if len(parts) != 2 or parts[0].type != "identifier" or walk.text(parts[1]) != "exports":
        return False
    return walk.text(parts[0]) == "module" and not walk.declared("module")


def import_statement(walk: Walk, node: Node) -> None:
    source = node.child_by_field_id(walk.fields.source)
    children = node.children
    clauses = [child for child in children if child.type in _CLAUSES]
    type_only = len(children) > 1 and children[1].type in ("type", "typeof")
    line = node.start_point.row + 1
    if clauses and clauses[0].type == "import_require_clause":
        parts = clauses[0].named_children
        specifier = string_value(walk, parts[-1]) if parts else None
        if specifier is not None and parts[0].type == "identifier":
            dst = walk.build.declare(walk.frame.scope, walk.text(parts[0]))
            walk.build.add_import(dst, Import(specifier, "", line, walk.frame.index, type_only=type_only))
        return
    specifier = string_value(walk, source) if source is not None else None
    if specifier is None:
        return
    if not clauses:
        walk.build.add_import(0, Import(specifier, "", line, walk.frame.index, type_only=type_only))
        return
    for child in clauses[0].named_children:
        kind = child.type
        if kind == "identifier":
            _import(walk, child, specifier, "default", type_only)
        elif kind == "namespace_import":
            for below in child.named_children[-1:]:
                _import(walk, below, specifier, "", type_only)
        elif kind == "named_imports":
            for each in child.named_children:
                _import_specifier(walk, each, specifier, type_only)


def _import_specifier(walk: Walk, node: Node, specifier: str, type_only: bool) -> None:
    name = node.child_by_field_id(walk.fields.name)
    if name is None:
        return
    local = node.child_by_field_id(walk.fields.alias) or name
    typed = type_only or (walk.source.startswith(b"type", node.start_byte) and starts_with(node, "type", "typeof"))
    imported = export_name(walk, name)
    if imported in ("setImmediate", "setTimeout") and specifier.removeprefix("node:").startswith("timers"):
        walk.timers.add(walk.text(local))
    _import(walk, local, specifier, imported, typed)


def _import(walk: Walk, local: Node, specifier: str, name: str, type_only: bool) -> None:
    dst = walk.build.declare(walk.frame.scope, walk.text(local))
    line = local.start_point.row + 1
    walk.build.add_import(dst, Import(specifier, name, line, walk.frame.index, type_only=type_only))


def export_name(walk: Walk, node: Node) -> str:
    return string_value(walk, node) or "" if node.type == "string" else walk.text(node)


def export(walk: Walk, name: str, slot: int) -> None:
    """Export `name`, from the module or the TypeScript namespace around it."""
    if walk.namespace:
        walk.build.store(walk.namespace, name or "*", slot, 0)
    else:
        walk.build.exports.append(Export(name, slot))


def export_statement(walk: Walk, node: Node) -> None:
    source = node.child_by_field_id(walk.fields.source)
    if source is not None:
        _export_from(walk, node, string_value(walk, source) or "")
        return
    declared = node.child_by_field_id(walk.fields.declaration)
    if declared is not None and node.child_count == 2:  # the word and the declaration
        _export_declared(walk, declared)
        return
    tokens = [child.type for child in node.children]
    value = node.child_by_field_id(walk.fields.value)
    if "default" in tokens:
        _export_default(walk, declared, value)
    elif declared is not None:
        _export_declared(walk, declared)
    elif "=" in tokens:
        for child in node.named_children[-1:]:
            line = node.start_point.row + 1
            slot = walk.value_as(child, Naming("module.exports", "module.exports", ""))
            walk.build.store(module_object(walk), "module.exports", slot, line)
    for clause in node.named_children:
        if clause.type == "export_clause":
            for each in clause.named_children:
                _export_specifier(walk, each)


def _export_declared(walk: Walk, declared: Node) -> None:
    walk.effect(declared)
    for name in declared_names(walk, declared):
        export(walk, name, walk.build.reference(walk.frame.scope, name))


def _export_default(walk: Walk, declared: Node | None, value: Node | None) -> None:
    node = declared or value
    if node is None:
        return
    names = declared_names(walk, node) if declared is not None else []
    if names:
        walk.effect(node)
        export(walk, "default", walk.build.reference(walk.frame.scope, names[0]))
    else:
        export(walk, "default", walk.value_as(node, Naming("default", "default", "default")))


def _export_specifier(walk: Walk, node: Node) -> None:
    name = node.child_by_field_id(walk.fields.name)
    if name is None:
        return
    alias = node.child_by_field_id(walk.fields.alias) or name
    export(walk, export_name(walk, alias), walk.build.reference(walk.frame.scope, walk.text(name)))


def _export_from(walk: Walk, node: Node, specifier: str) -> None:
    line = node.start_point.row + 1
    type_only = any(child.type == "type" for child in node.children)
    for clause in node.named_children:
        if clause.type == "namespace_export":
            for below in clause.named_children[-1:]:
                export(walk, export_name(walk, below), import_slot(walk, specifier, line, type_only=type_only))
            return
        if clause.type == "export_clause":
            for each in clause.named_children:
                name = each.child_by_field_id(walk.fields.name)
                if name is None:
                    continue
                alias = each.child_by_field_id(walk.fields.alias) or name
                typed = type_only or starts_with(each, "type")
                at = each.start_point.row + 1
                slot = import_slot(walk, specifier, at, export_name(walk, name), type_only=typed)
                export(walk, export_name(walk, alias), slot)
            return
    if any(child.type == "*" for child in node.children):
        item = Import(specifier, "", line, walk.frame.index, type_only=type_only)
        walk.build.stars.append(walk.build.add_import(0, item))


def declared_names(walk: Walk, node: Node) -> list[str]:
    """The names that a declaration introduces."""
    kind = node.type
    if kind == "ambient_declaration":
        return [name for child in node.named_children for name in declared_names(walk, child)]
    if kind in ("lexical_declaration", "variable_declaration", "using_declaration"):
        names: list[str] = []
        for child in node.named_children:
            if child.type == "variable_declarator":
                target = child.child_by_field_id(walk.fields.name)
                if target is not None:
                    names.extend(_pattern_names(walk, target))
        return names
    if kind == "import_alias":
        return [walk.text(child) for child in node.named_children[:1]]
    name = node.child_by_field_id(walk.fields.name)
    while name is not None and name.type == "nested_identifier":
        name = name.named_children[0] if name.named_children else None
    return [walk.text(name)] if name is not None and name.type in ("identifier", "type_identifier") else []


def _pattern_names(walk: Walk, node: Node) -> list[str]:
    names: list[str] = []
    pending = [node]
    while pending:
        target = pending.pop()
        kind = target.type
        if kind in ("identifier", "shorthand_property_identifier_pattern"):
            names.append(walk.text(target))
        elif kind == "pair_pattern":
            pending.extend(target.named_children[1:])
        elif kind in ("assignment_pattern", "object_assignment_pattern", "rest_pattern"):
            pending.extend(target.named_children[:1])
        elif kind in ("object_pattern", "array_pattern"):
            pending.extend(reversed(target.named_children))
    return names


def namespace(walk: Walk, node: Node) -> int:
    """`namespace X.Y { … }`: an object whose fields are what the block exports; gives the slot of X."""
    name_node, body = node.child_by_field_id(walk.fields.name), node.child_by_field_id(walk.fields.body)
    if name_node is None or name_node.type == "string":
        return 0
    line = node.start_point.row + 1
    names = walk.text(name_node).split(".")
    slot = walk.build.declare(walk.frame.scope, names[0].strip())
    walk.build.copy(slot, walk.build.object(walk.frame.index, line, names[0].strip()))
    holder = slot
    for each in names[1:]:
        below = walk.build.object(walk.frame.index, line, each.strip())
        walk.build.store(holder, each.strip() or "*", below, line)
        holder = below
    outer, walk.namespace = walk.namespace, holder
    walk.effect(body)
    walk.namespace = outer
    return slot


def import_alias(walk: Walk, node: Node) -> None:
    """`import a = N.b`."""
    parts = node.named_children
    if len(parts) < 2:
        return
    dst = walk.build.declare(walk.frame.scope, walk.text(parts[0]))
    names = [name.strip() for name in walk.text(parts[1]).split(".")]
    slot = walk.build.reference(walk.frame.scope, names[0])
    for each in names[1:]:
        slot = walk.build.load(slot, each or "*", node.start_point.row + 1)
    walk.build.copy(dst, slot)


def module_exports_store(walk: Walk, target: Node, src: int) -> bool:
    """Write `module.exports = src` or `exports = src`; False if `target` is neither."""
    if target.type == "identifier":
        if walk.text(target) != "exports" or walk.declared("exports"):
            return False
    elif target.type != "member_expression" or not is_module_exports(walk, target):
        return False
    walk.build.store(module_object(walk), "module.exports", src, target.start_point.row + 1)
    return True
