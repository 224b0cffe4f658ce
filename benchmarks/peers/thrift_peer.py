"""Apache Thrift with its accelerated binary protocol, which is C.

The classes below are what ``thrift --gen py`` makes, by hand: a ``thrift_spec``
for the C code, and clients and processors that do what the generated ones do.
"""

from __future__ import annotations

from typing import Any, ClassVar

from thrift.protocol.TBinaryProtocol import TBinaryProtocolAcceleratedFactory
from thrift.server.TServer import TThreadedServer
from thrift.Thrift import TMessageType, TProcessor, TType
from thrift.transport.TSocket import TServerSocket, TSocket
from thrift.transport.TTransport import TBufferedTransportFactory

from benchmarks.values import build, copy, read

from .ends import Ready, split

__all__ = ["Client", "connect", "serve"]

PROTOCOLS = TBinaryProtocolAcceleratedFactory(fallback=False)
TRANSPORTS = TBufferedTransportFactory()

Spec = tuple[tuple[Any, ...] | None, ...]


class Struct:
    """Reads and writes itself by ``thrift_spec``, in C."""

    thrift_spec: ClassVar[Spec]

    def read(self, protocol: Any) -> None:
        protocol._fast_decode(self, protocol, [type(self), self.thrift_spec])

    def write(self, protocol: Any) -> None:
        protocol.trans.write(protocol._fast_encode(self, [type(self), self.thrift_spec]))


class Item(Struct):
    thrift_spec = (
        None,
        (1, TType.STRING, "name", "UTF8", None),
        (2, TType.I64, "quantity", None, None),
        (3, TType.DOUBLE, "price", None, None),
        (4, TType.BOOL, "in_stock", None, None),
    )

    def __init__(
        self, name: Any = None, quantity: Any = None, price: Any = None, in_stock: Any = None
    ) -> None:
        self.name = name
        self.quantity = quantity
        self.price = price
        self.in_stock = in_stock


class Order(Struct):
    thrift_spec = (
        None,
        (1, TType.I64, "id", None, None),
        (2, TType.STRING, "customer", "UTF8", None),
        (3, TType.DOUBLE, "total", None, None),
        (4, TType.BOOL, "paid", None, None),
        (5, TType.I64, "count", None, None),
        (6, TType.STRING, "note", "UTF8", None),
        (7, TType.STRING, "data", "BINARY", None),
        (8, TType.DOUBLE, "discount", None, None),
        (9, TType.I64, "created", None, None),
        (10, TType.I64, "priority", None, None),
        (11, TType.LIST, "items", (TType.STRUCT, [Item, Item.thrift_spec], False), None),
        (12, TType.MAP, "rates", (TType.STRING, "UTF8", TType.DOUBLE, None, False), None),
    )

    def __init__(
        self,
        id: Any = None,
        customer: Any = None,
        total: Any = None,
        paid: Any = None,
        count: Any = None,
        note: Any = None,
        data: Any = None,
        discount: Any = None,
        created: Any = None,
        priority: Any = None,
        items: Any = None,
        rates: Any = None,
    ) -> None:
        self.id = id
        self.customer = customer
        self.total = total
        self.paid = paid
        self.count = count
        self.note = note
        self.data = data
        self.discount = discount
        self.created = created
        self.priority = priority
        self.items = items
        self.rates = rates


class MultiplyArgs(Struct):
    thrift_spec = (None, (1, TType.I64, "a", None, None), (2, TType.I64, "b", None, None))

    def __init__(self, a: Any = None, b: Any = None) -> None:
        self.a = a
        self.b = b


class MultiplyResult(Struct):
    thrift_spec = ((0, TType.I64, "success", None, None),)

    def __init__(self, success: Any = None) -> None:
        self.success = success


class OrderArgs(Struct):
    thrift_spec = (None, (1, TType.STRUCT, "order", [Order, Order.thrift_spec], None))

    def __init__(self, order: Any = None) -> None:
        self.order = order


class OrderResult(Struct):
    thrift_spec = ((0, TType.STRUCT, "success", [Order, Order.thrift_spec], None),)

    def __init__(self, success: Any = None) -> None:
        self.success = success


class BlobArgs(Struct):
    thrift_spec = (None, (1, TType.STRING, "data", "BINARY", None))

    def __init__(self, data: Any = None) -> None:
        self.data = data


class BlobResult(Struct):
    thrift_spec = ((0, TType.STRING, "success", "BINARY", None),)

    def __init__(self, success: Any = None) -> None:
        self.success = success


class Processor(TProcessor):
    """Serves three methods; an exception of a handler would end the connection."""

    def process(self, incoming: Any, outgoing: Any) -> None:
        name, _, seq = incoming.readMessageBegin()
        result = getattr(self, name)(incoming)
        outgoing.writeMessageBegin(name, TMessageType.REPLY, seq)
        result.write(outgoing)
        outgoing.writeMessageEnd()
        outgoing.trans.flush()

    def multiply(self, incoming: Any) -> Struct:
        args = MultiplyArgs()
        args.read(incoming)
        incoming.readMessageEnd()
        return MultiplyResult(args.a * args.b)

    def order(self, incoming: Any) -> Struct:
        args = OrderArgs()
        args.read(incoming)
        incoming.readMessageEnd()
        return OrderResult(copy(args.order, Order, Item))

    def blob(self, incoming: Any) -> Struct:
        args = BlobArgs()
        args.read(incoming)
        incoming.readMessageEnd()
        return BlobResult(args.data)


class Listener(TServerSocket):
    """Says where it listens, on whatever port it got."""

    def __init__(self, ready: Ready) -> None:
        super().__init__("127.0.0.1", 0)
        self._ready = ready

    def listen(self) -> None:
        super().listen()
        host, port = self.handle.getsockname()
        self._ready(f"{host}:{port}")


def serve(ready: Ready) -> None:
    TThreadedServer(Processor(), Listener(ready), TRANSPORTS, PROTOCOLS, daemon=True).serve()


class Client:
    def __init__(self, address: str) -> None:
        self._transport = TRANSPORTS.getTransport(TSocket(*split(address)))
        self._protocol = PROTOCOLS.getProtocol(self._transport)
        self._transport.open()
        self._seq = 0

    def multiply(self, a: int, b: int) -> int:
        return int(self._call("multiply", MultiplyArgs(a, b), MultiplyResult()).success)

    def order(self) -> float:
        return read(self._call("order", OrderArgs(build(Order, Item)), OrderResult()).success)

    def blob(self, data: bytes) -> bytes:
        return bytes(self._call("blob", BlobArgs(data), BlobResult()).success)

    def close(self) -> None:
        self._transport.close()

    def _call(self, name: str, args: Struct, result: Any) -> Any:
        protocol = self._protocol
        protocol.writeMessageBegin(name, TMessageType.CALL, self._seq)
        args.write(protocol)
        protocol.writeMessageEnd()
        protocol.trans.flush()
        protocol.readMessageBegin()
        result.read(protocol)
        protocol.readMessageEnd()
        return result


connect = Client
