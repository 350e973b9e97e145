"""Partitions scored by the workers of a cluster, each into a file with a record."""

from __future__ import annotations

import json
import tempfile
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from classifier.cluster.storage import open_filesystem, put, upload
from classifier.errors import EscError, ModelError, UsageError
from classifier.scoring.bulk.rejects import Reject
from classifier.scoring.bulk.work import Task, Worker
from classifier.text.read import read_stream
from classifier.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from classifier.cluster.partitions import Partition

FORMATS = ("parquet", "jsonl", "csv")
MANIFEST = "_manifest.json"
# Names that begin like this are passed over by what reads a folder of Parquet files.
_RECORDS, _REJECTS = "_done", "_rejects"
# Partitions under way, for each thread of a worker.
_AHEAD = 3
_worker = threading.local()


@dataclass(frozen=True)
class Done:
    """What became of a partition; ``error`` is empty if all is well."""

    url: str
    name: str
    identity: str
    n_documents: int = 0
    n_sentences: int = 0
    n_rejects: int = 0
    error: str = ""


def score_partitions(
    client: Any,
    task: Task,
    partitions: Sequence[Partition],
    output: str,
    *,
    done: Callable[[Done, int, int], None] = lambda *_: None,
) -> list[Done]:
    """Score partitions into a folder: one file each, ``_manifest.json``, and ``_rejects``.

    Parameters
    ----------
    client : distributed.Client
    task : Task
        Its target says the format; its path is not used.
    partitions : sequence of Partition
    output : str
        A folder that all workers can write to, local or with a protocol.
    done : callable
        Told of each partition, how many are done, and how many there are.

    Returns
    -------
    list of Done
        In the order of the partitions; those of earlier runs too.

    Raises
    ------
    UsageError
        The folder cannot be written, or holds results of other settings.
    """
    filesystem, folder = open_filesystem(output)
    settings = _settings(task)
    try:
        _check_manifest(filesystem, f"{folder}/{MANIFEST}", settings, output)
        finished = _records(filesystem, folder, partitions, task)
        for number, one in enumerate(finished.values(), 1):
            done(one, number, len(partitions))
        missing = (one for one in partitions if one.name not in finished)
        for outcome in _run(client, task, missing, output):
            finished[outcome.name] = outcome
            done(outcome, len(finished), len(partitions))
        outcomes = [finished[one.name] for one in partitions]
        summary = {
            "partitions": len(outcomes),
            "documents": sum(one.n_documents for one in outcomes),
            "sentences": sum(one.n_sentences for one in outcomes),
            "rejects": sum(one.n_rejects for one in outcomes),
            "failed": [{"source": o.url, "reason": o.error} for o in outcomes if o.error],
        }
        put(filesystem, f"{folder}/{MANIFEST}", _json({**settings, "summary": summary}))
    except OSError as error:
        raise UsageError(f"{output}: cannot be written: {error.strerror or error}") from error
    return outcomes


def _settings(task: Task) -> dict[str, Any]:
    return {
        "format": 1,
        "esc": __version__,
        "model": task.fingerprint,
        "thresholds": dict(task.thresholds),
        "labels": list(task.labels),
        "output": task.target.form + task.target.packing,
        "documents": task.documents,
        "explain": task.explain,
        "any-language": task.reading.any_language,
        "columns": [getattr(task.reading, f"{n}_column") for n in ("text", "id", "title", "date")],
    }


def _check_manifest(filesystem: Any, path: str, settings: dict[str, Any], output: str) -> None:
    if not filesystem.exists(path):
        put(filesystem, path, _json(settings))
        return
    try:
        found = json.loads(filesystem.cat_file(path))
        differs = next((name for name in settings if found.get(name) != settings[name]), None)
    except (ValueError, AttributeError) as error:
        raise UsageError(f"{path}: damaged; use another folder") from error
    if differs:
        raise UsageError(
            f"{output}: holds results with {differs} {json.dumps(found.get(differs))[:80]}, and "
            f"this is {json.dumps(settings[differs])[:80]}; use another folder"
        )


def _records(
    filesystem: Any, folder: str, partitions: Sequence[Partition], task: Task
) -> dict[str, Done]:
    """Return the partitions that are done, by their names."""
    with suppress(FileNotFoundError):
        sizes = {
            PurePosixPath(name).name: info["size"]
            for name, info in filesystem.find(folder, maxdepth=1, detail=True).items()
        }
        records = filesystem.cat(filesystem.find(f"{folder}/{_RECORDS}"))
        by_record = {PurePosixPath(path).stem: data for path, data in records.items()}
        found = {}
        for one in partitions:
            with suppress(KeyError, ValueError, TypeError):
                value = json.loads(by_record[one.name])
                size = value.pop("size")
                known = Done(**value)
                if known.identity == one.identity and sizes[one.name + _ending(task)] == size:
                    found[one.name] = known
        return found
    return {}


def _run(client: Any, task: Task, missing: Iterable[Partition], output: str) -> Iterator[Done]:
    from distributed import as_completed

    source = iter(missing)
    width = max(sum(client.nthreads().values()), 1) * _AHEAD
    under_way: dict[Any, Partition] = {}

    def submit(one: Partition) -> Any:
        future = client.submit(score_partition, task, one, output, pure=False)
        under_way[future] = one
        return future

    waiting = as_completed([submit(one) for one in islice(source, width)])
    for future in waiting:
        one = under_way.pop(future)
        error = future.exception()
        if error is None:
            yield future.result()
        elif isinstance(error, (OSError, ModelError)):
            raise error
        else:
            # A worker died of it more often than the scheduler allows, or it was none of ours.
            said = "several workers died of it" if _killed(error) else str(error)
            yield Done(one.url, one.name, one.identity, error=said)
        following = next(source, None)
        if following is not None:
            waiting.add(submit(following))


def _killed(error: BaseException) -> bool:
    return type(error).__name__ == "KilledWorker"


def score_partition(task: Task, one: Partition, output: str) -> Done:
    """Score a partition: what a worker does.

    Raises
    ------
    OSError
        The results cannot be written.
    """
    import fsspec

    worker = _scorer(task)
    n_documents = n_sentences = n_rejects = 0
    filesystem, folder = open_filesystem(output)
    with tempfile.TemporaryDirectory(prefix="esc-") as scratch:
        rows, whole, listed = (Path(scratch) / name for name in ("rows", "whole", "rejects"))
        try:
            with listed.open("wb") as rejects, worker.sink.part(rows) as add:

                def reject(reason: Reject) -> None:
                    nonlocal n_rejects
                    n_rejects += 1
                    rejects.write(reason.line())

                def problem(error: EscError) -> None:
                    reject(Reject.of(one.url, error))

                with fsspec.open(one.url, "rb") as stream:
                    documents = read_stream(stream, one.url, problem, task.reading, worker.parsers)
                    for found in worker.results(documents, reject):
                        add(found)
                        n_documents += 1
                        n_sentences += len(found.scored)
        except EscError as error:
            return Done(one.url, one.name, one.identity, error=Reject.of(one.url, error).reason)
        except OSError as error:
            said = f"cannot be read: {error.strerror or error}"
            return Done(one.url, one.name, one.identity, error=said)
        worker.sink.assemble([rows], whole)
        upload(filesystem, whole, f"{folder}/{one.name}{_ending(task)}")
        place = f"{folder}/{_REJECTS}/{one.name}.jsonl"
        if n_rejects:
            upload(filesystem, listed, place)
        else:  # those of what the partition was before
            with suppress(FileNotFoundError):
                filesystem.rm_file(place)
        size = whole.stat().st_size
    result = Done(one.url, one.name, one.identity, n_documents, n_sentences, n_rejects)
    put(filesystem, f"{folder}/{_RECORDS}/{one.name}.json", _json({**asdict(result), "size": size}))
    return result


def _scorer(task: Task) -> Worker:
    # One for each thread: its parsers answer one question at a time.
    known = getattr(_worker, "known", None)
    if known is None or known[0] != task:
        known = _worker.known = (task, Worker(task, Path()))
    return known[1]


def _ending(task: Task) -> str:
    packing = f".{task.target.packing}" if task.target.packing else ""
    return f".{task.target.form}{packing}"


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, indent=1).encode() + b"\n"
