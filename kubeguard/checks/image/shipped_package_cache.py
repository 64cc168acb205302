"""What a package manager keeps for next time is of no use in an image, and pulled forever."""

from collections.abc import Iterator

from kubeguard.checks.kit import File, FileKind, Image, Problem, Profile, Severity, advise, check

_CACHES = {
    "/var/lib/apt/lists/": "rm -rf /var/lib/apt/lists/* in the same RUN, or a cache mount",
    "/var/cache/apt/archives/": "apt-get clean in the same RUN, or a cache mount",
    "/var/cache/apk/": "apk add --no-cache",
    "/var/cache/yum/": "yum clean all in the same RUN",
    "/var/cache/dnf/": "dnf clean all in the same RUN",
    "/var/cache/libdnf5/": "dnf clean all in the same RUN",
    "/root/.cache/pip/": "pip install --no-cache-dir, or a cache mount",
    "/root/.cache/uv/": "uv --no-cache, or a cache mount",
    "/root/.npm/_cacache/": "npm ci with a cache mount, or npm cache clean --force",
    "/usr/local/share/.cache/yarn/": "yarn cache clean in the same RUN",
}
_MEBIBYTE = 1024 * 1024


@check(
    "KG2018",
    "Built image carries a package manager's cache",
    on=Image,
    severity=Severity.LOW,
    profile=Profile.PEDANTIC,
    refs=("CIS-Docker 4.3",),
    like=("trivy:DS-0025", "hadolint:DL3009", "hadolint:DL3019", "hadolint:DL3042"),
)
def shipped_package_cache(image: Image, *, least_bytes: int = _MEBIBYTE) -> Iterator[Problem]:
    sizes = dict.fromkeys(_CACHES, 0)
    first: dict[str, File] = {}
    for file in image.files.values():
        if file.kind is not FileKind.FILE or not file.size:
            continue
        for cache in _CACHES:
            if file.path.startswith(cache):
                sizes[cache] += file.size
                first.setdefault(cache, file)
    for cache, size in sizes.items():
        if size >= least_bytes:
            amount = f"{size / _MEBIBYTE:,.1f} MiB"
            message = f"{cache!r} holds {amount}, from {image.origin(first[cache])}"
            yield Problem(image.place(first[cache]), message, advise(_CACHES[cache]))
