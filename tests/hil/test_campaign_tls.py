"""A campaign on a Dask cluster with TLS, on loopback: with certificates of one authority it runs, and not without."""

import shutil
import subprocess
import sys

import pytest
from campaigns import written

from hil.campaign.execute import Certificates, address, execute
from hil.campaign.file import read
from hil.campaign.plan import plan
from hil.campaign.store import Store
from twin.errors import InputError

distributed = pytest.importorskip("distributed", reason="Dask is not installed: pip install 'isostack[cluster]'")
HERE = "127.0.0.1"
PATIENCE_S = 60
needs_openssl = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="needs the command openssl to make certificates"
)


def openssl(*words):
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


def authority(folder, name):
    """A certificate authority, and one certificate that it signed."""
    folder.mkdir(exist_ok=True)
    ca, ca_key = folder / f"{name}.pem", folder / f"{name}.key"
    new = ("req", "-newkey", "rsa:2048", "-nodes", "-subj")
    openssl(*new, f"/CN={name}", "-x509", "-days", "2", "-keyout", ca_key, "-out", ca)
    key, request, cert = folder / "one.key", folder / "one.csr", folder / "one.pem"
    openssl(*new, "/CN=localhost", "-keyout", key, "-out", request)
    openssl("x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-CAcreateserial", "-days", "2", "-out", cert)
    return Certificates(ca, cert, key)


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    return authority(tmp_path_factory.mktemp("ours"), "ours")


def started(*words):
    return subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_" + words[0], *map(str, words[1:])],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.fixture
def scheduler(ours, tmp_path):
    """Address of a scheduler with TLS and one worker."""
    place = tmp_path / "scheduler.json"
    tls = ("--tls-ca-file", ours.ca, "--tls-cert", ours.cert, "--tls-key", ours.key)
    common = ("--host", HERE, "--scheduler-file", place, *tls)
    processes = [started("scheduler", *common, "--port", "0", "--no-dashboard", "--protocol", "tls")]
    try:
        words = ("--nthreads", "1", "--no-dashboard", "--no-nanny", "--protocol", "tls")
        processes.append(started("worker", *common, *words, "--local-directory", tmp_path / "worker"))
        security = distributed.Security(
            require_encryption=True, tls_ca_file=str(ours.ca), tls_client_cert=str(ours.cert),
            tls_client_key=str(ours.key),
        )  # fmt: skip
        with distributed.Client(
            scheduler_file=str(place), timeout=PATIENCE_S, set_as_default=False, security=security
        ) as client:
            client.wait_for_workers(1, timeout=PATIENCE_S)
            found = client.scheduler.address
        yield found
    finally:
        for process in reversed(processes):
            process.kill()
            process.wait()


@needs_openssl
def test_with_certificates_the_table_is_the_same_and_without_there_is_none(scheduler, ours, tmp_path):
    assert scheduler.startswith("tls://")
    campaign = read(written(tmp_path))
    draws = plan(campaign)[:2]
    with Store(tmp_path / "here", campaign) as store:
        here = execute(campaign, draws, store, workers=1)
    with Store(tmp_path / "there", campaign) as store:
        assert execute(campaign, draws, store, scheduler=scheduler, certificates=ours) == here
    with Store(tmp_path / "plain", campaign) as store, pytest.raises(InputError, match="TLS needs certificates"):
        execute(campaign, draws, store, scheduler=scheduler)
    strangers = authority(tmp_path / "strangers", "strangers")
    with Store(tmp_path / "strange", campaign) as store, pytest.raises(InputError, match="no Dask scheduler answers"):
        execute(campaign, draws, store, scheduler=scheduler, certificates=strangers)


@needs_openssl
@pytest.mark.parametrize("part", ["ca", "cert", "key"])
@pytest.mark.parametrize("fault", ["absent", "text"])
def test_a_file_that_is_no_certificate_is_one_line_and_not_quoted(ours, tmp_path, part, fault):
    wrong = tmp_path / "wrong.pem"
    if fault == "text":
        wrong.write_text("s3cret and no certificate")
    files = {"ca": ours.ca, "cert": ours.cert, "key": ours.key} | {part: wrong}
    campaign = read(written(tmp_path))
    with Store(tmp_path / "there", campaign) as store, pytest.raises(InputError) as caught:
        execute(campaign, plan(campaign)[:1], store, scheduler="tls://127.0.0.1:1", certificates=Certificates(**files))
    said = str(caught.value)
    assert "\n" not in said
    assert "s3cret" not in said
    assert ("no such file" if fault == "absent" else "cannot be used") in said


def test_an_address_and_its_certificates_go_together(tmp_path):
    some = Certificates(tmp_path / "ca", tmp_path / "cert")
    assert address("8786", some) == "tls://127.0.0.1:8786"
    assert address("far.example:8786", some) == "tls://far.example:8786"
    assert address("tls://far.example:8786", some) == "tls://far.example:8786"
    assert address("tls://far.example:8786") == "tls://far.example:8786"
    with pytest.raises(InputError, match="no address with TLS"):
        address("tcp://far.example:8786", some)


def test_certificates_without_a_scheduler_are_refused(tmp_path):
    campaign = read(written(tmp_path))
    with Store(tmp_path / "there", campaign) as store, pytest.raises(InputError, match="go with --scheduler"):
        execute(campaign, plan(campaign)[:1], store, certificates=Certificates(tmp_path / "ca", tmp_path / "cert"))
