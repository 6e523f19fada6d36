"""What mkdocs calls while it builds the site: mkdocs.yml names this file."""

from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from docs.site import pages

NOTEBOOKS = "assignments/*.md"
"""Stands in the navigation for every notebook, in the order of the course."""
HIDES = {"README.md": ["navigation", "toc"], "assignments/README.md": ["toc"]}
"""Pages that need the room: the front page stands alone, and a wide table has no headings."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the notebooks into the navigation."""
    notebooks = [{stop.name: f"assignments/{stop.name}.md"} for stop in pages.STOPS]
    config.nav = [_with(entry, notebooks) for entry in config.nav or ()]
    return config


def _with(entry: Any, notebooks: list[dict[str, str]]) -> Any:
    match entry:
        case {**titles}:
            return {title: _with(below, notebooks) for title, below in titles.items()}
        case [*entries]:
            found = ([e] if e != NOTEBOOKS else notebooks for e in entries)
            return [_with(e, notebooks) for some in found for e in some]
    return entry


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages from outside of docs/, and those that are written for the site."""
    for place, path in pages.FILES.items():
        files.append(File.generated(config, place, abs_src_path=str(path)))
    for place, text in pages.made():
        files.append(File.generated(config, place, content=text))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead links to where the site has what they mean; let the front page stand alone."""
    if page.file.src_uri in HIDES:
        page.meta["hide"] = HIDES[page.file.src_uri]
    return pages.with_links(markdown, page.file.src_uri)
