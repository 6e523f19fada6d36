"""Go through a built site: `python -m docs.site.links build/site`.

Every link inside must lead to a file and, with a #, to something there; and no page or style may
load anything from another place. Links to other places are counted and not followed.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {
    ("audio", "src"), ("embed", "src"), ("iframe", "src"), ("img", "src"), ("input", "src"),
    ("object", "data"), ("script", "src"), ("source", "src"), ("track", "src"), ("use", "href"),
    ("image", "href"), ("video", "poster"), ("video", "src"), ("link", "href"),
    ("body", "background"),
}  # fmt: skip
"""Attributes whose address a browser loads by itself."""
NOT_LOADED = {"alternate", "canonical", "next", "prev"}
"""What a <link> may only tell."""
IN_STYLE = re.compile(r"""url\(\s*["']?(?!data:|#)([^"')]+)|@import\s+["']([^"']+)""")


@dataclass
class Page(HTMLParser):
    """What a page of the site defines, names and loads."""

    path: Path
    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what an element defines, names and loads."""
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        if tag == "link" and given.get("rel") in NOT_LOADED:
            return
        for name, value in given.items():
            if name in ("srcset", "imagesrcset"):
                self.loads += [part.split()[0] for part in value.split(",") if part.split()]
            elif name == "style":
                self.loads += in_style(value)
            elif (tag, name.removeprefix("xlink:")) in LOADED:
                self.loads.append(value)
            elif name == "href":
                self.links.append(value)


def in_style(text: str) -> list[str]:
    """Return what a style sheet loads."""
    return [one or other for one, other in IN_STYLE.findall(text)]


def defects(site: Path) -> Iterator[str]:
    """Yield a line for each link that leads nowhere, and for each thing loaded from elsewhere."""
    pages = {path: Page(path) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        here = path.relative_to(site)
        for link in page.links + page.loads:
            if why := _wrong(link, site, path, pages):
                yield f"{here}: {link} {why}"
        yield from (f"{here}: loads {one}" for one in page.loads if _is_remote(one))
    for path in sorted(site.rglob("*.css")):
        for one in in_style(path.read_text("utf-8")):
            if _is_remote(one):
                yield f"{path.relative_to(site)}: loads {one}"


def _is_remote(link: str) -> bool:
    return bool(urlsplit(link).netloc)


def _wrong(link: str, site: Path, path: Path, pages: dict[Path, Page]) -> str:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return ""
    start = site if parts.path.startswith("/") else path.parent
    target = (start / unquote(parts.path).lstrip("/")).resolve() if parts.path else path
    if target.is_dir():
        target /= "index.html"
    if not target.is_file():
        return "is not there"
    anchor = unquote(parts.fragment)
    if anchor and target in pages and anchor not in pages[target].ids:
        return "leads to no heading there"
    return ""


def main(site: Path) -> int:
    """Print what is wrong, and how much was looked at; return the exit code."""
    site = site.resolve()
    found = list(defects(site))
    print(*found, sep="\n", end="\n" if found else "")
    pages = len(list(site.rglob("*.html")))
    print(f"{pages} pages, {len(found)} links or addresses that are wrong")
    return 1 if found or not pages else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
