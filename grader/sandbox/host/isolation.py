"""How a zygote is started: which layers this machine offers, what it sees, and whether they hold.

Two arrangements, best first. Where user namespaces work, bubblewrap builds an empty root with
Python, its packages and our untrusted files in it, read-only, without a network, and every worker
gets process, mount and IPC namespaces of its own. Where they do not (Docker's default profile),
landlock and seccomp do the work in the worker itself, and, for root, a user id per worker.
"""

import importlib.util
import os
import shutil
import sys
import sysconfig
from collections.abc import Collection
from pathlib import Path

from ..guest import confine, landlock
from ..guest.layer import Layer

GUEST = Path(__file__).parents[1] / "guest"
"""The only files of ours that run on the untrusted side."""
PACKAGES = ("torch", "numpy", "msgpack", "IPython")
SHARED = "share/torch-grader"
"""Notebooks with their solutions, below the prefix of an installation; see course/gallery.py."""
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/urandom")
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
BOOT = """
import gc, os, socket, sys, types
gc.disable()  # until zygote.py has collected once: while torch is imported, nothing is found
sys.path += {packages!r}
for name, path in ("grader", []), ("grader.sandbox", [{home!r}]):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = path
from grader.sandbox.guest import zygote
zygote.main(
    socket.socket(fileno={control}), {layers!r}, {readable!r}, {place!r}, trains={trains}
)
os._exit(0)  # taking torch apart takes 0.2 s
"""


def arrangements() -> list[list[Layer]]:
    """Return the sets of layers worth trying on this machine, best first."""
    inner = ([Layer.LANDLOCK] if landlock.version() else []) + [Layer.SECCOMP]
    outer = [[Layer.NAMESPACES, *inner]] if shutil.which("bwrap") else []
    user = [Layer.USER] if os.geteuid() == 0 and all(map(_world_readable, readable())) else []
    return [*outer, [*user, *inner]]


def enough(held: Collection[Layer]) -> bool:
    """Whether the layers that hold reach the floor: seccomp and a layer around files.

    Measured with 78 attacks: seccomp alone reads the solutions, landlock alone lets a fork bomb
    and UDP through, user namespaces alone execute programs.
    """
    return Layer.SECCOMP in held and any(layer.walls_off_files for layer in held)


def readable() -> list[str]:
    """Return what Python and its packages need to read. Nothing else is visible to a worker."""
    paths = ["/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime", *DEVICES]
    paths += [os.path.realpath(sys.executable), str(Path(sys.base_prefix) / "lib")]
    paths += [sysconfig.get_path("stdlib"), *packages()]
    return list(dict.fromkeys(path for path in paths if os.path.lexists(path)))


def packages() -> list[str]:
    """Return the folders that hold what the zygote imports. Raises ImportError."""
    folders = []
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise ImportError(f"{name} is not installed")
        folders.append(str(Path(spec.origin).parents[1]))
    return list(dict.fromkeys(folders))


def command(layers: list[Layer], control: int, place: str, *, trains: bool) -> list[str]:
    """Return the program that starts a zygote with `layers` and the socket `control`.

    Without namespaces, its workers have their folders in `place`.
    """
    inside = Layer.NAMESPACES in layers
    home = "/grader" if inside else str(GUEST.parent)
    boot = BOOT.format(
        packages=packages(),
        home=home,
        control=control,
        layers=[layer.value for layer in layers],
        readable=readable(),
        place=place,
        trains=trains,
    )
    python = [os.path.realpath(sys.executable), "-s", "-S", "-P", "-c", boot]
    return [*_bubblewrap(), *python] if inside else python


def environment(layers: list[Layer]) -> dict[str, str]:
    """Return the whole environment of a zygote: nothing of ours, one thread, no GPU."""
    home = confine.SCRATCH if Layer.NAMESPACES in layers else "/tmp"
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": home,
        "TMPDIR": home,
        "TORCHINDUCTOR_CACHE_DIR": home,  # or an optimizer's import looks for a place to write
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "CUDA_VISIBLE_DEVICES": "",
        **dict.fromkeys(THREADS, "1"),
    }


def _bubblewrap() -> list[str]:
    """Return the prefix that runs a command in an empty root, see bwrap(1).

    CAP_SYS_ADMIN is over its own user namespace alone; the zygote needs it to give every worker
    namespaces, and workers drop it. `--dev` would add a second user namespace, in which setns
    fails, hence single devices.
    """
    arguments = [
        shutil.which("bwrap") or "bwrap",
        "--unshare-all", "--die-with-parent", "--new-session", "--hostname", "sandbox",
        "--cap-drop", "ALL", "--cap-add", "CAP_SYS_ADMIN", "--proc", "/proc",
        "--size", str(1 << 20), "--tmpfs", confine.SCRATCH,
    ]  # fmt: skip
    for path in readable():
        if path in DEVICES:
            arguments += ["--dev-bind", path, path]
        elif os.path.islink(path):
            arguments += ["--symlink", os.readlink(path), path]
        elif path.startswith("/usr/"):
            continue
        else:
            arguments += ["--ro-bind", path, path]
    arguments += ["--ro-bind", str(GUEST), "/grader/guest"]
    shared = Path(sysconfig.get_path("data")) / SHARED
    if shared.is_dir() and any(shared.is_relative_to(path) for path in readable()):
        arguments += ["--tmpfs", str(shared)]
    if not any(path.startswith("/tmp/") for path in readable()):
        arguments += ["--symlink", confine.SCRATCH, "/tmp"]
    return [*arguments, "--remount-ro", "/", "--chdir", confine.SCRATCH]


def _world_readable(path: str) -> bool:
    """Whether another user could read `path`; packages below /root are not."""
    where = Path(path).resolve()
    needed = {p: 0o5 if p.is_dir() else 0o4 for p in (where, *where.parents)}
    return all(p.stat().st_mode & bits == bits for p, bits in needed.items())
