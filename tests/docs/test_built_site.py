"""The built site: no dead link, nothing from elsewhere, readable on a phone and in the dark."""

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from docs.site.links import defects
from tests.report.test_browser import CHROMIUM, FLAGS

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
Axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe
pytestmark = pytest.mark.whole

ROOT = Path(__file__).parents[2]
PAGES = ("index.html", "start/ta.html", "comparison.html", "assignments/attention.html")
LOOKS = (("light", 1280), ("dark", 390))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", f"{folder}"],
        cwd=ROOT, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *said: Any) -> None: ...


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=f"{site}")) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not CHROMIUM.exists():
        pytest.skip(f"no browser at {CHROMIUM}")
    with sync_api.sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=f"{CHROMIUM}", args=FLAGS)


def test_every_link_leads_somewhere_and_nothing_is_loaded_from_elsewhere(site):
    assert [*defects(site)] == []


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_a_page_can_be_read_and_asks_for_nothing_from_elsewhere(address, browser, scheme, width):
    asked, wrong = [], {}
    view = {"width": width, "height": 900}
    page = browser.new_context(viewport=view, color_scheme=scheme).new_page()
    page.on("request", lambda request: asked.append(request.url))
    for name in PAGES:
        page.goto(address + name, wait_until="networkidle")
        rules = {"runOnly": ["color-contrast", "image-alt", "document-title", "link-name"]}
        found = Axe().run(page, options=rules).response["violations"]
        wrong[name] = [(one["id"], node["html"]) for one in found for node in one["nodes"]]
        wide = page.evaluate("document.documentElement.scrollWidth")
        wrong[name] += [f"is {wide} wide"] if wide > width else []
    assert {name: lines for name, lines in wrong.items() if lines} == {}
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []


@pytest.mark.parametrize("served", [True, False])
def test_a_search_finds_a_setting_with_a_server_and_without(site, address, browser, served):
    asked: list[str] = []
    page = browser.new_page()
    page.on("request", lambda request: asked.append(request.url))
    here = address if served else f"{site.as_uri()}/"
    page.goto(f"{here}start/ta.html")
    box = page.locator("[data-md-component=search-query]")
    found = page.locator(".md-search-result__link[href*='settings.html']").first
    box.fill("memory_mb")
    for _ in range(30):  # what is typed before the index is there is lost, until the next key
        box.press("End")
        with contextlib.suppress(sync_api.TimeoutError):
            found.wait_for(state="attached", timeout=2000)
            break
    assert found.evaluate("a => a.href").startswith(f"{here}settings.html")
    assert [url for url in asked if not url.startswith((here, "data:", "blob:"))] == []
