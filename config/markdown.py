"""Our own guides, from Markdown to HTML: what they use of it, and no more. Everything that is text is escaped.

Headings, paragraphs, lists (one in another too), tables, fenced code, code, bold, italics and links. A line that begins
with anything else is a paragraph. Raw HTML is shown as the text that it is.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

__all__ = ["Heading", "Rendered", "render"]

_FENCE: Final = re.compile(r"^(\s*)```(\w*)[\w ]*$")
_HEADING: Final = re.compile(r"^(#{1,4}) (.+)$")
_ITEM: Final = re.compile(r"^(\s*)(-|\d+\.) (.*)$")
_ROW: Final = re.compile(r"^\|.*\|\s*$")
_RULE: Final = re.compile(r"^\|[\s:|-]+\|\s*$")
_INLINE: Final = re.compile(
    r"(?P<code>``(?P<more>.+?)``|`(?P<one>[^`]+)`)"
    r"|!?\[(?P<text>(?:[^\[\]]|\[[^\]]*\])*)\]\((?P<target>[^()\s]+)\)"
    r"|\*\*(?P<bold>.+?)\*\*"
    r"|(?<![\w*])\*(?P<italic>[^*\s][^*]*?)\*(?![\w*])"
)
_SAFE_TARGET: Final = re.compile(r"^(https?://|mailto:|/(?!/)|#)")

#: Where a link leads, or None for one whose text alone is shown.
LinkOf = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Heading:
    level: int
    text: str
    anchor: str


@dataclass(slots=True)
class Rendered:
    """`title` is the first heading of level 1, which is not in `html`; `headings` are those of level 2."""

    html: str = ""
    title: str = ""
    headings: list[Heading] = field(default_factory=list)


def render(text: str, *, link_of: LinkOf = lambda target: target) -> Rendered:
    """`text` as HTML. `link_of` is asked for each link's address; only http, mailto, paths and anchors get through."""
    found = Rendered()
    parts = _blocks(text.splitlines(), link_of, found)
    found.html = "\n".join(parts)
    return found


def _blocks(lines: list[str], link_of: LinkOf, found: Rendered) -> list[str]:
    parts: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        if not line.strip():
            at += 1
        elif match := _FENCE.match(line):
            at, part = _fenced(lines, at, match)
            parts.append(part)
        elif match := _HEADING.match(line):
            parts += _heading(match, link_of, found)
            at += 1
        elif _ROW.match(line):
            end = _while(lines, at, lambda row: bool(_ROW.match(row)))
            parts.append(_table(lines[at:end], link_of))
            at = end
        elif _ITEM.match(line):
            end = _end_of_list(lines, at)
            parts.append(_list(lines[at:end], link_of, found))
            at = end
        else:
            end = _while(lines, at, lambda row: bool(row.strip()) and not _begins_block(row))
            end = max(end, at + 1)
            parts.append(f"<p>{_inline(' '.join(row.strip() for row in lines[at:end]), link_of)}</p>")
            at = end
    return parts


def _begins_block(line: str) -> bool:
    return any(pattern.match(line) for pattern in (_FENCE, _HEADING, _ROW, _ITEM))


def _while(lines: list[str], start: int, holds: Callable[[str], bool]) -> int:
    end = start
    while end < len(lines) and holds(lines[end]):
        end += 1
    return end


def _fenced(lines: list[str], start: int, opening: re.Match[str]) -> tuple[int, str]:
    indent = len(opening[1])
    end = start + 1
    while end < len(lines) and not re.match(r"^\s*```\s*$", lines[end]):
        end += 1
    body = "\n".join(line[indent:] if not line[:indent].strip() else line for line in lines[start + 1 : end])
    language = f' data-language="{opening[2]}"' if opening[2] else ""
    return end + 1, f'<pre tabindex="0"{language}><code>{html.escape(body)}</code></pre>'


def _heading(match: re.Match[str], link_of: LinkOf, found: Rendered) -> list[str]:
    level, text = len(match[1]), match[2].strip()
    plain = re.sub(r"[`*]", "", text)
    if level == 1 and not found.title:
        found.title = plain
        return []
    # As GitHub makes them, so that links within the documents lead somewhere here too.
    anchor = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
    if level == 2:
        found.headings.append(Heading(level, plain, anchor))
    return [f'<h{level} id="{html.escape(anchor)}">{_inline(text, link_of)}</h{level}>']


def _table(lines: list[str], link_of: LinkOf) -> str:
    rows = [_cells(line) for line in lines if not _RULE.match(line)]
    if len(lines) > 1 and _RULE.match(lines[1]):
        head, body = rows[0], rows[1:]
    else:
        head, body = [], rows
    parts = ['<div class="table" tabindex="0"><table>']
    if any(cell for cell in head):
        cells = "".join(f'<th scope="col">{_inline(cell, link_of)}</th>' for cell in head)
        parts.append(f"<thead><tr>{cells}</tr></thead>")
    parts.append("<tbody>")
    for row in body:
        first, rest = row[0], row[1:]
        cells = "".join(f"<td>{_inline(cell, link_of)}</td>" for cell in rest)
        parts.append(f'<tr><th scope="row">{_inline(first, link_of)}</th>{cells}</tr>')
    parts.append("</tbody></table></div>")
    return "".join(parts)


def _cells(line: str) -> list[str]:
    """The cells of a row; a bar in code or after a backslash is text."""
    cells = re.split(r"(?<!\\)\|(?=(?:[^`]*`[^`]*`)*[^`]*$)", line.strip()[1:].removesuffix("|"))
    return [cell.strip().replace("\\|", "|") for cell in cells]


def _end_of_list(lines: list[str], start: int) -> int:
    """Items, what is indented under them, and what goes on in the next line without an empty one between."""
    end = start + 1
    while end < len(lines):
        line = lines[end]
        if not line.strip():
            after = next((row for row in lines[end:] if row.strip()), "")
            if not (after.startswith("  ") or _ITEM.match(after)):
                break
        elif not (line.startswith(" ") or _ITEM.match(line)) and (
            _begins_block(line) or not lines[end - 1].strip()
        ):
            break
        end += 1
    return end


def _list(lines: list[str], link_of: LinkOf, found: Rendered) -> str:
    indent = len(lines[0]) - len(lines[0].lstrip())
    tag = "ul" if lines[0].lstrip().startswith("-") else "ol"
    items: list[list[str]] = []
    for line in lines:
        match = _ITEM.match(line)
        if match and len(match[1]) <= indent:
            items.append([match[3]])
        else:
            items[-1].append(line)
    parts = [f"<{tag}>"]
    for item in items:
        end = _while(item, 1, lambda row: bool(row.strip()) and not _begins_block(row.strip()))
        words = _inline(" ".join(row.strip() for row in item[:end]), link_of)
        rest = [_dedented(row, indent) for row in item[end:]]
        inner = "".join(_blocks(rest, link_of, found)) if any(row.strip() for row in rest) else ""
        parts.append(f"<li>{words}{inner}</li>")
    parts.append(f"</{tag}>")
    return "".join(parts)


def _dedented(line: str, indent: int) -> str:
    width = indent + 2
    return line[width:] if not line[:width].strip() else line.lstrip()


def _inline(text: str, link_of: LinkOf) -> str:
    parts: list[str] = []
    end = 0
    for match in _INLINE.finditer(text):
        parts.append(html.escape(text[end : match.start()], quote=False))
        parts.append(_marked(match, link_of))
        end = match.end()
    parts.append(html.escape(text[end:], quote=False))
    return "".join(parts)


def _marked(match: re.Match[str], link_of: LinkOf) -> str:
    if match["code"]:
        return f"<code>{html.escape(match['more'] or match['one'], quote=False)}</code>"
    if match["bold"]:
        return f"<strong>{_inline(match['bold'], link_of)}</strong>"
    if match["italic"]:
        return f"<em>{_inline(match['italic'], link_of)}</em>"
    words = _inline(match["text"], lambda _: None)
    target = link_of(match["target"])
    if target is None or not _SAFE_TARGET.match(target):
        return words
    return f'<a href="{html.escape(target)}">{words}</a>'
