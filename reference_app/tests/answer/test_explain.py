"""Explanations add up, and their figures are plain SVG."""

from xml.etree import ElementTree

import numpy as np
import pytest

from reference_app.answer.explain import explain_digit, explain_model, explain_question


def shapes(figure: str) -> set[str]:
    """The elements of a figure."""
    return {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(figure).iter()}


def test_contributions_and_bias_are_the_confidence(loaded):
    explained = explain_question("what is a privileged container", loaded.answerer)
    score = sum(each["contribution"] for each in explained["features"]) + loaded.answerer.judge.bias
    assert 1 / (1 + np.exp(-score)) == pytest.approx(explained["confidence"])


def test_the_words_that_matter_matter(loaded):
    explained = explain_question("please what is seccomp", loaded.answerer)
    shares = {each["word"]: each["contribution"] for each in explained["words"]}
    assert max(shares, key=shares.__getitem__) == "seccomp"


def test_a_long_question_is_explained_in_bounds(loaded):
    assert len(explain_question("pod " * 250, loaded.answerer)["words"]) == 40


def test_importance_and_rules_of_the_judge(loaded):
    explained = explain_model(loaded.judge)
    assert set(explained["importance"]) == set(loaded.answerer.judge.features)
    assert max(explained["importance"].values()) > 0.01
    assert explained["fidelity"] > 0.8
    assert {rule.rpartition(": ")[2] for rule in explained["rules"]} == {"answer", "do not know"}


def test_a_digit_is_explained_by_pixels_and_layers(loaded):
    pixels = np.zeros((8, 8), np.float32)
    pixels[1:7, 4] = 16
    explained = explain_digit(pixels, loaded.digits)
    assert np.shape(explained["saliency"]) == (8, 8)
    assert np.shape(explained["layers"]["second"]) == (16, 8, 8)


def test_figures_hold_neither_script_nor_style_and_hostile_words_are_text(loaded):
    question = 'what is "><script>alert(1)</script> & <b style="x">seccomp</b>?'
    explained = [
        explain_question(question, loaded.answerer),
        explain_model(loaded.judge),
        explain_digit(np.zeros((8, 8), np.float32), loaded.digits),
    ]
    for figure in (figure for each in explained for figure in each["figures"].values()):
        assert shapes(figure) <= {"svg", "title", "text", "rect", "path"}
        assert "style" not in figure.replace("style=&quot;", "")
