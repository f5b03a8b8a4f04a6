"""Draw damage to files, and say what may become of a file that is damaged."""

import faulthandler
import io
import json
import pickle
import re
import signal
import sys
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import strategies as st

from zoo.config import ConfigError
from zoo.pipeline._model_folder import META, checksum

from ..tiny import rewrite_meta

if not sys.platform.startswith("linux"):
    pytest.skip("the limits of time and memory are Linux's", allow_module_level=True)
resource = pytest.importorskip("resource")

#: The components of the saved pipeline that is damaged, and its files.
PARTS = ("tok2vec", "tagger", "textcat")
MODEL_FILES = ["config.cfg", META, *(f"{name}.safetensors" for name in PARTS)]
#: The longest that a case may take, in seconds; most take a few thousandths.
SECONDS = 10
#: What a case may add to the memory of the process, in bytes.
MEMORY = 1 << 30
#: The types of errors that reading a file is documented to raise.
DOCUMENTED = (ValueError, ConfigError, FileNotFoundError, IsADirectoryError)


class Bomb:
    """Show that a pickle was opened: it raises an error that nothing expects."""

    def __reduce__(self):
        return eval, ("1 / 0",)


def _zip():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("data.pkl", pickle.dumps(Bomb()))
    return file.getvalue()


#: The content of files of other kinds.
FOREIGN = [
    b"",
    b"\n",
    b"\x00" * 100,
    b"\xff" * 100,
    b"null",
    b"[]",
    b"{}",
    b"[[" * 5000,
    b'{"a":' * 5000,
    b"\x89PNG\r\n\x1a\n" + bytes(range(200)),
    b"\x7fELF" + bytes(100),
    b"<html><body>Not found</body></html>\n",
    "Wörter und Sätze.\n".encode("utf-16"),
    "Wörter und Sätze.\n".encode("latin-1"),
    b"version https://git-lfs.github.com/spec/v1\nsize 12345\n",
    zlib.compress(bytes(1 << 24)),
    pickle.dumps(Bomb()),
    _zip(),
]
#: What takes the place of a number.
NUMBERS = [b"-1", b"0", b"1.5", b"1e999", b"NaN", b"9" * 20, b"9" * 5000, b"4294967296"]
#: What is put in somewhere.
TOKENS = [
    b"\x00",
    b"\xff\xfe",
    b"\xed\xa0\x80",  # A lone surrogate.
    b"\xe2\x80\xa8",
    b"\r",
    b"\n\n",
    b"\t",
    b'"',
    b"[",
    b"]",
    b"{",
    b"\\u",
    b"${paths.train}",
    b"${a.b}",
    b"$",
    b"%",
    b"@layers",
    b"../../etc/passwd",
    b"A" * 10000,
]


class Damage(NamedTuple):
    """One change to the bytes of a file.

    kind: What is done.
    at: Where, as a share of the file, 0 to 1.
    pick: A number that settles the rest.
    """

    kind: str
    at: float
    pick: int

    def __call__(self, data: bytes) -> bytes:
        return KINDS[self.kind](data, int(self.at * len(data)), self.pick)


def _flip(data, at, pick):
    return (
        data[:at]
        + bytes([b ^ (pick % 255 + 1) for b in data[at : at + 1]])
        + (data[at + 1 :])
    )


def _swap(data, at, pick):
    size = pick % 40 + 1
    a, b, rest = data[at : at + size], data[at + size : at + 2 * size], at + 2 * size
    return data[:at] + b + a + data[rest:]


def _number(data, at, pick):
    found = re.compile(rb"-?\d+").search(data, at) or re.search(rb"-?\d+", data)
    if found is None:
        return data
    return data[: found.start()] + NUMBERS[pick % len(NUMBERS)] + data[found.end() :]


def _line(data, at, pick):
    """Leave a line out, double it, or move it to the end."""
    lines = data.splitlines(keepends=True)
    i = data.count(b"\n", 0, at)
    line, rest = lines[i : i + 1], lines[:i] + lines[i + 1 :]
    return b"".join([rest, lines[:i] + line + lines[i:], rest + line][pick % 3])


def _value(data, at, pick):
    """Put something else in the place of a value of a config or JSON."""
    found = re.compile(rb'(?<=[=:] )[^\n,]+|"[^"\n]*"').search(data, at)
    if found is None:
        return data
    value = VALUES[pick % len(VALUES)]
    return data[: found.start()] + value + data[found.end() :]


VALUES = [
    *NUMBERS,
    b"null",
    b"true",
    b'""',
    b"[]",
    b"{}",
    b'{"a": [1, {"b": null}]}',
    b"[1, 2",
    b'"os.system"',
    b'"zoo.Missing.v1"',
    b'["a", "a"]',
    b"tok2vec",
    b"\xc3\xa4",
]
KINDS = {
    "cut": lambda data, at, pick: data[:at],
    "flip": _flip,
    "foreign": lambda data, at, pick: FOREIGN[pick % len(FOREIGN)],
    "insert": lambda data, at, pick: data[:at] + TOKENS[pick % len(TOKENS)] + data[at:],
    "leave out": lambda data, at, pick: data[:at] + data[at + pick % 40 + 1 :],
    "line": _line,
    "number": _number,
    "ones": lambda data, at, pick: data[:at] + b"\xff" * 8 + data[at + 8 :],
    "repeat": lambda data, at, pick: data[: at + pick % 40] + data[at:],
    "swap": _swap,
    "value": _value,
    "zeros": lambda data, at, pick: data[:at] + bytes(8) + data[at + 8 :],
}


def damages(*kinds: str) -> st.SearchStrategy[Damage]:
    """Draw one damage; near the begin, where sizes and settings are, most often."""
    places = st.floats(0, 1).map(lambda x: x**3)
    return st.builds(
        Damage, st.sampled_from(kinds or sorted(KINDS)), places, st.integers(0, 10**6)
    )


#: Any value that JSON can hold.
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from([10**30, -1, "a/b", "..", "\x00"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@st.composite
def altered_json(draw, data: bytes) -> bytes:
    """Put another value somewhere into JSON, or leave a value out."""
    value = json.loads(data)
    node = value
    while True:
        keys = list(node) if isinstance(node, dict) else range(len(node))
        key = draw(st.sampled_from(keys))
        inner = node[key]
        if not isinstance(inner, dict | list) or not inner or draw(st.booleans()):
            break
        node = inner
    if draw(st.integers(0, 4)):
        node[key] = draw(json_values)
    else:
        del node[key]
    return json.dumps(value).encode()


@contextmanager
def limits():
    """Bear neither with a case that hangs nor with one that fills the memory."""

    def stop(*_):
        raise TimeoutError(f"the case took more than {SECONDS} s")

    before, hard = resource.getrlimit(resource.RLIMIT_AS)
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    handler = signal.signal(signal.SIGALRM, stop)
    # Code in C cannot be stopped but with the whole process.
    faulthandler.dump_traceback_later(20 * SECONDS, exit=True, file=sys.__stderr__)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (before, hard))
        signal.setitimer(signal.ITIMER_REAL, 0)
        faulthandler.cancel_dump_traceback_later()
        signal.signal(signal.SIGALRM, handler)


def check(read, *names: str) -> bool:
    """Read a damaged file: it goes well, or a documented error names the file.

    names: One of them must be in the message.

    Returns whether it went well.
    """
    try:
        with limits():
            read()
    except DOCUMENTED as error:
        assert type(error) in DOCUMENTED, repr(error)
        assert any(name in str(error) for name in names), error
        return False
    return True


class Damaged:
    """Replace the bytes of a file in a folder while the block runs."""

    def __init__(self, folder, name, data, *, signed):
        self.folder, self.path, self.data, self.signed = (
            folder,
            folder / name,
            data,
            signed,
        )

    def __enter__(self):
        paths = [self.path, *([self.folder / META] if self.signed else [])]
        self.before = {path: path.read_bytes() for path in paths}
        self.path.write_bytes(self.data)
        if self.signed:
            meta = json.loads(self.before[self.folder / META])
            if self.path.name != META:
                meta["files"][self.path.name] = checksum(self.path)
            rewrite_meta(self.folder, meta)

    def __exit__(self, *_):
        for path, data in self.before.items():
            path.write_bytes(data)
