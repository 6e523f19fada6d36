"""The pages by their addresses."""

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ..model.errors import GraderError
from ..model.language import speaker
from . import deciding, looking
from .desk import Desk, Form, script, styles
from .door import Door

Answer = Callable[[Request], Awaitable[Response]]


def app(desk: Desk, host: str, language: str) -> Door:
    """Return what answers, behind its door; `host` is address and port."""

    def looks(page: Callable[[Desk, Request], Response]) -> Answer:
        async def answer(request: Request) -> Response:
            return await run_in_threadpool(page, desk, request)

        return answer

    def changes(act: Callable[[Desk, Request, Form], Response]) -> Answer:
        async def answer(request: Request) -> Response:
            try:
                form = await Form.read(request)
            except ValueError:
                return PlainTextResponse("", 413)
            return await run_in_threadpool(act, desk, request, form)

        return answer

    def file(text: str, kind: str) -> Answer:
        async def answer(request: Request) -> Response:
            return Response(text, media_type=kind)

        return answer

    def ours(request: Request, error: Exception) -> Response:
        """Say what is wrong with the store or the disk; what was acknowledged is kept."""
        return PlainTextResponse(speaker(language)(error.args[0]), 503)

    routes = [
        Route("/", looks(looking.queue)),
        Route("/student/{handle}", looks(looking.student)),
        Route("/student/{handle}", changes(deciding.decide), methods=["POST"]),
        Route("/mistake", looks(looking.mistake)),
        Route("/mistake", changes(deciding.decide), methods=["POST"]),
        Route("/requests", looks(looking.requests)),
        Route("/history", looks(looking.history)),
        Route("/undo", changes(deciding.undone), methods=["POST"]),
        Route("/names", changes(deciding.names), methods=["POST"]),
        Route("/regrade", looks(looking.regrading)),
        Route("/regrade", changes(deciding.regrade), methods=["POST"]),
        Route("/regrade/progress", looks(looking.progress)),
        Route("/style.css", file(styles(language), "text/css")),
        Route("/script.js", file(script(), "text/javascript")),
    ]
    made = Starlette(routes=routes, exception_handlers={GraderError: ours})
    return Door(made, host, speaker(language))
