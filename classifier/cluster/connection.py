"""Connecting to a scheduler, or starting one here."""

from __future__ import annotations

import logging
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from classifier.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def connect(address: str) -> Iterator[Any]:
    """Connect to a scheduler, or start one with some workers here.

    Parameters
    ----------
    address : str
        ``tcp://HOST:PORT``, or ``local:N`` for N processes on this machine.

    Raises
    ------
    UsageError
        Dask is not installed, the address is none, or nobody answers there.
    """
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise UsageError(
            "--cluster needs Dask; pip install 'escalation-classifier[cluster]'"
        ) from error
    # That a worker died is no news: its partitions are given to another one.
    for name in ("distributed", "tornado"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with ExitStack() as stack:
        if address.startswith("local:"):
            number = address.removeprefix("local:")
            if not number.isdecimal() or not int(number):
                raise UsageError(f"--cluster {address}: expected local:N with N workers, 1 or more")
            cluster = LocalCluster(
                n_workers=int(number),
                threads_per_worker=1,
                host="127.0.0.1",
                dashboard_address=None,
                # Without a page the scheduler still opens a port: any free one, for this machine.
                scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
                silence_logs=logging.CRITICAL,
            )
            address = stack.enter_context(cluster).scheduler_address
        elif "://" not in address:
            raise UsageError(f"--cluster {address}: expected tcp://HOST:PORT or local:N")
        try:
            client = Client(address, timeout=20)
        except (OSError, ValueError) as error:
            raise UsageError(f"--cluster {address}: no scheduler answers there") from error
        yield stack.enter_context(client)


@contextmanager
def training(address: str) -> Iterator[None]:
    """Have the fits of `classifier.model.train` made by a cluster; they come out the same."""
    from dask.sizeof import sizeof
    from joblib import parallel_config

    from classifier.model.fits import Problem

    def size(problem: Problem) -> int:
        return sum(matrix.data.nbytes for matrix in problem.counts.matrices.values())

    # So that it is handed to the workers once, not with every fit.
    sizeof.register(Problem, size)
    with connect(address), parallel_config(backend="dask"):
        yield
