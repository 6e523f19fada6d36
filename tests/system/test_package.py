"""The package says what it is: names, links, classifiers, types, and what it needs."""

import re
import subprocess
import sys
import zipfile
from email.message import Message
from email.parser import Parser

import pytest
from trove_classifiers import classifiers

from grader import __version__
from tests.support.wheel import ROOT, wheel

OURS = "https://github.com/torch-grader/torch-grader"
LINK = re.compile(r"\]\(([^)\s]+)\)")
FOR_PEOPLE = {"author", "canvas", "cluster", "dev", "view"}
NOT_FOR_STUDENTS = ("pytest", "jupytext", "nbformat", "starlette", "distributed", "matplotlib")


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> zipfile.ZipFile:
    return zipfile.ZipFile(wheel(tmp_path_factory.mktemp("wheel")))


@pytest.fixture(scope="module")
def metadata(built) -> Message:
    (name,) = (name for name in built.namelist() if name.endswith(".dist-info/METADATA"))
    return Parser().parsestr(built.read(name).decode("utf-8"))


def test_every_link_of_the_readme_is_absolute_where_the_package_is_shown(metadata):
    links = LINK.findall(metadata.get_payload())
    assert len(links) > 10
    assert [link for link in links if not link.startswith("https://")] == []


def test_what_the_links_name_is_in_the_repository_at_that_version(metadata):
    home = re.escape("torch-grader/torch-grader")
    ours = rf"https://(?:raw\.githubusercontent|github)\.com/{home}/(?:blob/)?v{__version__}/(.+)"
    found = [re.fullmatch(ours, link) for link in LINK.findall(metadata.get_payload())]
    paths = [match[1].partition("#")[0] for match in found if match]
    assert len(paths) > 10 and "docs/feedback.png" in paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_a_picture_is_linked_by_its_bytes(metadata):
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", metadata.get_payload())
    assert pictures
    assert all("raw.githubusercontent.com" in link for link in pictures if "torch-grader" in link)


def test_the_package_says_whose_it_is_and_where(metadata):
    assert metadata["Author"] == "The torch-grader developers"
    urls = dict(url.split(", ") for url in metadata.get_all("Project-URL"))
    assert {"Homepage", "Documentation", "Source", "Issues", "Changelog"} == urls.keys()
    assert all(url.startswith(OURS) for url in urls.values())
    assert metadata["License-Expression"] == "BSD-3-Clause"


def test_every_classifier_is_known_to_the_index(metadata):
    given = metadata.get_all("Classifier")
    assert "Typing :: Typed" in given and set(given) <= classifiers


def test_extras_are_named_for_people(metadata):
    assert set(metadata.get_all("Provides-Extra")) == FOR_PEOPLE


def test_the_wheel_has_types_templates_and_languages_but_no_tests(built):
    names = built.namelist()
    for path in ("grader/py.typed", "grader/languages/ko.mo", "grader/templates/base.html"):
        assert path in names
    assert not [name for name in names if name.startswith(("tests/", "docs/", "benchmarks/"))]


def test_what_a_student_runs_loads_nothing_that_is_for_others(tmp_path):
    code = (
        "import sys\n"
        "from grader.cli.main import main\n"
        "try: main(['check', sys.argv[1]])\n"
        "except SystemExit: pass\n"
        f"print('loaded:', sorted(set(sys.modules) & {set(NOT_FOR_STUDENTS)}))"
    )
    notebook = tmp_path / "a.ipynb"
    cell = '{"cell_type": "code", "source": "x = 1", "metadata": {}, "outputs": []}'
    notebook.write_text(f'{{"cells": [{cell}], "metadata": {{}}, "nbformat": 4}}')
    command = [sys.executable, "-c", code, notebook]
    said = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path).stdout
    assert "get a fresh copy" in said and said.endswith("loaded: []\n")
