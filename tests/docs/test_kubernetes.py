"""The manifest in docs/scale.md is one that Kubernetes takes, and its command does what is said."""

import os
import re
import subprocess
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

SCALE = (Path(__file__).parents[2] / "docs" / "scale.md").read_text("utf-8")
MANIFEST = re.search(r"^### Kubernetes\n.*?^```yaml\n(.*?)^```", SCALE, re.M | re.S)[1]
VERSIONS = ("1.29", kubernetes_validate.latest_version())
"""From the first on that has an index's own limit of failures unless it is asked not to."""


@pytest.mark.parametrize("version", VERSIONS)
def test_the_manifest_fits_the_schema(version):
    assert kubernetes_validate.validate(yaml.safe_load(MANIFEST), version, strict=True)


@pytest.mark.parametrize("word", ["completionMode", "restartPolicy", "mountPath", "claimName"])
def test_the_schema_refuses_a_word_that_is_wrong(word):
    with pytest.raises(kubernetes_validate.ValidationError):
        changed = yaml.safe_load(MANIFEST.replace(word, f"{word}s"))
        kubernetes_validate.validate(changed, "1.29", strict=True)


def test_the_volumes_of_the_manifest_are_those_that_are_mounted():
    (container,), volumes = pod()["containers"], pod()["volumes"]
    assert {v["name"] for v in container["volumeMounts"]} == {v["name"] for v in volumes}


@pytest.mark.parametrize(("code", "fails"), [(0, False), (3, False), (2, True)])
def test_an_index_judges_its_share_and_fails_where_it_was_not_judged(tmp_path, code, fails):
    job = yaml.safe_load(MANIFEST)["spec"]
    (container,) = pod()["containers"]
    (tmp_path / "grader").write_text(f'#!/bin/sh\necho "$@"\nexit {code}\n')
    (tmp_path / "grader").chmod(0o755)
    for index in (0, job["completions"] - 1):
        done = subprocess.run(
            [*container["command"], *container["args"]], capture_output=True, text=True,
            env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "JOB_COMPLETION_INDEX": f"{index}"},
        )  # fmt: skip
        assert bool(done.returncode) == fails, done.stderr
        assert f"-o /shards/{index} --shard {index + 1}/{job['completions']} " in done.stdout


def pod() -> dict:
    return yaml.safe_load(MANIFEST)["spec"]["template"]["spec"]
