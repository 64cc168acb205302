"""The cache saves the model work, learns nothing, and may be lost at any time."""

import pytest
import trustme
from kit import service
from servers import redis

from reference_app.service.messages import Answer
from reference_app.service.sealing import FixedKeys, new_keyring
from reference_app.user.cache import open_cache

pytestmark = [pytest.mark.anyio, pytest.mark.redis]

ANSWER = Answer(answer="Pods are groups.", confidence=0.9, known=True, source=None, model="m/1")
KEYS = FixedKeys(new_keyring())


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """A busy machine must not look like a lost cache."""
    monkeypatch.setattr("reference_app.user.cache.PATIENCE", 10.0)


@pytest.fixture
def server():
    with redis() as server:
        yield server


async def test_remembers_what_it_was_told(server) -> None:
    cache = open_cache(server.url, str(server.authority), KEYS, 60)
    assert await cache.get("What is a pod?") is None
    await cache.put("What is a pod?", ANSWER)
    assert await cache.get("What  is a\npod?") == ANSWER
    assert await cache.get("What is a Pod?") is None
    await cache.close()


async def test_redis_learns_neither_question_nor_answer(server) -> None:
    cache = open_cache(server.url, str(server.authority), KEYS, 60)
    await cache.put("What is a pod?", ANSWER)
    name = cache._name("What is a pod?")
    value = await cache.redis.get(name)
    assert b"od" not in name.encode() + b"".join(value.split()[:1])
    assert b"Pods" not in value
    await cache.close()


async def test_what_was_tampered_with_is_no_answer(server) -> None:
    cache = open_cache(server.url, str(server.authority), KEYS, 60)
    await cache.put("one", ANSWER)
    moved = await cache.redis.get(cache._name("one"))
    for value in (moved, b"x", b"memory AAAA", b"\xff"):
        await cache.redis.set(cache._name("two"), value)
        assert await cache.get("two") is None
    await cache.close()


async def test_wrong_password_and_unknown_authority_are_no_cache(server, tmp_path) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    wrong = server.url.replace("correct-horse", "wrong")
    other = str(tmp_path / "other.pem")
    for url, authority in ((wrong, str(server.authority)), (server.url, other)):
        cache = open_cache(url, authority, KEYS, 60)
        await cache.put("one", ANSWER)
        assert await cache.get("one") is None
        await cache.close()


async def test_service_survives_the_loss(server, tmp_path) -> None:
    settings = {"cache_url": server.url, "cache_authority": server.authority}
    async with service(tmp_path, **settings) as running:
        for _ in range(2):
            assert (await running.ask("What is a pod?")).status_code == 201
        server.process.kill()
        server.process.wait()
        for _ in range(2):
            reply = await running.ask("What is a pod?")
            assert reply.status_code == 201
            assert reply.json()["answer"]["answer"] == "You asked: What is a pod?"
