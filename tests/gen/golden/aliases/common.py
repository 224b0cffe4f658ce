from typing import TypeAlias

from attrs import define

Names: TypeAlias = list[str]
Scores: TypeAlias = "dict[str, Score]"
Table: TypeAlias = list["Score"]


@define
class Score:
    points: int
