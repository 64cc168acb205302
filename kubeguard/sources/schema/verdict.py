"""What to say of an object whose apiVersion the chosen release does not serve, or not for long."""

from __future__ import annotations

from kubeguard.model.fix import Fix, Grade, advise, put
from kubeguard.model.manifest import Manifest
from kubeguard.model.node import Node
from kubeguard.model.trouble import Trouble, TroubleKind
from kubeguard.sources.schema import lifecycle
from kubeguard.sources.schema.explain import explain
from kubeguard.sources.schema.release import Release


def on_kind(manifest: Manifest, release: Release) -> Trouble | None:
    """The trouble with an object that this release has no schema for; None for a custom one."""
    api_version, kind, kinds = manifest.api_version, manifest.kind, release.kinds
    removed = lifecycle.removed_in(api_version, kind)
    if removed is not None and removed <= release.minor:
        return _removed(manifest, release, removed)
    added = lifecycle.added_in(api_version, kind)
    if added is not None and added > release.minor:
        return _not_yet(manifest, release, added)
    if not lifecycle.built_in(manifest.group):
        if not lifecycle.misspelt_group(kinds, manifest.group, kind):
            return None
        return _elsewhere(manifest, release)
    if lifecycle.homes(kinds, kind):
        return _elsewhere(manifest, release)
    return _no_kind(manifest, release)


def on_version(manifest: Manifest, release: Release) -> Trouble | None:
    """The trouble with an apiVersion that is still served, but deprecated."""
    api_version, kind = manifest.api_version, manifest.kind
    where = manifest.node["apiVersion"]
    reason = lifecycle.DEPRECATED.get((api_version, kind), (99, ""))
    if reason[0] <= release.minor:
        minor, instead = reason
        message = f"{kind} of {api_version} is deprecated since Kubernetes 1.{minor}"
        return _trouble(where, TroubleKind.DEPRECATED_API, message, advise(instead))
    home = lifecycle.stable(release.kinds, api_version, kind)
    if home is None:
        return None
    removed = lifecycle.removed_in(api_version, kind)
    end = f" and gone from Kubernetes 1.{removed} on" if removed else ""
    message = f"{kind} of {api_version} is superseded by {home}{end}"
    return _trouble(where, TroubleKind.DEPRECATED_API, message, _move(manifest, release, home))


def on_custom_version(manifest: Manifest, served: list[str]) -> Trouble:
    """The trouble with a custom resource whose definition does not serve its version."""
    message = f"{manifest.api_version!r} is not served by the definition of {manifest.kind}"
    hint = f"use {', '.join(served[:5])}" if served else "serve a version in the definition"
    where = manifest.node["apiVersion"]
    return _trouble(where, TroubleKind.UNKNOWN_KIND, message, advise(hint))


def _removed(manifest: Manifest, release: Release, minor: int) -> Trouble:
    kind = manifest.kind
    homes = lifecycle.homes(release.kinds, kind, manifest.group)
    message = f"{kind} of {manifest.api_version} was removed in Kubernetes 1.{minor}"
    if homes:
        message, fix = f"{message}; use {homes[0]}", _move(manifest, release, homes[0])
    else:
        fix = advise(f"use {lifecycle.INSTEAD.get(kind, 'what the release notes name instead')}")
    return _trouble(manifest.node["apiVersion"], TroubleKind.REMOVED_API, message, fix)


def _not_yet(manifest: Manifest, release: Release, minor: int) -> Trouble:
    api_version, kind = manifest.api_version, manifest.kind
    homes = lifecycle.homes(release.kinds, kind, manifest.group)
    message = f"{kind} of {api_version} comes with Kubernetes 1.{minor}, not 1.{release.minor}"
    hint = f"use {homes[0]}" if homes else f"scan for Kubernetes 1.{minor} or later"
    return _trouble(manifest.node["apiVersion"], TroubleKind.UNKNOWN_KIND, message, advise(hint))


def _elsewhere(manifest: Manifest, release: Release) -> Trouble:
    """The kind is right, so the apiVersion is wrong."""
    homes = lifecycle.homes(release.kinds, manifest.kind, manifest.group)
    message = f"{manifest.api_version!r} has no {manifest.kind}; it is in {' or '.join(homes[:3])}"
    fix = _move(manifest, release, homes[0]) if len(homes) == 1 else advise(f"use {homes[0]}")
    return _trouble(manifest.node["apiVersion"], TroubleKind.UNKNOWN_KIND, message, fix)


def _no_kind(manifest: Manifest, release: Release) -> Trouble:
    """The group is Kubernetes' own, and the kind is nowhere."""
    api_version, kind = manifest.api_version[:60], manifest.kind[:60]
    meant = lifecycle.misspelt_kind(release.kinds, api_version, kind)
    message = f"Kubernetes 1.{release.minor} has no kind {kind!r} in {api_version!r}"
    if meant is None:
        instead = lifecycle.INSTEAD.get(kind)
        fix = advise(f"use {instead}" if instead else "check apiVersion and kind")
        return _trouble(manifest.node["kind"], TroubleKind.UNKNOWN_KIND, message, fix)
    home = api_version if meant in release.kinds.get(api_version, ()) else None
    home = home or lifecycle.homes(release.kinds, meant, manifest.group)[0]
    fix = advise(f"write {meant} of {home}")
    if meant.lower() == kind.lower() and home == api_version:
        fix = put(manifest.node["kind"], meant)
    message = f"{message}; did you mean {meant!r}?"
    return _trouble(manifest.node["kind"], TroubleKind.UNKNOWN_KIND, message, fix)


def _move(manifest: Manifest, release: Release, home: str) -> Fix:
    """Change the apiVersion where the object is valid under the new one as it stands."""
    shape = release.shape(home, manifest.kind)
    assert shape is not None
    if not shape.is_valid(manifest.node.value):
        differences = explain(shape, manifest.node, lambda _path, _name: None)
        first = next((trouble.message for trouble in differences), "the fields differ")
        return advise(f"change it to {home}: {first}")
    changed = manifest.api_version.startswith(lifecycle.CHANGED)
    grade = Grade.UNSAFE if changed else Grade.SAFE
    return put(manifest.node["apiVersion"], home, grade=grade)


def _trouble(where: Node, kind: TroubleKind, message: str, fix: Fix) -> Trouble:
    return Trouble(where, kind, message if len(message) <= 160 else f"{message[:157]}...", fix)
