"""The templates in docs/ci do what they are for in a course of `grader new`: their steps are run.

The wheel takes the place of the index; nothing is installed that the tests do not have.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.support.wheel import Installed, wheel

pytestmark = pytest.mark.whole
FOLDER = Path(__file__).parents[2] / "docs" / "ci"
NAME = "layer_norm"
UNSOUND = '''

@points(1)
@question("LayerNorm")
def test_nobody_passes(student):
    """Nobody passes this."""
    assert False
'''
UV = """#!/usr/bin/env bash
# What CI asks of uv, with the wheel for an index, and for this environment.
exec {uv} "${{@/--system/--no-deps}}" --offline --no-index --find-links {wheels} --python {python}
"""


@dataclass(frozen=True)
class Step:
    """Some lines of shell, or paths that are kept; `always` after a step that failed as well."""

    shell: str = ""
    keeps: tuple[str, ...] = ()
    always: bool = False


def github() -> Iterator[Step]:
    (job,) = yaml.safe_load((FOLDER / "github.yml").read_text())["jobs"].values()
    for step in job["steps"]:
        always = "!cancelled()" in step.get("if", "")
        if "run" in step:
            yield Step(step["run"], always=always)
        elif step["uses"].startswith("actions/upload-artifact@"):
            yield Step(keeps=tuple(step["with"]["path"].split()), always=always)


def gitlab() -> Iterator[Step]:
    job = yaml.safe_load((FOLDER / "gitlab.yml").read_text())["course"]
    yield Step("\n".join([*job["before_script"], *job["script"]]))
    kept = job["artifacts"]
    always = kept["when"] == "always"
    yield Step(keeps=(*kept["paths"], kept["reports"]["junit"]), always=always)


TEMPLATES = {"github.yml": github, "gitlab.yml": gitlab}


@dataclass(frozen=True)
class Machine:
    """A machine of CI: the grader is not installed, and pip and uv install from a folder."""

    installed: Installed

    @classmethod
    def of(cls, made: Path, place: Path) -> "Machine":
        installed = Installed.without(place)
        pip, uv = place / "bin" / "pip", place / "bin" / "uv"
        pip.write_text("#!/bin/sh\n[ \"$*\" = 'install uv' ]\n")
        real = Path(sys.executable).with_name("uv")
        python = place / "bin" / "python"
        uv.write_text(UV.format(uv=real, wheels=made.parent, python=python))
        for program in (pip, uv):
            program.chmod(0o755)
        return cls(installed)

    def run(self, steps: Iterator[Step], course: Path) -> tuple[int, list[str], str]:
        """Run a job; return its exit code, which paths are kept, and what it said."""
        code, kept, said = 0, [], ""
        for step in steps:
            if code and not step.always:
                continue
            kept += [path for path in step.keeps if (course / path).exists()]
            if step.shell:
                done = subprocess.run(
                    ["bash", "-eo", "pipefail", "-c", step.shell], cwd=course, text=True,
                    env=self.installed.environment, capture_output=True,
                )  # fmt: skip
                code, said = code or done.returncode, said + done.stdout + done.stderr
        return code, kept, said


@pytest.fixture(scope="module", params=TEMPLATES)
def template(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    return wheel(tmp_path_factory.mktemp("wheels"))


@pytest.fixture
def machine(made, tmp_path) -> Machine:
    return Machine.of(made, tmp_path / "venv")


@pytest.fixture
def course(made, tmp_path) -> Path:
    """A course as `grader new` makes it, by a grader that CI does not see."""
    folder = tmp_path / "course"
    folder.mkdir()
    author(folder, "new", NAME)
    return folder


def author(folder: Path, *words: str) -> None:
    command = [sys.executable, "-m", "grader.cli.main", *words]
    subprocess.run(command, cwd=folder, check=True, env=os.environ | {"PYTHONPATH": ""})


def test_a_new_course_passes_and_its_evidence_is_kept(template, machine, course):
    code, kept, said = machine.run(TEMPLATES[template](), course)
    assert code == 0, said
    assert (course / "build" / "release" / f"{NAME}.zip").exists()
    assert "build/verify" in kept
    assert Path(machine.installed.place, "bin", "grader").exists(), "CI has installed it"


def test_a_check_that_nobody_passes_fails_and_its_evidence_is_kept(template, machine, course):
    checks = course / "autograder_tests" / NAME / f"test_{NAME}.py"
    checks.write_text(checks.read_text() + UNSOUND)
    author(course, "build")  # the table of assignments has one more check
    code, kept, said = machine.run(TEMPLATES[template](), course)
    assert code == 1 and "test_nobody_passes" in said
    assert "build/verify" in kept
    assert {"verify.html", "junit.xml"} <= {p.name for p in (course / "build/verify").iterdir()}
    assert not (course / "build" / "release").exists()


def test_a_stale_notebook_fails_before_anything_is_verified(template, machine, course):
    (course / "assignments" / f"{NAME}.ipynb").unlink()
    code, kept, said = machine.run(TEMPLATES[template](), course)
    assert (code, kept) == (1, []) and "stale" in said
