"""A real Kubernetes control plane on loopback, for tests.

Starts etcd and kube-apiserver (and, on request, kube-controller-manager and kube-scheduler) from a
directory, with keys and certificates made on the spot, in a temporary directory that disappears
afterwards. Nothing listens outside 127.0.0.1, and there is no kubelet: objects are admitted and
stored, no container ever runs.

    with control_plane() as cluster:
        subprocess.run(["kubectl", "--kubeconfig", cluster.kubeconfig, "get", "ns"], check=True)

    pytest:  @pytest.fixture(scope="session")
             def cluster():
                 with control_plane() as running:
                     yield running

    shell:   python control_plane.py --controllers -- sh -c 'kubectl get ns'
"""

from __future__ import annotations

import base64
import contextlib
import ctypes
import datetime
import http.client
import ipaddress
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LOOPBACK = "127.0.0.1"
ADMIN_GROUP = "system:masters"
READY_WITHIN = 60.0
STOP_WITHIN = 15.0


class ControlPlaneError(RuntimeError):
    """A component did not start; the message carries the end of its log."""


# -- keys and certificates --


class Authority:
    """A certificate authority that lives as long as its directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.certificate_file = directory / "ca.crt"
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kubeguard-test-ca")])
        builder = self._builder(self._name, self._key.public_key())
        builder = builder.add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        self._write(self.certificate_file, builder.sign(self._key, hashes.SHA256()))

    @property
    def bundle(self) -> str:
        """The authority's certificate as base64, the form ``caBundle`` and kubeconfig want."""
        return _base64(self.certificate_file)

    def server(self, name: str, hosts: Sequence[str] = ()) -> tuple[Path, Path]:
        """Issue a loopback server certificate; returns the certificate file and the key file."""
        return self._issue(name, name, [], ExtendedKeyUsageOID.SERVER_AUTH, ["localhost", *hosts])

    def client(self, user: str, groups: Sequence[str] = ()) -> tuple[Path, Path]:
        """Issue a certificate that authenticates as this user and these groups."""
        file = "user-" + re.sub(r"[^A-Za-z0-9.-]", "-", user)
        return self._issue(file, user, groups, ExtendedKeyUsageOID.CLIENT_AUTH)

    def key_pair(self, name: str) -> tuple[Path, Path]:
        """A bare key pair (for service account tokens): the public and the private key file."""
        key = ec.generate_private_key(ec.SECP256R1())
        public = self.directory / f"{name}.pub"
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        public.write_bytes(key.public_key().public_bytes(serialization.Encoding.PEM, form))
        return public, self._write_key(name, key)

    def _issue(
        self,
        file: str,
        common_name: str,
        organizations: Sequence[str],
        usage: x509.ObjectIdentifier,
        hosts: Sequence[str] = (),
    ) -> tuple[Path, Path]:
        key = ec.generate_private_key(ec.SECP256R1())
        attributes = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, each) for each in organizations]
        attributes.append(x509.NameAttribute(NameOID.COMMON_NAME, common_name))
        builder = self._builder(x509.Name(attributes), key.public_key())
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        if hosts:
            names: list[x509.GeneralName] = [x509.IPAddress(ipaddress.ip_address(LOOPBACK))]
            names += [x509.DNSName(host) for host in hosts]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        certificate = self.directory / f"{file}.crt"
        self._write(certificate, builder.sign(self._key, hashes.SHA256()))
        return certificate, self._write_key(file, key)

    def _builder(
        self, subject: x509.Name, public_key: ec.EllipticCurvePublicKey
    ) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        return x509.CertificateBuilder(
            issuer_name=self._name,
            subject_name=subject,
            public_key=public_key,
            serial_number=x509.random_serial_number(),
            not_valid_before=now - datetime.timedelta(minutes=5),
            not_valid_after=now + datetime.timedelta(days=2),
        )

    def _write(self, file: Path, certificate: x509.Certificate) -> None:
        file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def _write_key(self, name: str, key: ec.EllipticCurvePrivateKey) -> Path:
        file = self.directory / f"{name}.key"
        file.touch(mode=0o600)
        form = serialization.PrivateFormat.PKCS8
        file.write_bytes(
            key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
        )
        return file


# -- processes --


class Daemon:
    """A child process with a log file; on Linux it dies with its parent, however that ends."""

    def __init__(self, name: str, command: Sequence[object], log: Path, cwd: Path) -> None:
        self.name = name
        self.log = log
        # No proxy variable may redirect calls to webhooks, no KUBECONFIG may leak in.
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(cwd),
            "TMPDIR": str(cwd),
        }
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env=environment,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def rss_mib(self) -> float:
        """Resident memory now (Linux)."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        return 0.0

    def wait_until(self, ready: Callable[[], bool], within: float = READY_WITHIN) -> None:
        """Poll ``ready``; raise when the process ends or the time is over."""
        deadline = time.monotonic() + within
        while not ready():
            if self._process.poll() is not None:
                raise ControlPlaneError(
                    f"{self.name} ended with {self._process.returncode}:\n{self.tail()}"
                )
            if time.monotonic() > deadline:
                raise ControlPlaneError(
                    f"{self.name} was not ready within {within:.0f} s:\n{self.tail()}"
                )
            time.sleep(0.05)

    def tail(self, lines: int = 25) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def ask_to_stop(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)

    def stop(self, within: float = STOP_WITHIN) -> None:
        self.ask_to_stop()
        try:
            self._process.wait(within)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def free_port() -> int:
    """A loopback port nobody holds at the moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


_libc = ctypes.CDLL(None) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1


def _die_with_parent() -> None:
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


# -- the control plane --


@dataclass(frozen=True)
class Options:
    """What a test may ask for; the default is the plain API server."""

    controllers: bool = False
    """Also kube-controller-manager and kube-scheduler: Deployments get ReplicaSets and Pods."""
    audit: bool = False
    """Write an audit log at level Metadata (annotations included) for everything but reads."""
    admission: Mapping[str, object] = field(default_factory=dict)
    """Plugin name -> configuration, as in an AdmissionConfiguration file."""
    feature_gates: Mapping[str, bool] = field(default_factory=dict)
    apiserver: Sequence[str] = ()
    """Further kube-apiserver flags."""


class ControlPlane:
    """A running control plane; made by :func:`control_plane`."""

    def __init__(self, assets: Path, workdir: Path, options: Options) -> None:
        self.assets = assets
        self.workdir = workdir
        self.options = options
        self.authority = Authority(workdir)
        self.daemons: dict[str, Daemon] = {}
        self.server = ""
        self.audit_log = workdir / "audit.log"
        self._admin = self.authority.client("kubeguard-admin", [ADMIN_GROUP])
        self._accounts = self.authority.key_pair("service-accounts")

    @property
    def kubeconfig(self) -> Path:
        """A self-contained kubeconfig of a cluster administrator."""
        return self.workdir / "kubeconfig"

    def kubeconfig_for(self, user: str, groups: Sequence[str] = ()) -> Path:
        """A kubeconfig that authenticates as someone else (give rights with RBAC objects)."""
        certificate, key = self.authority.client(user, groups)
        return self._write_kubeconfig(certificate.with_suffix(".kubeconfig"), certificate, key)

    def connect(self) -> http.client.HTTPSConnection:
        """A fresh keep-alive connection as administrator."""
        context = ssl.create_default_context(cafile=str(self.authority.certificate_file))
        context.load_cert_chain(*map(str, self._admin))
        host, port = self.server.removeprefix("https://").split(":")
        return http.client.HTTPSConnection(host, int(port), context=context, timeout=60)

    def request(
        self, method: str, path: str, body: object = None, kind: str = "application/json"
    ) -> tuple[int, Any]:
        """One API request; returns the status and the decoded answer (text stays text)."""
        connection = self.connect()
        try:
            data = None if body is None else json.dumps(body)
            connection.request(
                method, path, data, {"Content-Type": kind, "Accept": "application/json"}
            )
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
        if response.headers.get_content_type() == "application/json":
            return response.status, json.loads(answer)
        return response.status, answer.decode()

    def start(self) -> None:
        etcd = self._start_etcd()
        self._start_apiserver(etcd)
        if self.options.controllers:
            self._start_controllers()

    def stop(self) -> None:
        """Stop in reverse order; the API server gets its graceful shutdown, etcd leaves last."""
        for daemon in reversed(self.daemons.values()):
            daemon.stop()
        self.daemons.clear()

    def _start_etcd(self) -> str:
        url = f"http://{LOOPBACK}:{free_port()}"
        flags = {
            "data-dir": self.workdir / "etcd",
            "listen-client-urls": url,
            "advertise-client-urls": url,
            "listen-peer-urls": f"http://{LOOPBACK}:0",
            "unsafe-no-fsync": "true",
            "log-level": "warn",
        }
        self._launch("etcd", flags).wait_until(lambda: _answers_ok(f"{url}/health"))
        return url

    def _start_apiserver(self, etcd: str) -> None:
        port = free_port()
        self.server = f"https://{LOOPBACK}:{port}"
        self._write_kubeconfig(self.kubeconfig, *self._admin)
        certificate, key = self.authority.server("kube-apiserver", ["kubernetes.default.svc"])
        flags: dict[str, object] = {
            "etcd-servers": etcd,
            "bind-address": LOOPBACK,
            "advertise-address": LOOPBACK,
            "endpoint-reconciler-type": "none",
            "secure-port": port,
            "tls-cert-file": certificate,
            "tls-private-key-file": key,
            "client-ca-file": self.authority.certificate_file,
            "authorization-mode": "RBAC",
            "allow-privileged": "true",
            "service-account-issuer": "https://kubernetes.default.svc",
            "service-account-key-file": self._accounts[0],
            "service-account-signing-key-file": self._accounts[1],
            "service-cluster-ip-range": "10.96.0.0/24",
        }
        if not self.options.controllers:
            # Nobody creates the "default" accounts then, and this plugin would refuse every Pod.
            flags["disable-admission-plugins"] = "ServiceAccount"
        if self.options.feature_gates:
            gates = self.options.feature_gates.items()
            flags["feature-gates"] = ",".join(f"{name}={str(on).lower()}" for name, on in gates)
        if self.options.admission:
            flags["admission-control-config-file"] = self._write(
                "admission.json", _admission(self.options.admission)
            )
        if self.options.audit:
            flags["audit-policy-file"] = self._write("audit-policy.json", _AUDIT_POLICY)
            flags["audit-log-path"] = self.audit_log
            flags["audit-log-mode"] = "blocking"
        daemon = self._launch("kube-apiserver", flags, self.options.apiserver)
        daemon.wait_until(self._is_ready)

    def _is_ready(self) -> bool:
        try:
            return self.request("GET", "/readyz")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def _start_controllers(self) -> None:
        common = {
            "kubeconfig": self.kubeconfig,
            "leader-elect": "false",
            "bind-address": LOOPBACK,
            "secure-port": 0,
        }
        manager = common | {
            "root-ca-file": self.authority.certificate_file,
            "service-account-private-key-file": self._accounts[1],
            # Nobody renews the leases of fake nodes: they would count as lost after 50 s.
            "node-monitor-grace-period": "24h",
        }
        self._launch("kube-controller-manager", manager)
        scheduler = self._launch("kube-scheduler", common)
        path = "/api/v1/namespaces/default/serviceaccounts/default"
        scheduler.wait_until(lambda: self.request("GET", path)[0] == 200)

    def _launch(
        self, program: str, flags: Mapping[str, object], further: Sequence[str] = ()
    ) -> Daemon:
        command = [
            str(self.assets / program),
            *(f"--{name}={value}" for name, value in flags.items()),
            *further,
        ]
        daemon = Daemon(program, command, self.workdir / f"{program}.log", self.workdir)
        self.daemons[program] = daemon
        return daemon

    def _write(self, name: str, document: object) -> Path:
        file = self.workdir / name
        file.touch(mode=0o600)
        file.write_text(json.dumps(document))  # every YAML reader takes JSON
        return file

    def _write_kubeconfig(self, file: Path, certificate: Path, key: Path) -> Path:
        cluster = {"server": self.server, "certificate-authority-data": self.authority.bundle}
        user = {"client-certificate-data": _base64(certificate), "client-key-data": _base64(key)}
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "test",
            "clusters": [{"name": "test", "cluster": cluster}],
            "users": [{"name": "test", "user": user}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        }
        return self._write(file.name, document)


@contextlib.contextmanager
def control_plane(
    options: Options | None = None, assets: Path | None = None, keep: Path | None = None
) -> Iterator[ControlPlane]:
    """Run a control plane for the length of a ``with`` block.

    ``assets`` is the directory of the binaries (default: ``KUBEBUILDER_ASSETS``); ``keep`` names a
    directory that gets a copy of the logs when the block ends.
    """
    binaries = assets or find_assets()
    if binaries is None:
        raise ControlPlaneError(
            "KUBEBUILDER_ASSETS does not name a directory with etcd and kube-apiserver"
        )
    with tempfile.TemporaryDirectory(prefix="kubeguard-", ignore_cleanup_errors=True) as directory:
        cluster = ControlPlane(binaries, Path(directory), options or Options())
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.stop()
            if keep is not None:
                keep.mkdir(parents=True, exist_ok=True)
                for log in cluster.workdir.glob("*.log"):
                    shutil.copy(log, keep)


def find_assets() -> Path | None:
    """The directory of the binaries, or None where a test should skip."""
    directory = Path(os.environ.get("KUBEBUILDER_ASSETS", ""))
    present = all((directory / name).is_file() for name in ("etcd", "kube-apiserver"))
    return directory.resolve() if present else None


# -- documents --

_AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {"level": "None", "verbs": ["get", "list", "watch"], "resources": [{"group": ""}]},
        {"level": "Metadata"},
    ],
}


def _admission(plugins: Mapping[str, object]) -> dict[str, object]:
    entries = [
        {"name": name, "configuration": configuration} for name, configuration in plugins.items()
    ]
    return {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AdmissionConfiguration",
        "plugins": entries,
    }


def _answers_ok(url: str) -> bool:
    host, port = url.removeprefix("http://").split("/")[0].split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=2)
    try:
        connection.request("GET", "/" + url.split("/", 3)[3])
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _base64(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()
