"""Many participants at once, each as fast as the server lets them; is an answer lost or doubled?

    python benchmarks/study_load.py [--participants 50] [--database URL] [--out FILE]

Serves a study of noise in a process of its own and takes part in it: every participant agrees,
loads the six pictures of each question and answers. One answer in ten is sent twice at the same
moment, one in ten is followed by a reload, and one in ten by a step back and another rating.
At the end the database is compared with what the server confirmed.
"""

import argparse
import asyncio
import contextlib
import json
import os
import platform
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from PIL import Image
from sqlalchemy.engine import make_url

from unsee.running.files import writing
from unsee.study.folders import find_pictures
from unsee.study.plan import StudyPlan, make_study
from unsee.study.settings import Settings
from unsee.study.store import Store

ARTISTS = ("one", "two", "three", "four", "five")
KINDS = (
    "real", "similar", "unedited", "esd-x", "sld-medium", "negative", "other-esd-x",
    "other-sld-medium", "other-negative",
)  # fmt: skip
RESULTS = Path(__file__).parent / "results"


@dataclass
class Watch:
    """What one participant was told, and how long it took."""

    confirmed: dict[int, int] = field(default_factory=dict)
    """Rating by position, as the server last said that it is kept."""
    seconds: list[tuple[str, float]] = field(default_factory=list)
    """Sort of request, and the time until its answer was there."""
    code: str = ""


def make(folder: Path, side: int) -> StudyPlan:
    """Make a study of noise: as large as files of photographs."""
    chance = np.random.default_rng(0)
    for artist in ARTISTS:
        for kind in ("references", *KINDS):
            place = folder / "folders" / artist / kind
            place.mkdir(parents=True)
            for number in range(6):
                coarse = chance.integers(0, 255, (side // 8, side // 8, 3), dtype=np.uint8)
                picture = Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)
                picture.save(place / f"{number}.png")
    return make_study(find_pictures(folder / "folders"), Settings(side=side), folder / "study")


@contextlib.contextmanager
def served(plan: StudyPlan, database: str) -> Iterator[str]:
    """Serve the study at a free port; yields its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "unsee", "study", "serve", "--folder", str(plan.folder),
         "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "UNSEE_STUDY_DATABASE": database},
    )  # fmt: skip
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if found := re.search(r"http://[\d.]+:\d+", line):
                yield found[0]
                break
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


async def take_part(address: str, chance: random.Random) -> Watch:
    """Take part from consent to thanks."""
    watch = Watch()
    limits = httpx.Limits(max_connections=8)
    async with httpx.AsyncClient(base_url=address, limits=limits, timeout=120) as client:

        async def ask(method: str, where: str, **fields: str) -> httpx.Response:
            start = time.perf_counter()
            response = await client.request(method, where, data=fields or None)
            sort = "picture" if "/image/" in where else "page" if method == "GET" else "answer"
            watch.seconds.append((sort, time.perf_counter() - start))
            if response.status_code not in (200, 303):
                raise RuntimeError(f"{method} {where}: {response.status_code}")
            return response

        page = await ask("GET", "/")
        await ask("POST", "/consent", form=_form(page), agree="yes")
        position = 1
        while True:
            page = await ask("GET", f"/question/{position}")
            if page.status_code == 303:
                break
            pictures = re.findall(r'src="(/image/[^"]+)"', page.text)
            await asyncio.gather(*(ask("GET", one) for one in pictures))
            rating, turn = chance.randint(1, 5), chance.random()
            fields = {"form": _form(page), "rating": str(rating)}
            sent = ask("POST", f"/question/{position}", **fields)
            if turn < 0.1:
                await asyncio.gather(sent, ask("POST", f"/question/{position}", **fields))
            else:
                await sent
            watch.confirmed[position] = rating
            if 0.1 <= turn < 0.2:
                await ask("POST", f"/question/{position}", **fields)
            elif 0.2 <= turn < 0.3:
                page = await ask("GET", f"/question/{position}")
                other = rating % 5 + 1
                await ask("POST", f"/question/{position}", form=_form(page), rating=str(other))
                watch.confirmed[position] = other
            position += 1
        page = await ask("GET", "/thanks")
        found = re.search(r'class="code">([^<]+)<', page.text)
        watch.code = found[1] if found else ""
    return watch


def _form(page: httpx.Response) -> str:
    found = re.search(r'name="form" value="([^"]+)"', page.text)
    if found is None:
        raise RuntimeError(f"no form on {page.url}: {page.text}")
    return found[1]


def compare(plan: StudyPlan, database: str, watches: list[Watch]) -> dict[str, int]:
    """Compare the database with what the server confirmed."""
    store = Store(database, plan)
    rows = [row for row in store.rows() if row.answer is not None]
    store.close()
    times = Counter((row.code, row.trial.position) for row in rows)
    kept = {(row.code, row.trial.position): row.answer.rating for row in rows if row.answer}
    told = {
        (watch.code, position): rating
        for watch in watches
        for position, rating in watch.confirmed.items()
    }
    cells = Counter((row.trial.artist, row.trial.kind) for row in rows if row.trial.low is None)
    return {
        "answers confirmed": len(told),
        "answers kept": len(rows),
        "answers lost": sum(kept.get(key) != rating for key, rating in told.items()),
        "answers counted twice": sum(count - 1 for count in times.values()),
        "answers nobody gave": len(kept.keys() - told.keys()),
        "widest gap between artists and kinds": max(cells.values()) - min(cells.values()),
    }


async def crowd(address: str, participants: int, seed: int) -> list[Watch]:
    """Let everybody begin at once."""
    return await asyncio.gather(
        *(take_part(address, random.Random(seed + one)) for one in range(participants))
    )


def _milliseconds(seconds: list[float]) -> dict[str, float]:
    quantiles = np.quantile(seconds, (0.5, 0.95, 1))
    names = ("p50 ms", "p95 ms", "longest ms")
    return {name: round(1000 * float(one), 1) for name, one in zip(names, quantiles, strict=True)}


def main() -> None:
    """Serve, take part, compare, tell."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--participants", type=int, default=50)
    parser.add_argument("--database", help="SQLAlchemy URL of an empty database; else SQLite")
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        plan = make(Path(name), chosen.side)
        database = chosen.database or f"sqlite:///{name}/answers.sqlite"
        with served(plan, database) as address:
            start = time.perf_counter()
            watches = asyncio.run(crowd(address, chosen.participants, chosen.seed))
            took = time.perf_counter() - start
        # The server was killed, not asked to end: what it confirmed has to be there all the same.
        found = compare(plan, database, watches)
        size = np.mean([plan.path(one.id).stat().st_size for one in plan.pictures])
    requests = [one for watch in watches for one in watch.seconds]
    kind = make_url(database).get_backend_name()
    record: dict[str, Any] = {
        "database": kind,
        "participants at once": chosen.participants,
        "questions each": plan.length + plan.settings.checks,
        "picture bytes": round(float(size)),
        "seconds": round(took, 1),
        "requests": len(requests),
        "requests per second": round(len(requests) / took, 1),
        "answers per second": round(found["answers confirmed"] / took, 1),
        "all": _milliseconds([one for _, one in requests]),
    }
    for sort in ("page", "answer", "picture"):
        record[sort] = _milliseconds([one for name, one in requests if name == sort])
    record |= found
    record["machine"] = {
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "note": "server and participants share the machine",
    }
    out = chosen.out or RESULTS / f"study-load-{kind}.json"
    with writing(out, overwrite=True) as temporary:
        temporary.write_text(json.dumps(record, indent=1) + "\n")
    sys.stdout.write(json.dumps(record, indent=1) + "\n")
    if found["answers lost"] or found["answers counted twice"] or found["answers nobody gave"]:
        raise SystemExit("answers were lost or doubled")


if __name__ == "__main__":
    main()
