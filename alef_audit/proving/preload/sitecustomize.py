"""Imported by a Python process in front of the program: measures how long asyncio's loop is held, and by what.

Every callback and step of a task goes through `Handle._run`.  While one of them takes long, a thread looks at the stack
of the loop's thread.  What was measured goes to the file that ALEF_AUDIT_PROOF names, once a second and at the end.
Child processes are left alone, and another `sitecustomize` is imported as if this one were not there.
"""

import contextlib
import importlib
import importlib.util
import os
import sys

_FILE = os.environ.pop("ALEF_AUDIT_PROOF", "")


def _restore_environment() -> None:
    for name in ("PYTHONPATH", "NODE_OPTIONS"):
        before = os.environ.pop(f"ALEF_AUDIT_{name}", "")
        if before:
            os.environ[name] = before
        else:
            os.environ.pop(name, None)


def _import_the_other_one() -> None:
    """The `sitecustomize` that would have been imported without this one."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.abspath(path or ".") != here]
    for folder in sys.path:
        file = os.path.join(folder, "sitecustomize.py")
        if os.path.isfile(file):
            spec = importlib.util.spec_from_file_location("sitecustomize", file)
            if spec is not None and spec.loader is not None:
                spec.loader.exec_module(importlib.util.module_from_spec(spec))
            return


if _FILE:
    _restore_environment()
    _here = os.path.dirname(os.path.abspath(__file__))
    with contextlib.suppress(ImportError):
        importlib.import_module("loop_monitor").watch(_FILE)
    _import_the_other_one()
