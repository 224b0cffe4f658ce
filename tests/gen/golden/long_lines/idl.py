from typing import Protocol

from attrs import define


@define
class AVeryLongNameForAMessageThatNobodyShouldEverHaveToTypeTwice:
    x: int


@define
class AnotherVeryLongNameForAMessageThatNobodyShouldEverHaveToTypeTwice:
    y: int


class LongLines(Protocol):
    def long_union_in_struct(
        self,
        request: dict[str, AVeryLongNameForAMessageThatNobodyShouldEverHaveToTypeTwice] | None,
        another: AVeryLongNameForAMessageThatNobodyShouldEverHaveToTypeTwice
        | AnotherVeryLongNameForAMessageThatNobodyShouldEverHaveToTypeTwice
        | None = None,
    ) -> (
        AVeryLongNameForAMessageThatNobodyShouldEverHaveToTypeTwice
        | AnotherVeryLongNameForAMessageThatNobodyShouldEverHaveToTypeTwice
    ): ...

    def a_method_with_quite_a_long_name(
        self, request: AVeryLongNameForAMessageThatNobodyShouldEverHaveToTypeTwice
    ) -> AnotherVeryLongNameForAMessageThatNobodyShouldEverHaveToTypeTwice: ...

    def union(
        self,
        request: AVeryLongNameForAMessageThatNobodyShouldEverHaveToTypeTwice
        | AnotherVeryLongNameForAMessageThatNobodyShouldEverHaveToTypeTwice,
    ) -> dict[str, AnotherVeryLongNameForAMessageThatNobodyShouldEverHaveToTypeTwice]: ...

    def nested(
        self,
        request: dict[str, list[AVeryLongNameForAMessageThatNobodyShouldEverHaveToTypeTwice]],
        another: tuple[AnotherVeryLongNameForAMessageThatNobodyShouldEverHaveToTypeTwice, ...],
    ) -> dict[str, dict[str, AnotherVeryLongNameForAMessageThatNobodyShouldEverHaveToTypeTwice]]: ...

    def several(self, one: int, two: int, three: int, four: int, five: int, six: int) -> None: ...

    def just_too_long(self, first_number: int, second_number: int, third_number: int) -> float: ...

    def no_parameters_but_a_name_that_nearly_fills_a_line(
        self,
    ) -> list[int]: ...
