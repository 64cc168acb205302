"""Every image a pod pulls, with the place that names it."""

from collections.abc import Iterator

from kubeguard.checks.kit import Container, ImageReference, Node, Workload

Named = tuple[ImageReference, Container | str, Node, str]


def references(workload: Workload) -> Iterator[Named]:
    """Image, who pulls it, and the mapping and key that name it: containers, then image volumes."""
    for container in workload.containers:
        image = container.image
        if image is not None:
            yield image, container, container.node, "image"
    volumes = workload.get("volumes")
    for index, volume in enumerate(volumes if isinstance(volumes, list) else ()):
        if isinstance(volume, dict) and isinstance(volume.get("image"), dict):
            node = workload.node["volumes"][index]
            text = node["image"]["reference"].text
            if text:
                who = f"volume {node['name'].text!r}"
                yield ImageReference.parse(text), who, node["image"], "reference"


def is_template(text: str) -> bool:
    """Whether a part of the reference is still to be filled in, so that nothing can be said."""
    return any(mark in text for mark in ("$", "{{", "<", "%"))
