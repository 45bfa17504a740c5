"""Logs as gateways write them, with invented values: lines by what they say, carriers by how they wrap it."""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta, timezone

START = datetime(2026, 3, 2, 14, 0, 0, tzinfo=UTC)
BERLIN = timezone(timedelta(hours=1))

Line = tuple[float, str, str]  # seconds after START, subsystem, message


def run(at: float, total_ms: int = 45_000, auth_ms: int = 35_600) -> Line:
    stages = f"workspace:2ms@2ms,model-resolution:900ms@902ms,auth:{auth_ms}ms@{902 + auth_ms}ms"
    stages += f",attempt-dispatch:{max(0, total_ms - 902 - auth_ms)}ms@{total_ms}ms"
    head = "[trace:embedded-run] startup stages: runId=7c1 sessionId=s-9 phase=attempt-dispatch"
    return at, "agent/embedded", f"{head} totalMs={total_ms} stages={stages}"


def sample(at: float, utilisation: str = "0.991", delay: str = "33812.4", interval: int = 31) -> Line:
    message = f"liveness warning: reasons=event_loop_delay,event_loop_utilization interval={interval}s "
    message += f"eventLoopDelayP99Ms={delay} eventLoopDelayMaxMs={delay} eventLoopUtilization={utilisation} "
    message += "cpuCoreRatio=0.97 active=1 waiting=0 queued=2"
    return at, "diagnostic", message


def closure(at: float, code: int = 1006, connection: str = "") -> Line:
    connection = connection or f"c{at:09.3f}"
    return at, "ws", f"closed before connect conn={connection} remote=10.0.0.7 ua=n/a code={code} reason=n/a"


def webchat(at: float, code: int = 1006) -> Line:
    return at, "ws", f"webchat disconnected code={code} reason=n/a conn=w{at:09.3f}"


def confirmed() -> list[Line]:
    """A run of 45 s of which auth takes 79 %, the loop used to 99 % meanwhile, three clients lost within 41 s."""
    return [run(100), sample(102), closure(60), webchat(80), closure(101)]


def when(line: Line) -> datetime:
    return START + timedelta(seconds=line[0])


def console(line: Line) -> str:
    return f"{when(line).isoformat(timespec='milliseconds')} [{line[1]}] {line[2]}"


def time_of_day(line: Line) -> str:
    return f"{when(line):%H:%M:%S} [{line[1]}] {line[2]}"


def coloured(line: Line) -> str:
    return f"\x1b[90m{when(line):%H:%M:%S}\x1b[39m \x1b[35m[{line[1]}]\x1b[39m \x1b[33m{line[2]}\x1b[39m"


def without_zone(line: Line) -> str:
    return f"[{when(line):%Y-%m-%d %H:%M:%S}.{when(line).microsecond // 1000:03}] {line[2]}"


def journal(line: Line) -> str:
    return f"{when(line):%b %d %H:%M:%S} host-4 gateway[812]: [{line[1]}] {line[2]}"


def compose(line: Line) -> str:
    return f"gateway-1  | {console(line)}"


def tslog(line: Line) -> str:
    at = when(line)
    meta = {"runtime": "node", "date": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z", "logLevelName": "WARN"}
    fields = {"0": json.dumps({"subsystem": line[1]}), "1": line[2], "_meta": meta}
    return json.dumps({**fields, "time": at.astimezone(BERLIN).isoformat(timespec="milliseconds")})


def pino(line: Line) -> str:
    return json.dumps({"level": 40, "time": round(when(line).timestamp() * 1000), "pid": 7, "msg": line[2]})


def journal_json(line: Line) -> str:
    micros = str(round(when(line).timestamp() * 1e6))
    return json.dumps({"__REALTIME_TIMESTAMP": micros, "_PID": "812", "MESSAGE": f"[{line[1]}] {line[2]}"})


def untimed(line: Line) -> str:
    return f"[{line[1]}] {line[2]}"


CARRIERS: tuple[Callable[[Line], str], ...] = (
    console,
    time_of_day,
    coloured,
    without_zone,
    journal,
    compose,
    tslog,
    pino,
    journal_json,
)


def written(lines: Iterable[Line], carrier: Callable[[Line], str] = console) -> str:
    return "".join(f"{carrier(line)}\n" for line in sorted(lines))
