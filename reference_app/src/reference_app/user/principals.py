"""Who asks, and what they may do."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from reference_app.service.refusals import Reason, RefusedError


class Permission(StrEnum):
    """Something that not everybody may do."""

    ASK = "ask"  # and read, judge and erase what one asked oneself
    ANALYSE = "analyse"  # read statistics, and what everybody asked
    OPERATE = "operate"  # erase what others asked


class Role(StrEnum):
    """A set of permissions, as keys and tokens name it."""

    ASKER = "asker"
    ANALYST = "analyst"
    OPERATOR = "operator"

    @property
    def permissions(self) -> frozenset[Permission]:
        """What the role may do; who operates the service need not read what people ask."""
        return PERMISSIONS[self]


PERMISSIONS = {
    Role.ASKER: frozenset({Permission.ASK}),
    Role.ANALYST: frozenset({Permission.ASK, Permission.ANALYSE}),
    Role.OPERATOR: frozenset({Permission.OPERATE}),
}


@dataclass(frozen=True, slots=True)
class Principal:
    """A person or program that proved who it is."""

    owner: str
    roles: frozenset[Role]
    credential: str  # by which the proof can be looked at again, never the secret itself
    expires: float | None = None  # seconds since 1970, when the proof says so

    def may(self, permission: Permission) -> bool:
        """Whether a role of the principal permits this."""
        return any(permission in role.permissions for role in self.roles)

    def require(self, permission: Permission) -> None:
        """RefusedError unless this is permitted."""
        if not self.may(permission):
            raise RefusedError(Reason.FORBIDDEN, f"your role may not {permission.value}")


def known_roles(names: Iterable[object]) -> frozenset[Role]:
    """The roles among these names; others are somebody else's."""
    return frozenset(role for role in Role if role.value in names)


def unauthenticated() -> RefusedError:
    """The one reply to every failed proof, so that it teaches an attacker nothing."""
    message = "a valid API key or bearer token is needed"
    return RefusedError(Reason.UNAUTHENTICATED, message, {"www-authenticate": "Bearer"})
