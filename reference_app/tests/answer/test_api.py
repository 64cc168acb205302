"""The answer module over HTTP: what it says, and what it refuses."""

import json

import pytest
from starlette.testclient import TestClient

from reference_app.answer.api import LARGEST_BODY, create_app
from reference_app.models.errors import RefusedModelError


@pytest.fixture(scope="module")
def client(built):
    with TestClient(create_app(built.folder, built.trusted)) as client:
        yield client


def count(client: TestClient, sample: str) -> float:
    """The value of a sample in the metrics; 0 when there is none."""
    lines = client.get("/metrics").text.splitlines()
    return next((float(line.split()[-1]) for line in lines if line.startswith(f"{sample} ")), 0.0)


def test_an_answer_names_its_source_and_model(client):
    reply = client.post("/v1/answer", json={"question": "What is an SBOM?"}).json()
    assert set(reply) == {"answer", "confidence", "known", "source", "model"}
    assert reply["known"]
    assert reply["answer"] in reply["source"]["passage"]
    assert reply["source"]["title"] == "What is an SBOM?"
    assert reply["source"]["file"] == "supply-chain.md"
    assert reply["model"] == "answerer/1"


def test_what_is_not_known_has_no_source(client):
    reply = client.post("/v1/answer", json={"question": "best pizza in Rome"}).json()
    assert (reply["answer"], reply["known"], reply["source"]) == (None, False, None)


def test_a_digit_is_classified(client):
    pixels = [[0.0] * 8 for _ in range(8)]
    reply = client.post("/v1/classify", json={"pixels": pixels}).json()
    assert reply["digit"] in range(10)
    assert sum(reply["probabilities"]) == pytest.approx(1, abs=1e-5)
    assert reply["model"] == "digits/1"


@pytest.mark.parametrize(
    "body", [{"question": "what is seccomp"}, {"pixels": [[0] * 8] * 8}, {"model": "answerer"}]
)
def test_everything_is_explained_with_figures(client, body):
    reply = client.post("/v1/explain", json=body)
    assert reply.status_code == 200
    assert all(figure.startswith("<svg") for figure in reply.json()["figures"].values())


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/answer", b"", 400),
        ("/v1/answer", b"[]", 400),
        ("/v1/answer", b"\xff", 400),
        ("/v1/answer", b"[" * 10_000, 400),
        ("/v1/answer", b"{}", 422),
        ("/v1/answer", b'{"question": 5}', 422),
        ("/v1/answer", b'{"question": "  "}', 422),
        ("/v1/answer", json.dumps({"question": "a" * 1001}).encode(), 422),
        ("/v1/answer", b'{"question": "' + b"a" * LARGEST_BODY + b'"}', 413),
        ("/v1/classify", b'{"pixels": [[1e999]]}', 422),
        ("/v1/explain", b'{"model": "../../etc/passwd"}', 422),
        ("/v1/feedback", b'{"helpful": "yes"}', 422),
        ("/v1/nothing", b"{}", 404),
        ("/readyz", b"{}", 405),
    ],
)
def test_a_bad_request_is_refused_and_counted(client, path, body, status):
    sample = f'reference_app_refused_requests_total{{status="{status}"}}'
    before = count(client, sample)
    reply = client.post(path, content=body)
    assert reply.status_code == status
    assert set(reply.json()) == {"error"}
    assert count(client, sample) == before + 1


def test_half_a_surrogate_is_no_failure(client):
    reply = client.post("/v1/answer", content=b'{"question": "what is \\ud800 seccomp"}')
    assert reply.status_code in (200, 422)


def test_metrics_count_answers_and_hold_no_question(client):
    sample = 'reference_app_answers_total{known="false"}'
    before = count(client, sample)
    client.post("/v1/answer", json={"question": "zanzibar elephants"})
    assert count(client, sample) == before + 1
    text = client.get("/metrics").text
    assert "zanzibar" not in text
    assert 'reference_app_model_loaded{model="encoder/1"} 1.0' in text


def test_drift_is_measured_once_enough_was_asked(client):
    for number in range(60):
        client.post("/v1/answer", json={"question": f"how do I cook dish number {number}"})
    assert count(client, "reference_app_refusal_rate") > 0.8
    assert count(client, "reference_app_confidence_psi") > 0.25
    assert count(client, "reference_app_embedding_drift") > 0.25


def test_feedback_is_counted(client):
    client.post("/v1/feedback", json={"helpful": True})
    assert count(client, 'reference_app_feedback_total{helpful="true"}') == 1


def test_probes(client):
    assert client.get("/livez").text == "alive"
    assert client.get("/readyz").json()["models"][0] == "encoder/1"


def test_nothing_is_answered_before_the_models_are_loaded(built):
    client = TestClient(create_app(built.folder, built.trusted))
    assert client.get("/livez").status_code == 200
    assert client.get("/readyz").status_code == 503
    assert client.post("/v1/answer", json={"question": "x"}).status_code == 503


def test_an_altered_model_stops_the_start(built, tmp_path):
    import shutil

    folder = shutil.copytree(built.folder, tmp_path / "models")
    graph = folder / "digits/1/model.onnx"
    graph.write_bytes(graph.read_bytes()[:-1] + b"?")
    app = create_app(folder, built.trusted)
    with pytest.raises(RefusedModelError, match="not the file that was signed"), TestClient(app):
        pass
