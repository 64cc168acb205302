"""Reads requests; what is wrong with one is said without repeating it."""

from typing import TypeVar

from pydantic import ValidationError
from starlette.requests import Request

from reference_app.service.messages import Message
from reference_app.service.refusals import Reason, RefusedError

LONGEST_STATISTICS = 366  # days

Kind = TypeVar("Kind", bound=Message)


async def read(request: Request, kind: type[Kind]) -> Kind:
    """The body as a message of this kind; RefusedError names the fields that are wrong."""
    try:
        return kind.model_validate_json(await request.body())
    except ValidationError as error:
        # The fields and what is wrong with them, but never their values.
        problems = (f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise RefusedError(Reason.MALFORMED, "; ".join(problems)[:300]) from None


def days_of(request: Request) -> int:
    """How many days a request wants figures of."""
    text = request.query_params.get("days", "30")
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= LONGEST_STATISTICS):
        raise RefusedError(Reason.MALFORMED, f"days is a number up to {LONGEST_STATISTICS}")
    return int(text)
