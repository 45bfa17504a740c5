"""Calls that run in exceptional cases only; every form has a negative twin."""

from pathlib import Path

import pytest

from tests.auditing.test_ruled_out import PY, TS, found

AFTER_FAILURE = [
    (TS, "try { return request.parse(); } catch (error) { work(); throw error; }"),
    (TS, "try { return request.parse(); } catch (error) { if (!request.open) return ''; work(); throw error; }"),
    (TS, "try { return request.parse(); } catch (error) { throw new Error(work()); }"),
    (TS, "for (const each of request.all) { try { each(); } catch (error) { logger.warn(error); work(); } }"),
    (TS, "return request.parse().catch((error) => { logger.error(error); work(); });"),
    (PY, "try: return request.parse()", "except Exception:", "    log.exception('x')", "    work()"),
    (PY, "try: return request.parse()", "except KeyError as error: raise ValueError(work()) from error"),
    (PY, "for each in request.all:", "    try: each()", "    except Exception: log_exception(each)"),
]
WORKS_INSTEAD = [
    (TS, "try { return request.cached(); } catch (error) { logger.warn(error); return work(); }"),
    (TS, "let made; try { made = request.cached(); } catch { made = work(); } return made;"),
    (TS, "try { return request.cached(); } catch (e) { if (e.code === 'ENOENT') { return work(); } throw e; }"),
    (TS, "while (true) { try { return request.parse(); } catch (error) { logger.warn(error); work(); } }"),
    (TS, "try { return request.cached(); } catch { work(); }"),
    (TS, "try { return request.parse(); } catch (error) { const text = formatError(error); work(); return text; }"),
    (TS, "const recoverFromError = () => work(); try { request.parse(); } catch (error) { recoverFromError(error); }"),
    (TS, "return request.parse().catch(() => work());"),
    (PY, "try: return cache[request]", "except KeyError: return work()"),
    (PY, "try: import fast", "except ImportError: work()"),
    (
        PY,
        "for attempt in range(3):",
        "    try: request()",
        "    except OSError:",
        "        log.error(1)",
        "        work()",
    ),
    (PY, "try: work()", "finally: log.error('x')"),
]
LOG_EXCEPTION = "def log_exception(each):\n    work()\n\n\n"


def answering(language: str, lines: tuple[str, ...]) -> str:
    if language == TS:
        return f"function answer(request: any) {{\n  {lines[0]}\n}}\n"
    return f"\n{LOG_EXCEPTION}def answer(request):\n" + "".join(f"    {line}\n" for line in lines)


@pytest.mark.parametrize("case", AFTER_FAILURE, ids=lambda case: case[1])
def test_what_runs_after_a_failure_is_a_note(case: tuple[str, ...], tmp_path: Path) -> None:
    finding = found(tmp_path, case[0], answering(case[0], case[1:]))
    assert finding is not None
    assert (finding.verdict, finding.level, finding.per) == ("mitigated", "note", ())
    assert "only after an exception" in finding.conditions


@pytest.mark.parametrize("case", WORKS_INSTEAD, ids=lambda case: case[1])
def test_what_is_done_instead_of_what_failed_stays(case: tuple[str, ...], tmp_path: Path) -> None:
    finding = found(tmp_path, case[0], answering(case[0], case[1:]))
    assert finding is not None
    assert (finding.verdict, finding.level) == ("exposed", "warning")


def process(test: str, call: str, *, field: str = "content: str", form: str = "content: str | None = None") -> str:
    """A program whose handler calls a function that works below a test of what it is handed."""
    return f"""
from pydantic import BaseModel, Field


class Sent(BaseModel):
    {field}


class Form(BaseModel):
    number: int
    {form}


def process(form):
    if {test}:
        return work()
    return ""


def answer(request):
    return ""


@app.post("/update")
async def update(sent: Sent, text: str, maybe: str | None, count: int):
    return process({call})
"""


FOR_NOTHING = [
    process("not form.content", "Form(number=1, content=sent.content)"),
    process("form.content is None", "Form(number=1, content=sent.content)"),
    process("not form.content", "Form(number=1, content=sent.content)", field="content: str = Field(...)"),
    process("not form", "text"),
    process("form is None", "count"),
    process("not form.content", "sent"),
]
FOR_ANYTHING = [
    process("form.content", "Form(number=1, content=sent.content)"),
    process("not form.content", "Form(number=1, content=sent.content)", field='content: str = ""'),
    process("not form.content", "Form(number=1, content=sent.content)", field="content: str | None"),
    process("not form.content", "Form(number=1, content=sent.content)", field="content: list[str]"),
    process("not form", "maybe"),
    process("not form", "count"),
    process("not form", "text or maybe"),
]


@pytest.mark.parametrize("code", FOR_NOTHING)
def test_what_is_done_for_nothing_where_something_is_required_is_a_note(code: str, tmp_path: Path) -> None:
    finding = found(tmp_path, PY, code)
    assert finding is not None
    assert (finding.verdict, finding.level) == ("mitigated", "note")
    assert finding.conditions


@pytest.mark.parametrize("code", FOR_ANYTHING)
def test_what_may_be_empty_is_a_usual_case(code: str, tmp_path: Path) -> None:
    finding = found(tmp_path, PY, code)
    assert finding is not None
    assert (finding.verdict, finding.level) == ("exposed", "warning")


IN_ANY_CASE_TS = """\
class Connector {
  private made = new Map<string, string>();
  connect(key) {
    try { if (!this.made.has(key)) this.made.set(key, work()); return this.use(key); }
    catch (error) { logger.error(error); work(); throw error; }
  }
}
function answer(request, connector: Connector) { return connector.connect(request.key); }
"""
IN_ANY_CASE_PY = """
class Connector:
    def __init__(self):
        self._made = {}
    def connect(self, key):
        try:
            if key not in self._made:
                self._made[key] = work()
            return self.use(key)
        except Exception:
            log.exception('x')
            work()
            raise
def answer(request, connector: Connector):
    return connector.connect(request.key)
"""


@pytest.mark.parametrize(("language", "code"), [(TS, IN_ANY_CASE_TS), (PY, IN_ANY_CASE_PY)], ids=[TS, PY])
def test_what_runs_in_any_case_is_not_said_to_run_after_a_failure_only(
    language: str, code: str, tmp_path: Path
) -> None:
    finding = found(tmp_path, language, code)
    assert finding is not None
    assert "only after an exception" not in finding.conditions
