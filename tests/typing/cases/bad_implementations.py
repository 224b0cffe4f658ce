"""Implementations that do not fit their service."""

import rpcgen
from generated.arith import (
    Args,
    Arith,
    ArithClient,
    ArithService,
    AsyncArithClient,
    Quotient,
    register_arith,
    register_async_arith,
)
from rpcgen import aio


class LacksDivide:
    def multiply(self, args: Args) -> int:
        return args.a * args.b


class WrongArgument:
    def multiply(self, args: Quotient) -> int:
        return args.quo * args.rem

    def divide(self, args: Args) -> Quotient:
        return Quotient(args.a, args.b)


class WrongReply:
    def multiply(self, args: Args) -> str:
        return str(args)

    def divide(self, args: Args) -> Quotient:
        return Quotient(args.a, args.b)


class Awaited:
    async def multiply(self, args: Args) -> int:
        return args.a

    async def divide(self, args: Args) -> Quotient:
        return Quotient(args.a, args.b)


class Inherited(Arith):
    def multiply(self, args: Args) -> str:  # error: [override]
        return str(args)

    def divide(self, args: Args) -> Quotient:
        return Quotient(args.a, args.b)


class Abstract(ArithService):
    def multiply(self, args: Args) -> int:
        return args.a


class Blocking:
    def multiply(self, args: Args) -> int:
        return args.a

    def divide(self, args: Args) -> Quotient:
        return Quotient(args.a, args.b)


def register(server: rpcgen.Server, loop_server: aio.Server) -> None:
    register_arith(server, LacksDivide())  # error: [arg-type]
    register_arith(server, WrongArgument())  # error: [arg-type]
    register_arith(server, WrongReply())  # error: [arg-type]
    register_arith(server, Awaited())  # error: [arg-type]
    register_arith(server, Blocking)  # error: [arg-type]
    register_arith("server", Blocking())  # error: [arg-type]
    register_arith(server, Blocking(), 1)  # error: [arg-type]
    register_async_arith(loop_server, Blocking())  # error: [arg-type]
    register_async_arith(server, Awaited())  # error: [arg-type]
    Abstract()  # error: [abstract]


def clients(blocking: ArithClient, awaited: AsyncArithClient) -> None:
    here: Arith = blocking
    there: Arith = awaited  # error: [assignment]
