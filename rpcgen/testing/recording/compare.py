"""`compare`: what changed between two recordings, as lines for people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from rpcgen.escapes import escaped
from rpcgen.protocol.reflection import Description, Kind, MethodDescription

from .describe import describe
from .spell import spell, spell_answer
from .traffic import Call

__all__ = ["compare"]

# Maximum number of answers to one method that are shown.
_MAX_ANSWERS_SHOWN: Final = 10

# Maximum length of a type, in characters, and how deep it is written out.
_MAX_TYPE_CHARACTERS: Final = 300
_MAX_DEPTH: Final = 6


def compare(old: Sequence[Call], new: Sequence[Call]) -> list[str]:
    """Return the differences, one a line: methods, their types, and answers to the same requests.

    Times are not compared, nor is the order in which calls have come, but for those with the
    same arguments: the first answer is compared with the first, and so on.

    Args:
        old: Calls of the older recording.
        new: Calls of the newer one.
    """
    return [*_methods(describe(old), describe(new)), *_answers(old, new)]


def _methods(old: Description, new: Description) -> Iterator[str]:
    before, after = _by_name(old), _by_name(new)
    for name in before.keys() - after.keys():
        yield f"{escaped(name)}: no longer called"
    for name, method in after.items():
        if name not in before:
            yield (
                f"{escaped(name)}: new: ({_spelled(new, method.request)})"
                f" -> {_spelled(new, method.response)}"
            )
            continue
        for what in ("request", "response"):
            types = [
                _spelled(each, getattr(found, what))
                for each, found in ((old, before[name]), (new, method))
            ]
            if types[0] != types[1]:
                label = "argument" if what == "request" else "reply"
                yield f"{escaped(name)}: {label} was {types[0]}, is {types[1]}"


def _by_name(description: Description) -> dict[str, MethodDescription]:
    return {
        f"{service.name}.{method.name}": method
        for service in description.services
        for method in service.methods
    }


def _spelled(description: Description, number: int) -> str:
    text = escaped(_type(description, number, 0))
    return text if len(text) <= _MAX_TYPE_CHARACTERS else f"{text[:_MAX_TYPE_CHARACTERS]}..."


def _type(description: Description, number: int, depth: int) -> str:
    """Return a type as Go writes it, with the fields of its structs."""
    each = description.types[number]
    if depth > _MAX_DEPTH:
        return each.name or each.kind.value

    def part(of: int) -> str:
        return _type(description, of, depth + 1)

    match each.kind:
        case Kind.STRUCT:
            fields = "; ".join(f"{field.name} {part(field.type)}" for field in each.fields)
            return f"{each.name or 'struct'}{{{fields}}}"
        case Kind.SLICE:
            return f"[]{part(each.element)}"
        case Kind.ARRAY:
            return f"[{each.length}]{part(each.element)}"
        case Kind.MAP:
            return f"map[{part(each.key)}]{part(each.element)}"
        case Kind.POINTER:
            return f"*{part(each.element)}"
        case Kind.INTERFACE:
            return "any"
        case Kind.NOTHING:
            return "struct{}"
        case Kind.BYTES:
            return "[]byte"
    return each.name or each.kind.value


def _answers(old: Iterable[Call], new: Iterable[Call]) -> Iterator[str]:
    before, after = _by_request(old), _by_request(new)
    shown: defaultdict[str, int] = defaultdict(int)
    for request, answers in after.items():
        method = escaped(request[0])
        for was, is_now in zip(before.get(request, ()), answers, strict=False):
            if was == is_now:
                continue
            shown[method] += 1
            if shown[method] <= _MAX_ANSWERS_SHOWN:
                yield f"{method} {request[1]}: answered {was}, now {is_now}"
    for method, count in shown.items():
        if count > _MAX_ANSWERS_SHOWN:
            yield f"{method}: {count - _MAX_ANSWERS_SHOWN} more answers differ"


def _by_request(calls: Iterable[Call]) -> dict[tuple[str, str], list[str]]:
    found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for call in calls:
        if call.is_over:
            found[call.method, spell(call.args.value)].append(spell_answer(call))
    return found
