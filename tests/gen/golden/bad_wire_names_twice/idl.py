from typing import Annotated, Protocol

from attrs import define
from rpcgen.types import wire


@define
class Message:
    user_id: int
    UserID: int


class Users(Protocol):
    def user_id(self, message: Message) -> None: ...

    def userID(self) -> None: ...

    @wire("UserID")
    def other(self) -> None: ...

    def find(self, first_name: str, name: Annotated[str, wire("FirstName")]) -> None: ...
