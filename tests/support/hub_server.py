"""A hub on this machine to push to: it answers the requests that huggingface_hub makes.

Hub      repositories, who may write, and what was asked
serving  a Hub behind a port of this machine

    GET  /api/models/OWNER/NAME                          what there is
    POST /api/repos/create
    POST /api/validate-yaml                              of a README
    POST /api/models/OWNER/NAME/preupload/main           which files are large
    POST /OWNER/NAME.git/info/lfs/objects/batch          where those go
    PUT  /lfs/OWNER/NAME/SHA256
    POST /api/models/OWNER/NAME/commit/main              all files at once
"""

import base64
import contextlib
import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import yaml

WRITER, READER = "hf_" + "w" * 34, "hf_" + "r" * 34
"""Tokens: of the user `owner`, and of somebody who may only read."""


@dataclass
class Repository:
    """What was pushed."""

    private: bool = False
    files: dict[str, bytes] = field(default_factory=dict)
    commits: list[tuple[str, list[str]]] = field(default_factory=list)
    """Message and files of each."""

    @property
    def head(self) -> str:
        return hashlib.sha1(json.dumps(self.commits).encode()).hexdigest()


@dataclass
class Hub:
    """Repositories, and what was asked of them."""

    url: str = ""
    repositories: dict[str, Repository] = field(default_factory=dict)
    objects: dict[tuple[str, str], bytes] = field(default_factory=dict)
    """Large files, by repository and sha256."""
    asked: list[str] = field(default_factory=list)
    """Requests about each repository: VERB /PATH OWNER/NAME."""
    moving: set[str] = field(default_factory=set)
    """Repositories that somebody else commits to whenever they have been looked at."""
    failing: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Repository -> a piece of a path, and the status that such requests are answered with; with
    status 0 the connection is cut."""


class Refused(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, message: str, code: str = "") -> None:
        super().__init__(message)
        self.status, self.code = status, code


@contextlib.contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """Answer until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        do_POST = do_PUT = do_GET

        def log_message(self, *args: Any) -> None:
            pass

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            path = self.path.partition("?")[0].strip("/")
            name = _repository(path, body)
            hub.asked.append(f"{self.command} /{path} {name}")
            # What a careless server might say.
            said = self.headers.get("Authorization", "")
            piece, status = hub.failing.get(name, ("nothing", 0))
            try:
                if piece in path and not status:
                    self.close_connection = True
                    return
                if piece in path:
                    raise Refused(status, f"no {piece} for {said}")
                self._send(200, _answered(hub, self.command, path, body, said), {})
            except Refused as error:
                headers = {"X-Error-Message": str(error), "X-Error-Code": error.code}
                self._send(error.status, {"error": str(error)}, headers)

        def _send(self, status: int, content: Any, headers: dict[str, str]) -> None:
            sent = json.dumps(content).encode()
            self.send_response(status)
            for key, value in {**headers, "Content-Length": str(len(sent))}.items():
                if value:
                    self.send_header(key, value)
            self.end_headers()
            self.wfile.write(sent)

    return Handler


def _repository(path: str, body: bytes) -> str:
    """Name the repository that a request is about; none for a README that is looked at."""
    if path == "api/repos/create":
        asked = json.loads(body)
        return f"{asked['organization']}/{asked['name']}"
    parts = path.removeprefix("api/models/").removeprefix("lfs/").split("/")
    return "/".join(parts[:2]).removesuffix(".git")


def _answered(hub: Hub, verb: str, path: str, body: bytes, authorization: str) -> Any:
    name = _repository(path, body)
    if path.startswith("lfs/"):
        oid = path.rpartition("/")[2]
        if hashlib.sha256(body).hexdigest() != oid:
            raise Refused(400, "another file was announced")
        hub.objects[name, oid] = body
        return {}
    if path == "api/validate-yaml":
        return _validated(json.loads(body)["content"])
    if authorization not in (f"Bearer {WRITER}", f"Bearer {READER}"):
        raise Refused(401, "Invalid credentials in Authorization header")
    may_write = authorization == f"Bearer {WRITER}"
    if path == "api/repos/create":
        asked = json.loads(body)
        if not (may_write and asked["organization"] == "owner"):
            raise Refused(403, f"You may not create models of {asked['organization']}")
        hub.repositories[name] = Repository(private=asked.get("visibility") == "private")
        return {"url": f"{hub.url}/{name}"}
    if path.endswith(".git/info/lfs/objects/batch"):
        return {"objects": [_place(hub, name, one["oid"]) for one in json.loads(body)["objects"]]}
    repository = hub.repositories.get(name)
    if repository is None or (repository.private and not may_write):
        raise Refused(404, "Repository not found", "RepoNotFound")
    if verb == "GET":
        siblings = [{"rfilename": file} for file in repository.files]
        about = {"id": name, "sha": repository.head, "private": repository.private}
        if name in hub.moving:
            repository.files["README.md"] = b"somebody else's"
            repository.commits.append(("meanwhile", ["README.md"]))
        return {**about, "siblings": siblings}
    if not may_write:
        raise Refused(403, "You may only read")
    if "preupload" in path:
        return {"files": [_mode(repository, one) for one in json.loads(body)["files"]]}
    assert "/commit/" in path
    return _commit(hub, name, repository, [json.loads(line) for line in body.splitlines()])


def _validated(content: str) -> Any:
    """As the hub does: warnings do no harm, errors do."""
    _, lines, _ = content.split("---\n", 2)
    data = yaml.safe_load(lines)
    if data.get("license") == "no-such-licence":
        raise Refused(400, "license must be one of the list")
    warnings = [] if "license" in data else [{"message": "license is missing"}]
    return {"errors": [], "warnings": warnings}


def _mode(repository: Repository, file: dict[str, Any]) -> dict[str, Any]:
    large = file["path"].endswith((".safetensors", ".png"))
    there = repository.files.get(file["path"])
    oid = None
    if there is not None:
        # Of a large file the hub names the sha256, of a small one what git calls it.
        blob = b"blob %d\0" % len(there) + there
        oid = hashlib.sha256(there).hexdigest() if large else hashlib.sha1(blob).hexdigest()
    mode = "lfs" if large else "regular"
    return {"path": file["path"], "uploadMode": mode, "shouldIgnore": False, "oid": oid}


def _place(hub: Hub, name: str, oid: str) -> dict[str, Any]:
    if (name, oid) in hub.objects:
        return {"oid": oid, "size": len(hub.objects[name, oid])}
    href = f"{hub.url}/lfs/{name}/{oid}"
    return {"oid": oid, "size": 0, "actions": {"upload": {"href": href}}}


def _commit(hub: Hub, name: str, repository: Repository, lines: list[dict[str, Any]]) -> Any:
    parent = lines[0]["value"].get("parentCommit")
    if parent not in (None, repository.head):
        raise Refused(412, "A commit has happened since")
    files: dict[str, bytes] = {}
    gone = [line["value"]["path"] for line in lines[1:] if line["key"] == "deletedFile"]
    for line in lines[1:]:
        value = line["value"]
        if line["key"] == "lfsFile":
            files[value["path"]] = hub.objects[name, value["oid"]]
        elif line["key"] == "file":
            files[value["path"]] = base64.b64decode(value["content"])
        else:
            assert line["key"] == "deletedFile"
    repository.files |= files
    for path in gone:
        del repository.files[path]
    repository.commits.append((lines[0]["value"]["summary"], sorted([*files, *gone])))
    url = f"{hub.url}/{name}/commit/{repository.head}"
    return {"commitUrl": url, "commitOid": repository.head}
