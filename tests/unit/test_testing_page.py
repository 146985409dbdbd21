"""`docs/testing.md`: its tests run as they stand, in either order, beside a plain Pulumi test."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

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
    return BLOCK.findall((ROOT / "docs" / "testing.md").read_text(encoding="utf-8"))


def passed(folder: Path, texts: list[str]) -> str:
    """Run these as files of one run, in this order; how it ended."""
    for number, text in enumerate(texts):
        (folder / f"test_{number}.py").write_text(text, encoding="utf-8")
    options = ["-q", "-p", "researchflow_testing", "-p", "no:cacheprovider", "-n", "0"]
    result = subprocess.run(
        [sys.executable, "-m", "pytest", *options, f"--rootdir={folder}", str(folder)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    return result.stdout.strip().splitlines()[-1] if not result.returncode else result.stdout


@pytest.mark.parametrize("backwards", [False, True], ids=["in order", "backwards"])
def test_the_page_s_tests_pass_beside_each_other(tmp_path: Path, backwards: bool) -> None:
    texts = blocks()
    assert len(texts) == 3
    assert passed(tmp_path, texts[::-1] if backwards else texts).startswith("3 passed")


@pytest.mark.parametrize("place", [0, 1, 3])
def test_a_plain_pulumi_test_passes_beside_tests_with_build(tmp_path: Path, place: int) -> None:
    texts = [text for text in blocks() if "(build)" in text]
    texts.insert(place, STOCK)
    assert passed(tmp_path, texts).startswith("3 passed")
