"""The commands, as somebody types them."""

import re
import shutil

import pytest
from click.testing import CliRunner
from models_on_disk import Built

from reference_app.__main__ import main


@pytest.fixture
def copy(built, tmp_path):
    """A registry that a test may change."""
    shutil.copytree(built.folder, tmp_path / "models")
    return built._replace(folder=tmp_path / "models")


def failure(built: Built, *arguments: str) -> str:
    """What a command prints when it fails without a stack trace."""
    result = CliRunner().invoke(main, [*arguments, *built.options])
    assert result.exit_code in (1, 2)
    assert isinstance(result.exception, SystemExit)
    return result.output


def test_evaluation_prints_both_baselines_and_ours_is_better(built):
    rows = {
        line.split()[0]: [float(value) for value in line.split()[1:]]
        for line in built.run("evaluate").splitlines()
        if re.match(r"\w+ +\d", line)
    }
    for figure in ("recall_at_1", "recall_at_5", "mrr", "answerability_auc", "digits_accuracy"):
        ours, plain = rows[figure]
        assert ours > plain
    assert rows["recall_at_5"][0] > 0.9
    assert rows["answerability_auc"][0] > 0.9
    assert rows["calibration_error"][0] < 0.08
    assert rows["right_when_answered"][0] > 0.75
    assert rows["unanswerable_answered"][0] < 0.15


def test_another_folder_becomes_the_knowledge_base(copy, tmp_path):
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "cats.md").write_text("# Cats\n## What do cats eat?\nCats eat mice and fish.\n")
    copy.run("index", str(docs), "--signing-key", str(copy.signing))
    assert "Cats eat mice and fish." in copy.run("answer", "What do cats eat?")
    assert "I do not know." in copy.run("answer", "What is an SBOM?")
    copy.run("roll-back", "knowledge")
    assert "supply-chain.md" in copy.run("answer", "What is an SBOM?")


def test_training_again_gives_the_same_model_under_a_new_number(copy):
    copy.run("train", "--signing-key", str(copy.signing))
    old, new = (copy.registry.load("answerer", version) for version in (1, 2))
    assert copy.registry.current("answerer") == 2
    assert old.manifest.files == new.manifest.files
    copy.run("promote", "answerer", "1")
    assert re.search(r"answerer/1 +proven +current", copy.run("models"))


def test_an_index_of_another_encoder_is_refused(copy):
    files = dict(copy.registry.load("encoder").files)
    from reference_app.models.signing import read_private_key

    copy.registry.add("encoder", files, {}, read_private_key(copy.signing))
    copy.run("promote", "encoder", "2")
    assert "made with encoder/1, not encoder/2" in failure(copy, "answer", "hello")


def test_an_empty_folder_is_no_knowledge_base(copy, tmp_path):
    (tmp_path / "empty").mkdir()
    key = ("--signing-key", str(copy.signing))
    assert "no passage" in failure(copy, "index", str(tmp_path / "empty"), *key)


def test_failures_are_told_in_a_sentence(copy, tmp_path):
    assert "no version of digits 9" not in failure(copy, "promote", "digits", "9")
    assert "no earlier version" in failure(copy, "roll-back", "digits")
    missing = copy._replace(trusted=tmp_path / "none.pem")
    assert "the trusted key" in failure(missing, "models")
    spoilt = copy.folder / "digits/1/card.md"
    spoilt.unlink()
    assert "refused: digits/1 has no card.md" in copy.run("models")
