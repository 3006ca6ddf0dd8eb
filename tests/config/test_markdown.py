"""Guides as HTML: what they use of Markdown comes out as it is meant, and nothing gets through that is not text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from config.guides import guide_of, rendered, shelves, text_of
from config.markdown import render

ALL = [guide for shelf in shelves() for guide in shelf.guides]
VOID = {"br", "img"}


class Reader(HTMLParser):
    """Fails for tags that are not closed in order; keeps the text outside of code, and the links."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.prose = ""
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        for name, value in attrs:
            assert name in {"class", "data-language", "href", "id", "scope", "tabindex"}
            if tag == "a" and name == "href":
                self.links.append(value or "")
            if name == "id":
                self.anchors.add(value or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"code", "pre"} & set(self.open):
            self.prose += data


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("One\ntwo\n\nthree", "<p>One two</p>\n<p>three</p>"),
        ("## The *first* `thing`!", '<h2 id="the-first-thing">The <em>first</em> <code>thing</code>!</h2>'),
        ("a **b `c`** d", "<p>a <strong>b <code>c</code></strong> d</p>"),
        ("3 * 4 * 5 and a_b_c", "<p>3 * 4 * 5 and a_b_c</p>"),
        ("[a `b`](/c?d=1&e=2)", '<p><a href="/c?d=1&amp;e=2">a <code>b</code></a></p>'),
        ("`**a** [b](c)`", "<p><code>**a** [b](c)</code></p>"),
        ("- a\n  b\n- c", "<ul><li>a b</li><li>c</li></ul>"),
        ("1. a\n2. b\n\nc", "<ol><li>a</li><li>b</li></ol>\n<p>c</p>"),
        ("- a\n  - b\n  - c\n- d", "<ul><li>a<ul><li>b</li><li>c</li></ul></li><li>d</li></ul>"),
        ("a:\n- b", "<p>a:</p>\n<ul><li>b</li></ul>"),
        (
            "```sh\na <b>\n\n  c\n```",
            '<pre tabindex="0" data-language="sh"><code>a &lt;b&gt;\n\n  c</code></pre>',
        ),
        (
            "| a | b |\n|---|---|\n| `x|y` | 1 \\| 2 |",
            '<div class="table" tabindex="0"><table>'
            '<thead><tr><th scope="col">a</th><th scope="col">b</th></tr></thead>'
            '<tbody><tr><th scope="row"><code>x|y</code></th><td>1 | 2</td></tr></tbody></table></div>',
        ),
    ],
)
def test_markdown_is_rendered(text: str, html: str) -> None:
    assert render(text).html == html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[a](javascript:alert(1))",
        "[a](data:text/html,x)",
        "[a](//evil.example)",
        '[a](/"onclick="alert(1))',
        "`<img src=x>` **<b>** *<i>*",
        "# <script>\n## <script>",
        "| <script> |\n|---|\n| <script> |",
        "```<script>\n<script>\n```",
    ],
)
def test_nothing_gets_through_that_is_not_text(text: str) -> None:
    html = render(text).html

    assert not re.search(r"<(script|img|b|i)\b", html)
    for link in Reader(html).links:
        assert link.startswith(("/", "#", "http://", "https://"))
        assert not link.startswith("//")


@pytest.mark.parametrize("guide", ALL, ids=[guide.slug for guide in ALL])
def test_every_guide_is_rendered_whole(guide: object) -> None:
    page = rendered(guide)  # type: ignore[arg-type]
    reader = Reader(page.html)

    assert page.title
    # What the renderer does not know would stand there as it was written.
    assert not re.search(r"\*\*|``|^#|\]\(|^\s*[-|] ", reader.prose, re.MULTILINE), reader.prose
    words = set(re.findall(r"[A-Za-z]{3,}", re.sub(r"\]\([^)]*\)", "]", text_of(guide))))  # type: ignore[arg-type]
    shown = set(re.findall(r"[A-Za-z]{3,}", f"{page.title} {re.sub('<[^>]+>', ' ', page.html)}"))
    languages = {"json", "python", "http", "csv", "text"}
    assert words - shown - languages == set()


@pytest.mark.parametrize("guide", ALL, ids=[guide.slug for guide in ALL])
def test_links_of_a_guide_lead_somewhere(guide: object) -> None:
    page = Reader(rendered(guide).html)  # type: ignore[arg-type]
    for link in page.links:
        path, _, anchor = link.partition("#")
        if path.startswith("http"):
            continue
        target = page
        if path.startswith("/developers/guides/"):
            other = guide_of(path.removeprefix("/developers/guides/").strip("/"))
            assert other is not None, link
            target = Reader(rendered(other).html)
        if anchor:
            assert anchor in target.anchors, link
