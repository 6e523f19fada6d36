"""Print what an image is made of, as CycloneDX 1.6: packages of Debian, packages of Python."""

import importlib.metadata
import json
import subprocess
from urllib.parse import quote


def main() -> None:
    """Print the components by name; a purl says where each is from."""
    listed = subprocess.run(
        ["dpkg-query", "--show", "--showformat=${Package} ${Version} ${Architecture}\n"],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    debian = [line.split() for line in listed.splitlines()]
    parts = [
        (n, v, f"pkg:deb/debian/{n}@{quote(v)}?arch={a}&distro=bookworm") for n, v, a in debian
    ]
    for found in importlib.metadata.distributions():
        name = found.name.lower().replace("_", "-")
        parts.append((name, found.version, f"pkg:pypi/{name}@{quote(found.version)}"))
    components = [
        {"type": "library", "name": name, "version": version, "purl": purl}
        for name, version, purl in sorted(parts)
    ]
    bom = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": components}
    print(json.dumps(bom, indent=1))


if __name__ == "__main__":
    main()
