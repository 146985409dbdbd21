"""The rules of the layout: who may import whom, and what every component looks like."""

import ast
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMPONENT_FILES = sorted((ROOT / "components").glob("*.py"))
PURE_FILES = sorted([*(ROOT / "scaleplan").rglob("*.py"), *(ROOT / "rendering").rglob("*.py")])
PROGRAM_FILES = [ROOT / "__main__.py", ROOT / "settings.py", *COMPONENT_FILES, *PURE_FILES]
TOKEN = re.compile(r"^researchflow:[a-z]+:[A-Z][A-Za-z]+$")


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


def component_classes() -> list[tuple[Path, ast.ClassDef]]:
    return [
        (path, node)
        for path in COMPONENT_FILES
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
        and any(ast.unparse(base).split(".")[-1] == "ComponentResource" for base in node.bases)
    ]


def constructor(component: ast.ClassDef) -> ast.FunctionDef:
    return next(
        node
        for node in component.body
        if isinstance(node, ast.FunctionDef) and node.name == "__init__"
    )


each_component = pytest.mark.parametrize(
    ("path", "component"), component_classes(), ids=lambda value: getattr(value, "name", "")
)


@pytest.mark.parametrize("path", PURE_FILES, ids=lambda path: path.name)
def test_the_plan_and_the_renderers_know_neither_pulumi_nor_aws(path):
    forbidden = {
        "pulumi",
        "pulumi_aws",
        "pulumi_kubernetes",
        "pulumi_random",
        "pulumi_tls",
        "boto3",
    }
    assert not imported(path) & (forbidden | {"botocore", "components", "rf", "settings"})


@pytest.mark.parametrize("path", COMPONENT_FILES, ids=lambda path: path.name)
def test_components_call_no_aws_and_read_no_config(path):
    assert not imported(path) & {"boto3", "botocore", "rf", "settings", "os"}
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"pulumi\.(Config|get_stack|get_project)\(", text)


@pytest.mark.parametrize("path", COMPONENT_FILES, ids=lambda path: path.name)
def test_components_never_see_the_name_of_a_size(path):
    strings = {
        node.value
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert not strings & {"small", "medium", "large"}
    assert "scaleplan.sizes import Size\n" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted((ROOT / "rf").rglob("*.py")), ids=lambda path: path.name)
def test_the_command_line_reaches_components_only_through_the_program(path):
    assert "components" not in imported(path)


def test_only_the_settings_module_reads_config_or_the_stack_name():
    readers = [
        path.name
        for path in PROGRAM_FILES
        if re.search(
            r"pulumi\.Config|get_stack\(|runtime\.config|os\.environ", path.read_text("utf-8")
        )
    ]
    assert readers == ["settings.py"]


def test_the_program_is_a_table_of_contents():
    text = (ROOT / "__main__.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 120
    constructed = re.findall(r"\b(?:aws|kubernetes|random|tls)\.(?:\w+\.)*([A-Z]\w+)\(", text)
    assert set(constructed) <= {"Provider", "ProviderDefaultTagsArgs"}


@each_component
def test_a_component_has_the_one_signature_and_token(path, component):
    init = constructor(component)
    names = [argument.arg for argument in init.args.args]
    assert names == ["self", "name", "args", "opts"], f"{path.name}: {names}"
    tokens = [
        node.value
        for node in ast.walk(init)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.startswith("researchflow:")
    ]
    assert len(tokens) == 1
    assert TOKEN.match(tokens[0])
    assert tokens[0].endswith(f":{component.name}")


@each_component
def test_a_component_registers_its_outputs_last(path, component):
    last = constructor(component).body[-1]
    assert ast.unparse(last).startswith("self.register_outputs({"), f"{path.name}"


@each_component
def test_a_component_hands_its_children_the_parent_and_never_the_callers_options(path, component):
    source = ast.unparse(component)
    assert "merge(opts" not in source
    calls = [
        node
        for node in ast.walk(component)
        if isinstance(node, ast.Call)
        and re.match(r"(aws|k8s|kubernetes|random|tls)\.", ast.unparse(node.func))
        and ast.unparse(node.func).split(".")[-1][0].isupper()
        and not ast.unparse(node.func).endswith("Args")
        and any(isinstance(argument, ast.Constant | ast.JoinedStr) for argument in node.args[:1])
    ]
    for call in calls:
        assert any(keyword.arg == "opts" for keyword in call.keywords), (
            f"{path.name}: {ast.unparse(call.func)} has no opts, so no parent"
        )


def test_every_module_imports_without_cloud_config_or_environment():
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in [*COMPONENT_FILES, *PURE_FILES]
        if path.name != "__init__.py"
    ]
    script = "import importlib\n" + "\n".join(f"importlib.import_module({m!r})" for m in modules)
    result = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    "path",
    [*PROGRAM_FILES, *sorted((ROOT / "rf").rglob("*.py"))],
    ids=lambda path: path.name,
)
def test_a_file_can_be_read_in_one_sitting(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 320


def test_no_two_test_files_have_one_name():
    """Pytest collects only one of them, wherever the other is."""
    names = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, count in names.items() if count > 1] == []


def test_every_test_file_is_collected():
    strays = [
        path.relative_to(ROOT)
        for path in (ROOT / "tests").rglob("*.py")
        if path.name not in {"conftest.py", "__init__.py"}
        and not path.name.startswith("test_")
        and "def test_" in path.read_text(encoding="utf-8")
    ]
    assert not strays
