"""A site with a dead link, a dead anchor or anything that is loaded from elsewhere is refused."""

from pathlib import Path

import pytest

from docs.site.links import defects, main

PAGE = '<h1 id="top">A</h1><a href="other.html#there">b</a><img src="picture.png">'


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "index.html").write_text(PAGE)
    (tmp_path / "other.html").write_text('<b id="there"><a href="sub/">c</a><a href="#there">d</a>')
    (tmp_path / "sub" / "index.html").write_text('<a href="../index.html#top">e</a>')
    (tmp_path / "picture.png").write_bytes(b"")
    (tmp_path / "style.css").write_text("a { background: url(data:image/png,) }")
    return tmp_path


def test_a_whole_site_is_passed_and_links_to_others_are_not_followed(site, capsys):
    with (site / "index.html").open("a") as page:
        page.write('<a href="https://example.org/x">f</a><a href="mailto:a@example.org">g</a>')
        page.write('<link rel="canonical" href="https://example.org/">')
    assert main(site) == 0
    assert "3 pages" in capsys.readouterr().out


@pytest.mark.parametrize(
    "added",
    [
        '<a href="gone.html">', '<a href="other.html#gone">', '<a href="#gone">', '<a href="/x">',
        '<img src="gone.png">', '<img srcset="gone.png 2x">', '<script src="gone.js"></script>',
        '<script src="https://example.org/x.js"></script>', '<img src="//example.org/x.png">',
        '<link rel="stylesheet" href="https://example.org/x.css">',
        '<link rel="preconnect" href="https://example.org">', '<iframe src="https://example.org">',
        '<p style="background: url(https://example.org/x.png)">',
        '<svg><use xlink:href="https://example.org/x.svg#a"/></svg>',
    ],
)  # fmt: skip
def test_what_leads_nowhere_or_is_loaded_from_elsewhere_is_found(site, added):
    (site / "index.html").write_text(PAGE + added)
    assert len([*defects(site)]) == 1
    assert main(site) == 1


@pytest.mark.parametrize(
    "rule",
    ["@import 'https://example.org/x.css';", '@font-face { src: url("//example.org/x.woff") }'],
)
def test_a_style_that_loads_from_elsewhere_is_found(site, rule):
    (site / "style.css").write_text(rule)
    assert len([*defects(site)]) == 1


def test_a_folder_without_pages_is_not_a_site(tmp_path):
    assert main(tmp_path) == 1
