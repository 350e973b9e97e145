"""How long visitors of the JSON interface wait, beside a FastAPI handler that does nothing.

    python benchmarks/web.py                    # a minute each, two minutes in all

Fifty clients on loopback, each with its own connection, ask again as soon as they are answered:
``POST /api/score`` of ``esc serve`` with an article of one page, and a bare FastAPI handler that
checks the same request and sends an answer of the same size which was made before. The two take
turns of ten seconds, each served by one process. The clients run in a third process, so that they
do not share an interpreter with what they measure; on two cores they share a core.

Results: benchmarks/results/web.json.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.request import Request, urlopen

import numpy as np

from classifier import shipped

if TYPE_CHECKING:
    from collections.abc import Iterator

RESULTS = Path(__file__).parent / "results" / "web.json"
PATH = "/api/score"
TURN = 10.0
PAGE = 3_000
ROUTES = ("esc serve", "bare FastAPI")


def article() -> str:
    """Return about a page of a composed article."""
    path = shipped.data() / "composed" / "korea.jsonl"
    texts = [json.loads(line)["text"] for line in path.read_text().splitlines()]
    text = ""
    while len(text) < PAGE:
        text += texts.pop(0) + " "
    return text.strip()


def bare(answer: bytes, port: int) -> None:
    """Serve a handler that checks what comes and sends what is ready."""
    import uvicorn
    from fastapi import FastAPI
    from starlette.responses import Response

    from classifier.web.api_shapes import ScoreRequest

    app = FastAPI(docs_url=None, redoc_url=None)

    async def ready(asked: ScoreRequest) -> Response:  # noqa: ARG001
        return Response(answer, media_type="application/json")

    # By hand, because the name of the type is known in this function only.
    ready.__annotations__ = {"asked": ScoreRequest, "return": Response}
    app.post(PATH, response_model=None)(ready)
    uvicorn.run(
        app, port=port, log_level="warning", access_log=False, server_header=False, ws="none"
    )


@contextmanager
def started(command: list[str], port: int) -> Iterator[None]:
    """Run a server until it is no longer needed."""
    process = subprocess.Popen([sys.executable, *command], stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                ask(port, {"text": "Ready?"})
                break
            except OSError:
                time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait()


def ask(port: int, value: object) -> bytes:
    headers = {"Content-Type": "application/json"}
    request = Request(f"http://127.0.0.1:{port}{PATH}", json.dumps(value).encode(), headers)
    with urlopen(request, timeout=30) as answer:
        return answer.read()


async def client(port: int, request: bytes, end: float, waits: list[float]) -> int:
    """Ask until the time is up; return the number of errors."""
    errors = 0
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.perf_counter() < end:
        begin = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        size = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
        await reader.readexactly(size)
        waits.append(time.perf_counter() - begin)
        errors += not head.startswith(b"HTTP/1.1 200")
    writer.close()
    return errors


async def turn(port: int, text: str, clients: int, seconds: float) -> tuple[list[float], int]:
    body = json.dumps({"text": text}).encode()
    request = (
        f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body
    waits: list[float] = []
    end = time.perf_counter() + seconds
    errors = await asyncio.gather(*(client(port, request, end, waits) for _ in range(clients)))
    return waits, sum(errors)


def summary(waits: list[float], errors: int, seconds: float) -> dict[str, float]:
    p50, p95, p99 = (round(1000 * float(x), 2) for x in np.percentile(waits, [50, 95, 99]))
    rate = round(len(waits) / seconds)
    return {
        "requests": len(waits),
        "errors": errors,
        "per_second": rate,
        "p50_ms": p50,
        "p95_ms": p95,
        "p99_ms": p99,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="for each of the two")
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--bare", nargs=2, metavar=("FILE", "PORT"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.bare:
        bare(Path(given.bare[0]).read_bytes(), int(given.bare[1]))
        return
    text, ports = article(), (8771, 8772)
    waits: dict[str, list[float]] = {name: [] for name in ROUTES}
    errors = dict.fromkeys(ROUTES, 0)
    with TemporaryDirectory() as folder:
        serve = ["-m", "classifier", "serve", "--port", str(ports[0]), "--data-dir", folder]
        with started(serve, ports[0]):
            answer = ask(ports[0], {"text": text})
            ready = Path(folder) / "answer.json"
            ready.write_bytes(answer)
            with started([__file__, "--bare", str(ready), str(ports[1])], ports[1]):
                for number in range(2 * max(1, round(given.seconds / TURN))):
                    name = ROUTES[number % 2]
                    port = ports[number % 2]
                    seconds = min(TURN, given.seconds)
                    found, wrong = asyncio.run(turn(port, text, given.clients, seconds))
                    waits[name] += found
                    errors[name] += wrong
                    sys.stderr.write(f"{name}: {len(found)} requests\n")
    found = {name: summary(waits[name], errors[name], given.seconds) for name in ROUTES}
    ratio = found[ROUTES[0]]["p95_ms"] / found[ROUTES[1]]["p95_ms"]
    value = {
        "article": {
            "characters": len(text),
            "sentences": json.loads(answer)["documents"][0]["sentences"],
            "answer_bytes": len(answer),
        },
        "clients": given.clients,
        "seconds": given.seconds,
        "cores": os.cpu_count(),
        **found,
        "p95_ratio": round(ratio, 2),
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("fastapi", "uvicorn", "numpy")},
        },
    }
    given.output.parent.mkdir(exist_ok=True)
    given.output.write_text(json.dumps(value, indent=2) + "\n")
    print(json.dumps(value, indent=2))


if __name__ == "__main__":
    main()
