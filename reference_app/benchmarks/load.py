"""How long an answer takes: the bare model, and the whole service on one core under load.

Three processes with mutual TLS share one core with this client, as they would share a small node.
Run by `make bench`; it needs the models, and Redis for the cached path.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, sleep
from typing import NamedTuple
from uuid import uuid4

import httpx
from cluster import MODULES, Cluster, replace, running_cluster
from servers import redis

from reference_app.answer.answering import Answerer
from reference_app.answer.loading import load_all
from reference_app.models.registry import Registry
from reference_app.models.signing import read_public_key
from reference_app.service.sealing import new_key_line

REQUESTS = 300
AT_ONCE = 4  # requests in flight where something happens to the processes
DISTURBED_SECONDS = 12.0
REAL = (sys.executable, "-m", "reference_app")
MODELS, TRUSTED = Path("models").absolute(), Path("keys/trusted.pem").absolute()
SUBJECTS = ("a container", "a Secret", "a node", "RBAC", "a network policy", "an image", "etcd")

Ask = Callable[[str], Awaitable[None]]


class Times(NamedTuple):
    """Quantiles of durations, in milliseconds."""

    median: float
    p99: float

    @classmethod
    def of(cls, seconds: list[float]) -> "Times":
        """The quantiles of measured seconds."""
        ordered = sorted(seconds)
        return cls(1000 * ordered[len(ordered) // 2], 1000 * ordered[int(0.99 * len(ordered))])


def main() -> None:
    """Measure and print a table."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # children inherit it
    answerer = load_all(Registry(MODELS, read_public_key(TRUSTED))).answerer
    bare = measured_bare(answerer)
    print("| | median ms | p99 ms | p99 against the bare model |\n|---|---:|---:|---:|")
    show("bare model call", bare, bare)
    with cluster() as running:
        show("whole service, every question new", asyncio.run(steady(running, new())), bare)
        disturbed = {
            "The database killed": asyncio.run(loss(running, kill)),
            "Keys and certificates rotated": asyncio.run(loss(running, rotate)),
        }
    with (
        redis() as server,
        cluster(CACHE_URL=server.url, CACHE_AUTHORITY=str(server.authority)) as running,
    ):
        show(
            "whole service, answer cached",
            asyncio.run(steady(running, iter(lambda: "What is RBAC?", ""))),
            bare,
        )
    print(f"\n| {AT_ONCE} callers at once | asked | lost or wrong |\n|---|---:|---:|")
    for name, (lost, asked) in disturbed.items():
        print(f"| {name} | {asked} | {lost} |")


def show(name: str, times: Times, bare: Times) -> None:
    """Print one line of the table."""
    print(
        f"| {name} | {times.median:.1f} | {times.p99:.1f} | {times.p99 / bare.p99:.1f} |",
        flush=True,
    )


def new() -> Iterator[str]:
    """Questions of which none was asked before."""
    for number in count():
        yield f"How do I protect {SUBJECTS[number % len(SUBJECTS)]} in team {number}?"


def measured_bare(answerer: Answerer) -> Times:
    """The model called as a function."""
    seconds = []
    for _, question in zip(range(REQUESTS), new(), strict=False):
        started = perf_counter()
        answerer.answer(question)
        seconds.append(perf_counter() - started)
    return Times.of(seconds)


@contextmanager
def cluster(**more: str) -> Iterator[Cluster]:
    """The service with its real models."""
    settings = {"MODELS": str(MODELS), "TRUSTED_KEY": str(TRUSTED), **more}
    with TemporaryDirectory() as folder, running_cluster(Path(folder), REAL, **settings) as running:
        yield running


def client(cluster: Cluster) -> httpx.AsyncClient:
    """A caller that keeps its connection, as an ingress does."""
    headers = {"authorization": f"Bearer {cluster.key}"}
    url = cluster.url("user")
    return httpx.AsyncClient(base_url=url, verify=cluster.context(), headers=headers, timeout=90)


async def ask(caller: httpx.AsyncClient, question: str) -> bool:
    """Whether a question is answered, with a source or with "I do not know"."""
    reply = await caller.post(
        "/v1/questions", json={"question": question}, headers={"idempotency-key": uuid4().hex}
    )
    if reply.status_code != 201:
        return False
    answer = reply.json()["answer"]
    return bool(
        reply.json()["question"] == question and answer["known"] is (answer["source"] is not None)
    )


async def steady(cluster: Cluster, questions: Iterator[str]) -> Times:
    """One question after the other."""
    seconds = []
    async with client(cluster) as caller:
        for number, question in zip(range(REQUESTS + 20), questions, strict=False):
            started = perf_counter()
            assert await ask(caller, question)
            if number >= 20:  # the first ones meet cold connections
                seconds.append(perf_counter() - started)
    return Times.of(seconds)


def kill(cluster: Cluster) -> None:
    """Kill a process without warning, and start it again as a node would."""
    cluster.processes["database"].kill()
    cluster.processes["database"].wait()
    cluster.start("database")


def rotate(cluster: Cluster) -> None:
    """New certificates for all, and a new sealing key from its arrival to the old one's end."""
    for name in MODULES:
        cluster.certify(name)
    sealing = cluster.folder / "sealing"
    old, new = sealing.read_text(), new_key_line("second")
    for content in (old + new, new + old):
        replace(sealing, content.encode())
        sleep(3)
    cluster.run("reseal")
    replace(sealing, new.encode())


async def loss(cluster: Cluster, disturb: Callable[[Cluster], None]) -> tuple[int, int]:
    """How many answers were lost or wrong during a disturbance, and how many were asked."""
    until = perf_counter() + DISTURBED_SECONDS
    results: list[bool] = []
    questions = new()

    async def keep_asking() -> None:
        async with client(cluster) as caller:
            while perf_counter() < until:
                results.append(await ask(caller, next(questions)))

    asking = [asyncio.create_task(keep_asking()) for _ in range(AT_ONCE)]
    await asyncio.sleep(1)
    await asyncio.to_thread(disturb, cluster)
    await asyncio.gather(*asking)
    return results.count(False), len(results)


if __name__ == "__main__":
    main()
