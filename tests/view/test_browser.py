"""Reviewing in a real browser: by mouse, by keys alone, by two at once, on a phone and in the dark.

The class is hostile: names, code, messages and output hold scripts, and nothing of it comes alive.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from grader.model.request import About
from grader.model.standing import Override
from grader.store.store import NAME, Store
from tests.intake.test_requests import a_mail, a_mailbox
from tests.report.test_browser import CHROMIUM, FLAGS, HOSTILE, a_standing
from tests.support.served import Served
from tests.support.small_course import notebook
from tests.view.conftest import CLASS, Reading, fill

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
Axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no browser at {CHROMIUM}")

CODE = notebook(f"def split_heads(x):\n    return '''{HOSTILE}'''\n# {'x' * 300}")
EVIL = (*CLASS, a_standing("<b onclick=alert(4)>", 9), a_standing("김민준", 3))


def follow(place: Any) -> None:
    """Click on a link or a button, and wait for the page to which it leads."""
    with place.page.expect_navigation():
        place.click()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("class")
    fill(made, EVIL, CODE)
    letters = (About("bob", "split_heads"), About("ada", HOSTILE, HOSTILE), About(HOSTILE))
    a_mailbox(made, *(a_mail(f"{HOSTILE}\n{about.lines()}", From="x@y") for about in letters))
    return made


@pytest.fixture(scope="module")
def desks(folder: Path) -> Iterator[list[Served]]:
    """Two reviewers of the same class."""
    with patch("grader.view.source._start", Reading):
        made = [Served(folder, who, folder / "regrades.mbox") for who in ("Kim", "Lee")]
        yield made
        for one in made:
            one.close()


@pytest.fixture(scope="module")
def pages(desks: list[Served]) -> Iterator[list[Any]]:
    """Their browsers; what the pages do that they should not is noted."""
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        made = []
        for desk in desks:
            page = browser.new_context(viewport={"width": 1300, "height": 900}).new_page()
            page.surprises = []
            page.on("console", lambda m, page=page: page.surprises.append(m.text))
            page.on("pageerror", lambda e, page=page: page.surprises.append(f"{e}"))
            page.on("dialog", lambda d, page=page: (page.surprises.append(d.message), d.accept()))
            page.on("request", lambda r, page=page, base=desk.base: (
                r.url.startswith(f"{base}/") or page.surprises.append(r.url)))  # fmt: skip
            page.base = desk.base
            page.goto(desk.door.address)
            made.append(page)
        yield made
        assert [page.surprises for page in made if page.surprises] == []
        browser.close()


@pytest.fixture(autouse=True)
def afresh(folder: Path, pages: list[Any]) -> None:
    """Begin without decisions."""
    with Store(folder / NAME) as store, store.transaction() as db:
        db.execute("DELETE FROM overrides")


def given(folder: Path) -> dict[str, tuple[Override, ...]]:
    with Store(folder / NAME) as store:
        return {entry.student: entry.overrides for entry in store.entries() if entry.overrides}


def open_student(page: Any, name: str, on: str = "split_heads") -> None:
    page.goto(f"{page.base}/?by=name&question={on}")
    follow(page.get_by_role("link", name=name, exact=True))


def test_a_review_by_mouse(pages, folder):
    page = pages[0]
    page.goto(f"{page.base}/?by=mistakes&question=split_heads")
    follow(page.get_by_role("link", name="the axes are swapped"))
    page.get_by_label("Points of 7").fill("3")
    page.get_by_label("Comment for the student").fill("Look at the axes.")
    follow(page.get_by_role("button", name="Save for all"))
    made = (Override("split_heads", 3, "Look at the axes."),)
    assert given(folder) == {"ada": made, "bob": made}
    follow(page.get_by_role("button", name="Undo"))
    assert given(folder) == {}
    open_student(page, "cem")
    page.get_by_label("Points of 7").fill("6.5")
    follow(page.get_by_role("button", name="Save", exact=True))
    assert page.get_by_role("status").inner_text().startswith("Saved.")
    open_student(page, "ada")
    follow(page.get_by_role("link", name="The whole submission"))
    page.get_by_label("Points to add").fill("1")
    follow(page.get_by_role("button", name="Save and next"))
    assert given(folder) == {
        "ada": (Override("(submission)", 1),), "cem": (Override("split_heads", 6.5),),
    }  # fmt: skip
    assert page.get_by_role("heading", level=1).inner_text() == "bob"


def test_a_review_by_keys_alone(pages, folder):
    page = pages[0]
    page.goto(f"{page.base}/?by=name&question=split_heads")
    page.keyboard.press("/")
    page.keyboard.type("a")
    page.keyboard.press("Enter")
    page.wait_for_url("**search=a*")
    page.keyboard.press("j")
    for _ in range(20):
        if page.evaluate("document.activeElement.textContent") == "ada":
            break
        page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/student/**")
    page.keyboard.press("p")
    page.keyboard.type("2")
    page.keyboard.press("Tab")
    page.keyboard.type("By keys.")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**done=*")
    assert given(folder) == {"ada": (Override("split_heads", 2, "By keys."),)}
    before = page.url
    page.keyboard.press("k")
    page.wait_for_url(lambda url: url != before)
    assert page.get_by_label("Points of 7").input_value() == "2"
    page.keyboard.press("c")
    page.keyboard.type("j")
    assert page.get_by_label("Comment for the student").input_value() == "j", "a letter, no key"
    page.keyboard.press("Control+Z")
    page.get_by_label("Comment for the student").fill("By keys.")
    page.evaluate("dirty = false")


def test_a_comment_made_before_is_offered_and_fills_the_form(pages, folder):
    page = pages[0]
    with Store(folder / NAME) as store:
        store.override([("ada", Override("split_heads", 4, "As said."))])
    open_student(page, "bob")
    page.get_by_role("button", name="4 As said.").click()
    assert page.get_by_label("Points of 7").input_value() == "4"
    follow(page.get_by_role("button", name="Save", exact=True))
    assert given(folder)["bob"] == (Override("split_heads", 4, "As said."),)


def test_two_reviewers_at_once(pages, folder):
    kim, lee = pages
    for page in (kim, lee):
        open_student(page, "ada")
    kim.get_by_label("Points of 7").fill("2")
    follow(kim.get_by_role("button", name="Save", exact=True))
    lee.get_by_label("Points of 7").fill("5")
    with lee.expect_response(lambda response: response.status == 409):
        lee.get_by_role("button", name="Save", exact=True).click()
    assert [cell.inner_text().split()[0] for cell in lee.locator("td").all()] == ["2", "5"]
    assert given(folder)["ada"] == (Override("split_heads", 2),)
    follow(lee.get_by_role("button", name="Put mine in its place"))
    assert given(folder)["ada"] == (Override("split_heads", 5),)
    lee.surprises[:] = [said for said in lee.surprises if "409" not in said]


def test_a_request_is_answered_by_a_decision(pages, folder):
    page = pages[0]
    page.goto(page.base)
    follow(page.get_by_role("link", name="Requests"))
    follow(page.get_by_role("link", name="bob", exact=True))
    assert page.get_by_role("heading", name="Wants another look").is_visible()
    page.get_by_label("Comment for the student").fill("The check is right.")
    follow(page.get_by_role("button", name="Save", exact=True))
    assert given(folder) == {"bob": (Override("split_heads", None, "The check is right."),)}
    follow(page.get_by_role("link", name="Requests"))
    assert page.get_by_role("heading", level=1).inner_text() == "2 requests are open"
    assert page.get_by_role("heading", name="Decided since").is_visible()


@pytest.mark.parametrize(("width", "scheme"), [(1300, "light"), (390, "dark")])
def test_every_page_fits_and_axe_finds_nothing_serious(pages, folder, width, scheme):
    page = pages[0]
    with Store(folder / NAME) as store:
        store.override([("ada", Override("split_heads", 4, HOSTILE))], HOSTILE)
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 844})
    listed = [f"/?by={by}" for by in ("person", "mistakes")] + ["/history", "/regrade", "/requests"]
    page.goto(f"{page.base}/?by=mistakes&question=split_heads")
    listed.append(page.locator(".clusters a").first.get_attribute("href"))
    page.goto(f"{page.base}/?by=name&question=split_heads")
    found = [link.get_attribute("href") for link in page.locator(".people a").all()]
    listed += [found[0], found[1], f"{found[1]}&on=(submission)"]
    for path in listed:
        page.goto(f"{page.base}{path}")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{path} is {wide} wide"
        axe = Axe().run(page).response
        serious = [v for v in axe["violations"] if v["impact"] in ("serious", "critical")]
        assert len(axe["passes"]) > 10, "it has looked"
        assert not serious, [(v["id"], v["nodes"][0]["html"]) for v in serious]
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == (
        "rgb(23, 25, 28)" if scheme == "dark" else "rgb(252, 251, 249)"
    )
    page.set_viewport_size({"width": 1300, "height": 900})
