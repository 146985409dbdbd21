"""The uses of this repository, and what each needs of a machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from rf.check.state.policy import BACKEND_VARIABLE
from rf.doctor.probes import Machine, Version, version_text

MINIMUM_PYTHON: Version = (3, 11)
MINIMUM_PULUMI: Version = (3, 272, 0)
"""The CLI's releases that speak to the pinned SDK (README, "Deploying for real")."""

MINIMUM_AWS: Version = (2, 0)
"""`aws eks get-token` with v1beta1 credentials, which the kubeconfig asks for."""

MINIMUM_NODE: Version = (18, 0)
"""BullMQ 5 and later."""

MINIMUM_GO: Version = (1, 21)
"""From here on Go fetches by itself the newer release that a module asks for."""


class Use(StrEnum):
    """What a newcomer may want to do."""

    OFFLINE = "offline"
    SANDBOX = "sandbox"
    SERVICES = "services"
    KUBERNETES = "kubernetes"
    DEPLOYMENT = "deployment"


PURPOSES: Mapping[Use, str] = {
    Use.OFFLINE: "preview, export, simulate and check plans",
    Use.SANDBOX: "bring a stack up on the embedded AWS, run the default tests",
    Use.SERVICES: "run the tests with real servers (make test-services)",
    Use.KUBERNETES: "run the tests with a real API server (make test-kubernetes)",
    Use.DEPLOYMENT: "deploy to AWS",
}


@dataclass(frozen=True, kw_only=True)
class Symptom:
    """One thing that a use needs. `fix` is empty where it is there."""

    use: Use
    what: str
    there: bool
    found: str
    fix: str = ""

    def to_json(self) -> dict[str, object]:
        """All of it."""
        return {
            "use": str(self.use),
            "what": self.what,
            "there": self.there,
            "found": self.found,
            "fix": self.fix,
        }


Examination = Callable[[Machine], Iterator[Symptom]]


def examined(machine: Machine, use: Use) -> list[Symptom]:
    """Everything that the use needs, there or not."""
    return list(_EXAMINATIONS[use](machine))


def _offline(machine: Machine) -> Iterator[Symptom]:
    yield _judged(
        Use.OFFLINE,
        "Python",
        machine.python,
        MINIMUM_PYTHON,
        "install it, then `make PYTHON=/path/to/python3.11 test`",
    )
    yield _packages(machine, Use.OFFLINE, "requirements-cli.txt")


def _sandbox(machine: Machine) -> Iterator[Symptom]:
    yield _packages(machine, Use.SANDBOX, "requirements-dev.txt")
    yield _file(machine, Use.SANDBOX, "make", machine.program("make"), "install make")


def _services(machine: Machine) -> Iterator[Symptom]:
    folder = _folder(machine, "RESEARCHFLOW_SERVICES", "services")
    fetch = "sudo .ci/services (once; needs debootstrap, or installs it with apt)"
    for program in ("postgres", "pgbouncer", "redis-server"):
        own = folder / "bin" / program
        there = own if own.exists() else machine.program(program)
        yield _file(machine, Use.SERVICES, program, there, fetch)
    rabbit = folder / "trixie" / "usr" / "sbin" / "rabbitmq-server"
    yield _file(
        machine, Use.SERVICES, "rabbitmq-server", rabbit if rabbit.exists() else None, fetch
    )
    yield _judged(
        Use.SERVICES,
        "Node.js",
        machine.version("node", "--version"),
        MINIMUM_NODE,
        "install Node.js 18 or newer with npm",
    )
    modules = machine.root / ".cache" / "node" / "node_modules" / "bullmq"
    yield _file(
        machine,
        Use.SERVICES,
        "Bull and BullMQ",
        modules if modules.exists() else None,
        ".ci/node-clients (once)",
    )


def _kubernetes(machine: Machine) -> Iterator[Symptom]:
    folder = _folder(machine, "RESEARCHFLOW_APISERVER", "apiserver")
    server = folder / "bin" / "kube-apiserver"
    yield _file(
        machine,
        Use.KUBERNETES,
        "kube-apiserver",
        server if server.exists() else None,
        "make test-kubernetes builds it once, with Go, in some minutes",
    )
    if not server.exists():
        yield _judged(
            Use.KUBERNETES,
            "Go",
            machine.version("go", "version"),
            MINIMUM_GO,
            "install Go; only the build of the API server needs it",
        )
    etcd = _folder(machine, "RESEARCHFLOW_SERVICES", "services") / "bin" / "etcd"
    yield _file(
        machine,
        Use.KUBERNETES,
        "etcd",
        etcd if etcd.exists() else machine.program("etcd"),
        "sudo .ci/services (once), or install etcd",
    )


def _deployment(machine: Machine) -> Iterator[Symptom]:
    yield _judged(
        Use.DEPLOYMENT,
        "Pulumi CLI",
        machine.version("pulumi", "version"),
        MINIMUM_PULUMI,
        "https://www.pulumi.com/docs/iac/download-install/",
    )
    yield _judged(
        Use.DEPLOYMENT,
        "AWS CLI",
        machine.version("aws", "--version"),
        MINIMUM_AWS,
        "https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html",
    )
    yield _file(
        machine,
        Use.DEPLOYMENT,
        "docker",
        machine.program("docker") or machine.program("podman"),
        "install docker or podman, to push the four images",
    )
    yield _credentials(machine)
    named = machine.environment.get(BACKEND_VARIABLE)
    logged_in = machine.version("pulumi", "whoami", "--non-interactive", "--verbose") is not None
    yield Symptom(
        use=Use.DEPLOYMENT,
        what="Pulumi backend",
        there=bool(named) or logged_in,
        found=BACKEND_VARIABLE if named else "logged in" if logged_in else "none",
        fix="" if named or logged_in else "pulumi login s3://BUCKET",
    )


def _credentials(machine: Machine) -> Symptom:
    """Whether there is anything that could be credentials; nothing is sent or shown."""
    environment = machine.environment
    home = Path(environment.get("HOME", "~")).expanduser()
    sources = {
        "AWS_ACCESS_KEY_ID": "AWS_ACCESS_KEY_ID" in environment,
        "AWS_PROFILE": "AWS_PROFILE" in environment,
        "AWS_WEB_IDENTITY_TOKEN_FILE": "AWS_WEB_IDENTITY_TOKEN_FILE" in environment,
        "~/.aws/config": (home / ".aws" / "config").exists(),
        "~/.aws/credentials": (home / ".aws" / "credentials").exists(),
    }
    available = [name for name, there in sources.items() if there]
    return Symptom(
        use=Use.DEPLOYMENT,
        what="AWS credentials",
        there=bool(available),
        found=", ".join(available) or "none",
        fix=""
        if available
        else "aws configure sso, then `rf preflight --stack STACK --profile NAME`",
    )


_EXAMINATIONS: Mapping[Use, Examination] = {
    Use.OFFLINE: _offline,
    Use.SANDBOX: _sandbox,
    Use.SERVICES: _services,
    Use.KUBERNETES: _kubernetes,
    Use.DEPLOYMENT: _deployment,
}


def _packages(machine: Machine, use: Use, file_name: str) -> Symptom:
    pins = machine.pins(file_name)
    wrong = {
        name: machine.installed(name) or "missing"
        for name, version in pins.items()
        if machine.installed(name) != version
    }
    versions = ", ".join(f"{name} {installed}" for name, installed in sorted(wrong.items()))
    return Symptom(
        use=use,
        what=f"packages of {file_name}",
        there=not wrong,
        found=versions or f"all {len(pins)}",
        fix="make test (sets up .venv), and run .venv/bin/python -m rf" if wrong else "",
    )


def _judged(use: Use, what: str, version: Version | None, least: Version, fix: str) -> Symptom:
    there = version is not None and version >= least
    return Symptom(
        use=use,
        what=f"{what} {version_text(least)} or newer",
        there=there,
        found="none" if version is None else version_text(version),
        fix="" if there else fix,
    )


def _file(machine: Machine, use: Use, what: str, location: Path | str | None, fix: str) -> Symptom:
    path = Path(location) if location else None
    inside = path is not None and path.is_relative_to(machine.root)
    description = str(path.relative_to(machine.root)) if path and inside else str(path or "none")
    return Symptom(
        use=use, what=what, there=path is not None, found=description, fix="" if path else fix
    )


def _folder(machine: Machine, variable: str, name: str) -> Path:
    return Path(machine.environment.get(variable) or machine.root / ".cache" / name)
