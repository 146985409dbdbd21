"""The recorder's way of loading the SDKs gives what importing them gives, and only what is used."""

import importlib
import json
import re
import subprocess
import sys
import textwrap

import pytest

from rf.shared.offline import sdk_modules
from rf.shared.offline.kept import CompiledCache
from rf.shared.offline.record import record
from rf.shared.offline.violations import OfflineError
from rf.shared.project import PROJECT_ROOT

MODULES = ["pulumi_aws.acm", "pulumi_aws.backup", "pulumi_kubernetes.policy.v1"]

DESCRIBE = """
import importlib, inspect, json, sys, typing
from pulumi import _types
{install}
described = {{}}
for name in {modules}:
    package = importlib.import_module(name)
    for module in (package, package.outputs):
        for key in sorted(set(dir(module))):
            value = getattr(module, key)
            if key.startswith("_") or not callable(value):
                continue
            told = [value.__module__, value.__qualname__]
            if isinstance(value, type) and not typing.is_typeddict(value):
                told += list(inspect.signature(value.__init__).parameters)
                told += [f"{{k}}: {{v}}" for k, v in _types._raw_return_hints(value).items()]
            described[f"{{module.__name__}}.{{key}}"] = told
print(json.dumps(described))
"""
PIECEWISE = "from rf.shared.offline import sdk_modules; sdk_modules.install()"


def python(text: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", text], cwd=PROJECT_ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_name_signature_and_type_is_that_of_a_whole_import():
    whole, piecewise = (
        json.loads(python(DESCRIBE.format(install=install, modules=MODULES)))
        for install in ("", PIECEWISE)
    )
    assert len(whole) > 150
    assert piecewise == whole


def test_a_resource_brings_neither_its_neighbours_nor_types_that_nobody_asks_for():
    loaded = python(
        PIECEWISE + "\nimport pulumi_aws as aws, sys\naws.wafv2.WebAcl\n"
        "print([n for n in sys.modules if n.startswith('pulumi_aws.wafv2')])\n"
        "print([n for n in vars(aws.wafv2.outputs) if n.startswith('WebAcl')])"
    )
    modules, types = loaded.splitlines()
    assert "pulumi_aws.wafv2.web_acl'" in modules
    assert "rule_group" not in modules
    assert types == "[]"


def test_an_sdk_that_is_imported_already_loads_what_is_left_piece_by_piece():
    loaded = python(
        f"import pulumi_aws as aws, sys\n{PIECEWISE}\naws.acm.Certificate\n"
        "print([n for n in sys.modules if n.startswith('pulumi_aws.acm.')])"
    )
    assert "pulumi_aws.acm.certificate'" in loaded
    assert "certificate_validation" not in loaded


RAW = """
import pulumi, pulumi_aws as aws
provider = aws.Provider("aws", region="us-east-1")
pulumi.CustomResource(
    "aws:ec2/vpc:Vpc", "v", {{"{key}": "10.0.0.0/16"}}, pulumi.ResourceOptions(provider=provider)
)
"""


def test_inputs_of_a_type_whose_class_nobody_uses_are_checked_all_the_same(program):
    assert record(program(RAW.format(key="cidrBlock")), "researchflow", "dev").resources
    with pytest.raises(OfflineError, match="nearest: cidrBlock"):
        record(program(RAW.format(key="cidrBlok")), "researchflow", "dev")


def test_a_deployment_never_comes_here():
    """The engine runs the program's files, and they know nothing of the recorder."""
    files = [
        *(PROJECT_ROOT / name for name in ("__main__.py", "serving.py", "settings.py")),
        *(PROJECT_ROOT / "components").rglob("*.py"),
        *(PROJECT_ROOT / "wiring").rglob("*.py"),
    ]
    assert len(files) > 30
    for path in files:
        assert not re.search(r"^\s*(from|import) rf\b", path.read_text("utf-8"), re.MULTILINE), path


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Write a package that is loaded piece by piece, and keep what is compiled apart."""
    folder = tmp_path / "sample_sdk"
    folder.mkdir()
    kept = CompiledCache("pieces", [], tmp_path)
    monkeypatch.setattr(sdk_modules, "PACKAGES", ("sample_sdk",))
    monkeypatch.setattr(sdk_modules, "_bytecode", lambda: kept)
    monkeypatch.setattr(sys, "meta_path", [sdk_modules._Finder(), *sys.meta_path])
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(**modules: str):
        sdk_modules._exported.cache_clear()
        sdk_modules._text_of.cache_clear()
        for name, text in modules.items():
            (folder / f"{name}.py").write_text(textwrap.dedent(text), encoding="utf-8")
        for name in [name for name in sys.modules if name.startswith("sample_sdk")]:
            del sys.modules[name]
        return importlib.import_module("sample_sdk")

    yield write
    for name in [name for name in sys.modules if name.startswith("sample_sdk")]:
        del sys.modules[name]


def test_a_function_keeps_its_name_when_its_module_has_the_same(package):
    sample = package(
        __init__="from .get_zone import *\n",
        get_zone="""
            __all__ = ['Zone', 'get_zone']

            class Zone:
                pass

            def get_zone():
                return Zone()
        """,
    )
    assert isinstance(sample.get_zone(), sample.Zone)
    assert sorted(name for name in sample.__all__) == ["Zone", "get_zone"]
    with pytest.raises(AttributeError, match=r"sample_sdk.* has no attribute 'zone'"):
        _ = sample.zone


def test_a_module_that_uses_its_definitions_while_it_is_loaded_is_loaded_whole(package):
    sample = package(__init__="class Config:\n    pass\n\nconfig = Config()\n")
    assert isinstance(sample.config, sample.Config)


def test_definitions_find_what_their_bodies_bases_and_decorators_need(package):
    sample = package(
        __init__='''
            class Later:
                def back(self):
                    return Child

            def marked(cls):
                cls.mark = Later
                return cls

            class Base:
                """Text with a line that looks like a definition:
            class Nothing
                """

            @marked
            class Child(Base):
                def other(self):
                    return Later()
        '''
    )
    assert sample.Child().other().back() is sample.Child
    assert sample.Child.mark is sample.Later
    assert issubclass(sample.Child, sample.Base)


def test_a_changed_module_is_compiled_anew(package):
    assert package(__init__="class A:\n    size = 1\n").A.size == 1
    assert package(__init__="class A:\n    size = 22\n").A.size == 22


def test_what_is_kept_is_read_by_the_next_process_and_nothing_else_is(tmp_path):
    first = CompiledCache("sample", ["pulumi"], tmp_path)
    first.put("a", (1, b"x"))
    first.write()
    assert CompiledCache("sample", ["pulumi"], tmp_path).get("a") == (1, b"x")
    assert CompiledCache("sample", ["pytest"], tmp_path).get("a") is None
    path = next(tmp_path.iterdir())
    for damaged in (path.read_bytes()[:-1], b"", b"1234 nothing of ours"):
        path.write_bytes(damaged)
        assert CompiledCache("sample", ["pulumi"], tmp_path).get("a") is None


def test_what_two_processes_keep_is_kept_together(tmp_path):
    first, second = (CompiledCache("sample", [], tmp_path) for _ in range(2))
    first.put("a", 1)
    second.put("b", 2)
    first.write()
    second.write()
    both = CompiledCache("sample", [], tmp_path)
    assert (both.get("a"), both.get("b")) == (1, 2)


IN_MANY_THREADS = """
import sys, threading
from rf.shared.offline import sdk

sys.setswitchinterval(1e-5)
sdk.load(("aws", "kubernetes"))
tokens = {tokens}
together = threading.Barrier(len(tokens))
wrong = []

def ask(first):
    together.wait()
    for token in tokens[first:] + tokens[:first]:
        try:
            assert sdk.output_types(token)
        except Exception as error:
            wrong.append(f"{{token}}: {{error}}")

threads = [threading.Thread(target=ask, args=(first,)) for first in range(len(tokens))]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert not wrong, wrong
"""


def test_threads_that_ask_for_types_at_once_each_get_them():
    # As a rehearsal's providers do, which answer several registrations side by side.
    python(
        IN_MANY_THREADS.format(
            tokens=[
                "aws:ecr/repository:Repository",
                "aws:s3/bucket:Bucket",
                "aws:iam/role:Role",
                "aws:rds/instance:Instance",
                "aws:wafv2/webAcl:WebAcl",
                "kubernetes:apps/v1:Deployment",
                "kubernetes:core/v1:Secret",
            ]
        )
    )
