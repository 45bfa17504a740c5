"""Library models: which members of a library block, register hot code, guard, or hand out typed objects.

One TOML file per library.  A row says *where* by exactly one of

* ``members = ["readFileSync", "promises.readFile"]``: members of the module, or, with ``of = "Type"``, of an instance
  of a type that a `[[type]]` row declares (in this file, or in another as ``"library:Type"``);
* ``path = "Member[createServer].Argument[0].Parameter[1]"``: steps from the module (or from ``of``), in the words of
  CodeQL's access paths: `Member[a,b]`, `ReturnValue`, `Awaited` (no effect: awaiting is transparent), `Instance`
  (what calling or `new` gives), `Argument[0]`, `Parameter[0]`.

Everything else is a named field; an unknown field or kind is a load error that names the file and the key.
"""

from typing import Literal

import msgspec

from alef_audit.rulepack.kinds import Cost, GuardKind, RootKind, SinkKind, Thread

Ecosystem = Literal["node", "npm", "python", "pypi"]
RootForm = Literal["argument", "decorator", "override", "export"]
GuardForm = Literal["call", "decorator", "wrapper", "file"]


class Library(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Head of a model file.

    `modules` are import names: `fs`, `node:fs`, `os.path`; "globalThis" (JavaScript) and "builtins" (Python) stand
    for names that need no import.  `package` is the name in the registry when it differs from `name`: versions are
    looked up under it.  `reference` is the documentation every row was taken from unless it names its own.
    """

    name: str
    ecosystem: Ecosystem
    modules: tuple[str, ...]
    reference: str
    package: str = ""


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    members: tuple[str, ...] = ()
    path: str = ""
    of: str = ""
    reference: str = ""
    versions: str = ""  # PEP 440 / semver range of the package in which the row holds, e.g. "<2", ">=1.4,<2"
    note: str = ""


class TypeRow(Row, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A named type. `members`: classes or factories whose call (or `new`, or annotation) gives an instance of it.

    `path`: values that are instances themselves (a callback's parameter, a property, a call's result).
    `extends` names types whose rows hold for this one too.
    `bag`: programs keep things of their own on instances, as attributes or entries: on an `object` of the library, in a
    `mapping` with the methods of a dictionary, in a `namespace` that is there for nothing else.  All instances of the
    type and of those that extend it are one bag.
    `own`: the library hands back an object that the program made; where that is of a class of the program's own which
    derives from the type (or from one that it extends), it has that class's members.
    `lives`: the library makes an instance of the program's class for every `dispatch`, or for every `session`.
    """

    name: str
    extends: tuple[str, ...] = ()
    bag: Literal["", "object", "mapping", "namespace"] = ""
    own: bool = False
    lives: Literal["", "dispatch", "session"] = ""


class ReturnsRow(Row, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a call gives back: an instance of `type`, one of its own arguments (`value = "Argument[0]"`), or, if it is
    `plain`, a string, a number or other data.

    `instance_of`: the argument that holds the class of what comes back (`container.get(Store)`), or of what instances
    have in its place (`store = Instance(Store)` in a class body).
    `result_of`: the argument whose result is that of the call (`storage.run(context, f)`); offloaders need no such row.
    `named`: `value` may also name what comes back, or `instance_of` its class, in a string: "package.module.Class".
    `keeps`: further arguments that are only held, and run later if at all (`partial(f, g)` binds g).  `calls`: methods
    of that argument that the call sees to (`closing(x)` closes x, `enter_context(x)` enters it).
    """

    type: str = ""
    value: str = ""
    instance_of: str = ""
    result_of: str = ""
    keeps: str = ""
    calls: tuple[str, ...] = ()
    plain: bool = False
    named: bool = False


class SinkRow(Row, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A call that blocks the calling thread.

    `cost` is the usual order of magnitude of one call on a healthy machine.  `instead` is the non-blocking twin.
    `unless_awaited`: the same name is asynchronous when awaited (clients with one surface for both).
    `inside`: the row holds only in functions of these names (`next()` pulls from a synchronous stream in `__anext__`).
    `when`, `unless`: what the arguments must say, one of these, and must not say (see `conditions.py`); what is not
    known decides for the row.  Of several rows of one function the first that holds counts.
    `kept`: the library itself keeps the result, so that later calls cost next to nothing.
    `contended`: it takes a lock of threads: it waits as long as other threads of the program do what they do under the
    same lock, `cost` is that of taking a free one.
    `releases`: it gives back, while it waits, the lock that the caller holds.
    `joins`: it waits for work that was handed to other threads: for as long as that takes where the function itself
    hands it over, else for `cost`.
    `ready`: members of what is waited for that tell, by a true answer ("done") or by a false one ("not empty"), that
    there is nothing to wait for: `if future.done(): return future.result()`.
    `afterwards`: members of it that call the function that they are handed, with what was waited for as its first
    argument, when that is so: `future.add_done_callback(f)`.
    `announced`: members that call the function that they are handed when there is something to read, so that reading
    it there does not wait: `loop.add_reader(fd, f)`.  `selected`: calls that tell whether there is, as reports name
    them: "select.select".
    `drawn`: those of its members that give what another call on the same object has worked for, or the one that made
    it: where that costs as much and stands in the same function, it stands for both (`execute`, then `fetchall`).
    `idle`: it does so where it is all that a loop does: `while (Date.now() < end) {}` waits for the clock.
    `code`: it reads source or data that ship with the program and its libraries, no one's credentials.
    `refuses`: where it would have to wait it raises, if the program has asked for that: who catches just that
    (`except BlockingIOError`) has.
    `opened`: it does the work that the object was opened for: the call that did so, in the same function, costs no more
    than this.
    `common`: collections have a method of that name: among many of them it is theirs.
    """

    kind: SinkKind
    cost: Cost
    instead: str = ""
    unless_awaited: bool = False
    inside: tuple[str, ...] = ()
    when: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    kept: GuardKind | Literal[""] = ""
    contended: bool = False
    releases: bool = False
    joins: bool = False
    ready: tuple[str, ...] = ()
    afterwards: tuple[str, ...] = ()
    announced: tuple[str, ...] = ()
    selected: tuple[str, ...] = ()
    drawn: tuple[str, ...] = ()
    idle: bool = False
    code: bool = False
    refuses: bool = False
    opened: Cost | Literal[""] = ""
    common: bool = False


class RunsOn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the handler runs when it depends on whether it is `async`."""

    sync: Thread
    coroutine: Thread


class RootRow(Row, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A registration that makes a function hot.

    form `argument`: the function given as `runs` (`Argument[0]`, `Argument[-1]`, `Argument[1:]` from the second on,
    `Argument[handler:]` keyword, `Argument[0].Member[fetch]` a field of an object argument, `Argument[0].Member[*]`
    every function in it; alternatives separated by commas inside the brackets).
    form `decorator`: the decorated function; `@x.y(...)` and `@x.y` both count.
    form `override`: the methods `members` (globs allowed) of classes that derive from type `of`, but for those that
    define one of `unless_defined`, which the library calls instead.
    `either`: it runs on the loop of asynchronous users, and on the threads of blocking ones: a root where the program
    has coroutines, or hands it out.
    `events`: the row holds only for a registration whose first literal text is one of these, or that is handed a
    constant of such a name (`Events.ClientReady`: "ClientReady"), and instead of the rows of
    the same function that name no events.
    `general`: any program has such registrations; they are no sign that the loop serves others.
    `coroutine`: the argument is a coroutine; the async function that is called there to make it is the root.
    `beside`: work that runs beside its caller, a root where start-up code starts it (elsewhere its caller is).
    `soon`: what is handed over runs once, on a next turn of the loop; what start-up code hands over there is part of
    the start.
    `delayed`: what is handed over runs once, after a delay: a tick where it has itself run again.
    `repeats`: what is handed over runs again and again by itself: none of it is work of whoever hands it over.
    `gets`: types of what the function is handed, by position; "" for what is of no interest.
    form `export`: functions that a file matching one of `files` (globs) exports under one of `members`, in programs
    that use the library; `anywhere`: in others, too, for nothing else is called so.
    """

    kind: RootKind
    form: RootForm
    why: str  # one clause for the report: "Express route handler, once per HTTP request"
    runs: str = ""
    files: tuple[str, ...] = ()
    anywhere: bool = False
    events: tuple[str, ...] = ()
    general: bool = False
    coroutine: bool = False
    beside: bool = False
    soon: bool = False
    delayed: bool = False
    repeats: bool = False
    unless_defined: tuple[str, ...] = ()
    either: bool = False
    runs_on: Thread | RunsOn = "event-loop"
    gets: tuple[str, ...] = ()


class GuardRow(Row, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Something that moves work off the loop or keeps its result.

    form `call`: `runs` names the argument that is run under the guard (now or later).
    form `decorator`: the decorated function is guarded wherever it is called.
    form `file`: the call names a file of the program, which runs under the guard.
    form `wrapper`: the call gives back a guarded version of the function in `runs` (`memoize(f)`).
    Members that wait for the result on the calling thread make it block again; see `blocking.wait` rows.
    `ttl_argument` names the argument that holds a time to live, `ttl_unit` its unit, for `memoise.ttl`.
    `lives_with`: what a decorated method gives is kept on its object (`instance`), or under a key with the object in
    it (`key`); either way it is asked for in vain where the object is a new one.
    """

    kind: GuardKind
    form: GuardForm
    lives_with: Literal["", "instance", "key"] = ""
    runs: str = ""
    ttl_argument: str = ""
    ttl_unit: Literal["", "seconds", "milliseconds"] = ""


class NeutralRow(Row, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Reviewed: looks like a sink (`…Sync`, a known name) and is none."""

    reason: str


class SendRow(Row, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Members that send on an open connection to the peer: a frame, a chunk of a response, an event."""


class ServeRow(Row, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """After this call the program serves others: what is started from then on, and not waited for, runs beside that."""


class EntryRow(Row, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A call that puts something into the bag of a type, under the name that its first argument spells: what `value`
    selects.  With `keywords` every keyword argument goes there under its own name.  Without either the call gives back
    what is there.
    """

    bag: str
    value: str = ""
    keywords: bool = False


class LibraryModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    library: Library
    type: tuple[TypeRow, ...] = ()
    returns: tuple[ReturnsRow, ...] = ()
    sink: tuple[SinkRow, ...] = ()
    root: tuple[RootRow, ...] = ()
    guard: tuple[GuardRow, ...] = ()
    neutral: tuple[NeutralRow, ...] = ()
    send: tuple[SendRow, ...] = ()
    serve: tuple[ServeRow, ...] = ()
    entry: tuple[EntryRow, ...] = ()
