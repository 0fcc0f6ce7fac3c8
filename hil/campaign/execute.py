"""Makes the runs that are missing: here, over the machine's cores, or on a Dask cluster."""

import hashlib
import os
import signal
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from hil.campaign.file import Campaign
from hil.campaign.plan import Draw
from hil.campaign.run_one import run_one
from hil.campaign.store import Store, code_sha256
from twin.errors import InputError
from twin.plant import Plant

LOOPBACK = "127.0.0.1"
TLS = "tls://"
WAIT_S = 10.0  # for a first worker
RETRIES = 5  # of a task whose worker died
AT_ONCE = 8  # runs of one task: few enough to share out, many enough to be worth sending


@dataclass(frozen=True)
class Certificates:
    """PEM files that let this process and a scheduler know each other.

    Attributes
    ----------
    ca : Path
        Certificate of the authority that signed both sides'.
    cert : Path
        This process's certificate.
    key : Path or None
        Its private key; in the certificate's file when None.
    """

    ca: Path
    cert: Path
    key: Path | None = None


Results = list[dict[str, Any]]
Coming = Generator[dict[str, Any], None, None]


def execute(
    campaign: Campaign,
    draws: Sequence[Draw],
    store: Store,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    certificates: Certificates | None = None,
    engine: str = "auto",
    progress: Callable[[int], None] | None = None,
) -> Results:
    """Results of all draws, in their order; those that ``store`` has are not made again.

    Parameters
    ----------
    workers
        Processes; one for each core when None, none but this when 1.
    scheduler
        Address of a Dask scheduler whose workers make the runs: `host:port`, or a port of this machine.
    certificates
        For a scheduler with TLS; for an address ``tls://`` without them, Dask's own configuration has them.
    progress
        Is told how many results there are, after each that comes.

    Raises
    ------
    twin.errors.InputError
        If the scheduler does not answer, or Dask is not installed; if its address and ``certificates`` do not go
        together, or these cannot be used.
    """
    if certificates is not None and scheduler is None:
        raise InputError("--tls-ca, --tls-cert and --tls-key go with --scheduler: name it, or leave them out")
    missing = [draw for draw in draws if draw.key not in store.held]
    done = len(draws) - len(missing)
    if progress is not None:
        progress(done)
    if missing:
        _warm(campaign, engine)
        cluster = None if scheduler is None else (scheduler, certificates)
        with closing(_made(campaign, missing, workers, cluster, engine)) as coming:
            for result in coming:
                store.keep(result)
                done += 1
                if progress is not None:
                    progress(done)
    return [store.held[draw.key] for draw in draws]


def _made(
    campaign: Campaign,
    draws: Sequence[Draw],
    workers: int | None,
    cluster: tuple[str, Certificates | None] | None,
    engine: str,
) -> Coming:
    if cluster is not None:
        return _on_cluster(campaign, draws, *cluster, engine)
    count = min(workers or os.cpu_count() or 1, len(draws))
    if count == 1:
        return (run_one(campaign, draw, engine=engine).to_json() for draw in draws)
    return _over_cores(campaign, draws, count, engine)


def several(campaign: Campaign, draws: Sequence[Draw], engine: str, code: str) -> Results:
    """One task: results of a few draws, by the code that asks for them.

    Raises
    ------
    twin.errors.InputError
        If the sources here are others.
    """
    if code_sha256() != code:
        raise InputError(
            "a worker runs other code than this process: install the same isostack there, and start it anew"
        )
    return [run_one(campaign, draw, engine=engine).to_json() for draw in draws]


def _tasks(draws: Sequence[Draw]) -> list[Sequence[Draw]]:
    return [draws[i : i + AT_ONCE] for i in range(0, len(draws), AT_ONCE)]


def _over_cores(campaign: Campaign, draws: Sequence[Draw], workers: int, engine: str) -> Coming:
    # An interrupt is this process's to handle; spawned ones are the same on every system.
    pool = ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=signal.signal, initargs=(signal.SIGINT, signal.SIG_IGN)
    )
    try:
        for future in as_completed(
            [pool.submit(several, campaign, task, engine, code_sha256()) for task in _tasks(draws)]
        ):
            yield from future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _on_cluster(
    campaign: Campaign, draws: Sequence[Draw], scheduler: str, certificates: Certificates | None, engine: str
) -> Coming:
    place = address(scheduler, certificates)
    try:
        from distributed import Client, KilledWorker
        from distributed import as_completed as completed
    except ModuleNotFoundError:
        raise InputError("--scheduler needs Dask: pip install 'isostack[cluster]'") from None
    security = _security(scheduler, certificates) if place.startswith(TLS) else None
    try:
        client = Client(place, timeout="10s", set_as_default=False, security=security)
    except (OSError, ValueError) as error:
        raise InputError(f"--scheduler {scheduler}: no Dask scheduler answers there: {error}") from None
    code = code_sha256()
    name = hashlib.sha256(f"{campaign.sha256} {code}".encode()).hexdigest()
    with client:
        try:
            client.wait_for_workers(1, timeout=WAIT_S)
            futures = [
                client.submit(several, campaign, task, engine, code, key=f"{name}-{task[0].key}", retries=RETRIES)
                for task in _tasks(draws)
            ]
            for future in completed(futures, loop=client.loop):
                yield from future.result()
        except TimeoutError:
            raise InputError(f"--scheduler {scheduler}: it has no workers: start `dask worker {place}`") from None
        except KilledWorker as error:
            raise InputError(f"--scheduler {scheduler}: workers die at it: {error.task}") from None


def address(scheduler: str, certificates: Certificates | None = None) -> str:
    """A scheduler's address as Dask writes it; a bare port is of this machine, reached over loopback.

    Raises
    ------
    twin.errors.InputError
        If there are certificates for an address of another kind than ``tls://``.
    """
    place = f"{LOOPBACK}:{scheduler}" if scheduler.isdigit() else scheduler
    if certificates is not None and "://" not in place:
        place = TLS + place
    if certificates is not None and not place.startswith(TLS):
        raise InputError(
            f"--scheduler {scheduler}: is no address with TLS: write {TLS}HOST:PORT, or leave --tls-... out"
        )
    return f"tcp://{place}" if scheduler.isdigit() and certificates is None else place


def _security(scheduler: str, certificates: Certificates | None) -> Any:
    """What Dask needs for TLS, tried before anything connects; no connection goes without."""
    from distributed.security import Security

    given: dict[str, str] = {}
    if certificates is not None:
        named = {"--tls-ca": certificates.ca, "--tls-cert": certificates.cert, "--tls-key": certificates.key}
        for option, path in named.items():
            if path is not None and not path.is_file():
                raise InputError(f"{option} {path}: no such file; name a PEM file")
        given = {"tls_ca_file": str(certificates.ca), "tls_client_cert": str(certificates.cert)}
        given |= {"tls_client_key": str(certificates.key)} if certificates.key is not None else {}
    security = Security(require_encryption=True, **given)
    if security.tls_ca_file is None or security.tls_client_cert is None:
        raise InputError(
            f"--scheduler {scheduler}: TLS needs certificates: give --tls-ca, --tls-cert and --tls-key, or set "
            "distributed.comm.tls in Dask's configuration"
        )
    try:
        security.get_connection_args("client")
    except (OSError, ValueError) as error:  # ssl's errors are OSErrors
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or type(error).__name__
        raise InputError(f"--scheduler {scheduler}: its certificates cannot be used: {reason}") from None
    return security


def _warm(campaign: Campaign, engine: str) -> None:
    """Build every fixture's stepper once, before many processes ask for it."""
    for experiment in campaign.experiments.values():
        file = experiment.schema
        Plant.from_sections(file.cell, file.fixture, file.ambient, engine=engine)
