"""Types of the accelerator, which is compiled and so no module that tools see."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..._accelerator import (
        DecodeFunction,
        DecodeMessage,
        DecodeProgram,
        EncodeFunction,
        Exchange,
        HeaderReader,
        MessageEncoder,
        ServerCalls,
        ServerExecutor,
        ServerSteps,
        ServerTurn,
        SingleDecoder,
        SingleEncoder,
        Stream,
    )
else:
    _accelerator = importlib.import_module("rpcgen._accelerator")
    DecodeFunction = _accelerator.DecodeFunction
    DecodeMessage = _accelerator.DecodeMessage
    DecodeProgram = _accelerator.DecodeProgram
    EncodeFunction = _accelerator.EncodeFunction
    Exchange = _accelerator.Exchange
    HeaderReader = _accelerator.HeaderReader
    MessageEncoder = _accelerator.MessageEncoder
    SingleDecoder = _accelerator.SingleDecoder
    SingleEncoder = _accelerator.SingleEncoder
    ServerCalls = _accelerator.ServerCalls
    ServerExecutor = _accelerator.ServerExecutor
    ServerSteps = _accelerator.ServerSteps
    ServerTurn = _accelerator.ServerTurn
    Stream = _accelerator.Stream

__all__ = [
    "DecodeFunction",
    "DecodeMessage",
    "DecodeProgram",
    "EncodeFunction",
    "Exchange",
    "HeaderReader",
    "MessageEncoder",
    "SingleDecoder",
    "SingleEncoder",
    "ServerCalls",
    "ServerExecutor",
    "ServerSteps",
    "ServerTurn",
    "Stream",
]
