"""Hand-made audit reports, small and large."""

from typing import Any

from alef_audit.auditing.report import (
    AuditReport,
    Coverage,
    Evidence,
    Finding,
    FixPoint,
    Frame,
    PatternHead,
    ProposedArchetype,
    Reach,
    Remedy,
    ReportDiagnostic,
    Root,
    RuleHead,
    Sink,
    Unresolved,
)
from alef_audit.rulepack.kinds import Level

PATTERN = PatternHead(
    id="ALEF-PAT-035",
    slug="sync-auth-in-embedded-hot-path",
    title="Authentication blocks the event loop on every run",
    severity=8,
    stage="bind",
    pathology="collapse",
    confidence=0.31,
    reference="https://n50.io/patterns/035",
    cite=("fixes pattern ALEF-PAT-035 (sync-auth-in-embedded-hot-path)", "ref: https://n50.io/patterns/035"),
    rules=(
        RuleHead(
            "blocking-call-on-hot-path",
            "Credentials are resolved with blocking calls on every run.",
            (Remedy("use-async-api", "small", "Call the non-blocking twin and await it."),),
        ),
        RuleHead("missed-await-on-auth", "A check whose promise is tested in place of its answer.", ()),
    ),
)
ATTEMPT = Root(
    kind="attempt",
    function="runEmbeddedAttempt",
    path="src/agents/run.ts",
    line=88,
    runs_on="event-loop",
    why="embedded run, once per attempt",
)
REQUEST = Root(
    kind="rpc",
    function='modelsHandlers["models.list"]',
    path="src/gateway/server-methods/models.ts",
    line=14,
    runs_on="event-loop",
    why="gateway method, once per call",
    registered_line=40,
    registered_path="src/gateway/server.ts",
)
TICK = Root(
    kind="tick",
    function="setInterval callback",
    path="src/health.ts",
    line=9,
    runs_on="event-loop",
    why="setInterval, once per tick",
)
ROOTS = (ATTEMPT, REQUEST, TICK)
COVERAGE = Coverage(
    files=1204,
    lines=210_334,
    not_read={".vue": 3, "too large": 1},
    parse_errors=2,
    calls=41_200,
    unresolved_calls=3_321,
    calls_to_program=22_714,
    unresolved_to_program=701,
    seconds=3.4421,
)
WHOLE = Coverage(
    files=12,
    lines=3400,
    not_read={},
    parse_errors=0,
    calls=410,
    unresolved_calls=0,
    calls_to_program=300,
    unresolved_to_program=0,
    seconds=0.21,
)
CACHE = ProposedArchetype(
    id="auth-cache-per-session-per-host",
    cost="small",
    why="the credentials do not change within a session, and 3 findings end here",
    where="ensureAuthProfileStore",
)
TWIN = ProposedArchetype(id="use-async-api", cost="small", why="fs.promises has it", where="loadAuthProfileStore")
STORE = "src/agents/auth-profiles/store.ts"


def frame(function: str, path: str, line: int, call: str, **rest: Any) -> Frame:
    """A frame, direct and without loops or guards unless told otherwise."""
    fields: dict[str, Any] = {"def_line": line - 2, "column": 5, "how": "import", "loop": (), "guards": ()} | rest
    return Frame(function=function, path=path, line=line, call=call, **fields)


SHARED_PATH = (
    frame("runEmbeddedAttempt", "src/agents/run.ts", 120, "discoverModels"),
    frame("discoverModels", "src/agents/models.ts", 61, "hasAuthForProvider", loop=("providers",), per=("provider",)),
    frame(
        "ensureAuthProfileStore",
        STORE,
        310,
        "loadAuthProfileStore",
        guards=("single-flight",),
        loop=("this.agents",),
        per=("agent",),
    ),
)


def finding(fingerprint: str, **changes: Any) -> Finding:
    """An error: the profile store read on every attempt, in two loops; `changes` replace fields."""
    sink = Sink(
        kind="blocking.filesystem",
        call="fs.readFileSync",
        function="loadAuthProfileStore",
        path=STORE,
        line=214,
        column=17,
        cost="milliseconds",
        instead="fs.promises.readFile",
    )
    fields: dict[str, Any] = {
        "pattern": "ALEF-PAT-035",
        "rule": "blocking-call-on-hot-path",
        "fingerprint": fingerprint,
        "status": "open",
        "status_reason": "",
        "level": "error",
        "score": 9.25,
        "confidence": "high",
        "phase": "auth",
        "phase_words": ("auth profile",),
        "verdict": "exposed",
        "multiplicity": ("providers", "this.agents"),
        "per": ("provider", "agent"),
        "conditions": (),
        "message": "fs.readFileSync blocks the event loop on every attempt: auth phase",
        "root": 0,
        "sink": sink,
        "trace": (*SHARED_PATH, frame("loadAuthProfileStore", STORE, 214, "fs.readFileSync")),
        "also_reached_from": (Reach(1, "mitigated", "warning"), Reach(2, "exposed", "warning")),
        "archetypes": (CACHE, TWIN),
        "evidence": (),
    }
    return Finding(**(fields | changes))


def keychain() -> Finding:
    """A second finding below the same fix point, with a condition and evidence."""
    path = "src/agents/cli-credentials.ts"
    return finding(
        "00000000000000b2",
        message="child_process.execSync blocks the event loop on every attempt: auth phase",
        conditions=("platform is darwin",),
        confidence="medium",
        sink=Sink(
            kind="blocking.process",
            call="child_process.execSync",
            function="readKeychain",
            path=path,
            line=77,
            column=20,
            cost="seconds",
            instead="child_process.execFile",
        ),
        trace=(
            *SHARED_PATH[:2],
            frame("ensureAuthProfileStore", STORE, 318, "readKeychain", how="dynamic"),
            frame("readKeychain", path, 77, "execImpl", how="property"),
        ),
        multiplicity=("providers",),
        per=("provider",),
        also_reached_from=(),
        evidence=(Evidence("log", "gateway.log", 812, "auth:37012ms@41000ms", 37012.0),),
    )


def handler() -> Finding:
    """A warning of another root, one frame long."""
    path = "src/gateway/server-methods/models.ts"
    return finding(
        "00000000000000c3",
        level="warning",
        message="fs.readdirSync blocks the event loop on every call of a gateway method",
        phase="blocking.filesystem",
        phase_words=(),
        multiplicity=(),
        per=(),
        verdict="mitigated",
        root=1,
        sink=Sink(
            kind="blocking.filesystem",
            call="fs.readdirSync",
            function='modelsHandlers["models.list"]',
            path=path,
            line=19,
            column=9,
            cost="milliseconds",
            instead="",
        ),
        trace=(frame('modelsHandlers["models.list"]', path, 19, "fs.readdirSync", guards=("yield",)),),
        also_reached_from=tuple(Reach(root, "exposed", "note") for root in (0, 0, 2, 0)),
        archetypes=(),
    )


def note(number: int, level: Level = "note") -> Finding:
    """One of many cheap ones."""
    path = f"src/plugins/plugin{number}.ts"
    return finding(
        f"{number:016x}",
        level=level,
        message=f"fs.existsSync blocks the event loop on every tick, plug-in {number}",
        phase="blocking.filesystem",
        phase_words=(),
        multiplicity=(),
        per=(),
        root=2,
        sink=Sink(
            kind="blocking.filesystem",
            call="fs.existsSync",
            function=f"check{number}",
            path=path,
            line=number,
            column=3,
            cost="microseconds",
            instead="fs.promises.access",
        ),
        trace=(
            frame("setInterval callback", "src/health.ts", 11, f"check{number}", how="callback"),
            frame(f"check{number}", path, number, "fs.existsSync"),
        ),
        also_reached_from=(),
        archetypes=(TWIN,),
    )


def report(*findings: Finding, **changes: Any) -> AuditReport:
    """A report of `findings`; `changes` replace fields."""
    fields: dict[str, Any] = {
        "tool_version": "0.1.0",
        "patterns": (PATTERN,),
        "roots": ROOTS,
        "fix_points": (),
        "findings": findings,
        "discharged": 0,
        "coverage": COVERAGE,
        "diagnostics": (),
        "unresolved": (),
    }
    return AuditReport(**(fields | changes))


def typical() -> AuditReport:
    """Two errors below one fix point, a warning elsewhere, notes, a suppressed and a baselined one."""
    findings = (
        finding("00000000000000a1"),
        keychain(),
        handler(),
        note(1),
        note(2),
        finding("00000000000000d4", status="suppressed", status_reason="start-up only, see docs"),
        finding("00000000000000e5", status="baselined", status_reason="baseline.json"),
    )
    point = FixPoint(
        function="ensureAuthProfileStore",
        path=STORE,
        line=300,
        archetype="auth-cache-per-session-per-host",
        heals=("00000000000000a1", "00000000000000b2"),
    )
    return report(
        *findings,
        fix_points=(point,),
        discharged=7,
        diagnostics=(ReportDiagnostic("src/odd.ts", 3, "parse-error", "unexpected token, read in part"),),
    )


def large() -> AuditReport:
    """Forty warnings: thirty below one fix point, ten on their own."""
    healed = tuple(note(number, "warning") for number in range(1, 31))
    alone = tuple(note(number, "warning") for number in range(31, 41))
    point = FixPoint(
        function="setInterval callback",
        path="src/health.ts",
        line=9,
        archetype="hoist-to-startup",
        heals=tuple(f.fingerprint for f in healed),
    )
    return report(*healed, *alone, fix_points=(point,))


def discharged() -> AuditReport:
    """One discharged finding, listed on request, and unresolved calls."""
    guarded = (SHARED_PATH[0], frame("worker entry", "src/worker.ts", 8, "fs.readFileSync", guards=("offload.worker",)))
    return report(
        finding("00000000000000f6", verdict="discharged", level="note", trace=guarded),
        discharged=1,
        coverage=WHOLE,
        unresolved=(Unresolved(0, 14, ("plugin.load", "registry.get(name).run")), Unresolved(2, 1, ("fn",))),
    )
