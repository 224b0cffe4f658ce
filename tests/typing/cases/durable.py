"""What durable calls give, with generated code and without."""

from typing import Unpack, assert_type

import rpcgen
from rpcgen import AsyncDurableStub, CallOptions, DurableStub, Method, Ticket, aio

CHARGE = Method[int, str]("Bank.Charge", durable=True)


class BankDurable(DurableStub):
    """As it is generated."""

    def charge(self, order: int, **options: Unpack[CallOptions]) -> Ticket[str]:
        return self._submit(CHARGE, order, **options)


class AsyncBankDurable(AsyncDurableStub):
    """As it is generated."""

    async def charge(self, order: int, **options: Unpack[CallOptions]) -> aio.Ticket[str]:
        return await self._submit(CHARGE, order, **options)


async def main(durable: BankDurable, on_asyncio: AsyncBankDurable) -> None:
    assert_type(durable.charge(1, key="k").result(timeout=1.0), str)
    assert_type((await on_asyncio.charge(1, metadata={"a": "b"})), aio.Ticket[str])
    assert_type(await (await on_asyncio.charge(1)).done(), bool)

    client = rpcgen.dial("nats://a:4222")
    assert_type(client.submit(CHARGE, 1), Ticket[str])
    assert_type(client.ticket(CHARGE, "k").result(), str)

    durable.charge("1")  # error: [arg-type]
    durable.charge(1, keys="k")  # error: [call-arg]
    client.ticket(CHARGE, 17)  # error: [arg-type]
    durable.charge(1).result(timeout="1")  # error: [arg-type]
    on_asyncio.charge(1).result()  # error: [attr-defined]
