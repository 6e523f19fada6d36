"""The templates in docs/ci are valid, ask only for the rights they need, and run real commands."""

import re
from pathlib import Path

import check_jsonschema
import pytest
import yaml
from click.testing import CliRunner

from grader.cli.main import main

FOLDER = Path(__file__).parents[2] / "docs" / "ci"
SCHEMAS = {"github.yml": "vendor.github-workflows", "gitlab.yml": "vendor.gitlab-ci"}


def valid(schema: str, file: Path) -> bool:
    words = ["--builtin-schema", schema, str(file)]
    if schema == "vendor.gitlab-ci":
        words += ["--data-transform", "gitlab-ci"]
    done = CliRunner().invoke(check_jsonschema.main, words)
    assert done.exit_code in (0, 1), done.output
    return done.exit_code == 0


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_template_fits_its_schema(name):
    assert valid(SCHEMAS[name], FOLDER / name)


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schema_refuses_a_template_that_is_wrong(tmp_path, name):
    text = (FOLDER / name).read_text().replace("timeout", "tiemout")
    (tmp_path / name).write_text(re.sub(r"(?m)^( +)(run|script): .*?$", r"\1\2: {a: 1}", text))
    assert not valid(SCHEMAS[name], tmp_path / name)


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_command_of_the_template_exists(name):
    called = set(re.findall(r"(?m)^\W*(?:run: )?grader ([a-z]+)", (FOLDER / name).read_text()))
    assert {"build", "verify", "release"} <= called <= main.commands.keys()


def test_the_workflow_may_only_read():
    workflow = yaml.safe_load((FOLDER / "github.yml").read_text())
    assert workflow["permissions"] == {"contents": "read"}
    assert all("permissions" not in job for job in workflow["jobs"].values())


def test_the_checkout_keeps_no_credentials():
    text = (FOLDER / "github.yml").read_text()
    assert text.count("actions/checkout") == text.count("persist-credentials: false") == 1
