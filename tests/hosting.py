"""A server on loopback that behaves as GitHub's REST API does for comments on pull requests."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

LONGEST = 65_536
_LIST = re.compile(r"/repos/([^/]+/[^/]+)/issues/(\d+)/comments")
_ONE = re.compile(r"/repos/([^/]+/[^/]+)/issues/comments/(\d+)")

Comment = dict[str, Any]


class Host:
    """Its state: tokens and who they belong to ("" for a workflow's), pull requests, comments, what goes wrong next."""

    def __init__(self) -> None:
        self.tokens = {"workflow-token": "", "person-token": "octocat"}
        self.pulls = {("octo/gateway", 7)}
        self.comments: list[Comment] = []
        self.failures: list[tuple[int, dict[str, str], dict[str, str]]] = []  # answers given before anything else
        self.requests: list[str] = []
        self.url = ""

    def add(self, body: str, login: str = "someone", kind: str = "User", number: int = 7) -> Comment:
        made = {
            "id": len(self.comments) + 1,
            "number": number,
            "body": body,
            "user": {"login": login, "type": kind},
            "html_url": f"https://example.invalid/{len(self.comments) + 1}",
        }
        self.comments.append(made)
        return made

    def answer(self, method: str, target: str, token: str, body: Any) -> tuple[int, dict[str, str], Any]:
        self.requests.append(f"{method} {target}")
        if self.failures:
            return self.failures.pop(0)
        if token not in self.tokens:
            return 401, {}, {"message": "Bad credentials"}
        path, query = urlsplit(target).path, parse_qs(urlsplit(target).query)
        if path == "/user":
            login = self.tokens[token]
            missing = {"message": "Resource not accessible by integration"}
            return (200, {}, {"login": login, "type": "User"}) if login else (403, {}, missing)
        listed, one = _LIST.fullmatch(path), _ONE.fullmatch(path)
        if listed and (listed[1], int(listed[2])) in self.pulls:
            return self._listed(method, int(listed[2]), query, token, body)
        if one and method == "PATCH":
            return self._changed(int(one[2]), body)
        return 404, {}, {"message": "Not Found"}

    def _listed(
        self, method: str, number: int, query: dict[str, list[str]], token: str, body: Any
    ) -> tuple[int, dict[str, str], Any]:
        if method == "GET":
            size, page = int(query.get("per_page", ["30"])[0]), int(query.get("page", ["1"])[0])
            own = [one for one in self.comments if one["number"] == number]
            return 200, {}, own[(page - 1) * size : page * size]
        if len(body["body"]) > LONGEST:
            return 422, {}, {"message": "Validation Failed"}
        login = self.tokens[token]
        made = self.add(body["body"], login or "github-actions[bot]", "User" if login else "Bot", number)
        return 201, {}, made

    def _changed(self, number: int, body: Any) -> tuple[int, dict[str, str], Any]:
        for one in self.comments:
            if one["id"] == number:
                one["body"] = body["body"]
                return 200, {}, one
        return 404, {}, {"message": "Not Found"}


@contextmanager
def hosting() -> Iterator[Host]:
    """A running host; it is gone afterwards."""
    host = Host()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            length = int(self.headers.get("content-length", 0))
            body = json.loads(self.rfile.read(length)) if length else None
            token = self.headers.get("authorization", "").removeprefix("Bearer ")
            code, headers, found = host.answer(self.command, self.path, token, body)
            data = json.dumps(found).encode()
            self.send_response(code)
            for name, value in {
                **headers,
                "content-type": "application/json",
                "content-length": str(len(data)),
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = _serve

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    host.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
