"""Other packages add an LMS's names, an export and a language; one that is broken is named."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from grader.cli.main import main
from grader.intake.intake import take_in
from grader.intake.lms import PLATFORMS, IntakeError
from grader.model import plugin
from grader.model.language import finder, speaker
from grader.model.message import Message
from grader.model.plugin import PluginError
from tests.support.small_course import NAME, write

PLUGINS = Path(__file__).parents[1] / "plugins"


@pytest.fixture(autouse=True)
def nothing_is_remembered():
    caches = (plugin.plugins, finder, speaker)
    for cached in caches:
        cached.cache_clear()
    yield
    for cached in caches:
        cached.cache_clear()


@pytest.fixture
def campus(monkeypatch):
    """The package of tests/plugins is installed."""
    monkeypatch.syspath_prepend(PLUGINS)
    yield
    for name in ("campus_names", "campus_export", "campus_language"):
        sys.modules.pop(name, None)


def install(folder: Path, package: str, entries: str, **modules: str) -> None:
    """Write a package as pip would install it."""
    about = folder / f"{package}-2.1.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 2.1\n")
    (about / "entry_points.txt").write_text(entries)
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(text)


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def test_names_of_another_package_are_read(campus, tmp_path):
    handed_in = tmp_path / "in"
    handed_in.mkdir()
    (handed_in / "kim@campus~attention.ipynb").write_text("{}")
    (handed_in / "notes.txt").write_text("")
    taken = take_in([handed_in], "attention", tmp_path / "out", "campus")
    assert [student for student, _ in taken.submissions] == ["kim"]


def test_a_name_that_nobody_has_is_told_with_those_that_others_have(campus, tmp_path):
    (tmp_path / "a.ipynb").write_text("{}")
    with pytest.raises(IntakeError, match="github, campus, or a pattern"):
        take_in([tmp_path / "a.ipynb"], "attention", tmp_path / "out", "campsu")


def test_an_export_of_another_package_is_a_command_and_says_what_it_leaves_out(campus, tmp_path):
    write(tmp_path)
    done = run("--course", tmp_path, "export", "outline", NAME, "-o", tmp_path / "outline.txt")
    assert done.exit_code == 0, done.output
    assert "the hidden checks were left out" in done.output
    assert (tmp_path / "outline.txt").read_text().splitlines()[1:] == ["double", "halve"]
    wrong = run("--course", tmp_path, "export", "outline", "nope", "-o", tmp_path / "x")
    assert wrong.exit_code == 2 and "There is no assignment" in wrong.output


def test_help_lists_an_export_with_its_package_and_imports_nothing_of_it(campus):
    listed = run("export", "--help").output
    assert "outline" in listed and "gradescope" in listed
    assert "comes with the package campus-grader 1.0" in run("export", "outline", "-h").output
    assert "campus_export" not in sys.modules


def test_a_language_of_another_package_is_spoken(campus):
    say = speaker("fr")
    assert say(Message("full marks")) == "tous les points"
    assert say(Message("There is no file that can be graded.")).startswith("There is no file")
    assert "Invalid value for '--lang'" not in run("check", __file__, "--lang", "fr").output
    wrong = run("check", __file__, "--lang", "xx")
    assert wrong.exit_code == 2 and "'fr'" in wrong.output


BROKEN = {
    "raises on import": ("broken:platform", "1 / 0", "ZeroDivisionError: division by zero"),
    "is not there": ("absent:platform", "", "ModuleNotFoundError: No module named 'absent'"),
    "lacks the name": ("broken:platform", "x = 1", "AttributeError"),
    "is no function": ("broken:platform", "platform = 3", "broken:platform is not a function"),
    "raises when called": ("broken:platform", "def platform(*_): raise KeyError(1)", "KeyError: 1"),
    "claims nonsense": (
        "broken:platform",
        "class P:\n    def claims(self, *_): return ['kim']\nplatform = lambda *_: P()",
        "claims() returned ['kim']",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_plugin_that_is_broken_is_named_with_the_remedy(tmp_path, monkeypatch, case):
    entry, text, why = BROKEN[case]
    install(tmp_path / "site", "broken", f"[grader.names]\nbad = {entry}\n", broken=text)
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.delitem(sys.modules, "broken", raising=False)
    (tmp_path / "a.ipynb").write_text("{}")
    with pytest.raises(PluginError) as found:
        take_in([tmp_path / "a.ipynb"], "attention", tmp_path / "out", "bad")
    sys.modules.pop("broken", None)
    assert found.value.exit_code == 2
    assert "`bad` comes from the package broken 2.1" in str(found.value)
    assert why in str(found.value) and "pip uninstall broken" in str(found.value)


def test_a_language_that_is_no_catalogue_is_named_with_its_package(tmp_path, monkeypatch):
    install(tmp_path, "tongue", "[grader.languages]\nzz = tongue:WORDS\n", tongue="WORDS = {}")
    monkeypatch.syspath_prepend(tmp_path)
    done = run("check", __file__, "--lang", "zz")
    sys.modules.pop("tongue", None)
    assert done.exit_code == 2 and "tongue:WORDS is not a NullTranslations" in done.output


def test_two_packages_with_one_name_are_both_named(tmp_path, monkeypatch):
    for package in ("one", "two"):
        install(tmp_path, package, f"[grader.names]\nsame = {package}:f\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(PluginError, match=r"one 2\.1 and two 2\.1|two 2\.1 and one 2\.1"):
        plugin.plugins(plugin.NAMES)


def test_a_name_of_ours_cannot_be_taken(tmp_path, monkeypatch):
    install(tmp_path, "thief", "[grader.names]\nmoodle = thief:f\n", thief="1 / 0")
    monkeypatch.syspath_prepend(tmp_path)
    file = tmp_path / "in" / "Kim_4711_assignsubmission_file_" / "a.ipynb"
    file.parent.mkdir(parents=True)
    file.write_text("{}")
    taken = take_in([tmp_path / "in"], "attention", tmp_path / "out", "moodle")
    assert [student for student, _ in taken.submissions] == ["4711"] and "moodle" in PLATFORMS


def test_no_plugin_is_looked_for_until_its_name_is_asked_for():
    code = (
        "import sys\nfrom grader.cli.main import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "print('importlib.metadata' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout
    assert said.endswith("False\n")
