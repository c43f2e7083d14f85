"""A control plane that answers the real modal client as scripted, on a loopback port."""

import asyncio
import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import cbor2
from grpclib import GRPCError, Status
from grpclib.server import Server, Stream
from modal_proto import api_pb2
from modal_proto.api_grpc import ModalClientBase

TOKEN = ("ak-good", "as-good")


@dataclass
class ControlPlane:
    """What it was sent by name of the call, and what it answers where that is not the usual."""

    url: str = ""
    blobs: str = ""
    sent: dict[str, list[Any]] = field(default_factory=dict[str, list[Any]])
    scripted: dict[str, Any] = field(default_factory=dict[str, Any])
    uploaded: list[bytes] = field(default_factory=list[bytes])

    @property
    def usual(self) -> dict[str, Callable[[Any], Any]]:
        return {
            "ClientHello": self.client_hello,
            "FunctionGet": self.function_get,
            "BlobCreate": self.blob_create,
            "FunctionMap": self.function_map,
        }

    def answer(self, name: str, request: Any, metadata: Any) -> Any:
        self.sent.setdefault(name, []).append(request)
        if metadata.get("x-modal-token-id") != TOKEN[0]:
            raise GRPCError(Status.UNAUTHENTICATED, "Token ID is unknown")
        scripted = self.scripted.get(name)
        if isinstance(scripted, Exception):
            raise scripted
        usual: Callable[[Any], Any] | None = scripted or self.usual.get(name)
        if usual is None:
            raise GRPCError(Status.UNIMPLEMENTED, name)
        return usual(request)

    def client_hello(self, _: Any) -> Any:
        return api_pb2.ClientHelloResponse()

    def function_get(self, _: Any) -> Any:
        metadata = api_pb2.FunctionHandleMetadata(
            function_name="read_clip",
            function_type=api_pb2.Function.FUNCTION_TYPE_FUNCTION,
            supported_input_formats=[api_pb2.DATA_FORMAT_PICKLE, api_pb2.DATA_FORMAT_CBOR],
            supported_output_formats=[api_pb2.DATA_FORMAT_PICKLE, api_pb2.DATA_FORMAT_CBOR],
        )
        known = api_pb2.FunctionData.RankedFunction(rank=0, function=api_pb2.Function())
        return api_pb2.FunctionGetResponse(
            function_id="fu-1",
            handle_metadata=metadata,
            function=api_pb2.FunctionData(ranked_functions=[known]),
        )

    def blob_create(self, _: Any) -> Any:
        urls = api_pb2.UploadUrlList(items=[self.blobs])
        return api_pb2.BlobCreateResponse(blob_ids=["bl-1"], upload_urls=urls)

    def function_map(self, _: Any) -> Any:
        started = api_pb2.FunctionPutInputsResponseItem(idx=0, input_id="in-1")
        return api_pb2.FunctionMapResponse(function_call_id="fc-1", pipelined_inputs=[started])

    def answers(self, told: object) -> None:
        """The call succeeds with this."""
        succeeded = api_pb2.GenericResult.GENERIC_STATUS_SUCCESS
        self.ends(api_pb2.GenericResult(status=succeeded, data=cbor2.dumps(told)))

    def ends(self, result: api_pb2.GenericResult) -> None:
        """The call ends so."""
        output = api_pb2.FunctionGetOutputsItem(
            result=result, idx=0, input_id="in-1", data_format=api_pb2.DATA_FORMAT_CBOR
        )
        self.scripted["FunctionGetOutputs"] = lambda _: api_pb2.FunctionGetOutputsResponse(
            outputs=[output], idxs=[0], last_entry_id="1"
        )

    def pends(self) -> None:
        """The call does not end."""
        self.scripted["FunctionGetOutputs"] = lambda _: api_pb2.FunctionGetOutputsResponse(
            num_unfinished_inputs=1, last_entry_id="1"
        )


def _servicer(plane: ControlPlane) -> ModalClientBase:
    def rpc(name: str) -> Callable[[Any, Stream[Any, Any]], Any]:
        async def called(_: Any, stream: Stream[Any, Any]) -> None:
            request = await stream.recv_message()
            if name == "FunctionGetOutputs":
                await asyncio.sleep(0.05)
            await stream.send_message(plane.answer(name, request, stream.metadata))

        return called

    methods = {name: rpc(name) for name in ModalClientBase.__abstractmethods__}
    return type("Servicer", (ModalClientBase,), methods)()


@contextmanager
def running_modal() -> Iterator[ControlPlane]:
    """gRPC in a thread of its own, since the tests' loop comes and goes; blobs over HTTP."""
    plane = ControlPlane()

    class Blobs(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            content = self.rfile.read(int(self.headers["content-length"]))
            plane.uploaded.append(content)
            self.send_response(200)
            self.send_header("ETag", hashlib.md5(content, usedforsecurity=False).hexdigest())
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    blobs = ThreadingHTTPServer(("127.0.0.1", 0), Blobs)
    blobs.daemon_threads = True
    plane.blobs = f"http://127.0.0.1:{blobs.server_port}/blob"
    threading.Thread(target=blobs.serve_forever, daemon=True).start()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> Server:
        server = Server([_servicer(plane)])
        await server.start("127.0.0.1", 0)
        listening: Any = server
        port = listening._server.sockets[0].getsockname()[1]
        plane.url = f"http://127.0.0.1:{port}"
        return server

    server = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    try:
        yield plane
    finally:
        blobs.shutdown()
        blobs.server_close()
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()
