"""Pack a saved pipeline into one file that a colleague can load, and unpack it."""

import shutil
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from .._atomic import replace_file
from ._model_card import write_card
from ._model_folder import CONFIG, META
from ._saved_pipeline import write_folder
from .pipeline import Pipeline

#: The suffixes of archives; a wheel is one too.
SUFFIXES = (".zip", ".whl")
#: The file that tells a reader what is in the archive, beside the folder.
CARD = "README.md"
#: The same for every file, so that one model gives one archive, bit for bit.
_DATE = (1980, 1, 1, 0, 0, 0)
#: How much larger than the archive its files may be. Weights hardly shrink, tables of
#: rules by five to ten times.
_GROWTH = 50
#: Files that an archive may have. A pipeline has a few for each component.
_MOST_FILES = 10_000
#: How files may be packed. Others may ask for gigabytes of memory to unpack a byte.
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
#: What `zipfile` raises for damaged, encrypted and strange archives.
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, RuntimeError, EOFError),
    UnicodeDecodeError,  # In the name of a file.
)


def is_archive(path: str | Path) -> bool:
    """Return whether a path is that of a file that may be an archive."""
    return Path(path).suffix.lower() in SUFFIXES and Path(path).is_file()


def write_archive(pipeline: Pipeline, path: Path) -> None:
    """Write a pipeline, its word vectors and a card to one file.

    The file is replaced as a whole.

    Args:
        pipeline: The pipeline.
        path: The file, which ends in ".zip". The model's folder in it has its name.

    Raises:
        ValueError: The file has another suffix.
    """
    if path.suffix.lower() != SUFFIXES[0]:
        raise ValueError(
            f"{path}: the name of an archive must end in .zip, got {path.suffix!r}."
        )
    name = path.stem
    with TemporaryDirectory() as temporary, replace_file(path) as new:
        folder = Path(temporary, name)
        write_folder(folder, pipeline._save(), pipeline.vectors)
        Path(temporary, CARD).write_text(write_card(pipeline, name), encoding="utf8")
        files = [Path(temporary, CARD), *sorted(folder.iterdir())]
        _pack(files, temporary, new, zipfile.ZIP_DEFLATED)
        if sum(file.stat().st_size for file in files) > _GROWTH * new.stat().st_size:
            # A table of zeros shrinks so much that reading it would be refused.
            _pack(files, temporary, new, zipfile.ZIP_STORED)


def _pack(files: Sequence[Path], root: str, target: Path, compression: int) -> None:
    """Write files to an archive, by their paths below a folder."""
    with zipfile.ZipFile(target, "w") as archive:
        for file in files:
            member = zipfile.ZipInfo(file.relative_to(root).as_posix(), _DATE)
            member.external_attr = 0o644 << 16
            member.compress_type = compression
            with file.open("rb") as source, archive.open(member, "w") as out:
                shutil.copyfileobj(source, out)


@contextmanager
def unpack_archive(path: str | Path) -> Iterator[Path]:
    """Unpack an archive that holds a saved pipeline, and remove the files afterwards.

    Args:
        path: The archive: one that `write_archive` wrote, a packed folder, or a wheel
            of a pipeline of spaCy's.

    Yields:
        The folder of the pipeline.

    Raises:
        ValueError: It is no whole archive, holds no pipeline or several, or files
            that are much larger than itself.
    """
    path = Path(path)
    # A table of vectors stays open: Windows cannot remove its file.
    with TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        target = Path(temporary)
        try:
            with zipfile.ZipFile(path) as archive:
                members = archive.infolist()
                root = _find_model(path, members)
                _unpack(archive, members, root, target)
        except _BROKEN as error:
            raise ValueError(f"{path} is not a whole archive: {error}.") from error
        except OSError as error:
            why = error.strerror or error
            raise OSError(f"{path} cannot be unpacked: {why}.") from error
        try:
            yield target / root
        except (ValueError, OSError) as error:
            # They are to name the file in the archive, not where it was unpacked.
            for name in ("filename", "filename2"):
                if isinstance(found := getattr(error, name, None), str | Path):
                    setattr(error, name, str(found).replace(temporary, str(path)))
            error.args = tuple(
                part.replace(temporary, str(path)) if isinstance(part, str) else part
                for part in error.args
            )
            raise


def _find_model(path: Path, members: Sequence[zipfile.ZipInfo]) -> str:
    """Return the folder of the pipeline in an archive, after a look at what it claims.

    Raises:
        ValueError: There is no pipeline or several, or the archive is refused.
    """
    if len(members) > _MOST_FILES:
        raise ValueError(
            f"{path}: an archive must hold at most {_MOST_FILES:,} files, got "
            f"{len(members):,}."
        )
    size, whole = sum(m.file_size for m in members), path.stat().st_size
    if size > _GROWTH * whole:
        raise ValueError(
            f"{path}: the files in it have {size / 1e6:,.0f} MB, more than {_GROWTH} "
            f"times the archive's {whole / 1e6:,.2f} MB. If you trust it, unpack it "
            f"and load the folder."
        )
    names: set[str] = set()
    for member in members:
        name = member.filename
        if not _is_plain(member):
            raise ValueError(
                f"{path}: an archive must hold files by plain paths, got "
                f"{name[:100]!r}."
            )
        if member.compress_type not in _PACKED:
            raise ValueError(
                f"{path}: the files of an archive must be stored or deflated, got "
                f"{name[:100]!r}, which is packed by method {member.compress_type}."
            )
        if name in names:
            raise ValueError(f"{path}: there are two files {name[:100]!r} in it.")
        names.add(name)
    roots = sorted(
        str(folder)
        for folder in {PurePosixPath(name).parent for name in names}
        if str(folder / CONFIG) in names and str(folder / META) in names
    )
    if len(roots) != 1:
        found = f"{', '.join(roots[:5])}" if roots else f"no {CONFIG} beside a {META}"
        raise ValueError(
            f"{path}: an archive must hold the folder of one pipeline, got {found}."
        )
    return roots[0]


def _is_plain(member: zipfile.ZipInfo) -> bool:
    """Return whether a member is a file or folder inside the archive, and no link."""
    name, kind = member.filename, member.external_attr >> 28
    path = PurePosixPath(name)
    is_inside = not path.is_absolute() and ".." not in path.parts
    return is_inside and not {"\\", ":", "\0"} & {*name} and kind in (0, 4, 8)


def _unpack(
    archive: zipfile.ZipFile,
    members: Iterable[zipfile.ZipInfo],
    root: str,
    target: Path,
) -> None:
    """Write the files of a folder of an archive below another folder."""
    for member in members:
        inside = PurePosixPath(member.filename)
        if member.is_dir() or not inside.is_relative_to(root):
            continue
        file = target / inside
        file.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(member) as source, file.open("xb") as out:
            shutil.copyfileobj(source, out)
