"""Modes are read as chmod reads them, with the umask that images have."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kubeguard.checks.dockerfile._modes import without_others, world_writable

CLAUSE = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["", "u", "g", "o", "a", "go", "ugo"]),
        st.sampled_from(["+", "-", "="]),
        st.sampled_from(["", "r", "w", "x", "rw", "rwx", "t", "wt"]),
    ),
)
SYMBOLIC = st.lists(CLAUSE, min_size=1, max_size=3).map(",".join)


@pytest.mark.parametrize("mode", ["777", "0777", "666", "2777", "7", "a+w", "u+x,o+w", "a=rwx"])
def test_everybody_may_write(mode: str) -> None:
    assert world_writable(mode)


@pytest.mark.parametrize(
    "mode",
    ["755", "0664", "1777", "4755", "+w", "+x", "g+w", "g=u", "a+w,o-w", "a+rwx,+t", "", "x"],
)
def test_not_everybody_may_write(mode: str) -> None:
    assert not world_writable(mode)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mode=st.integers(0, 0o7777).map("{:04o}".format) | SYMBOLIC)
def test_agrees_with_chmod(tmp_path: Path, mode: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    subprocess.run(["chmod", "--", mode, str(folder)], check=True, umask=0o022, capture_output=True)
    bits = folder.stat().st_mode

    assert world_writable(mode) == (bool(bits & 0o002) and not bits & 0o1000)


@given(st.integers(0, 0o7777).map("{:o}".format))
def test_a_fixed_mode_is_fixed(mode: str) -> None:
    assert not world_writable(without_others(mode))
