"""What of an image decides how a container of it runs: all that manifests are judged by."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from posixpath import join, normpath
from typing import NamedTuple

from kubeguard.model import users
from kubeguard.model.image import FileKind, Image, ImageReference

MOST_PROGRAMS = 20_000
"""An image with more of them is known by the rest: a webhook keeps facts in memory."""
_EXECUTABLE = 0o111
_LIBRARY = re.compile(r"\.so(?:\.[\d.]+)?$")
_MOST_LINKS = 40


class ImageFacts(NamedTuple):
    """An image without its layers.

    `digest` is that of the configuration (Docker's image id), `digests` those of the manifest and
    then of the index it was found by, `names` are whole (`docker.io/library/nginx:1.29`). `uid` is
    None when the image does not know its `user`. `programs` are the executable files by every path
    that leads to one, sorted; None when they are not known. `links` leads from a link to the
    folder it stands for.
    """

    digest: str
    digests: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    platform: str = ""
    user: str = ""
    uid: int | None = 0
    entrypoint: str = ""
    working_dir: str = "/"
    path: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    programs: tuple[str, ...] | None = None
    links: Mapping[str, str] = {}

    @classmethod
    def of(cls, image: Image) -> ImageFacts:
        """The facts of an image that was read."""
        user = image.config["User"].text
        ports = (key for key, _ in image.config["ExposedPorts"].items())
        volumes = (key for key, _ in image.config["Volumes"].items())
        programs, links = _programs(image)
        return cls(
            digest=image.digest,
            digests=tuple(image.manifests),
            names=tuple(sorted(set(_whole(image.names)))),
            platform=image.platform,
            user=user,
            uid=_uid(image, users.name_of(user)),
            entrypoint=next(iter(image.strings("Entrypoint")), ""),
            working_dir=image.config["WorkingDir"].text or "/",
            path=image.path,
            ports=tuple(sorted(ports)),
            volumes=tuple(sorted(normpath(path) for path in volumes if path.startswith("/"))),
            programs=programs,
            links=links,
        )

    def has(self, file: str) -> bool:
        """Whether an executable file is at this absolute path. Unless `programs` is None."""
        programs, real = self.programs or (), self._real(file)
        at = bisect_left(programs, real)
        return at < len(programs) and programs[at] == real

    def _real(self, file: str) -> str:
        """The path behind links to folders."""
        done, todo, left = "/", [part for part in file.split("/") if part], _MOST_LINKS
        while todo:
            done = normpath(join(done, todo.pop(0)))
            if todo and done in self.links and left:
                done, left = self.links[done], left - 1
        return done


def _whole(names: Iterable[str]) -> Iterator[str]:
    """Names as Docker completes them, without those that are only a digest."""
    for reference in map(ImageReference.parse, names):
        if reference.tag or not reference.digest:
            yield reference.whole


def _uid(image: Image, name: str) -> int | None:
    return 0 if not name or users.is_root(name) else image.uid_of(name)


def _programs(image: Image) -> tuple[tuple[str, ...] | None, dict[str, str]]:
    """The paths of programs, and the links to folders on the way to them."""
    programs: list[str] = []
    links: dict[str, str] = {}
    if not image.platform.startswith("linux") or not image.files:
        return None, links
    for path, file in image.files.items():
        real = image.behind_links(path) if file.kind is FileKind.LINK else path
        found = image.files.get(real)
        if found is None or found.kind is FileKind.FOLDER:
            links[path] = real
        elif found.kind is FileKind.FILE and found.mode & _EXECUTABLE and not _LIBRARY.search(path):
            programs.append(path)
    if len(programs) > MOST_PROGRAMS:
        return None, {}
    folders = {folder for path in programs for folder in _above(path)}
    used = {link: to for link, to in sorted(links.items()) if to != link and to in folders}
    return tuple(sorted(programs)), used


def _above(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path


class Images:
    """The images that a run knows, by digest and by name; of two of one name the first counts."""

    def __init__(self, facts: Iterable[ImageFacts] = ()) -> None:
        self._by_digest: dict[str, ImageFacts] = {}
        self._by_name: dict[str, ImageFacts] = {}
        for each in facts:
            for digest in (each.digest, *each.digests):
                self._by_digest.setdefault(digest, each)
            for name in each.names:
                self._by_name.setdefault(name, each)

    def __bool__(self) -> bool:
        return bool(self._by_digest)

    def __iter__(self) -> Iterator[ImageFacts]:
        """Every image once, by digest."""
        found = {each.digest: each for each in self._by_digest.values()}
        return iter([found[digest] for digest in sorted(found)])

    def of(self, reference: ImageReference) -> ImageFacts | None:
        """The image that a reference means: by its digest, else by its name and tag.

        An image from an archive, of which no manifest is known, is taken by its name.
        """
        if not reference.digest:
            return self._by_name.get(reference.whole)
        found = self._by_digest.get(reference.digest)
        named = self.called(reference)
        return found or (named if named and not named.digests else None)

    def called(self, reference: ImageReference) -> ImageFacts | None:
        """The image with this name and tag, whatever digest the reference has."""
        return self._by_name.get(reference.whole) if reference.tag else None


NO_IMAGES = Images()
