"""Coroutines that nobody awaits, and values that somebody does."""

from generated.arith import Args, ArithClient, AsyncArithClient


async def missing(arith: AsyncArithClient, address: str) -> None:
    number: int = arith.multiply(Args(7, 8))  # error: [assignment]
    arith.divide(Args(7, 8)).quo  # error: [attr-defined]
    arith.multiply(Args(7, 8))  # error: [unused-coroutine]
    arith.close()  # error: [unused-coroutine]
    client: AsyncArithClient = AsyncArithClient.dial(address)  # error: [assignment]
    with AsyncArithClient.dial(address):  # error: [attr-defined]
        pass


async def superfluous(arith: ArithClient) -> None:
    await arith.multiply(Args(7, 8))  # error: [misc]
    async with arith:  # error: [attr-defined]
        pass
