"""The page, as text and in a browser."""

import itertools
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Page, sync_playwright

from alef_audit.auditing.report import AuditReport, FixPoint
from alef_audit.reporting.html import render_html
from alef_audit.reporting.html_picture import picture, places
from alef_audit.reporting.select import counted
from tests.reporting import reports
from tests.reporting.test_exchange_formats import hostile, rendering

CHECKOUT = Path(__file__).parents[2]
ARTEFACTS = CHECKOUT / "build" / "artefacts"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def large() -> AuditReport:
    """Two thousand findings below a few fix points."""
    findings = []
    for number in range(1, 2001):
        one = reports.note(number, "error" if number % 5 == 0 else "warning")
        sink = msgspec.structs.replace(one.sink, call=f"fs.call{number % 23}Sync")
        findings.append(msgspec.structs.replace(one, sink=sink, root=number % 3))
    points = tuple(
        FixPoint(f"resolve{n}", "src/x.ts", n, "use-async-api", tuple(f.fingerprint for f in findings[n::17]))
        for n in range(1, 16)
    )
    return reports.report(*findings, fix_points=points)


# --- as text


def test_it_loads_nothing_and_names_its_code_by_hash() -> None:
    page = render_html(rendering(reports.typical()))
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert not re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?(?!#)[a-z/]""", page)
    assert not re.search(r"\son\w+\s*=", page)


def test_hostile_text_is_text() -> None:
    page = render_html(rendering(hostile()))
    assert "<b>`" not in page
    assert "&lt;b&gt;" in page
    assert not any(character in page for character in "\x1b\r\u202e")


def test_a_clean_report_says_so() -> None:
    page = render_html(rendering(reports.report()))
    assert "No blocking call is reached" in page
    assert "<svg" not in page


def test_the_picture_keeps_what_it_counts() -> None:
    report = large()
    findings = counted(report)
    drawn = picture(findings, places(report, findings))
    for column in range(3):
        nodes = [node for node in drawn.nodes if node.column == column]
        assert sum(node.count for node in nodes) == 2000
        assert len(nodes) <= 12
        ends = sorted((node.y, node.y + node.height) for node in nodes)
        assert all(end <= start for (_, end), (start, _) in itertools.pairwise(ends))
    for column in (0, 1):
        assert sum(band.count for band in drawn.bands if band.column == column) == 2000


# --- in a browser

needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")


@pytest.fixture(scope="module")
def browser_page() -> Iterator[Page]:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        yield context.new_page()
        browser.close()


def shown(page: Page, report: AuditReport, tmp_path: Path) -> Page:
    """The page, opened from a file; what it asks for or complains about fails the test."""
    path = tmp_path / "report.html"
    path.write_text(render_html(rendering(report)), encoding="utf-8")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: asked.append(str(error)))
    page.on("console", lambda message: asked.append(message.text))
    page.goto(path.as_uri())
    assert asked == [path.as_uri()]
    return page


def visible(page: Page) -> int:
    return page.locator(".finding:not([hidden])").count()


@needs_browser
@pytest.mark.xdist_group("browser")
def test_it_filters_by_words_levels_and_parts_of_the_picture(browser_page: Page, tmp_path: Path) -> None:
    page = shown(browser_page, reports.typical(), tmp_path)
    assert (visible(page), page.locator("#shown").inner_text()) == (3, "3 of 3")
    page.fill("#search", "keychain execsync")
    assert (visible(page), page.locator("#shown").inner_text()) == (1, "1 of 3")
    page.keyboard.press("Escape")
    page.select_option("#level", "warning")
    assert visible(page) == 1
    page.click("#clear")
    page.click(".node[data-name='ensureAuthProfileStore']")
    assert visible(page) == 2
    assert page.locator(".node[aria-pressed='true']").count() == 1
    page.fill("#search", "nowhere")
    assert page.locator("#none").is_visible()
    page.click("#clear")


@needs_browser
@pytest.mark.xdist_group("browser")
def test_it_can_be_used_from_the_keyboard(browser_page: Page, tmp_path: Path) -> None:
    page = shown(browser_page, reports.typical(), tmp_path)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    assert page.locator(".finding[open]").count() == 1
    assert page.locator(".finding[open] .line.call").first.is_visible()
    page.keyboard.press("/")
    page.keyboard.type("readdir")
    assert visible(page) == 1
    page.keyboard.press("Escape")
    page.focus(".node[data-column='0']")
    page.keyboard.press("Enter")
    assert page.locator(".node[aria-pressed='true']").count() == 1


@needs_browser
@pytest.mark.xdist_group("browser")
def test_two_thousand_findings(browser_page: Page, tmp_path: Path) -> None:
    page = shown(browser_page, large(), tmp_path)
    assert visible(page) == 2000
    page.fill("#search", "plugin1999")
    assert visible(page) == 1
    longest = page.evaluate(
        """() => {
            const box = document.getElementById("search");
            const before = performance.now();
            for (const word of ["plugin1", "plugin", ""]) {
                box.value = word; box.dispatchEvent(new Event("input")); document.body.getBoundingClientRect();
            }
            return performance.now() - before;
        }"""
    )
    assert longest < 3000  # milliseconds for three filters: slow machines included, a quadratic filter is not


@needs_browser
@pytest.mark.xdist_group("browser")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_screenshots(scheme: str, browser_page: Page, tmp_path: Path) -> None:
    browser_page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page = shown(browser_page, reports.typical(), tmp_path)
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    page.locator(".finding summary").first.click()
    page.screenshot(path=ARTEFACTS / f"report-{scheme}.png", full_page=True)
    back = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert back == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(13, 17, 23)")


@needs_browser
@pytest.mark.xdist_group("browser")
def test_it_prints(browser_page: Page, tmp_path: Path) -> None:
    page = shown(browser_page, reports.typical(), tmp_path)
    assert page.pdf().startswith(b"%PDF")
    page.emulate_media(media="print")
    assert not page.locator(".filter").is_visible()
    page.emulate_media(media="screen")
