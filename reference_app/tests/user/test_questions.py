"""Programs ask, read, judge, search, erase and count."""

from uuid import uuid4

import pytest
from kit import SOURCE, Service, refused, service

from reference_app.user.principals import Role

pytestmark = pytest.mark.anyio


@pytest.fixture
async def running(tmp_path):
    async with service(tmp_path) as running:
        yield running


async def test_answer_has_its_source(running: Service) -> None:
    reply = await running.ask("What is a pod?")
    assert reply.status_code == 201
    assert reply.json()["answer"] == {
        "answer": "You asked: What is a pod?",
        "confidence": 0.75,
        "known": True,
        "source": SOURCE,
        "model": "fake/1",
    }
    again = await running.client.get(reply.headers["location"], headers=running.headers())
    assert again.json() == reply.json()


async def test_what_is_not_known_is_said(running: Service) -> None:
    answer = (await running.ask("Who won?")).json()["answer"]
    assert (answer["known"], answer["answer"], answer["source"]) == (False, None, None)


async def test_others_do_not_see_it(running: Service) -> None:
    place = (await running.ask("What is a pod?")).headers["location"]
    analyst = running.headers(Role.ANALYST)
    assert (await running.client.get(place, headers=analyst)).status_code == 404
    judged = await running.client.post(f"{place}/feedback", json={"helpful": True}, headers=analyst)
    assert judged.status_code == 404


async def test_feedback_is_kept(running: Service) -> None:
    place = (await running.ask("What is a pod?")).headers["location"]
    headers = running.headers()
    reply = await running.client.post(f"{place}/feedback", json={"helpful": False}, headers=headers)
    assert reply.status_code == 204
    assert (await running.client.get(place, headers=headers)).json()["helpful"] is False


async def test_search_finds_whole_words_of_ones_own(running: Service) -> None:
    for question in ("What is a pod?", "Why are pods evicted?", "What is a Secret?"):
        await running.ask(question)
    await running.ask("What is a pod to an analyst?", Role.ANALYST)

    async def found(text: str, role: Role = Role.ASKER, **more: object) -> list[str]:
        reply = await running.client.post(
            "/v1/searches", json={"text": text, **more}, headers=running.headers(role)
        )
        return [each["question"] for each in reply.json()]

    assert await found("POD what") == ["What is a pod?"]
    assert await found("") == ["What is a Secret?", "Why are pods evicted?", "What is a pod?"]
    assert await found("", limit=1) == ["What is a Secret?"]
    assert len(await found("pod", Role.ANALYST, owner=None)) == 2


async def test_erasure_leaves_the_others(running: Service) -> None:
    await running.ask("What is a pod?")
    await running.ask("What is a pod?", Role.ANALYST)
    body, headers = {"owner": "asker"}, running.headers(Role.OPERATOR)
    reply = await running.client.post("/v1/erasures", json=body, headers=headers)
    assert reply.json() == {"erased": 1}
    statistics = await running.client.get("/v1/statistics", headers=running.headers(Role.ANALYST))
    (day,) = statistics.json()["days"]
    assert (day["asked"], day["known"], day["confidence"]) == (1, 1, 0.75)


@pytest.mark.parametrize(
    ("role", "method", "path", "body"),
    [
        (Role.OPERATOR, "POST", "/v1/questions", {"question": "What is a pod?"}),
        (Role.OPERATOR, "POST", "/v1/searches", {"owner": None}),
        (Role.OPERATOR, "GET", "/v1/statistics", None),
        (Role.ASKER, "POST", "/v1/searches", {"owner": None}),
        (Role.ASKER, "POST", "/v1/searches", {"owner": "analyst"}),
        (Role.ASKER, "GET", "/v1/statistics", None),
        (Role.ASKER, "POST", "/v1/erasures", {"owner": "analyst"}),
        (Role.ANALYST, "POST", "/v1/erasures", {"owner": "asker"}),
    ],
)
async def test_roles_have_limits(running, role, method, path, body) -> None:
    before = refused("forbidden")
    headers = {**running.headers(role), "idempotency-key": str(uuid4())}
    reply = await running.client.request(method, path, json=body, headers=headers)
    assert reply.status_code == 403
    assert refused("forbidden") == before + 1


async def test_classification_and_refusals_are_passed_on(running: Service) -> None:
    headers = running.headers()
    classified = await running.client.post("/v1/classify", json={"pixels": []}, headers=headers)
    assert classified.json() == {"digit": 7}
    explained = await running.client.post("/v1/explain", json={}, headers=headers)
    assert (explained.status_code, explained.json()["message"]) == (400, "give a question")


async def test_rate(tmp_path) -> None:
    async with service(tmp_path, questions_per_minute=2) as running:
        statuses = [(await running.ask("What is a pod?")).status_code for _ in range(3)]
        assert statuses == [201, 201, 429]
        reply = await running.ask("What is a pod?")
        assert 1 <= int(reply.headers["retry-after"]) <= 30
        assert (await running.ask("What is a pod?", Role.ANALYST)).status_code == 201


async def test_readiness_ends_with_draining(running: Service) -> None:
    assert (await running.client.get("/readyz")).status_code == 200
    running.state.draining = True
    assert (await running.client.get("/readyz")).status_code == 503
    reply = await running.ask("What is a pod?")
    assert (reply.status_code, reply.headers["connection"]) == (201, "close")
