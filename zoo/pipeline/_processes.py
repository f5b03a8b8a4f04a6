"""Annotate documents in several processes, which import what the pipeline needs."""

import importlib
import importlib.util
import itertools
import multiprocessing
import os
import pickle
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from typing import Any, NamedTuple, Protocol, cast

from thinc.api import Config, get_ops, require_gpu, set_current_ops
from threadpoolctl import threadpool_limits

from .._optional import run_file
from .._parameters import parameters_of
from .._registry import registry
from ..config import interpolate
from ..doc import ANNOTATIONS, Doc
from ..threads import set_threads, threads
from ._assemble import Component

#: Packages whose functions are registered wherever a pipeline is.
ALWAYS = ("thinc", "confection")


class Origin(NamedTuple):
    """Where a registered function comes from.

    Attributes:
        kind: The registry.
        name: The name in the registry.
        module: The module that defines it.
        file: The file of that module, if it has one.
    """

    kind: str
    name: str
    module: str
    file: str | None


def find_origins(config: Mapping[str, Any]) -> list[Origin]:
    """Find the modules of the functions that a config names, except Thinc's."""
    origins = []
    for block in _promises(config):
        kind, name = registry.get_constructor(dict(block))
        if registry.has(kind, name):
            module = registry.get(kind, name).__module__
            if _package(module) not in ALWAYS:
                file = getattr(sys.modules.get(module), "__file__", None)
                origins.append(Origin(kind, name, module, file))
    return list(dict.fromkeys(origins))


def check_origins(origins: Iterable[Origin]) -> None:
    """Check that functions are registered in this process.

    Zoo's own are imported: `import zoo` alone does not register all of them.

    Raises:
        ImportError: One is not registered; the message names the module to import.
    """
    origins = list(origins)
    import_origins(origin for origin in origins if _package(origin.module) == "zoo")
    for origin in origins:
        if not registry.has(origin.kind, origin.name):
            raise ImportError(
                f"Pipeline: needs '{origin.name}' of the registry '{origin.kind}', "
                f"which is not registered in this process. The module "
                f"{origin.module!r} registered it where the pipeline was pickled: "
                f"import that first."
            )


def import_origins(origins: Iterable[Origin]) -> None:
    """Import the modules of functions that are not registered in this process.

    A module that cannot be found by its name is run from its file.
    """
    for origin in origins:
        if registry.has(origin.kind, origin.name) or origin.module in sys.modules:
            continue
        if importlib.util.find_spec(_package(origin.module)) is not None:
            importlib.import_module(origin.module)
        elif origin.file is not None:
            run_file(origin.module, origin.file)


def _package(module: str) -> str:
    return module.partition(".")[0]


def _promises(block: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(block, Mapping):
        if registry.is_promise(block):
            yield block
        for child in block.values():
            yield from _promises(child)


#: Batches per process that are sent out ahead of the one that is waited for.
AHEAD = 2
#: The fields of a document that go to a process: all but the user's own data.
SENT = ("words", "spaces", "norms", "sent_starts", *ANNOTATIONS)

#: A raw text, or the values of a document's fields.
Packed = str | tuple[Any, ...]
#: Of a raw text the whole document, of others the fields that are predicted, and
#: what was put into the user's data.
Result = Doc | tuple[list[Any], dict[str, Any]]


class Annotator(Protocol):
    """What a process runs: a pipeline, which it gets pickled."""

    config: Config

    @property
    def components(self) -> dict[str, Component]: ...

    @property
    def fields(self) -> list[str]: ...

    def annotate(self, docs: Iterable[Any]) -> list[Doc]: ...


class Setup(NamedTuple):
    """What a process begins with."""

    pipeline: bytes
    origins: list[Origin]
    ops_name: str
    gpu_id: int
    n_threads: int


def annotate_in_processes(
    pipeline: Annotator, batches: Iterable[list[Doc | str]], n_process: int
) -> Iterator[Doc]:
    """Annotate batches in new processes, and yield the documents in order.

    Only a few batches are ahead of the one that is yielded, so that memory is bounded.
    The processes end with the iterator. Each takes its share of the threads.

    Args:
        pipeline: Is sent to the processes by pickle.
        batches: Documents and texts. If there is only one batch, it is annotated in
            this process.
        n_process: How many processes to start at most, 2 or more. There are no more
            than batches.

    Yields:
        The documents.

    Raises:
        RuntimeError: An error in a process, with the number of the document, or a
            process that died.
    """
    batches = iter(batches)
    first = list(itertools.islice(batches, n_process))
    n_process = len(first)
    if n_process < 2:
        for batch in first:
            yield from pipeline.annotate(batch)
        return
    setup = Setup(
        pickle.dumps(pipeline),
        find_origins(interpolate(pipeline.config)),
        next(iter(pipeline.components.values())).model.ops.name,
        _find_gpu(pipeline),
        max(1, threads.count // n_process),
    )
    pool = ProcessPoolExecutor(n_process, _context(), _start, setup)
    pending: deque[tuple[list[Doc | str], Future[list[Result]]]] = deque()
    n_sent = 0
    try:
        for batch in itertools.chain(first, batches):
            packed = [doc if isinstance(doc, str) else _pack(doc) for doc in batch]
            pending.append((batch, pool.submit(_annotate, n_sent + 1, packed)))
            n_sent += len(batch)
            if len(pending) > AHEAD * n_process:
                yield from _receive(*pending.popleft(), pipeline.fields)
        while pending:
            yield from _receive(*pending.popleft(), pipeline.fields)
    except BrokenProcessPool as error:
        raise RuntimeError(
            "Pipeline.pipe: a worker process died. It may have been killed for want of "
            "memory, then a smaller batch_size or n_process helps; or it could not "
            "start, as the main module of a program that starts processes must do its "
            'work below `if __name__ == "__main__":`.'
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def count_cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _find_gpu(pipeline: Annotator) -> int:
    """Return the number of the GPU that a pipeline is on, -1 if it is on none."""
    models = {name: c.model for name, c in pipeline.components.items()}
    for parameter in parameters_of(models).values():
        value: Any = parameter.value
        if value is not None and parameter.node.ops.device_type == "gpu":
            return int(value.device.id)
    return -1


def _context() -> Any:
    # A forked process would have the locks of threads that it has not, and wait for
    # them for ever. The default method is not asked: the first pool of a process
    # settles it.
    return multiprocessing.get_context("spawn")


def _pack(doc: Doc) -> Packed:
    return tuple(getattr(doc, name) for name in SENT)


def _receive(
    batch: list[Doc | str], future: Future[list[Result]], fields: Sequence[str]
) -> Iterator[Doc]:
    """Write what a process found into the documents of a batch."""
    for doc, result in zip(batch, future.result(), strict=True):
        if isinstance(doc, str):
            yield cast(Doc, result)
            continue
        values, user_data = cast(tuple[list[Any], dict[str, Any]], result)
        for name, value in zip(fields, values, strict=True):
            setattr(doc, name, value)
        doc.user_data.update(user_data)
        yield doc


class _Worker:
    """A worker process: its pipeline, which it makes from a pickle."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._pipeline: Annotator | None = None

    @property
    def pipeline(self) -> Annotator:
        """The pipeline, made at the first batch, whose future reports its errors."""
        if self._pipeline is None:
            import_origins(self._setup.origins)
            if self._setup.gpu_id >= 0:
                require_gpu(self._setup.gpu_id)
            else:
                set_current_ops(get_ops(self._setup.ops_name))
            self._pipeline = cast(Annotator, pickle.loads(self._setup.pipeline))
        return self._pipeline


_worker: _Worker | None = None


def _start(*setup: Any) -> None:
    """Set a worker process up."""
    global _worker
    _worker = _Worker(Setup(*setup))
    # Ctrl-C reaches all processes. The parent's clean-up ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with_parent, daemon=True).start()
    set_threads(_worker._setup.n_threads)
    threadpool_limits(_worker._setup.n_threads)


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _annotate(first: int, packed: list[Packed]) -> list[Result]:
    """Annotate a batch in a worker process.

    Args:
        first: The number of its first document in the stream, from 1.
        packed: The documents.

    Returns:
        What the pipeline wrote into each document.
    """
    assert _worker is not None
    pipeline = _worker.pipeline
    try:
        annotated = pipeline.annotate([_unpack(item) for item in packed])
    except Exception as error:
        where = _find_culprit(pipeline, packed, first)
        raise RuntimeError(
            f"Pipeline.pipe: {where}: {type(error).__name__}: {error}"
        ) from error
    fields = pipeline.fields
    return [
        doc
        if isinstance(item, str)
        else ([getattr(doc, name) for name in fields], doc.user_data)
        for item, doc in zip(packed, annotated, strict=True)
    ]


def _unpack(item: Packed) -> Doc | str:
    return item if isinstance(item, str) else Doc(**dict(zip(SENT, item, strict=True)))


def _find_culprit(pipeline: Annotator, packed: list[Packed], first: int) -> str:
    """Name the document of a batch that causes an error, or else the batch."""
    for number, item in enumerate(packed, first):
        try:
            pipeline.annotate([_unpack(item)])
        except Exception:
            return f"document {number}"
    return f"documents {first} to {first + len(packed) - 1}"
