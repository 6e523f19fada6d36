"""The pictures of pages: one of each in every look, shown in the documents, and small."""

import re
from pathlib import Path

from PIL import Image

from tests.walk import LOOKS, PAGES, files

DOCS = Path(__file__).parents[2] / "docs"
FOLDER = DOCS / "pictures"
MOST_BYTES = 2_000_000


def test_there_is_a_picture_of_each_page_in_each_look_and_no_other():
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(files()), "make picture"
    assert len(files()) == len(PAGES) * len(LOOKS) >= 24


def test_the_document_shows_them_all_in_the_order_of_the_walk():
    page = (DOCS / "pictures.md").read_text("utf-8")
    assert re.findall(r"!\[[^\]]+\]\(pictures/([^)]+)\)", page) == files()


def test_each_is_of_the_width_of_its_look_and_they_are_small_together():
    for name in files():
        with Image.open(FOLDER / name) as picture:
            width, height, _ = LOOKS[name.removesuffix(".png").rpartition("-")[2]]
            assert picture.size == (width, height) and picture.mode == "P", name
    assert sum((FOLDER / name).stat().st_size for name in files()) < MOST_BYTES
