"""Measure how long requests to a web service take, one sentence each.

    python benchmarks/bench_serving.py MODEL CORPUS [--requests 1000] [--clients 1]

Needs `fastapi` and `uvicorn`. The server and each client are processes of their own.
"""

import argparse
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from zoo.corpora import read_docs

SERVICE = """
import os
from fastapi import FastAPI
import zoo

pipeline = zoo.load(os.environ["MODEL"])
app = FastAPI()

@app.post("/annotate")
def annotate(texts: list[str]) -> list[dict[str, object]]:
    docs = pipeline(texts)
    return [{field: getattr(d, field) for field in pipeline.fields} for d in docs]

@app.post("/nothing")
def nothing(texts: list[str]) -> list[dict[str, object]]:
    return []
"""


def ask(port: int, path: str, texts: list[str]) -> list[float]:
    """Send one text after the other over one connection; return the milliseconds."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    times = []
    for text in texts:
        body = json.dumps([text])
        start = time.perf_counter()
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        data = answer.read()
        times.append(1000 * (time.perf_counter() - start))
        if answer.status != 200:
            raise RuntimeError(f"The server answered {answer.status}: {data!r}")
    return times


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    """Wait until a server answers."""
    while server.poll() is None:
        try:
            ask(port, "/nothing", ["x"])
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("The server ended before it answered.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("corpus")
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=1)
    options = parser.parse_args()
    docs = islice(read_docs(options.corpus), options.requests + 100)
    texts = [doc.text for doc in docs]
    place = Path(options.model)
    model = str(place.resolve()) if place.exists() else options.model
    port = free_port()
    with TemporaryDirectory() as folder:
        Path(folder, "service.py").write_text(SERVICE, encoding="utf8")
        command = [sys.executable, "-m", "uvicorn", "service:app", "--port", str(port)]
        server = subprocess.Popen(
            [*command, "--log-level", "error"],
            cwd=folder,
            env={**os.environ, "MODEL": model, "OMP_NUM_THREADS": "1"},
        )
        try:
            wait_for(port, server)
            ask(port, "/annotate", texts[:100])  # Everything is warm after these.
            parts = [texts[100 + n :: options.clients] for n in range(options.clients)]
            for path in ("/nothing", "/annotate"):
                with ProcessPoolExecutor(options.clients) as pool:
                    start = time.perf_counter()
                    n = len(parts)
                    found = list(pool.map(ask, [port] * n, [path] * n, parts))
                    seconds = time.perf_counter() - start
                times = np.concatenate(found)
                middle, late = np.percentile(times, [50, 99])
                print(
                    f"{path:10} median {middle:6.2f} ms   99 % {late:6.2f} ms   "
                    f"{len(times) / seconds:7.1f} requests/s"
                )
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
