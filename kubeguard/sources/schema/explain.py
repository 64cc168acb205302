"""From a validator's errors to sentences that name the field and what it should be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from jsonschema_rs import ValidationError, ValidationErrorKind

from kubeguard.model.fix import Fix, advise
from kubeguard.model.inside import at_key
from kubeguard.model.location import Path, dotted
from kubeguard.model.node import Node
from kubeguard.model.trouble import Trouble, TroubleKind
from kubeguard.sources.schema.advice import Advice, on_field
from kubeguard.sources.schema.retype import NAMES, called, retype
from kubeguard.sources.schema.shape import Shape

ADVISED = 20
"""Unknown fields of one object that are looked up elsewhere: past that it is no slip of the pen."""

ENCODE = advise("encode it in base64; the plain text of a Secret goes into stringData")

Other = Callable[[Path, str], Advice | None]


def explain(shape: Shape, node: Node, other: Other) -> Iterator[Trouble]:
    """One trouble for each place where the object departs from its schema.

    `other` knows the fields that only another release or apiVersion has.
    """
    try:
        errors = list(shape.validator.iter_errors(node.value))
    except ValueError:
        message = "the object holds text that is not valid Unicode"
        yield Trouble(node, TroubleKind.INVALID_VALUE, message, advise("write the text as UTF-8"))
        return
    for number, (path, name) in enumerate(_unexpected(errors)):
        where = node.at(*path)
        advice = Advice()
        if number < ADVISED:
            advice = other(path, name) or on_field(shape, path, name, where.mapping)
        yield _unknown(where[name], node, advice)
    for error in _once(errors):
        yield from _other_than_unknown(shape, node, error)


def _unexpected(errors: list[ValidationError]) -> Iterator[tuple[Path, str]]:
    for error in errors:
        if isinstance(error.kind, ValidationErrorKind.AdditionalProperties):
            for name in error.kind.unexpected:
                yield tuple(error.instance_path), name


def _once(errors: list[ValidationError]) -> Iterable[ValidationError]:
    """Without repetition: a reference and the type beside it refuse the same value."""
    return {
        (*error.instance_path, error.kind.name if _is_type(error) else error.message): error
        for error in errors
    }.values()


def _is_type(error: ValidationError) -> bool:
    return isinstance(error.kind, ValidationErrorKind.Type)


def _other_than_unknown(shape: Shape, node: Node, error: ValidationError) -> Iterator[Trouble]:
    where = node.at(*error.instance_path)
    match error.kind:
        case ValidationErrorKind.AdditionalProperties():
            return
        case ValidationErrorKind.Required(property=name):
            yield _missing(where[name], node)
        case ValidationErrorKind.Type(types=types):
            yield _wrong_type(shape, where, node, [name for name in types if name != "null"])
        case _:
            yield _invalid(where, node, error)


def place(node: Node, root: Node) -> str:
    """How a sentence names a place: by the last two names of its path, or as the object."""
    path = node.path[len(root.path) :]
    names = [index for index, key in enumerate(path) if isinstance(key, str)]
    text = dotted(path[names[-2] :] if len(names) > 1 else path)
    text = text or str(root.get("kind"))
    return f"{text[:57]}..." if len(text) > 60 else text


def _unknown(field: Node, root: Node, advice: Advice) -> Trouble:
    parent = Node(None, field.source, field.path[:-1])
    name = str(field.path[-1])
    shown = name if len(name) <= 40 else f"{name[:37]}..."
    message = f"unknown field {shown!r} in {place(parent, root)}{advice.clue}"
    return Trouble(at_key(field), TroubleKind.UNKNOWN_FIELD, message, advise(advice.hint))


def _missing(field: Node, root: Node) -> Trouble:
    parent = Node(None, field.source, field.path[:-1])
    name = str(field.path[-1])
    message = f"{place(parent, root)} lacks the required field {name!r}"
    return Trouble(field, TroubleKind.MISSING_FIELD, message, advise(f"add {name!r}"))


def _wrong_type(shape: Shape, where: Node, root: Node, types: list[str]) -> Trouble:
    if where.value is None and where.path and isinstance(where.path[-1], str):
        return _missing(where, root)
    wanted = " or ".join(NAMES[name] for name in sorted(types, reverse=True))
    message = f"{place(where, root)} is {called(where.value)}, not {wanted}"
    encoded = shape.along(where.path[len(root.path) :])[-1].get("format") == "byte"
    fix = ENCODE if encoded else retype(where, types, wanted)
    return Trouble(where, TroubleKind.WRONG_TYPE, message, fix)


def _invalid(where: Node, root: Node, error: ValidationError) -> Trouble:
    reason, fix = _reason(error)
    message = f"{place(where, root)}: {reason}"
    return Trouble(where, TroubleKind.INVALID_VALUE, message, fix)


def _reason(error: ValidationError) -> tuple[str, Fix]:
    """Why, without the value itself, which may be a secret."""
    match error.kind:
        case ValidationErrorKind.Format(format="byte"):
            return "not base64", ENCODE
        case ValidationErrorKind.Format(format="date-time"):
            return "not a time", advise("write it as in RFC 3339: 2026-01-31T12:00:00Z")
        case ValidationErrorKind.Pattern() if "api.resource.Quantity" in error.schema_path:
            return "not a quantity", advise("write it like 250m, 0.5, 512Mi or 2G, without spaces")
        case ValidationErrorKind.Enum(options=options):
            allowed = ", ".join(repr(option) for option in options if option is not None)
            message = f"the value is not one of {allowed}"
        case _:
            message = error.message
    message = f"{message[:77]}..." if len(message) > 80 else message
    return message, advise("change it to a value that the schema allows")
