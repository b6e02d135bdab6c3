"""Who asks: the caller that the gateway names in headers, and what belongs to whom."""

from dataclasses import dataclass

from services.kit.errors import NotFoundError, UnauthenticatedError, ValidationFailedError

USER_HEADER = "X-User-ID"
ROLES_HEADER = "X-User-Roles"
ADMIN = "admin"
LONGEST_USER_ID = 255


@dataclass(frozen=True)
class Caller:
    """A user and their roles."""

    user_id: str
    roles: frozenset[str] = frozenset()

    @property
    def is_admin(self) -> bool:
        """Whether everything may be touched."""
        return ADMIN in self.roles

    def may_touch(self, owner: str) -> bool:
        """Whether what belongs to user `owner` is theirs to see and change."""
        return self.is_admin or self.user_id == owner

    def refuse_stranger(self, owner: str, what: str) -> None:
        """NotFoundError, that there are no such `what`, unless what belongs to user `owner` is theirs to touch."""
        if not self.may_touch(owner):
            raise NotFoundError(f"there are no such {what}")


def headers_of(caller: Caller) -> dict[str, str]:
    """The headers by which one service tells another who asks."""
    headers = {USER_HEADER: caller.user_id}
    return headers | {ROLES_HEADER: ",".join(sorted(caller.roles))} if caller.roles else headers


def caller_from(user_header: str | None, roles_header: str | None) -> Caller:
    """The caller that two headers name; UnauthenticatedError without a user, ValidationFailedError if too long."""
    user_id = (user_header or "").strip()
    if not user_id:
        raise UnauthenticatedError(f"header {USER_HEADER} must name the user who asks")
    if len(user_id) > LONGEST_USER_ID:
        raise ValidationFailedError(f"header {USER_HEADER} is longer than {LONGEST_USER_ID} characters")
    roles = (role.strip() for role in (roles_header or "").split(","))
    return Caller(user_id, frozenset(role for role in roles if role))
