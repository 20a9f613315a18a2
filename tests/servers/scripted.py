"""A real HTTP server on an ephemeral port of 127.0.0.1 that plays a scripted model."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from tests.servers.answers import Answer, Body, Drop, Json, Says, Script, Seen, Stream
from tests.servers.dialects import VLLM, Dialect

CHAT = "/v1/chat/completions"


class ScriptedServer:
    """Answers chat requests from a script, and all else from ``pages``; remembers every request.

    A script that has come to its end answers with an error, which no client mistakes for a turn. In a script that is a
    function, the function decides.
    """

    def __init__(
        self,
        script: Script = (),
        *,
        dialect: Dialect = VLLM,
        pages: Mapping[str, Json | Body] | None = None,
        key: str = "",
        port: int = 0,
    ) -> None:
        self.dialect = dialect
        self.pages: dict[str, Json | Body] = {**dialect.pages, **(pages or {})}
        self.seen: list[Seen] = []
        self._script = script if callable(script) else _in_order(script)
        self._key = key
        self._port = port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def port(self) -> int:
        return self._port

    @property
    def chats(self) -> list[Seen]:
        """Chat requests only."""
        return [seen for seen in self.seen if seen.path == CHAT]

    def __enter__(self) -> Self:
        self._thread.start()
        self._call(self._start())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        self._call(_cancel_the_rest())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def stop(self) -> None:
        """Go away: connections are refused from now on."""
        if self._runner is not None:
            self._call(self._runner.cleanup())
            self._runner = None

    def start(self) -> None:
        """Come back at the same port."""
        self._call(self._start())

    def _call(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)

    async def _start(self) -> None:
        app = web.Application(client_max_size=64_000_000)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        text = await request.text()
        body = json.loads(text) if text else None
        seen = Seen(request.method, request.path, body, dict(request.headers))
        self.seen.append(seen)
        if self._key and request.headers.get("Authorization") != f"Bearer {self._key}":
            return await self._send(request, Body({"error": "Unauthorized"}, 401), seen)
        if request.path == CHAT and request.method == "POST":
            return await self._send(request, self._script(seen), seen)
        page = self.pages.get(request.path)
        if page is None:
            return await self._send(request, Body({"detail": "Not Found"}, 404), seen)
        headers = {"Server": self.dialect.server} if self.dialect.server else {}
        answer = page if isinstance(page, Body) else Body(page, headers=headers)
        return await self._send(request, answer, seen)

    async def _send(self, request: web.Request, answer: Answer, seen: Seen) -> web.StreamResponse:
        match answer:
            case Says():
                return await self._send(request, self.dialect.render(answer, seen), seen)
            case Body():
                await asyncio.sleep(answer.pause_s)
                return _whole(answer)
            case Drop():
                assert request.transport is not None
                request.transport.abort()
                return web.Response()
            case Stream():
                return await _stream(request, answer)


async def _cancel_the_rest() -> None:
    """End what still talks to clients that have left."""
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)


def _in_order(answers: Iterable[Answer]) -> Callable[[Seen], Answer]:
    left = iter(answers)
    over = Body({"error": {"message": "the script of the test has come to its end"}}, 400)
    return lambda _: next(left, over)


def _whole(answer: Body) -> web.Response:
    text = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
    headers = {"Content-Type": "application/json", **answer.headers}
    return web.Response(status=answer.status, body=text.encode(), headers=headers)


async def _stream(request: web.Request, answer: Stream) -> web.StreamResponse:
    headers = {"Content-Type": "text/event-stream", **answer.headers}
    response = web.StreamResponse(status=answer.status, headers=headers)
    await response.prepare(request)
    try:
        for event in answer.events:
            await asyncio.sleep(answer.pause_s)
            text = event if isinstance(event, str) else f"data: {json.dumps(event)}"
            await response.write(f"{text}\n\n".encode())
        if answer.drop:
            assert request.transport is not None
            request.transport.abort()
            return response
        while answer.comments_s:
            await asyncio.sleep(answer.comments_s)
            await response.write(b": keep-alive\n\n")
        if answer.hold:
            await asyncio.sleep(60)
        if answer.done:
            await response.write(b"data: [DONE]\n\n")
        await response.write_eof()
    except (ConnectionError, asyncio.CancelledError):
        pass  # the client has left, as some tests want it to
    return response
