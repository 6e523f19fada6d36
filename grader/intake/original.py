"""What a file was called before browsers, file managers and editors added to its name.

doubling.ipynb.txt      a browser's or a system's suffix
doubling (1).ipynb      another download; -1 in Canvas, ~2 from an archive (place.py)
doubling-Copy1.ipynb    JupyterLab; " - Copy (2)" Windows, " copy 2" macOS, " (copy)" Linux
Copy of doubling.ipynb  Colab
"""

import re
import unicodedata

SUFFIX = re.compile(
    r"\.(?:ipynb|py)(?:\s*\.(?:ipynb|py|txt|json|html?|download|bak|zip|gz)|[ _-]*\(\d+\))*$",
    re.IGNORECASE,
)
"""The suffix of a notebook, and what may follow it."""
LATIN = "copy|kopie|copie|c[oó]pia|kopia|копия"
ASIAN = "복사본|사본|コピー|副本|拷贝"
COPY = re.compile(
    rf"(?:[ _-]*\((\d+)\)|[-~](\d+)| (\d)"
    rf"|[ _-]*\((?:[^()]* )?(?:{LATIN}|{ASIAN})(?: (\d+))?\)"
    rf"|(?:[ _-]+(?:{LATIN})|[ _-]*[의の的]?[ _-]*(?:{ASIAN}))[ _-]?(\d*))$",
    re.IGNORECASE,
)
"""What is appended to a name that is taken, with its number."""
COPY_OF = re.compile(r"(?:(?:copy of|kopie von|copie de|c[oó]pia de) +)+", re.IGNORECASE)


def stem(name: str) -> str:
    """Return the name of a file without its suffixes."""
    name = unicodedata.normalize("NFC", name).rstrip()
    found = SUFFIX.search(name)
    bare = name[: found.start()] if found else name.rpartition(".")[0]
    return bare.rstrip(". ") or bare or name


def original(name: str) -> tuple[str, int]:
    """Return a stem without the marks of a copy, and the number of the last copy, or 0."""
    begins = COPY_OF.match(name)
    name, number = name[begins.end() if begins else 0 :], int(bool(begins))
    while (found := COPY.search(name)) and found.start():
        number = number or int(next(filter(None, found.groups()), 1))
        name = name[: found.start()]
    return name, number
