"""What a project keeps beside its code fits its schema, and agrees with the code."""

import datetime
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import check_jsonschema
import pytest
import yaml
from click.testing import CliRunner

from grader import __version__

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / ".github"
SCHEMAS = {
    ROOT / "CITATION.cff": "vendor.citation-file-format",
    GITHUB / "workflows" / "ci.yml": "vendor.github-workflows",
    GITHUB / "workflows" / "release.yml": "vendor.github-workflows",
    GITHUB / "ISSUE_TEMPLATE" / "config.yml": "vendor.github-issue-config",
    **{
        GITHUB / "ISSUE_TEMPLATE" / f"{name}.yml": "vendor.github-issue-forms"
        for name in ("bug", "idea", "wrong_verdict")
    },
}
BROKEN = {
    "vendor.citation-file-format": ("authors:", "author:"),
    "vendor.github-workflows": ("runs-on:", "runs_on:"),
    "vendor.github-issue-config": ("about:", "abuot:"),
    "vendor.github-issue-forms": ("type: textarea", "type: text"),
}
"""What makes a file of each schema wrong."""
RELEASE = re.compile(r"(?m)^## (\d+\.\d+\.\d+) \((\d{4}-\d\d-\d\d)\)$")


def valid(schema: str, file: Path) -> bool:
    done = CliRunner().invoke(check_jsonschema.main, ["--builtin-schema", schema, str(file)])
    assert done.exit_code in (0, 1), done.output
    return done.exit_code == 0


@pytest.mark.parametrize("file", SCHEMAS, ids=lambda path: path.name)
def test_the_file_fits_its_schema(file):
    assert valid(SCHEMAS[file], file)


@pytest.mark.parametrize("file", SCHEMAS, ids=lambda path: path.name)
def test_the_schema_refuses_the_file_once_it_is_wrong(tmp_path, file):
    text = file.read_text("utf-8")
    right, wrong = BROKEN[SCHEMAS[file]]
    assert right in text
    broken = tmp_path / file.name
    broken.write_text(text.replace(right, wrong), "utf-8")
    assert not valid(SCHEMAS[file], broken)


def test_every_file_for_github_is_held_against_a_schema():
    assert {*GITHUB.rglob("*.yml")} == {path for path in SCHEMAS if GITHUB in path.parents}


def test_the_citation_is_of_this_version_and_its_day():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["version"] == __version__
    dates = dict(RELEASE.findall((ROOT / "CHANGELOG.md").read_text("utf-8")))
    assert f"{citation['date-released']}" == dates[__version__]


def test_releases_are_dated_and_in_order():
    found = RELEASE.findall((ROOT / "CHANGELOG.md").read_text("utf-8"))
    versions = [tuple(map(int, version.split("."))) for version, _ in found]
    days = [datetime.date.fromisoformat(day) for _, day in found]
    assert found and versions == sorted(set(versions), reverse=True)
    assert days == sorted(days, reverse=True)


def test_fragments_become_a_dated_entry(tmp_path):
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text("utf-8"))
    (tmp_path / "CHANGELOG.md").write_text((ROOT / "CHANGELOG.md").read_text("utf-8"))
    (tmp_path / "changelog.d").mkdir()
    (tmp_path / "changelog.d" / "+hints.students.md").write_text(
        "Hints unfold one after the other."
    )
    command = ["build", "--yes", "--version", "9.9.9", "--date", "2027-01-02"]
    subprocess.run([sys.executable, "-m", "towncrier", *command], cwd=tmp_path, check=True,
                   capture_output=True)  # fmt: skip
    text = (tmp_path / "CHANGELOG.md").read_text("utf-8")
    assert "## 9.9.9 (2027-01-02)\n\n### Students\n\n- Hints unfold one after the other." in text
    assert RELEASE.findall(text)[0] == ("9.9.9", "2027-01-02")
    assert not [*(tmp_path / "changelog.d").iterdir()]


def test_every_fragment_is_of_a_kind_that_is_published():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["towncrier"]
    kinds = {kind["directory"] for kind in settings["type"]}
    fragments = [p for p in (ROOT / "changelog.d").iterdir() if p.name != ".gitignore"]
    assert [path.name for path in fragments if path.name.split(".")[-2] not in kinds] == []


def workflow(name: str) -> dict:
    return yaml.safe_load((GITHUB / "workflows" / name).read_text("utf-8"))


def test_the_ci_of_github_is_the_script_that_runs_anywhere():
    (job,) = workflow("ci.yml")["jobs"].values()
    assert job["steps"][-1] == {"run": ".ci/run"}
    assert workflow("ci.yml")["permissions"] == {"contents": "read"}


def test_a_release_keeps_no_token_and_may_only_publish():
    release = workflow("release.yml")
    assert release["permissions"] == {"contents": "read"}
    jobs = release["jobs"]
    assert jobs["pypi"]["permissions"] == {"id-token": "write"}
    assert "permissions" not in jobs["build"]
    publish = jobs["pypi"]["steps"][-1]
    assert publish["uses"].startswith("pypa/gh-action-pypi-publish@") and "with" not in publish


def test_the_image_that_is_published_holds_no_solution():
    (build,) = (s for s in workflow("release.yml")["jobs"]["image"]["steps"] if "with" in s
                and "target" in s["with"])  # fmt: skip
    stages = re.split(r"(?m)^FROM (\S+) AS (\S+)$", (ROOT / "docker" / "Dockerfile").read_text())
    lines = dict(zip(stages[2::3], zip(stages[1::3], stages[3::3], strict=True), strict=True))
    target, copied = build["with"]["target"], ""
    while target in lines:
        target, text = lines[target]
        copied += "".join(re.findall(r"(?m)^COPY .*$", text))
    assert "assignments" in copied
    assert "solutions" not in copied and "autograder_tests" not in copied


@pytest.mark.parametrize(("tag", "code"), [(f"v{__version__}", 0), ("v9.9.9", 1)])
def test_only_the_tag_of_this_version_is_released(tag, code):
    (step,) = (s for s in workflow("release.yml")["jobs"]["build"]["steps"]
               if "GITHUB_REF_NAME" in s.get("run", ""))  # fmt: skip
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "GITHUB_REF_NAME": tag}
    done = subprocess.run(["bash", "-e", "-c", step["run"]], cwd=ROOT, env=environment)
    assert done.returncode == code
