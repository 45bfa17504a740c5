"""`rules/lexicon.toml`: words that make a path the auth phase, and names that make a function hot by meaning."""

from typing import Literal

import msgspec

from alef_audit.rulepack.kinds import RootKind


class AuthWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words looked for in names of functions and calls, split at case and underscore boundaries.

    `strong` words decide alone; two different `weak` words are needed.  `neutral` phrases are removed first
    (`tokenize`, `token_count`: language-model tokens are no credentials).  `aside` phrases end the phase (logging);
    methods whose verb is among `passing` say nothing by their class (`AuthMiddleware.dispatch`); names whose verb is
    among `removing` speak of the nearest calls only (`delete_token`).  A blocking call of files or a database whose
    name has a word of `writing` puts something away: nobody waits for that to be authenticated.

    The name of a function whose answer is tested speaks of authentication also by one of `asking` and one of `granted`:
    `hasPermission`, `check_token`.
    """

    strong: tuple[str, ...]
    weak: tuple[str, ...]
    neutral: tuple[str, ...]
    aside: tuple[str, ...]
    passing: tuple[str, ...]
    removing: tuple[str, ...]
    writing: tuple[str, ...] = ()
    asking: tuple[str, ...] = ()
    granted: tuple[str, ...] = ()


class LoopWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words by which loops are told apart and named: per provider, per attempt of the retry."""

    retries: tuple[str, ...]  # words of loops that do the same again where it failed
    queues: tuple[str, ...]  # last words of what a `while` works off
    generic: tuple[str, ...]  # names of loop variables that say nothing: item, entry, value
    counts: tuple[str, ...]  # first words of a number of rounds: max_iterations
    fetching: tuple[str, ...]  # verbs of functions that give a collection: listProviders
    prepositions: tuple[str, ...]  # what comes behind them is where it comes from: usersByName
    broad: tuple[str, ...]  # elements of which the loop variable says more: candidates, records
    folders: tuple[str, ...]  # functions that give what a folder holds
    trailing: tuple[str, ...]  # last words that a reader does not need: provider_id
    wrappers: tuple[str, ...]  # calls whose first argument is what is ranged over: Object.entries
    methods: tuple[str, ...]  # methods that keep the elements, or most of them: filter, values
    containers: tuple[str, ...]  # properties that hold the elements of what is named before: agents.list


class DevelopmentWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What packages and folders that serve a project's own development are called, in lower case."""

    folders: tuple[str, ...]  # phrases in the name of a folder that can mean nothing else
    packages: tuple[str, ...]  # words in the name of a package that products are named by, too
    purposes: tuple[str, ...]  # words of such a private package's manifest that tell what it is for


class HotName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Functions that are hot by meaning: `pattern` (RE2, full match) on the function's own name.

    `takes`: only those with so many parameters or more.
    """

    pattern: str
    kind: RootKind
    why: str
    case: str = "sensitive"
    takes: int = 0


class ColdName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Functions that are called like what runs once: `pattern` (RE2, full match) on the function's own name.

    With `serves` the function also has to lead to a call that listens or that registers what runs later.
    """

    pattern: str
    kind: Literal["startup", "shutdown", "cli"]
    why: str
    serves: bool = False


class Prompts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Calls that ask a person at a terminal: library functions, and methods of an object that is called a prompter."""

    calls: tuple[str, ...]  # RE2, full match on the canonical name of a library's function
    members: tuple[str, ...]  # methods (regular expressions) ...
    askers: tuple[str, ...]  # ... of variables or fields whose names end like this


class EndingWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What ends or replaces the process that runs it."""

    phrases: tuple[str, ...]  # in names of such functions
    calls: tuple[str, ...]  # canonical names of what ends or replaces the process
    managers: tuple[str, ...]  # programs that have services restarted
    own: tuple[str, ...]  # words for the program itself, beside its name


class TestWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words by which tests are told apart that say when a path is taken, from those that mostly hold."""

    occasional: tuple[str, ...]  # in names of entry points that run once in a while: logout, doctor
    asking: tuple[str, ...]  # first words of a predicate: isLinux, should_deliver
    validating: tuple[str, ...]  # first words of what tells whether something is as it ought to be
    valid: tuple[str, ...]  # names of fields that tell so
    refusing: tuple[str, ...]  # how words begin that say that something is not as it ought to be, or that it is over
    finding: tuple[str, ...]  # first words of what looks for what is mostly there
    rewriting: tuple[str, ...]  # first words of what gives back what it was given, in another form
    present: tuple[str, ...]  # how words begin that ask whether something is there
    opening: tuple[str, ...]  # first words of what opens a file, and tells whether there is one
    nothing: tuple[str, ...]  # literals that say that there is nothing to do
    setting: tuple[str, ...]  # in names of flags, and of what holds them: options.audit, enabled


class MainTests(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Tests in the body of a file that hold where the process was started with it, not where it is imported: regular
    expressions, full match, on the two sides of an equality in either order, or on a test that is none.
    """

    equal: tuple[tuple[str, str], ...]
    holding: tuple[str, ...]


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Method tables: object literals with at least `minimum` function entries whose keys match `key`.

    `alike`: most of those are asynchronous, or have the same first parameter: one dispatcher calls them all.
    """

    key: str
    minimum: int
    kind: RootKind
    why: str
    alike: bool = False


class Shape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Object literals of a well-known shape: the function under `runs` is hot beside one of the fields `beside`."""

    runs: str
    beside: tuple[str, ...]
    kind: RootKind
    why: str


class Marked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Methods that a framework calls: their decorator's name matches `method`, and one of their class's decorators
    `type`, unless that is empty.  Decorators that a library model knows say themselves what they mean.
    """

    method: str
    kind: RootKind
    why: str
    type: str = ""


class Registration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Callbacks handed to a function whose name matches `pattern`: home-made emitters and hook registries.

    `takes`: only those whose first parameters have names that these patterns match, one for each.
    `path`: only behind a first argument whose text this pattern matches; `answers`: only those that call one of these
    members of their second parameter, or of what a call of one gave.
    """

    pattern: str
    kind: RootKind
    why: str
    takes: tuple[str, ...] = ()
    path: str = ""
    answers: tuple[str, ...] = ()


class StandardMembers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Methods of the languages' own types: on an object of which nothing is known they are taken for those."""

    ecmascript: tuple[str, ...]
    python: tuple[str, ...]


class AdviceWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What fixes are chosen by: parts of names, split at case and underscore boundaries, in lower case."""

    keys: tuple[str, ...]  # a name that ends with one tells one resolved credential from the next
    key_ends: tuple[str, ...]  # words that may follow
    no_keys: tuple[str, ...]  # phrases at the end of names that are none
    givers: tuple[str, ...]  # first words of functions that give what they found, which can be kept
    constants: tuple[str, ...]  # names of parameters that are the same for all callers: the environment
    handed: tuple[str, ...]  # last words of inputs that are resolved already
    effects: tuple[str, ...]  # blocking calls that change something
    expiry: tuple[str, ...]  # names of a point in time until which a credential is good
    stamp: tuple[str, ...]  # names of what tells one version of a file from the next
    volatile: tuple[str, ...]  # names by which a value differs from call to call
    awaitable: tuple[str, ...]  # members that call their function per element and give what can be awaited


class LoopCalls(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What Python programs ask the library of the event loop for, by its full name."""

    asking: tuple[str, ...]  # gives the loop of the caller, or a new one
    handing_over: tuple[str, ...]  # has a loop of another thread run a coroutine


class TwinWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words in names of functions, classes and files of Python that tell the halves of what stands twice apart."""

    asynchronous: tuple[str, ...]
    blocking: tuple[str, ...]


class ListeningWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Members of what is listened to."""

    once: tuple[str, ...]  # call their function once
    stopping: tuple[str, ...]  # a listener that calls one first thing hears nothing more


class Lexicon(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    auth: AuthWords
    advice: AdviceWords
    development: DevelopmentWords
    prompts: Prompts
    ending: EndingWords
    tests: TestWords
    main_tests: MainTests
    hot: tuple[HotName, ...]
    table: tuple[Table, ...]
    registration: tuple[Registration, ...]
    event_loops: tuple[str, ...]  # packages of Python that are, or bring, an event loop
    loop_calls: LoopCalls
    twins: TwinWords
    event_keywords: tuple[str, ...]  # keyword arguments that name an event
    listening: ListeningWords
    lifecycle_events: tuple[str, ...]  # events of a connection's or process's life: "close" is no message
    administrative_events: tuple[str, ...]  # phrases in names of events that come once in a while: "channel_renamed"
    setting_up: tuple[str, ...]  # in names of what is done once in a while: a login by hand, an installation
    loop_words: LoopWords
    loops: tuple[str, ...]  # members that call their function argument once per element: map, forEach, filter ...
    callers: tuple[str, ...]  # members that call their function argument once: then, setTimeout, call_soon ...
    predicates: tuple[str, ...]  # those of `loops` that take what their function gives for a yes or a no
    looking: tuple[str, ...]  # library functions that call nothing of what they are given: isinstance, `console.*` ...
    looking_alone: tuple[str, ...]  # the same, if they are given one argument
    base_classes: tuple[str, ...]  # in names of classes that others are to derive from
    function_kinds: tuple[str, ...]  # what names of kinds of functions contain, and of tests for them: coroutine ...
    common_members: tuple[str, ...]  # names of methods by which no method of the program is guessed: write, close ...
    standard_members: StandardMembers
    connection_state: str  # RE2, found in a test: it looks at whether a connection is (still) there
    shape: tuple[Shape, ...] = ()
    marked: tuple[Marked, ...] = ()
    cold: tuple[ColdName, ...] = ()
