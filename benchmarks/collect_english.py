"""Collect English text that anyone may use, for the encoders that come with zoo.

    python benchmarks/collect_english.py OUTPUT.jsonl.gz SOURCE [SOURCE ...]

A source is one of these:

- a clone of a git repository, bare or not. Of Standard Ebooks (XHTML in
  src/epub/text) the paragraphs are taken, of others those of the Markdown files and of
  the English sentences of Common Voice (server/data/en);
- a file with the ending .jsonl or .jsonl.gz, which has `text` or `tokens` in each row.
  FILE:0-4053,4098-9900 takes some of its rows;
- a zip file of plain texts, or one text (.txt or .txt.gz), of which paragraphs are
  taken.

Writes `{"text": ..., "source": ...}` in each line, in an order that depends on the
texts only. Each text occurs once, and no source has more than --most characters.
A tenth of the texts is written in lower case as well, and a fiftieth in upper case,
because people write so; README.md of this folder lists the sources and their licences.
"""

import argparse
import gzip
import html
import io
import json
import re
import subprocess
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from zlib import crc32

#: Markdown that is no prose: tables, code, headings of files, links to pictures.
NO_PROSE = re.compile(r"^\s*(\||```|    |!\[|{%|{{|<!--|\[[^\]]+\]:)")
LINK = re.compile(r"!?\[([^\]]*)\](\([^)]*\)|\[[^\]]*\])")
MARKUP = re.compile(r"{{.*?}}|{%.*?%}|{:.*?}|<[^>]+>|\*\*|__|`", re.DOTALL)
BULLET = re.compile(r"^\s*([-*+>#]+|\d+\.)\s+")
PARAGRAPH = re.compile(r"<p[^>]*>(.*?)</p>", re.DOTALL)
#: Pages of a book that its publisher wrote, the same in each.
SAME_IN_ALL = re.compile(
    r"(colophon|uncopyright|imprint|titlepage|endnotes|loi)\.xhtml$"
)


def paragraphs_of(path: Path, rows: str) -> Iterator[str]:
    """Yield the texts of a source."""
    if path.is_dir():
        yield from _of_repository(path)
    elif path.name.endswith((".jsonl", ".jsonl.gz")):
        yield from _of_rows(path, rows)
    elif path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                if name.endswith(".txt"):
                    text = archive.read(name).decode("utf8", errors="replace")
                    yield from _of_plain_text(text)
    else:
        yield from _of_plain_text(_read(path))


def _read(path: Path) -> str:
    data = path.read_bytes()
    data = gzip.decompress(data) if path.suffix == ".gz" else data
    return data.decode("utf8", errors="replace")


def _of_rows(path: Path, rows: str) -> Iterator[str]:
    lines = _read(path).splitlines()
    parts = [part.split("-") for part in rows.split(",")] if rows else [["0", "-1"]]
    for first, last in parts:
        end = len(lines) if last == "-1" else int(last)
        for line in lines[int(first) : end]:
            row = json.loads(line)
            yield row["text"] if "text" in row else " ".join(row["tokens"])


def _of_plain_text(text: str) -> Iterator[str]:
    for block in re.split(r"\n\s*\n", text):
        yield " ".join(block.split())


def _of_repository(path: Path) -> Iterator[str]:
    listing = _git(path, "ls-tree", "-r", "-z", "HEAD").decode("utf8")
    for entry in filter(None, listing.split("\0")):
        facts, _, name = entry.partition("\t")
        read = _reader_of(name)
        if read is None:
            continue
        try:
            data = _git(path, "cat-file", "blob", facts.split()[2])
        except subprocess.CalledProcessError:  # Left out of a partial copy.
            continue
        yield from read(data.decode("utf8", errors="replace"))


def _reader_of(name: str):
    if "epub/text/" in name and name.endswith(".xhtml"):
        return None if SAME_IN_ALL.search(name) else _of_xhtml
    if name.startswith("server/data/en/") and name.endswith(".txt"):
        return None if "wiki" in name else str.splitlines
    return _of_markdown if name.endswith(".md") else None


def _git(path: Path, *arguments: str) -> bytes:
    command = ["git", "-C", str(path), *arguments]
    return subprocess.run(command, capture_output=True, check=True).stdout


def _of_xhtml(text: str) -> Iterator[str]:
    for match in PARAGRAPH.finditer(text):
        plain = re.sub(r"<br\s*/?>", " ", match[1])
        yield re.sub(r"<[^>]+>", "", plain)


def _of_markdown(text: str) -> Iterator[str]:
    if text.startswith("---"):
        text = text.partition("\n---")[2]
    for block in re.split(r"\n\s*\n|\n(?=\s*(?:[-*+#]+|\d+\.)\s)", text):
        if not NO_PROSE.match(block):
            yield MARKUP.sub(" ", LINK.sub(r"\1", BULLET.sub("", block)))


def clean(text: str) -> str:
    """Return a text in one line, with plain quotes and dashes as most people type."""
    text = (
        html.unescape(html.unescape(text)).replace("\u2060", "").replace("\ufeff", "")
    )
    text = re.sub("[\u00a0\u2000-\u200b\u202f]", " ", text)
    text = text.translate({0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"'})
    return " ".join(text.split())


def is_prose(text: str) -> bool:
    """Return whether a text has three words or more, and is mostly letters."""
    n_letters = sum(c.isalpha() or c.isspace() for c in text)
    return text.count(" ") >= 2 and n_letters > 0.75 * len(text)


def collect(sources: Iterable[str], most: int) -> Iterator[tuple[str, str]]:
    """Yield texts and the names of their sources."""
    seen = set()
    for source in sources:
        name, _, rows = source.partition(":")
        path = Path(name)
        label = path.name
        for part in path.parts:  # The name of a clone, and not of a folder in it.
            label = part if part.count("+") == 1 else label
        n_characters = n_texts = 0
        for raw in paragraphs_of(path, rows):
            text = clean(raw)
            if text in seen or not is_prose(text):
                continue
            seen.add(text)
            n_characters, n_texts = n_characters + len(text), n_texts + 1
            yield text, label
            if n_characters > most:
                break
        print(f"{label}: {n_texts:,} texts, {n_characters:,} characters", flush=True)


def in_cases(text: str) -> Iterator[str]:
    """Yield a text, and some in lower or upper case too."""
    yield text
    digest = crc32(text.encode("utf8")) % 50
    if digest < 5:
        yield text.lower()
    elif digest == 5:
        yield text.upper()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=Path)
    parser.add_argument("sources", nargs="+")
    parser.add_argument("--most", type=int, default=8_000_000)
    arguments = parser.parse_args()
    rows = [
        {"text": written, "source": label}
        for text, label in collect(arguments.sources, arguments.most)
        for written in in_cases(text)
    ]
    rows.sort(key=lambda row: crc32(row["text"].encode("utf8")))
    buffer = io.StringIO()
    for row in rows:
        buffer.write(json.dumps(row, ensure_ascii=False) + "\n")
    data = gzip.compress(buffer.getvalue().encode("utf8"), mtime=0)
    arguments.output.write_bytes(data)
    n_words = sum(row["text"].count(" ") + 1 for row in rows)
    print(f"{len(rows):,} texts, {n_words:,} words between spaces")


if __name__ == "__main__":
    main()
