"""What every answer tells browsers besides itself, and how large a question may be."""

from collections.abc import Mapping, Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY = 20 * 1024 * 1024


def content_policy(connect_sources: Sequence[str] = ()) -> str:
    """Only our own files, no script or style inside a page, no frame around it."""
    connect = " ".join(("'self'", *connect_sources))
    return "; ".join((
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'",
        f"connect-src {connect}", "media-src 'self' blob:", "worker-src 'self'", "manifest-src 'self'",
        "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
    ))


def security_headers(connect_sources: Sequence[str] = (), *, always_https: bool = False) -> dict[str, str]:
    """`always_https`: browsers shall never again take http here, nor a certificate that they do not trust."""
    found = {
        "content-security-policy": content_policy(connect_sources),
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "microphone=(self), speaker-selection=(self), camera=(), geolocation=(), payment=()",
    }
    return found | {"strict-transport-security": "max-age=31536000"} if always_https else found


class SecurityHeaders:
    """Adds the headers; what is not said to be kept is kept nowhere."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        self._app, self._headers = app, headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


class BodyLimit:
    """Refuses questions that are too large, announced or not."""

    def __init__(self, app: ASGIApp, largest: int = LARGEST_BODY) -> None:
        self._app, self._largest = app, largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "0")
        if not length.isdigit() or int(length) > self._largest:
            await PlainTextResponse("too large", status_code=413)(scope, receive, send)
            return
        taken = 0

        async def receive_limited() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            return message if taken <= self._largest else {"type": "http.disconnect"}

        await self._app(scope, receive_limited, send)
