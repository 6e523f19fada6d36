"""A stand-in for the image that the Dockerfile begins from, made without any registry.

The same Debian packages as in the original, fetched as this machine is set up to fetch packages.
What this machine alone needs (its certificates, its pip settings, a CPU wheel of torch that pip has
here) goes into the stand-in and never into the Dockerfile: never publish an image built on it.
"""

import functools
import hashlib
import http.server
import io
import json
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from daemon import Daemon, NotHere

SUITE, TAG = "bookworm", "debian:bookworm-slim"
TORCH = "2.13.0+cpu"
PORT = 48765  # fixed, since it is part of what the base holds, and of what the daemon has cached
CLEAN = """\
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };
APT::Update::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };
Dir::Cache::pkgcache ""; Dir::Cache::srcpkgcache "";
Acquire::GzipIndexes "true"; Acquire::Languages "none";
"""
NO_DOCS = [
    "path-exclude=/usr/share/doc/*", "path-include=/usr/share/doc/*/copyright",
    "path-exclude=/usr/share/man/*", "path-exclude=/usr/share/locale/*",
    "path-exclude=/usr/share/info/*",
]  # fmt: skip
CERTIFICATES = Path("/usr/local/share/ca-certificates")


def provide(daemon: Daemon, cache: Path) -> None:
    """Import the stand-in under the original's name, unless it is there. Raises NotHere."""
    root = cache / f"{SUITE}.tar"
    if not root.exists():
        _bootstrap(root)
    extra = _settings(cache / "wheels")
    digest = hashlib.sha256(root.read_bytes() + repr(sorted(extra.items())).encode()).hexdigest()
    known = daemon.docker(
        "image", "inspect", "-f", '{{index .Config.Labels "stand-in"}}', TAG, check=False
    )
    if known.stdout.strip() == digest:  # importing it again would drop every cached layer
        return
    whole = cache / "with-settings.tar"
    whole.write_bytes(root.read_bytes())
    with tarfile.open(whole, "a") as tar:
        for name, data in extra.items():
            about = tarfile.TarInfo(name)
            about.size = len(data)
            tar.addfile(about, io.BytesIO(data))
    changes = ["-c", 'CMD ["bash"]', "-c", f"LABEL stand-in={digest}"]
    daemon.docker("import", *changes, whole, TAG)
    whole.unlink()


def _bootstrap(target: Path) -> None:
    """Make Debian's minimal system from this machine's apt sources; 15 s. Raises NotHere."""
    clean = target.with_name("docker-clean")
    clean.write_text(CLEAN)
    part = target.with_suffix(".part.tar")  # mmdebstrap wants the suffix
    command = [
        "mmdebstrap", "--quiet", "--variant=minbase", "--mode=root",
        "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr", "--include=usr-is-merged",
        '--aptopt=Acquire::Check-Valid-Until "false"', "--dpkgopt=force-unsafe-io",
        *(f"--dpkgopt={line}" for line in NO_DOCS),
        f"--customize-hook=copy-in {clean} /etc/apt/apt.conf.d",
        '--customize-hook=rm -f "$1"/var/cache/apt/*.bin '
        '"$1"/etc/dpkg/dpkg.cfg.d/99mmdebstrap.unsafe',
        SUITE, str(part),
    ]  # fmt: skip
    sources = Path("/etc/apt/sources.list.d/debian.sources")
    if sources.exists():
        command.append(str(sources))
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise NotHere(f"mmdebstrap failed: {done.stderr[-300:]}")
    part.rename(target)


def _settings(wheels: Path) -> dict[str, bytes]:
    """Return the files that let pip and uv in the build do what pip does on this machine."""
    own = CERTIFICATES.glob("*.crt")
    files = {str(path).lstrip("/"): path.read_bytes() for path in sorted(own)}
    pip, uv = {"cert": "/etc/ssl/certs/ca-certificates.crt"}, ["system-certs = true"]
    if index := _index():
        pip["index-url"] = index
        uv.append(f"index-url = {json.dumps(index)}")
    if any(wheels.glob("*.whl")):
        pip["find-links"] = f"http://127.0.0.1:{PORT}/"
        uv.append(f'find-links = ["{pip["find-links"]}"]')
    files["etc/pip.conf"] = "\n".join(
        ["[global]", *(f"{k} = {v}" for k, v in pip.items()), ""]
    ).encode()
    files["etc/uv/uv.toml"] = "\n".join([*uv, ""]).encode()
    return files


def _index() -> str:
    """Return the index that pip is configured for on this machine, or "" for the usual one."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True
    )
    lines = dict(line.split("=", 1) for line in listed.stdout.splitlines() if "=" in line)
    return next((v.strip("'") for k, v in lines.items() if k.endswith(".index-url")), "")


def has_wheel(wheels: Path) -> bool:
    """Whether pip finds a CPU wheel of torch here; it is put into `wheels`, see `served`."""
    wheels.mkdir(exist_ok=True)
    if not any(wheels.glob("*.whl")):
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        subprocess.run([*command, "--dest", str(wheels), f"torch=={TORCH}"], capture_output=True)
    return any(wheels.glob("*.whl"))


@contextmanager
def served(wheels: Path) -> Iterator[None]:
    """Serve the wheels to builds, which run in the host's network."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    try:
        handler = functools.partial(Quiet, directory=str(wheels))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", PORT), handler)
    except OSError as error:
        raise NotHere(f"port {PORT} is in use: {error}") from None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
