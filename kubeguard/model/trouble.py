"""What a reader ran into, as a view, so that it is found, placed and reported like any problem."""

from __future__ import annotations

from enum import Enum

from kubeguard.model.fix import Fix
from kubeguard.model.node import Node
from kubeguard.model.views import View


class TroubleKind(Enum):
    """Closed set; each has its check in `checks/scan` or `checks/schema`."""

    UNREADABLE = "unreadable"
    """The input cannot be opened or is not text."""
    BROKEN = "broken"
    """The text is not YAML, JSON or a Dockerfile."""
    OVER_BUDGET = "over budget"
    """Too large, too deep, too many documents or aliases."""
    DUPLICATE_KEY = "duplicate key"
    UNKNOWN_TAG = "unknown tag"
    NO_KIND = "no kind"
    """A document that looks like a Kubernetes object but does not say which."""
    TEMPLATE = "template"
    """A Helm or other text template that has to be rendered first."""
    KUSTOMIZATION = "kustomization"
    COMPOSE = "compose"
    MALFORMED_SUPPRESSION = "malformed suppression"
    EXPIRED_SUPPRESSION = "expired suppression"
    UNUSED_SUPPRESSION = "unused suppression"
    REFUSED_SUPPRESSION = "refused suppression"
    """A suppression of a check that may not be waived."""
    UNEVALUATED_POLICY = "unevaluated policy"
    """A policy in Rego that does not compile, or broke its budget."""
    FAILED_BUILTIN = "failed builtin"
    """A function in a policy that failed, which OPA takes for undefined."""
    UNDEFINED_IMPORT = "undefined import"
    """An import in a policy of what nothing defines, which OPA takes for undefined."""
    DOUBTFUL_POLICY = "doubtful policy"
    """A policy that is there, and does less than whoever put it there may think."""
    UNEVALUATED_VULNERABILITIES = "unevaluated vulnerabilities"
    """Somebody asked for the known vulnerabilities of an image, and there is no answer."""
    UNREAD_PACKAGES = "unread packages"
    """A file of an image that lists packages and cannot be read, where a list of them is wanted."""
    UNKNOWN_FIELD = "unknown field"
    WRONG_TYPE = "wrong type"
    INVALID_VALUE = "invalid value"
    """Of the right type, yet refused: out of range, no quantity, not base64, none of an enum."""
    MISSING_FIELD = "missing field"
    UNKNOWN_KIND = "unknown kind"
    """No release of Kubernetes has this apiVersion and kind together."""
    REMOVED_API = "removed API"
    DEPRECATED_API = "deprecated API"


class Trouble(View):
    """One thing a reader has to say: `message` is a sentence, `node` the place."""

    def __init__(self, node: Node, kind: TroubleKind, message: str, fix: Fix | None = None) -> None:
        super().__init__(node)
        self.kind = kind
        self.message = message
        self.fix = fix
