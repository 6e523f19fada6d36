"""What should hold of the images. Each check returns what it saw, or raises Wrong."""

import json
import os
import re
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from base import TORCH
from canaries import ROOT
from expect import expect
from image import Image
from platforms import autograded, externally_graded

MOST_MB = 900
SOMEBODY = 12345
"""A user of the host, whom the image does not know, and to whom the results then belong."""
SECRET = re.compile(
    r"token|passw|secret|credential|pip\.conf|127\.0\.0\.1|https?://", re.IGNORECASE
)
WRITABLE = """
import os, socket
print([at for at in ("/", "/course", "/opt/venv", "/var/tmp", "/etc") if os.access(at, os.W_OK)])
print([name for _, name in socket.if_nameindex() if name != "lo"])
print([line.split()[1].strip("0") for line in open("/proc/self/status") if line.startswith("Cap")])
"""
COMPILED = """
import importlib.util, os
from grader.sandbox.host.zygote import Zygote
with Zygote() as zygote:
    names = zygote.modules
def spec(name):
    try: return importlib.util.find_spec(name)
    except (ImportError, ValueError): return None
files = [found.cached for found in map(spec, names) if found and found.cached]
print(len(files), sum(map(os.path.exists, files)))
"""


def checks(
    images: dict[str, Image], canaries: dict[str, str], work: Path
) -> list[tuple[str, Callable[[], str]]]:
    """Return all checks, each with the sentence that it proves."""
    grader, student, bare = images["grader"], images["student"], images["prairielearn"]
    return [
        (f"no image is larger than {MOST_MB} MB", partial(sizes, [grader, student, bare])),
        ("submissions are graded by a user without rights", partial(users, [grader, student])),
        (
            "no secret and no address is left in configuration or history",
            partial(configured, [*images.values()]),
        ),
        (
            "a hardened container has no network, no capability, no place to write",
            partial(confined, grader),
        ),
        ("the images hold exactly the locked versions", partial(locked, [grader, student, bare])),
        ("what a run imports is compiled", partial(compiled, grader)),
        (
            "control: the scan finds all that is in the grader's image",
            partial(all_found, grader, canaries),
        ),
        (
            "no layer of the images that may be public holds anything of ours",
            partial(none_found, [student, bare], canaries),
        ),
        ("students can run the public checks", partial(practised, student)),
        ("`grader doctor` reports the floor as held", partial(examined, grader)),
        (
            "the solution gets all points, the skeleton none, and the hostile stay inside",
            partial(graded, grader, work),
        ),
        (
            "Gradescope gets results.json from root, 768 MB and half a core, whatever is handed in",
            partial(autograded, images["gradescope"], work / "gradescope"),
        ),
        (
            "PrairieLearn gets results.json from the entry point of info.json, in as little",
            partial(externally_graded, bare, grader, work / "prairielearn"),
        ),
    ]


def sizes(images: list[Image]) -> str:
    """Hold the images' sizes against the ceiling."""
    megabytes = {image.target: int(image.inspect("{{.Size}}")) // 10**6 for image in images}
    expect(max(megabytes.values()) <= MOST_MB, f"{megabytes} MB")
    return f"{megabytes} MB"


def users(images: list[Image]) -> str:
    """Ask the configuration and a container who they run as."""
    configured = {image.inspect("{{.Config.User}}") for image in images}
    expect(configured == {"10001:10001"}, f"they run as {configured}")
    said = images[0].run(options=("--entrypoint=id",)).stdout.strip()
    expect(said.startswith("uid=10001(grader) gid=10001(grader)"), said)
    return said


def configured(images: list[Image]) -> str:
    """Look for what should not be published in all that `docker inspect` and `history` show."""
    for image in images:
        found = SECRET.findall(image.inspect("{{json .Config}}") + image.history())
        expect(not found, f"{image.target} shows {found}")
    return f"{len(images)} images"


def confined(grader: Image) -> str:
    """Look from inside for a way out."""
    said = grader.python(WRITABLE).splitlines()
    expect(said == ["[]", "[]", "['', '', '', '', '']"], str(said))
    return "none"


def locked(images: list[Image]) -> str:
    """Hold the lists of components against the lock, and keep them in build/."""
    lock = (ROOT / "grader/requirements.lock").read_text()
    wanted = {"torch": TORCH, **dict(re.findall(r"(?m)^([\w.-]+)==(\S+)", lock))}
    for image in images:
        text = image.python((ROOT / "docker/sbom.py").read_text())
        parts = json.loads(text)["components"]
        python = {p["name"]: p["version"] for p in parts if p["purl"].startswith("pkg:pypi/")}
        expect(python.pop("torch-grader", "") != "", f"the grader is missing in {image.target}")
        differ = python.items() ^ wanted.items()
        expect(not differ, f"{image.target} differs in {sorted(differ)}")
        target = ROOT / "build" / f"sbom-{image.target}.json"
        target.parent.mkdir(exist_ok=True)
        target.write_text(text + "\n")
    return (
        f"{len(wanted)} of Python, {len(parts) - len(wanted) - 1} of Debian, in build/sbom-*.json"
    )


def compiled(grader: Image) -> str:
    """Count the modules of a zygote that have byte code; a read-only root cannot keep any."""
    modules, with_code = map(int, grader.python(COMPILED).split())
    expect(with_code > 0.98 * modules > 500, f"{with_code} of {modules} modules")
    return f"{with_code} of {modules} modules"


def all_found(grader: Image, canaries: dict[str, str]) -> str:
    """Find every solution and hidden check, and nothing else, in the grader's layers."""
    inside = ("solutions/", "autograder_tests/")
    wanted = {name for name in canaries.values() if name.startswith(inside)}
    found = {canaries[canary] for canary in grader.canaries()}
    expect(wanted <= found, f"it misses {sorted(wanted - found)}")
    expect(found <= wanted, f"the image holds {sorted(found - wanted)}")
    return f"{len(found)} files, and none of the other {len(canaries) - len(found)}"


def none_found(images: list[Image], canaries: dict[str, str]) -> str:
    """Find no marked file in the layers of these images."""
    for image in images:
        found = sorted(canaries[canary] for canary in image.canaries())
        expect(not found, f"{image.target} holds {found}")
    return f"none of {len(canaries)} marked files, in {len(images)} images"


def practised(student: Image) -> str:
    """Run the public checks of an untouched notebook."""
    done = student.run("check", "assignments/attention.ipynb", check=False)
    seen = done.returncode, done.stdout.count("not filled in yet")
    expect(seen[0] == 1 and seen[1] > 0, done.stdout + done.stderr)
    return f"{seen[1]} questions and checks are not filled in yet in the skeleton"


def examined(grader: Image) -> str:
    """Have the doctor try to break out."""
    done = grader.run("doctor", check=False)
    expect(done.returncode == 0 and "SUCCEEDED" not in done.stdout, done.stdout + done.stderr)
    return f"{done.stdout.count('stopped')} attempts stopped"


def graded(grader: Image, work: Path) -> str:
    """Grade a small class as docs/docker.md says, and hold the scores against what is known."""
    handed_in, loses = hand_in(work / "submissions")
    folders = {"/results": work / "results", "/course/.grader": work / "key"}
    for folder in folders.values():
        folder.mkdir(mode=0o700)
        os.chown(folder, SOMEBODY, SOMEBODY)
    mounts = (f"-v={handed_in}:/submissions:ro", *(f"-v={at}:{to}" for to, at in folders.items()))
    order = ("grade", "/submissions", "-a", "attention", "-o", "/results")
    options = (f"--user={SOMEBODY}:{SOMEBODY}", *mounts)
    done = grader.run(*order, options=options, check=False)
    expect(done.returncode == 3, done.stdout + done.stderr)  # the skeleton goes to a person
    for name, questions in loses.items():
        report = json.loads((work / "results" / name / "results.json").read_text())
        lost = {t["name"].partition(":")[0] for t in report["tests"] if t["score"] < t["max_score"]}
        expect(lost == questions, f"{name} loses points in {lost} instead of {questions}")
        layers = set(map(str, report["extra_data"]["layers"]))
        expect("seccomp" in layers and "UNSANDBOXED" not in layers, f"{name} ran in {layers}")
        expect(name != "skeleton" or report["score"] == 0, f"the skeleton gets {report['score']}")
    return f"{len(loses) - 2} hostile, in {sorted(layers)}"


def hand_in(folder: Path) -> tuple[Path, dict[str, set[str]]]:
    """Write a class: the solution, the skeleton and the hostile samples.

    Returns also in which questions each of them loses points, as its first line says.
    """
    folder.mkdir()
    shutil.copy(ROOT / "solutions/attention.py", folder / "solution.py")
    shutil.copy(ROOT / "assignments/attention.ipynb", folder / "skeleton.ipynb")
    text = (folder / "solution.py").read_text()
    loses = {"solution": set[str](), "skeleton": set(re.findall(r'question="(\w+)"', text))}
    for path in sorted((ROOT / "tests/submissions/attention/hostile").glob("*.py")):
        shutil.copy(path, folder)
        outcome = path.read_text().partition(":")[0]
        loses[path.stem] = loses["skeleton"] & set(re.findall(r"\w+", outcome))
    return folder, loses
