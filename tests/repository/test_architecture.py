"""The rules of the layout: who may import whom, and what every component looks like."""

import ast
import importlib
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from functools import cache
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path

import pytest
import typer.main

from rf.cli import app
from rf.shared.errors import CommandError, FailedError, InputError
from rf.shared.project import PROJECT_ROOT
from tools.reference.house import SUBJECTS, imported_names

SDKS = {"pulumi", "pulumi_aws", "pulumi_kubernetes", "pulumi_random", "pulumi_tls"}
AWS = {"boto3", "botocore"}
TOKEN = re.compile(r"^researchflow:[a-z]+:[A-Z][A-Za-z]+$")
CONSTRUCTED = re.compile(r"\b(?:aws|k8s|kubernetes|random|tls)\.(?:\w+\.)*([A-Z]\w+)\(")
LONGEST_FILE_LINES = 500
"""Files go by meaning; one that is longer holds more than one thing."""

LONGEST_FUNCTION_LINES = 60

LONG_FUNCTIONS = {
    "rendering/cluster/karpenter_documents.py: controller_policy": "one IAM document",
    "rendering/observability/alerting/recordings.py: store_recordings": "a table of rules",
    "rendering/observability/alerting/recordings.py: workload_recordings": "a table of rules",
    "rendering/observability/dashboards/layers.py: database": "a table of panels",
    "rendering/observability/dashboards/overview.py: overview": "a table of panels",
    "rf/conform/contract_of_processes.py: images": "a table of sentences",
    "rf/conform/contract_of_processes.py: migrations": "a table of sentences",
    "rf/conform/contract_of_stores.py: retries": "a table of sentences",
    "rf/up/bring_up.py: bring_up": "ten arguments, told one by one, and one server's life",
    "scaleplan/capacity/cache_memory.py: check_cache_memory": "the terms of one sum",
    "scaleplan/capacity/queue_memory.py: check_queue_memory": "the terms of one sum",
    "scaleplan/cost/edge.py: storage_items": "a table of items of the bill",
}
"""Functions that are longer, and why each is one."""

LONGEST_TABLE_OF_CONTENTS_LINES = 120

SELF_EXPLANATORY = {
    "place: Place",
    "keys: Keys",
    "cluster: ClusterHandle",
    "images: ImageSource = PUBLISHED",
    "network: DataNetwork",
    "pods: ApplicationPods",
    "target_group: TargetGroup",
    "recovery: RecoveryKey",
}
"""Fields whose type says what they hold, in its own docstring."""


def sources(*names: str) -> list[Path]:
    """Every module of these folders, however deep, and these files. None may be empty or gone."""
    found = []
    for name in names:
        path = PROJECT_ROOT / name
        inside = sorted(path.rglob("*.py")) if path.is_dir() else [path]
        assert inside, f"{name} holds no module"
        found += inside
    return found


COMPONENTS = sources("components")
PURE = sources("scaleplan", "rendering")
WIRING = sources("serving.py", "wiring")
PROGRAM = [*sources("__main__.py", "settings.py"), *WIRING, *COMPONENTS, *PURE]
COMMANDS = sources("rf")


@cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(text_of(path))


@cache
def imported(path: Path) -> frozenset[str]:
    """Top-level names of what a module imports, anywhere in it."""
    return frozenset(imported_names(text_of(path)))


def modules_imported(path: Path) -> set[str]:
    """Dotted names of what a module imports, anywhere in it: modules, and names that may be one."""
    names: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def module_name(path: Path) -> str:
    parts = path.relative_to(PROJECT_ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def called(path: Path) -> str:
    return path.relative_to(PROJECT_ROOT).as_posix()


def importers(paths: Iterable[Path], forbidden: set[str]) -> list[str]:
    """The modules that import what they must not, with what that is."""
    return [
        f"{called(path)} imports {', '.join(sorted(wrong))}"
        for path in paths
        if (wrong := imported(path) & forbidden)
    ]


def matching(paths: Iterable[Path], pattern: str) -> list[str]:
    return [called(path) for path in paths if re.search(pattern, text_of(path))]


def strings_in(node: ast.AST) -> list[str]:
    return [
        each.value
        for each in ast.walk(node)
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    ]


def components() -> list[tuple[str, ast.ClassDef]]:
    found = [
        (f"{called(path)}: {node.name}", node)
        for path in COMPONENTS
        for node in tree_of(path).body
        if isinstance(node, ast.ClassDef)
        and any(ast.unparse(base).split(".")[-1] == "ComponentResource" for base in node.bases)
    ]
    assert found
    return found


def argument_classes() -> list[tuple[str, ast.ClassDef]]:
    """Every class of components' arguments, with the module that it is in."""
    classes = [
        (f"{called(path)}: {node.name}", node)
        for path in COMPONENTS
        for node in tree_of(path).body
        if isinstance(node, ast.ClassDef) and node.name.endswith("Args")
    ]
    assert classes
    return classes


def unexplained(argument_class: ast.ClassDef) -> list[str]:
    """Fields that no docstring line follows, though their type doesn't say what they hold."""
    return [
        ast.unparse(field)
        for field, after in pairwise([*argument_class.body, ast.Pass()])
        if isinstance(field, ast.AnnAssign)
        and ast.unparse(field) not in SELF_EXPLANATORY
        and not (isinstance(after, ast.Expr) and strings_in(after))
    ]


def constructor(component: ast.ClassDef) -> ast.FunctionDef:
    return next(
        node
        for node in component.body
        if isinstance(node, ast.FunctionDef) and node.name == "__init__"
    )


def test_the_plan_and_the_renderers_know_neither_pulumi_nor_aws():
    program = {"__main__", "components", "rf", "serving", "settings", "wiring"}
    assert importers(PURE, SDKS | AWS | program) == []


def test_components_call_no_aws_and_read_no_config():
    program = {"__main__", "os", "rf", "serving", "settings", "wiring"}
    assert importers(COMPONENTS, AWS | program) == []
    assert matching(COMPONENTS, r"pulumi\.(Config|get_stack|get_project)\(") == []


def test_the_wiring_calls_no_aws_and_is_handed_its_settings():
    assert importers(WIRING, AWS | {"__main__", "os", "rf"}) == []
    assert importers(sources("wiring"), {"serving", "settings"}) == []


def test_components_never_see_the_name_of_a_size():
    sizes = {"small", "medium", "large"}
    assert [called(path) for path in COMPONENTS if sizes & set(strings_in(tree_of(path)))] == []
    assert matching(COMPONENTS, r"scaleplan\.sizes import Size\n") == []


def test_the_command_line_reaches_components_only_through_the_program():
    assert importers(COMMANDS, {"components", "serving", "settings", "wiring"}) == []


def command_folders() -> dict[str, Path]:
    """Every command of the command line as it is typed, with the folder of its name."""
    folders = {}
    for path in COMMANDS:
        names = path.relative_to(PROJECT_ROOT / "rf").parent.parts
        if path.name == "options.py":
            folders[" ".join(names).replace("_", "-")] = path.parent
    return folders


def test_each_command_has_a_folder_of_its_name_and_its_options_in_it():
    groups = {name for name in command_folders() if name.startswith(("prices", "check"))}
    typed = set()
    for name, command in typer.main.get_group(app).commands.items():
        typed.add(name)
        typed |= {f"{name} {each}" for each in getattr(command, "commands", {})}
    # `rf prices` has one command, whose options stand in the group's own folder.
    assert groups | typed - {"prices refresh"} == set(command_folders())
    for name, folder in command_folders().items():
        functions = {
            node.name
            for node in tree_of(folder / "options.py").body
            if isinstance(node, ast.FunctionDef)
        }
        own = "refresh" if name == "prices" else name.split()[-1].replace("-", "_")
        assert own in functions, name


def test_only_views_draw():
    """Options may say one sentence by typer.echo; nothing else of a command prints."""
    inside = [
        path
        for folder in command_folders().values()
        for path in folder.glob("*.py")
        if path.name != "view.py"
    ]
    assert importers(inside, {"rich"}) == []
    assert matching(inside, r"sys\.stdout|\bprint\(|print_json") == []
    assert [path for path in inside if path.name in {"command.py", "errors.py"}] == []
    assert matching([path for path in inside if path.name != "options.py"], r"typer") == []


def test_errors_that_end_a_command_say_their_exit_code_by_their_class():
    for name in matching(COMMANDS, r"class \w+\((Failed|Input)Error\)"):
        importlib.import_module(module_name(PROJECT_ROOT / name))
    tree = [CommandError]
    for each in tree:
        tree += each.__subclasses__()
    assert len(tree) > 15
    assert {each.exit_code for each in tree[1:]} == {1, 2}
    assert all(issubclass(each, FailedError | InputError) for each in tree[1:])


def test_no_import_goes_in_a_circle():
    """Neither at a module's top nor in a function nor for types alone."""
    product = [*PROGRAM, *COMMANDS, *sources("policy", "tools")]
    paths = {module_name(path): path for path in product}
    imports = {name: modules_imported(path) & paths.keys() - {name} for name, path in paths.items()}
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        pytest.fail(" <- ".join(error.args[1]))


def test_only_the_settings_module_reads_config_or_the_stack_name():
    pattern = r"pulumi\.Config|get_stack\(|runtime\.config|os\.environ"
    assert matching(PROGRAM, pattern) == ["settings.py"]


def test_the_program_is_a_table_of_contents():
    for path in sources("__main__.py", "serving.py"):
        assert len(text_of(path).splitlines()) <= LONGEST_TABLE_OF_CONTENTS_LINES, called(path)
        constructed = set(CONSTRUCTED.findall(text_of(path)))
        assert constructed <= {"Provider", "ProviderDefaultTagsArgs"}, called(path)
    for path in sources("wiring"):
        constructed = CONSTRUCTED.findall(text_of(path))
        assert [name for name in constructed if not name.endswith("Args")] == [], called(path)


def test_a_component_has_the_one_signature_and_token():
    for named, component in components():
        init = constructor(component)
        arguments = [argument.arg for argument in init.args.args]
        assert arguments == ["self", "name", "args", "opts"], named
        tokens = [text for text in strings_in(init) if text.startswith("researchflow:")]
        assert len(tokens) == 1, named
        assert TOKEN.match(tokens[0]), named
        assert tokens[0].endswith(f":{component.name}"), named


def test_every_argument_of_a_component_says_what_it_holds():
    """One line below the field: what it is, its unit, and what None or empty means."""
    fields = {named: unexplained(each) for named, each in argument_classes()}
    assert {named: missing for named, missing in fields.items() if missing} == {}


def test_a_component_registers_its_outputs_last():
    for named, component in components():
        last = constructor(component).body[-1]
        assert ast.unparse(last).startswith("self.register_outputs({"), named


def test_a_component_hands_its_children_the_parent_and_never_the_callers_options():
    for named, component in components():
        assert "merge(opts" not in ast.unparse(component), named
        calls = [
            node
            for node in ast.walk(component)
            if isinstance(node, ast.Call)
            and re.match(r"(aws|k8s|kubernetes|random|tls)\.", ast.unparse(node.func))
            and ast.unparse(node.func).split(".")[-1][0].isupper()
            and not ast.unparse(node.func).endswith("Args")
            and any(
                isinstance(argument, ast.Constant | ast.JoinedStr) for argument in node.args[:1]
            )
        ]
        for call in calls:
            assert any(keyword.arg == "opts" for keyword in call.keywords), (
                f"{named}: {ast.unparse(call.func)} has no opts, so no parent"
            )


def test_every_module_imports_without_cloud_config_or_environment():
    modules = [
        ".".join(path.relative_to(PROJECT_ROOT).with_suffix("").parts)
        for path in [*WIRING, *COMPONENTS, *PURE]
        if path.name != "__init__.py"
    ]
    script = "import importlib\n" + "\n".join(f"importlib.import_module({m!r})" for m in modules)
    result = subprocess.run(
        [sys.executable, "-c", script],
        cwd=PROJECT_ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr


def test_a_file_can_be_read_in_one_sitting():
    lines = {called(path): len(text_of(path).splitlines()) for path in [*PROGRAM, *COMMANDS]}
    assert {name: count for name, count in lines.items() if count > LONGEST_FILE_LINES} == {}


def test_no_two_classes_of_the_product_have_one_name():
    """One word, one thing: `Stack` is the program's, whatever else is known of stacks."""
    product = [*PROGRAM, *COMMANDS, *sources("policy", "tools", "researchflow_testing.py")]
    names = Counter(
        node.name
        for path in product
        for node in tree_of(path).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert [name for name, count in names.items() if count > 1] == []


def test_a_folder_of_components_rendering_and_policy_is_a_subject():
    """What several subjects need is in `shared/`; `scaleplan/` has beside them what is of all."""
    of_all = {"advice", "images", "versions", "capacity", "config", "cost"}
    for room in ("components", "rendering", "scaleplan", "policy/rules"):
        folders = {path.relative_to(PROJECT_ROOT / room).parts[0] for path in sources(room)}
        folders = {name for name in folders if not name.endswith(".py")}
        strays = folders - {*SUBJECTS, "shared"} - (of_all if room == "scaleplan" else set())
        assert strays == set(), room


def test_a_function_is_short_or_says_why_not():
    product = [*PROGRAM, *COMMANDS, *sources("policy", "tools", "researchflow_testing.py")]
    long = {
        f"{called(path)}: {node.name}"
        for path in product
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION_LINES
    }
    assert long == LONG_FUNCTIONS.keys()


def test_no_two_test_files_have_one_name():
    """Pytest collects only one of them, wherever the other is."""
    names = Counter(path.name for path in sources("tests") if path.name.startswith("test_"))
    assert [name for name, count in names.items() if count > 1] == []


def test_every_test_file_is_collected():
    strays = [
        called(path)
        for path in sources("tests")
        if path.name not in {"conftest.py", "__init__.py"}
        and not path.name.startswith("test_")
        and "def test_" in text_of(path)
    ]
    assert strays == []


def test_every_suite_with_real_servers_is_marked_whole():
    """The default suite doesn't read their folders: a test without the mark would run nowhere."""
    for folder, mark in {
        "services": "services",
        "apiserver": "kubernetes",
        "cluster": "cluster",
        "workflows": "workflows",
        "engine": "engine",
    }.items():
        files = [path for path in sources(f"tests/{folder}") if path.name.startswith("test_")]
        marked = rf"(?m)^pytestmark = \[?pytest\.mark\.{mark}\b"
        assert files == [path for path in files if re.search(marked, text_of(path))]
