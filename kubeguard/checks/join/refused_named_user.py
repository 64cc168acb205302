"""The kubelet knows numbers only: a name may be root's, so it does not start it."""

from collections.abc import Iterator

from kubeguard.checks.join._users import is_left_to_the_image
from kubeguard.checks.kit import Fix, Problem, Severity, ShippedContainer, advise, check, put, users


@check(
    "KG2502",
    "Container will not start: its image's user is a name",
    on=ShippedContainer,
    severity=Severity.MEDIUM,
    refs=("PSS restricted",),
)
def refused_named_user(shipped: ShippedContainer) -> Iterator[Problem]:
    name = users.name_of(shipped.image.user)
    if users.is_unproven(name) and shipped.image.uid != 0 and is_left_to_the_image(shipped):
        message = (
            f"{shipped.container} will not start: runAsNonRoot, and its image's user is a name"
        )
        where = shipped.container.security("runAsNonRoot")
        yield Problem(where, f"{message}, {name[:40]!r}", _fix(shipped))


def _fix(shipped: ShippedContainer) -> Fix:
    if not shipped.image.uid:
        return advise("end the Dockerfile with the user's number, or set runAsUser")
    where = shipped.container.node["securityContext"]["runAsUser"]
    return put(where, shipped.image.uid, hint=f"set runAsUser: {shipped.image.uid}, which it is")
