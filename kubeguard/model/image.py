"""Images: how they are called, and what is in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from functools import lru_cache
from posixpath import join, normpath
from typing import TYPE_CHECKING, NamedTuple

from kubeguard.model.credentials import mask
from kubeguard.model.location import Path
from kubeguard.model.node import Node
from kubeguard.model.package import Inventory, Listing
from kubeguard.model.signature import Signature
from kubeguard.model.views import View
from kubeguard.model.vulnerability import Vulnerability

if TYPE_CHECKING:
    from kubeguard.model.dockerfile import Command


class ImageReference(NamedTuple):
    """`registry/repository:tag@digest`; registry and repository as Docker would complete them."""

    registry: str
    repository: str
    tag: str
    digest: str

    @classmethod
    @lru_cache(maxsize=4096)
    def parse(cls, text: str) -> ImageReference:
        """Take a reference apart; what is missing is '', but registry and repository are completed.

        >>> ImageReference.parse("nginx")
        ImageReference(registry='docker.io', repository='library/nginx', tag='', digest='')
        """
        rest, _, digest = text.partition("@")
        head, slash, tail = rest.rpartition("/")
        name, _, tag = tail.partition(":")
        rest = head + slash + name
        first, slash, path = rest.partition("/")
        if slash and ("." in first or ":" in first or first == "localhost"):
            return cls(first, _completed(path) if first in _HUB else path, tag, digest)
        return cls("docker.io", _completed(rest), tag, digest)

    @property
    def whole(self) -> str:
        """Registry, repository and tag, without a digest: `docker.io/library/nginx:latest`."""
        registry = "docker.io" if self.registry in _HUB else self.registry
        return f"{registry}/{self.repository}:{self.tag or 'latest'}"


_HUB = ("docker.io", "index.docker.io", "registry-1.docker.io")


def _completed(repository: str) -> str:
    return repository if "/" in repository else f"library/{repository}"


class FileKind(Enum):
    """What lies at a path."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "symbolic link"
    OTHER = "device or pipe"


class File(NamedTuple):
    """A file, folder or link as one layer has it; hard links look like the file they lead to.

    `mode` are the permission bits with setuid, setgid and sticky, `layer` counts from the bottom,
    `target` is where a symbolic link leads. `content` is what the file begins with, only for
    files that some check looks into. `hidden_in` is the layer that deletes or replaces it, for
    one that a container does not see although the image still holds it. `listing` are the packages
    that it tells of, when somebody wants to know them.
    """

    path: str
    kind: FileKind
    mode: int
    uid: int
    gid: int
    size: int
    layer: int
    target: str = ""
    content: bytes | None = None
    capabilities: bool = False
    hidden_in: int | None = None
    listing: Listing | None = None

    @property
    def text(self) -> str:
        """The content as text; bytes that are none are replaced."""
        return (self.content or b"").decode("utf-8", "replace")


class Layer(NamedTuple):
    """The digest of a layer unpacked (its diff id), and the line of the history that made it."""

    digest: str
    made_by: str


_MOST_LINKS = 40
"""As Linux does, before it calls them a loop."""
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""What runtimes set when the image does not."""
_SHORT = len("sha256:") + 12
_LONGEST_STEP = 60
_STEP = re.compile(r"^/bin/sh -c #\(nop\) |(?<=^RUN )/bin/sh -c | # buildkit$")
"""What builders write around the line of a Dockerfile."""


class Image(View):
    """An image for one platform. The node is its configuration, the JSON document of that name.

    `names` are what the archive or registry calls it, `digest` that of the configuration, which is
    Docker's image id, `manifests` those of the manifest and the index that lead to it, when it has
    any. `files` are what a container sees, by absolute path, in no order; `buried` are what lies in
    lower layers, unseen. `vulnerabilities`, `inventory` and `signature` are there once somebody
    has asked.
    """

    def __init__(
        self,
        node: Node,
        names: Sequence[str],
        digest: str,
        layers: Sequence[Layer],
        files: Mapping[str, File],
        buried: Sequence[File],
        shell: Callable[[Node], tuple[Command, ...]] = lambda _: (),
        manifests: Sequence[str] = (),
    ) -> None:
        super().__init__(node)
        self._shell = shell
        self.names = names
        self.digest = digest
        self.manifests = manifests
        self.made_at: Callable[[Path], Node] | None = None
        """Where in its Dockerfile a part of it was made, when there is one."""
        self.layers = layers
        self.files = files
        self.buried = buried
        self.vulnerabilities: Sequence[Vulnerability] = ()
        self.inventory: Inventory | None = None
        self.signature: Signature | None = None

    def parts(self) -> Iterator[View]:
        return iter(self.vulnerabilities)

    @property
    def config(self) -> Node:
        """What a container starts with: User, Env, Entrypoint, ExposedPorts and so on."""
        return self.node["config"]

    @property
    def platform(self) -> str:
        """`linux/amd64`, `linux/arm/v7`."""
        parts = (self.node[key].text for key in ("os", "architecture", "variant"))
        return "/".join(part for part in parts if part)

    def strings(self, key: str) -> tuple[str, ...]:
        """The strings in a list of the configuration, such as Entrypoint."""
        return tuple(item.text for item in self.config[key])

    def commands(self, script: Node) -> tuple[Command, ...]:
        """The commands of a shell script in the configuration."""
        return self._shell(script)

    @property
    def starts(self) -> bool:
        """Whether containers are made of it: it names a program, or knows users. An image of bare
        files is only copied from."""
        named = self.strings("Entrypoint") or self.strings("Cmd")
        return bool(named) or self.find("/etc/passwd") is not None

    def accounts(self, path: str) -> tuple[tuple[str, ...], ...]:
        """The lines of passwd, shadow or group, taken apart."""
        file = self.find(path)
        lines = file.text.splitlines() if file else []
        return tuple(tuple(line.split(":")) for line in lines if line and line[0] not in "#+-")

    def uid_of(self, name: str) -> int | None:
        """The number of a user by name or number, None when the image does not know the name."""
        if name.isdecimal():
            return int(name)
        for fields in self.accounts("/etc/passwd"):
            if fields[0] == name and len(fields) > 2 and fields[2].isdecimal():
                return int(fields[2])
        return None

    def layer_of(self, path: str) -> int | None:
        """The layer that a file or folder is from, also one that a container does not see."""
        buried = (file for file in self.buried if file.path == path)
        file = self.files.get(path) or next(buried, None)
        return file.layer if file else None

    def place(self, file: File) -> Node:
        """Where a finding about a file is."""
        return Node(None, self.node.source, (file.path,))

    def origin(self, file: File) -> str:
        """`layer 2, sha256:0123456789ab, RUN apt-get install sudo`."""
        return self.step(file.layer)

    def step(self, number: int) -> str:
        """The same for a layer, counted from the bottom."""
        layer = self.layers[number]
        step = _STEP.sub("", " ".join(mask(layer.made_by, "").split()))
        step = step.replace("/bin/sh -c ", "RUN ", 1) if step.startswith("/bin/sh") else step
        step = step if len(step) <= _LONGEST_STEP else f"{step[: _LONGEST_STEP - 3]}..."
        parts = (f"layer {number + 1}", layer.digest[:_SHORT], step)
        return ", ".join(part for part in parts if part)

    @property
    def path(self) -> tuple[str, ...]:
        """The folders in which programs are looked for."""
        settings = (item.partition("=") for item in self.strings("Env"))
        path = next((value for key, _, value in settings if key == "PATH"), _PATH)
        return tuple(path.split(":"))

    def program(self, word: str) -> File | None:
        """The file that is started by this name: a path, or looked up in the image's PATH."""
        if "/" in word:
            return self.find(join(self.config["WorkingDir"].text or "/", word))
        found = (self.find(f"{folder}/{word}") for folder in self.path)
        return next((file for file in found if file is not None), None)

    def find(self, path: str) -> File | None:
        """What a program in a container would open there, behind links; None when there is none."""
        return self.files.get(self.behind_links(path))

    def behind_links(self, path: str) -> str:
        """The path without links on the way; '' for a loop of them."""
        left = _MOST_LINKS
        done, todo = "/", [part for part in path.split("/") if part]
        while todo:
            part = todo.pop(0)
            here = normpath(join(done, part))
            file = self.files.get(here)
            if file is not None and file.kind is FileKind.LINK:
                left -= 1
                if not left:
                    return ""
                todo = [step for step in file.target.split("/") if step] + todo
                done = "/" if file.target.startswith("/") else done
            else:
                done = here
        return done
