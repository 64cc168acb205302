"""What a hostPath shows: one verdict a path, whatever way it is written."""

import pytest

from kubeguard.checks.workload._host_paths import Exposure, exposure


@pytest.mark.parametrize(
    "path",
    [
        "/run",
        "/var/run",
        "/var/run/",
        "/var/run/docker.sock",
        "/var/run/../run/docker.sock/",
        "//run/docker.sock",
        "/run/containerd",
        "/run/containerd/containerd.sock",
        "/run/k3s/containerd/containerd.sock",
        "/var/run/crio/crio.sock",
        "/run/cri-dockerd.sock",
        "/run/user/1000/docker.sock",
        "/run/user/1000/podman/podman.sock",
        "/home/dev/.docker/run/docker.sock",
        r"\\.\pipe\docker_engine",
        r"\\.\PIPE\Docker_Engine",
        "//./pipe/containerd-containerd",
    ],
)
def test_ways_to_a_runtime(path: str) -> None:
    assert exposure(path) is Exposure.RUNTIME_SOCKET


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "//",
        "/.",
        "/tmp/..",
        "/etc",
        "/etc/",
        "/etc/shadow",
        "/etc/kubernetes/pki",
        "/etc/ssl",
        "/etc/ssl/private",
        "/proc/1/root",
        "/sys/fs/cgroup",
        "/root/.ssh",
        "/usr/local/bin",
        "/dev",
        "/dev/sda1",
        "/dev/mem",
        "/var/lib/kubelet/pods",
        "/var/lib/docker/overlay2",
        "/var/lib/etcd",
        "/var/log",
        "/var/log/pods",
        "C:\\",
        "C:/Windows/System32",
    ],
)
def test_what_the_node_trusts(path: str) -> None:
    assert exposure(path) is Exposure.SENSITIVE


@pytest.mark.parametrize(
    "path",
    [
        "",
        "data",
        "/data",
        "/etcetera",
        "/etc/localtime",
        "/etc/ssl/certs",
        "/etc/ssl/certs/ca-certificates.crt",
        "/lib/modules",
        "/usr/share/zoneinfo/Europe/Berlin",
        "/dev/null",
        "/dev/fuse",
        "/mnt/disks/ssd1",
        "/var/log/nginx",
        "/var/run/web/web.sock",
        "/running",
        "/srv/docker.socket",
        "/run/dockerish",
    ],
)
def test_paths_like_any_other(path: str) -> None:
    assert exposure(path) is Exposure.OTHER
