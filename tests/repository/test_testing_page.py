"""`docs/testing.md`: its tests run as they stand, in either order, beside a plain Pulumi test."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rf.shared.project import PROJECT_ROOT
from tests.copies import Original, original

Passed = Callable[[list[str]], str]

BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)

STOCK = '''
"""In the form of Pulumi's guide, with mocks that answer with the inputs alone."""
import unittest

import pulumi


class MyMocks(pulumi.runtime.Mocks):
    def new_resource(self, args):
        return [args.name + "_id", args.inputs]

    def call(self, args):
        return {}


pulumi.runtime.set_mocks(MyMocks())

from components.redis.cache import Cache, CacheArgs
from scaleplan.model import load_plan
from scaleplan.sizes import Size
from tests.components.values import data_network, keys, place


class CacheTest(unittest.TestCase):
    @pulumi.runtime.test
    def test_each_application_has_a_url(self):
        cache = Cache(
            "cache",
            CacheArgs(
                place=place(protect=False),
                keys=keys(),
                network=data_network(),
                settings=load_plan().sizes[Size.SMALL].cache,
            ),
        )

        def look(urls):
            assert urls and all(url.startswith("rediss://") for url in urls.values())

        return pulumi.Output.all(**cache.urls).apply(look)
'''


def blocks() -> list[str]:
    return BLOCK.findall((PROJECT_ROOT / "docs" / "testing.md").read_text(encoding="utf-8"))


LOADED = ("_pytest.assertion.rewrite", "pulumi_aws", "rf.shared.offline.record")
"""What a run loads before it looks at a test; none of it is looked at by pytest itself."""

PROGRAM = f"""
import sys
sys.path.insert(0, {str(PROJECT_ROOT)!r})
import pytest
sys.exit(pytest.main(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def loaded() -> Iterator[Original]:
    with original(LOADED) as process:
        yield process


@pytest.fixture
def passed(loaded: Original, tmp_path: Path) -> Passed:
    """Run these as files of one run, in this order; how it ended."""

    def run(texts: list[str]) -> str:
        for number, text in enumerate(texts):
            (tmp_path / f"test_{number}.py").write_text(text, encoding="utf-8")
        options = ["-q", "-p", "researchflow_testing", "-p", "no:cacheprovider", "-n", "0"]
        with (tmp_path / "output").open("w+", encoding="utf-8") as output:
            code = loaded.copy(
                PROGRAM,
                [*options, f"--rootdir={tmp_path}", str(tmp_path)],
                folder=tmp_path,
                environment=os.environ,
                files={1: output.fileno(), 2: output.fileno()},
            ).wait()
            output.seek(0)
            text = output.read().strip()
        return text if code else text.splitlines()[-1]

    return run


@pytest.mark.parametrize("backwards", [False, True], ids=["in order", "backwards"])
def test_the_page_s_tests_pass_beside_each_other(passed: Passed, backwards: bool) -> None:
    texts = blocks()
    assert len(texts) == 3
    assert passed(texts[::-1] if backwards else texts).startswith("3 passed")


@pytest.mark.parametrize("place", [0, 1, 3])
def test_a_plain_pulumi_test_passes_beside_tests_with_build(passed: Passed, place: int) -> None:
    texts = [text for text in blocks() if "(build)" in text]
    texts.insert(place, STOCK)
    assert passed(texts).startswith("3 passed")
