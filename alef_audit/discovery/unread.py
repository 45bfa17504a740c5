"""Why a file of the audited tree is not part of the audit."""

import difflib
from collections.abc import Iterable
from pathlib import Path

from pathspec import GitIgnoreSpec

from alef_audit.config import Config
from alef_audit.discovery.inventory import GRAMMARS, NOT_READ, Inventory, extension_of
from alef_audit.discovery.listing import SKIPPED_FOLDERS, list_files
from alef_audit.discovery.outputs import output_folders


def why_not_read(inventory: Inventory, config: Config, path: str) -> str:
    """One clause on an existing file that was not read; `path` is relative to the root."""
    extension = extension_of(path)
    if extension in NOT_READ:
        return f"{extension} files are not read"
    if extension not in GRAMMARS:
        return "it is no TypeScript, JavaScript or Python file"
    role = next((file.role for file in inventory.files if file.path == path), None)
    if role == "types":
        return "it only declares types"
    if role == "test":
        return "it is a test by its path; include-tests = true in the configuration reads tests"
    if role is not None:
        return "it is a script below no package.json in a Python tree, as served to browsers"
    said = next((one for one in inventory.diagnostics if one.path == path), None)
    if said is not None:
        return f"{said.message} ({said.kind})"
    return _left_out(inventory.root, config, path)


def nearest_path(wrong: str, paths: Iterable[str]) -> str:
    """The path that is spelled most like a wrong one; files of the same name first. "" if none comes near."""
    known = sorted(paths)
    name = wrong.rpartition("/")[2]
    same = [path for path in known if path.rpartition("/")[2] == name]
    near = difflib.get_close_matches(wrong, same or known, n=1, cutoff=0.0 if same else 0.6)
    return near[0] if near else ""


def _left_out(root: Path, config: Config, path: str) -> str:
    if config.exclude and GitIgnoreSpec.from_lines(config.exclude).match_file(path):
        return "exclude in the configuration covers it"
    if config.include and not GitIgnoreSpec.from_lines(config.include).match_file(path):
        return "include in the configuration does not cover it"
    folder = next((part for part in path.split("/")[:-1] if part in SKIPPED_FOLDERS), "")
    if folder:
        return f"it lies in {folder}, which holds no code of the project"
    listed = list_files(root).paths
    if path not in listed:
        return "git or a .gitignore file ignores it, or it lies in a virtual environment"
    output = next(
        (o for o in sorted(output_folders(sorted(listed), (root / ".git").exists())) if path.startswith(o)), ""
    )
    if output:
        return f"{output} repeats what is written beside it"
    return "it is a link, or the same file under another name"
