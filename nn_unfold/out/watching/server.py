"""Serves the page of a film under work to browsers of this machine, and nothing else."""

from __future__ import annotations

import json
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

from nn_unfold.out.watching.board import Board

ADDRESS = "127.0.0.1"
_HEARTBEAT = 10.0  # seconds: so often a silent page is asked whether it is still there
_CHUNK = 1 << 16
_PAGE = Path(__file__).with_name("page.html")


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, board: Board) -> None:
        super().__init__((ADDRESS, 0), _Handler)
        self.board = board
        # Another site can give its own name this address; a browser then sends that name.
        self.hosts = {f"{name}:{self.server_port}" for name in (ADDRESS, "localhost")}

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: a browser may leave at any time."""


class _Handler(BaseHTTPRequestHandler):
    timeout = 60  # seconds for a request to come
    server_version = "unfold"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer with the page, its events, a picture or the draft."""
        server = cast(_Server, self.server)
        if self.headers.get_all("Host") is None or {*self.headers.get_all("Host", [])} - server.hosts:
            self.send_error(HTTPStatus.FORBIDDEN, "This page is for this machine only")
            return
        path = self.path.partition("?")[0]
        if path == "/":
            self._page()
        elif path == "/events":
            self._events(server.board)
        elif match := re.fullmatch(r"/picture/([1-9][0-9]{0,5})", path, re.ASCII):
            picture = server.board.picture(int(match[1]))
            if picture is None:
                self.send_error(HTTPStatus.NOT_FOUND)
            else:
                self._send("image/png", picture)
        elif path == "/draft.mp4" and server.board.draft is not None:
            self._video(server.board.draft)
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the terminal is for the author."""

    def _begin(self, status: HTTPStatus, kind: str, **more: str) -> None:
        self.send_response(status)
        headers = {
            "Content-Type": kind,
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
            **{name.replace("_", "-"): value for name, value in more.items()},
        }
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _send(self, kind: str, body: bytes, **more: str) -> None:
        self._begin(HTTPStatus.OK, kind, Content_Length=str(len(body)), **more)
        self.wfile.write(body)

    def _page(self) -> None:
        nonce = secrets.token_urlsafe(16)
        rules = (
            f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; "
            "img-src 'self'; media-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        page = _PAGE.read_text(encoding="utf-8").replace("{nonce}", nonce)
        self._send("text/html; charset=utf-8", page.encode(), Content_Security_Policy=rules)

    def _events(self, board: Board) -> None:
        """The state of the board, again after each change, as server-sent events."""
        self._begin(HTTPStatus.OK, "text/event-stream")
        version = -1
        while not board.closed:
            news = board.after(version, _HEARTBEAT)
            if news is None:
                self.wfile.write(b": still here\n\n")
            else:
                version, state = news
                self.wfile.write(f"data: {json.dumps(state)}\n\n".encode())

    def _video(self, file: Path) -> None:
        """The draft, whole or in the part that a player asks for."""
        try:
            video = file.open("rb")
        except OSError:  # it was deleted
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        with video:
            size = video.seek(0, 2)
            match = re.fullmatch(r"bytes=([0-9]{1,15})-([0-9]{0,15})", self.headers.get("Range", ""), re.ASCII)
            first, last = (int(match[1]), min(int(match[2] or size), size - 1)) if match else (0, size - 1)
            if match and first > last:
                self._begin(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, "video/mp4", Content_Range=f"bytes */{size}")
                return
            length = last - first + 1
            more = {"Accept_Ranges": "bytes", "Content_Length": str(length)}
            if match:
                more["Content_Range"] = f"bytes {first}-{last}/{size}"
            self._begin(HTTPStatus.PARTIAL_CONTENT if match else HTTPStatus.OK, "video/mp4", **more)
            video.seek(first)
            while length > 0 and (part := video.read(min(_CHUNK, length))):
                self.wfile.write(part)
                length -= len(part)


@contextmanager
def served(board: Board) -> Iterator[str]:
    """Within, browsers of this machine can see the board.

    Args:
        board: what is shown.

    Yields:
        The address, with a port that was free.
    """
    server = _Server(board)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield f"http://{ADDRESS}:{server.server_port}/"
    finally:
        board.close()
        server.shutdown()
        # Threads of the server are daemons: closing it does not wait for them.
        server.server_close()
        thread.join()
