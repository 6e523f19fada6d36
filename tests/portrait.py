"""Draw the documents' pictures: samples are graded for real, and Chromium shows their pages.

python tests/portrait.py docs/feedback.png docs/view.png
"""

import sys
import tempfile
from pathlib import Path

from click.testing import CliRunner
from playwright.sync_api import sync_playwright

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from grader.cli.main import main
from tests.classroom import notebook, script_of
from tests.support.served import Served

CLASS = {
    "lee_4711": "wrong/heads_not_transposed_back",
    "park_4712": "wrong/heads_not_transposed_back",
}
SAMPLE = "wrong/heads_not_transposed_back"
CHROMIUM = "/usr/bin/chromium"


def draw(target: Path) -> None:
    """Grade the sample and write the picture."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "kim_attention.ipynb").write_bytes(notebook(script_of(SAMPLE)))
        words = ["grade", str(folder), "-a", "attention", "-o", str(folder / "out"), "-j", "1"]
        CliRunner().invoke(main, words, catch_exceptions=False)
        page = (folder / "out" / "kim" / "feedback.html").as_uri()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--headless", "--no-sandbox", "--disable-gpu"]
            )
            context = browser.new_context(
                viewport={"width": 860, "height": 900}, device_scale_factor=1.5
            )
            view = context.new_page()
            view.goto(page)
            box = view.locator(".start").first.bounding_box()
            assert box
            clip = {"x": 0, "y": box["y"] - 60, "width": 860, "height": box["height"] + 80}
            target.write_bytes(view.screenshot(full_page=True, clip=clip))
            browser.close()


def draw_view(target: Path) -> None:
    """Grade a small class, and draw the page on which a reviewer decides on one of them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for student, sample in CLASS.items():
            (folder / f"{student}_attention.ipynb").write_bytes(notebook(script_of(sample)))
        words = ["grade", str(folder), "-a", "attention", "-o", str(folder / "out"), "-j", "1"]
        CliRunner().invoke(main, words, catch_exceptions=False)
        served = Served(folder / "out", "kim")
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=CHROMIUM, args=["--headless", "--no-sandbox", "--disable-gpu"]
                )
                context = browser.new_context(viewport={"width": 1360, "height": 900})
                page = context.new_page()
                page.goto(served.door.address)
                page.goto(f"{served.base}/?by=mistakes")
                page.locator(".people a").first.click()
                target.write_bytes(page.screenshot())
                browser.close()
        finally:
            served.close()


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
    draw_view(Path(sys.argv[2]))
