"""JUnit XML: one failed test case per finding, or a single passed one where nothing was found."""

from junitparser import Failure, JUnitXml, TestCase, TestSuite

from alef_audit.auditing.report import Finding, PatternHead, location
from alef_audit.reporting.escape import clean, encodable
from alef_audit.reporting.github import message
from alef_audit.reporting.rendering import Rendering


def render_junit(rendering: Rendering) -> str:
    """The document, with one suite per pattern."""
    document = JUnitXml("alef-audit")
    for pattern in rendering.report.patterns:
        document.add_testsuite(_suite(rendering, pattern))
    raw: bytes = document.tostring()  # type: ignore[no-untyped-call]
    return raw.decode("utf-8") + "\n"


def _suite(rendering: Rendering, pattern: PatternHead) -> TestSuite:
    suite = TestSuite(f"{pattern.id} {pattern.slug}")
    found = [one.finding for one in rendering.shown() if one.finding.pattern == pattern.id]
    for finding in found:
        suite.add_testcase(_case(rendering, finding))
    if not found:
        suite.add_testcase(TestCase("no blocking call on a hot path", classname=pattern.id, time=0))
    return suite


def _case(rendering: Rendering, finding: Finding) -> TestCase:
    at = location(finding)
    path = encodable(clean(rendering.path(at.path)))
    case = TestCase(encodable(f"{clean(finding.sink.call)} at {path}:{at.line}"), classname=path, time=0)
    failure = Failure(encodable(clean(finding.message)), finding.level)
    failure.text = encodable(message(rendering.report.roots, finding))
    case.result = [failure]
    return case
