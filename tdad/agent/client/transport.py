"""One request to the server, and its answer: ``openai``'s ``chat.completions.create`` and nothing else of it.

The library neither retries (``max_retries=0``) nor watches the clock for us: an answer has one deadline of its own,
however it trickles, and a stream may not fall silent. What goes wrong comes out as one exception with a
:class:`~tdad.agent.chat.trouble.Trouble` in it.

Works with openai 1.60 to 3.x: of their differences only the exceptions in the middle of a stream matter, see
:func:`_of_error`.
"""

from __future__ import annotations

import asyncio
import errno
import json
import ssl
from collections.abc import Callable, Coroutine, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic
from types import TracebackType
from typing import Any, TypeVar

import openai

from tdad.agent.chat.assemble import RawReply, assemble, whole
from tdad.agent.chat.facts import Limits
from tdad.agent.chat.trouble import Kind, Trouble, of_answer, one_line, words_of

T = TypeVar("T")

Chunk = Mapping[str, Any]
Sink = Callable[[Chunk], str]
"""Gets each chunk of a stream; what it returns, unless empty, is why to break the stream off."""

_AFTER_FINISH_S = 5.0
"""How long to wait for usage and the end of a stream whose answer is complete."""
_SHOWN = 200
_LIBRARIES = ("httpx", "httpcore", "anyio", "h11")


class Failed(Exception):
    """A request failed. Stays within the client."""

    def __init__(self, trouble: Trouble) -> None:
        self.trouble = trouble
        super().__init__(f"{trouble.kind}: {trouble.text}")


class Transport:
    """A connection to one server."""

    def __init__(self, base_url: str, api_key: str, limits: Limits, *, local: bool) -> None:
        http = _inside() if local and base_url.startswith("http://") else None
        self._limits = limits
        self._runner = asyncio.Runner()
        self._client = openai.AsyncOpenAI(
            base_url=base_url, api_key=api_key or "none", max_retries=0, http_client=http
        )
        # The library sends what the environment holds for OpenAI to whatever server it talks to.
        self._client.organization = self._client.project = None

    def limit(self, limits: Limits) -> None:
        """From the next request on."""
        self._limits = limits

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do ``work`` to its end; Ctrl-C cancels it and closes its connection."""
        return self._runner.run(work)

    def close(self) -> None:
        """Close all connections."""
        self._runner.run(self._client.close())
        self._runner.close()

    async def plain(self, fields: Mapping[str, Any]) -> RawReply:
        """The answer in one piece."""
        try:
            async with self._deadline():
                body = await self._client.chat.completions.create(
                    **fields, timeout=self._timeout()
                )
        except Failed:
            raise
        except (
            Exception
        ) as error:  # sorted in _of_error, which raises again what is not about the request
            raise Failed(_of_error(error, began=False)) from error
        document = _document(body)
        if document.get("error"):
            raise Failed(of_answer(200, document))
        reply = whole(document)
        if reply.empty:
            raise Failed(Trouble(Kind.BAD_RESPONSE, _what_it_is(body), 200))
        return reply

    async def stream(self, fields: Mapping[str, Any], sink: Sink) -> tuple[RawReply, float]:
        """The answer in pieces, and the seconds until the first of them."""
        chunks: list[Chunk] = []
        times: list[float] = [monotonic()]

        def take(chunk: Chunk) -> str:
            if not chunks:
                times.append(monotonic())
            chunks.append(chunk)
            return sink(chunk)

        try:
            async with self._deadline():
                broken_off = await self._read(fields, take)
        except Failed:
            raise
        except Exception as error:
            raise Failed(_of_error(error, began=bool(chunks))) from error
        if broken_off:
            raise Failed(Trouble(Kind.RUNAWAY, broken_off))
        reply = assemble(chunks)
        if reply.empty:
            what = f"a stream of {len(chunks)} events without a choice"
            raise Failed(Trouble(Kind.BROKEN_STREAM, what, 200))
        return reply, times[-1] - times[0]

    async def _read(self, fields: Mapping[str, Any], take: Sink) -> str:
        """Give each chunk to ``take``; return why it broke the stream off, empty for the stream's own end."""
        stream = await self._client.chat.completions.create(
            **fields, stream=True, timeout=self._timeout()
        )
        if not isinstance(stream, openai.AsyncStream):
            raise Failed(Trouble(Kind.BROKEN_STREAM, "an answer that is no stream"))
        # The first event may take as long as the whole answer: a long prompt is read before it.
        pause, finished = None, False
        try:
            while True:
                clock = asyncio.timeout(pause)
                async with clock:
                    chunk = await anext(stream, None)
                if chunk is None:
                    return ""
                document = _document(chunk)
                if reason := take(document):
                    return reason
                finished = finished or _finishes(document)
                pause = _AFTER_FINISH_S if finished else self._limits.idle_s
        except TimeoutError:
            if not clock.expired():
                raise
            if finished:
                return ""
            what = f"nothing came for {self._limits.idle_s:g} s"
            raise Failed(Trouble(Kind.IDLE, what)) from None
        finally:
            await stream.close()

    def _timeout(self) -> openai.Timeout:
        return openai.Timeout(self._limits.call_s, connect=self._limits.connect_s)

    def _deadline(self) -> _Deadline:
        return _Deadline(self._limits.call_s)


def _inside() -> Any:
    """A connection for servers on this machine or next to it.

    A proxy of the environment is for the world outside, and a redirect would lead there. No authority is loaded (that
    takes 60 ms): there is no TLS to verify.
    """
    nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return openai.DefaultAsyncHttpxClient(trust_env=False, follow_redirects=False, verify=nobody)


class _Deadline:
    """``async with`` that ends what takes longer than ``seconds`` as :class:`Failed`."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._clock = asyncio.timeout(seconds)

    async def __aenter__(self) -> None:
        await self._clock.__aenter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            await self._clock.__aexit__(kind, error, trace)
        except TimeoutError:
            what = f"no end of the answer within {self._seconds:g} s"
            raise Failed(Trouble(Kind.DEADLINE, what)) from None


def _finishes(chunk: Chunk) -> bool:
    choices = chunk.get("choices")
    return isinstance(choices, list) and any(
        isinstance(choice, dict) and choice.get("finish_reason") for choice in choices
    )


def _document(answer: object) -> dict[str, Any]:
    """The answer as it came: the library validates nothing, so an object may hold anything, or be a page of HTML."""
    if isinstance(answer, openai.BaseModel):
        return answer.to_dict(warnings=False)
    return answer if isinstance(answer, dict) else {}


def _what_it_is(body: object) -> str:
    """The beginning of an answer that is none, alike for all versions of the library: they keep different things."""
    if isinstance(body, str):
        return f"no JSON in {words_of(body)[:_SHOWN] or 'an empty answer'}"
    raw = [_document(each) for each in body] if isinstance(body, list) else _document(body)
    if isinstance(raw, dict):
        raw = {name: value for name, value in raw.items() if value is not None}
    return f"no choices in {json.dumps(raw, sort_keys=True, ensure_ascii=False)[:_SHOWN]}"


def _of_error(error: Exception, *, began: bool) -> Trouble:  # noqa: PLR0911 - one per class
    """The trouble behind an exception; raises it again when it is none of a request's.

    2.x lets exceptions of httpx through in the middle of a stream, 3.x wraps them, and json's come through in both.
    """
    match error:
        case openai.APIStatusError():
            body = error.body if error.body is not None else _text(error)
            retry = retry_after(error.response.headers, datetime.now(UTC))
            return of_answer(error.status_code, body, retry)
        case openai.APITimeoutError():
            kind = Kind.IDLE if began else Kind.TRANSPORT
            return Trouble(kind, "the connection timed out")
        case openai.APIConnectionError():
            return _of_connection(error, began)
        case openai.APIError():
            return of_answer(None, error.body if error.body is not None else str(error))
        case ValueError():
            kind = Kind.BROKEN_STREAM if began else Kind.BAD_RESPONSE
            return Trouble(kind, _what_it_is(getattr(error, "doc", str(error))))
        case OSError() | openai.OpenAIError():
            return _of_connection(error, began)
    if type(error).__module__.startswith(_LIBRARIES):
        return _of_connection(error, began)
    raise error


def _of_connection(error: Exception, began: bool) -> Trouble:
    causes = list(_causes(error))
    words = one_line(next((str(each) for each in reversed(causes) if str(each)), str(error)))
    if not began and any(_is_refusal(each) for each in causes):
        return Trouble(Kind.REFUSED, words)
    return Trouble(Kind.DROPPED, words)


def _is_refusal(error: BaseException) -> bool:
    names = {each.__name__ for each in type(error).__mro__}
    refused = isinstance(error, OSError) and error.errno in {
        errno.ECONNREFUSED,
        errno.EHOSTUNREACH,
    }
    return refused or bool(names & {"ConnectError", "ConnectTimeout", "gaierror"})


def _causes(error: BaseException) -> Iterator[BaseException]:
    """``error`` and what it was raised from."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _text(error: openai.APIStatusError) -> str:
    try:
        return error.response.text
    except Exception:  # noqa: BLE001 - the body of a stream that was not read
        return str(error)


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that ``Retry-After`` asks for: a number or a date (RFC 9110, 10.2.3)."""
    text = headers.get("retry-after")
    if not text:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - now).total_seconds())
