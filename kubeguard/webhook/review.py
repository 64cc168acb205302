"""AdmissionReview, admission.k8s.io/v1: a request in, a response out.

https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, NamedTuple

import msgspec
import orjson

from kubeguard.errors import KubeguardError

VERSION, KIND = "admission.k8s.io/v1", "AdmissionReview"


class BadReviewError(KubeguardError):
    """A body that is no AdmissionReview of a version that is known here."""


class Operation(Enum):
    """What is asked of the cluster."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"
    DELETE = "DELETE"
    CONNECT = "CONNECT"


class Kind(msgspec.Struct, frozen=True):
    """The type of an object, or of a resource where it stands for one."""

    group: str = ""
    version: str = ""
    kind: str = ""
    resource: str = ""


class User(msgspec.Struct, frozen=True):
    """Who asks."""

    username: str = ""
    groups: tuple[str, ...] | None = None


class Request(msgspec.Struct, frozen=True, rename="camel"):
    """What is asked of the cluster; objects stay bytes until somebody needs them.

    `name` is empty for what is named later and in each review of a collection's deletion;
    `namespace` is empty for what is in none, and its own name for a Namespace.
    """

    uid: str
    operation: Operation
    kind: Kind = Kind()
    resource: Kind = Kind()
    sub_resource: str = ""
    name: str = ""
    namespace: str = ""
    user_info: User = User()
    object: msgspec.Raw = msgspec.Raw(b"null")
    old_object: msgspec.Raw = msgspec.Raw(b"null")
    dry_run: bool | None = False

    @property
    def what(self) -> str:
        """How a message calls it: `Pod web/shop`, `pods/exec of web/shop`."""
        name = f"{self.namespace}/{self.name}" if self.namespace else self.name
        if self.sub_resource:
            return f"{self.resource.resource}/{self.sub_resource} of {name}"
        return f"{self.kind.kind} {name}".strip()


class _Review(msgspec.Struct, frozen=True, rename="camel"):
    api_version: str
    kind: str
    request: Request


class Response(NamedTuple):
    """The answer; `code` and `message` are for a denial, `annotations` go to the audit log."""

    allowed: bool
    message: str = ""
    code: int = 403
    warnings: tuple[str, ...] = ()
    annotations: Mapping[str, str] = {}


_DECODER = msgspec.json.Decoder(_Review)
_PARTS = msgspec.json.Decoder(dict[str, msgspec.Raw])


def decode(body: bytes) -> Request:
    """The request of a review. Raises BadReviewError."""
    try:
        review = _DECODER.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise BadReviewError(f"no AdmissionReview: {error}") from error
    if (review.api_version, review.kind) != (VERSION, KIND):
        said = f"{review.api_version} {review.kind}"
        raise BadReviewError(f"{said[:100]} is not {VERSION} {KIND}")
    return review.request


def value(raw: msgspec.Raw) -> Any:
    """An object of a request, None where there is none. Raises BadReviewError."""
    try:
        return orjson.loads(memoryview(raw))
    except ValueError as error:
        raise BadReviewError(f"the object cannot be read: {error}") from error


def judged(raw: msgspec.Raw) -> Any:
    """The same without `metadata.managedFields`: who set what is often most of an object, and
    nothing that is judged. Raises BadReviewError."""
    try:
        parts = _PARTS.decode(raw)
        metadata = _PARTS.decode(parts["metadata"])
        del metadata["managedFields"]
    except (msgspec.MsgspecError, KeyError):
        return value(raw)
    read: dict[str, Any] = {key: value(part) for key, part in metadata.items()}
    return {key: read if key == "metadata" else value(part) for key, part in parts.items()}


def encode(uid: str, response: Response) -> bytes:
    """The review that answers the request of this uid."""
    answer: dict[str, Any] = {"uid": uid, "allowed": response.allowed}
    if not response.allowed:
        reason = "Forbidden" if response.code == 403 else "TooManyRequests"
        status = {"code": response.code, "reason": reason, "message": response.message}
        answer["status"] = {"status": "Failure", **status}
    if response.warnings:
        answer["warnings"] = response.warnings
    if response.annotations:
        answer["auditAnnotations"] = dict(response.annotations)
    return orjson.dumps({"apiVersion": VERSION, "kind": KIND, "response": answer})
