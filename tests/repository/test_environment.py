"""The set-up of the virtual environment: what uv is told, when pip installs, and both for real."""

import base64
import hashlib
import os
import subprocess
import sys
import zipfile
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from rf.shared.project import PROJECT_ROOT
from tests.loopback import listening
from tools.environment.__main__ import UvFailedError, install_with_uv, main, options_of_pip
from tools.environment.pip_configuration import (
    UntranslatableError,
    UvOptions,
    read_listing,
    uv_options,
)

HOST = "packages.invalid"
"""No such host: only the proxy answers for it."""

WHEEL = "demonstration-1.0-py3-none-any.whl"


def told(listing, **environment):
    return uv_options(read_listing(listing), environment)


def test_without_a_configuration_uv_is_told_nothing():
    assert told("") == UvOptions()


def test_a_variable_counts_before_the_section_of_install_and_that_before_the_global_one():
    lines = {"9": ":env:.retries='9'", "7": "global.retries='7'", "8": "install.retries='8'"}
    for expected in ("9", "8", "7"):
        listing = "\n".join([*lines.values(), "wheel.retries='1'"])
        assert told(listing).environment == {"UV_HTTP_RETRIES": expected}
        del lines[expected]


def test_an_option_without_a_value_is_none():
    assert told(":env:.index-url=''\ninstall.index-url='http://a/simple'").environment == {
        "UV_DEFAULT_INDEX": "http://a/simple"
    }


@pytest.mark.parametrize(
    ("listing", "environment"),
    [
        ("global.index-url='https://u:p@a/simple'", {"UV_DEFAULT_INDEX": "https://u:p@a/simple"}),
        (
            r"global.extra-index-url='\nhttps://a/simple\nhttps://b/simple'",
            {
                "UV_INDEX": "https://a/simple https://b/simple",
                "UV_INDEX_STRATEGY": "unsafe-best-match",
            },
        ),
        ("install.trusted-host='a b:8080'", {"UV_INSECURE_HOST": "a b:8080"}),
        ("global.cert='/etc/ssl/own.pem'", {"SSL_CERT_FILE": "/etc/ssl/own.pem"}),
        (f"global.cert='{Path(__file__).parent}'", {"SSL_CERT_DIR": str(Path(__file__).parent)}),
        ("global.client-cert='/me.pem'", {"SSL_CLIENT_CERT": "/me.pem"}),
        (":env:.default-timeout='7.5'", {"UV_HTTP_TIMEOUT": "8"}),
        ("global.timeout='60'", {"UV_HTTP_TIMEOUT": "60"}),
        # pip reads any value so.
        (":env:.no-cache-dir='0'", {"UV_NO_CACHE": "1"}),
        ("global.keyring-provider='subprocess'", {"UV_KEYRING_PROVIDER": "subprocess"}),
        ("global.keyring-provider='disabled'", {}),
        ("global.progress-bar='off'\ninstall.no-compile='yes'", {}),
    ],
)
def test_pips_configuration_in_uvs_words(listing, environment):
    assert told(listing) == UvOptions(environment=environment)


def test_a_proxy_of_pips_configuration_takes_everything():
    environment = told("global.proxy='http://proxy:3128'").environment
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        assert environment[name] == environment[name.upper()] == "http://proxy:3128"
    assert environment["no_proxy"] == environment["NO_PROXY"] == ""


def test_links_are_arguments_except_folders_that_are_not_there(tmp_path):
    links = f"{tmp_path} {tmp_path}/none https://a/wheels"
    assert told(f"global.find-links='{links}'").arguments == (
        *("--find-links", str(tmp_path), "--find-links", "https://a/wheels"),
    )


def test_no_index_is_a_switch():
    assert told("global.no-index='true'").arguments == ("--no-index",)
    assert told("global.no-index='false'") == UvOptions()


def test_the_certificates_that_pip_finds_in_variables():
    found = told("", REQUESTS_CA_BUNDLE="/r.pem", CURL_CA_BUNDLE="/c.pem").environment
    assert found == {"SSL_CERT_FILE": "/r.pem"}
    found = told("global.cert='/own.pem'", REQUESTS_CA_BUNDLE="/r.pem").environment
    assert found == {"SSL_CERT_FILE": "/own.pem"}


@pytest.mark.parametrize(
    ("listing", "named"),
    [
        ("install.no-binary=':all:'", "no-binary"),
        ("global.constraint='/c.txt'\nglobal.target='/t'", "constraint, target"),
        ("global.keyring-provider='import'", "keyring-provider"),
        ("global.timeout='soon'", "timeout"),
    ],
)
def test_what_uv_cannot_be_told_is_named(listing, named):
    with pytest.raises(UntranslatableError, match=named):
        told(listing)


@pytest.fixture
def wheels(tmp_path):
    """A folder with one wheel, which only the index of the fixture `registry` serves."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    information = "demonstration-1.0.dist-info"
    files = {
        "demonstration/__init__.py": "ANSWER = 42\n",
        f"{information}/METADATA": "Metadata-Version: 2.1\nName: demonstration\nVersion: 1.0\n",
        f"{information}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\n"
        "Root-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in [*files, f"{information}/RECORD"])
    with zipfile.ZipFile(folder / WHEEL, "w") as archive:
        for name, text in {**files, f"{information}/RECORD": record}.items():
            archive.writestr(name, text)
    return folder


@pytest.fixture
def registry(wheels):
    """A proxy that answers for HOST as an index does that wants a password; what it was asked."""
    right = "Basic " + base64.b64encode(b"reader:secret").decode()
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            _, host, path = self.path.partition(HOST)
            if not host or self.headers["Authorization"] != right:
                self.send_error(401)
            elif path == "/simple/demonstration/":
                self._send(f'<a href="/files/{WHEEL}">{WHEEL}</a>'.encode(), "text/html")
            elif path == f"/files/{WHEEL}":
                self._send((wheels / WHEEL).read_bytes(), "application/zip")
            else:
                self.send_error(404)

        def do_HEAD(self):
            self.send_error(405)

        def _send(self, body, kind):
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format, *args):
            pass

    with listening(Handler) as server:
        yield server.server_port, asked


@pytest.fixture
def configured(registry, tmp_path, monkeypatch):
    """pip configured, in a file, for that index; no other variable says anything."""
    port, asked = registry
    for name in os.environ:
        if name.startswith(("PIP_", "UV_", "SSL_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    file = tmp_path / "pip.conf"
    file.write_text(
        f"[global]\nindex-url = http://reader:secret@{HOST}/simple\n"
        f"trusted-host = {HOST}\nproxy = http://127.0.0.1:{port}\nretries = 0\n",
        "utf-8",
    )
    monkeypatch.setenv("PIP_CONFIG_FILE", str(file))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    monkeypatch.setenv("PIP_CACHE_DIR", str(tmp_path / "pip"))
    return asked


def lock_file(tmp_path, digest):
    path = tmp_path / "requirements.txt"
    path.write_text(f"demonstration==1.0 \\\n    --hash=sha256:{digest}\n", "utf-8")
    return path


def right_lock_file(tmp_path, wheels):
    return lock_file(tmp_path, hashlib.sha256((wheels / WHEEL).read_bytes()).hexdigest())


def answer(python):
    command = [python, "-c", "import demonstration; print(demonstration.ANSWER)"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


@pytest.fixture
def uv():
    found = Path(sys.executable).with_name("uv")
    if not found.exists():
        if os.environ.get("CI") == "true":
            pytest.fail("the set-up left no uv in .venv")
        pytest.skip("no uv in .venv: pip made it")
    return found


@pytest.fixture
def python(tmp_path):
    """The interpreter of an empty environment, without pip, which takes seconds to be put there."""
    directory = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", directory], check=True)
    return directory / "bin" / "python"


def test_uv_installs_from_the_index_and_by_the_proxy_of_pips_configuration(
    configured, uv, python, tmp_path, wheels
):
    options = options_of_pip(Path(sys.executable))
    install_with_uv(uv, python, right_lock_file(tmp_path, wheels), options)
    assert answer(python) == "42"
    assert f"http://{HOST}/files/{WHEEL}" in configured


def test_a_file_that_is_not_the_locked_one_is_not_installed(
    configured, uv, python, tmp_path, capfd
):
    options = options_of_pip(Path(sys.executable))
    with pytest.raises(UvFailedError, match=r"requirements\.txt"):
        install_with_uv(uv, python, lock_file(tmp_path, "0" * 64), options)
    assert "Hash mismatch" in capfd.readouterr().err
    assert answer(python) == ""


def test_where_the_index_has_no_uv_pip_installs_and_compiles_nothing(
    configured, tmp_path, wheels, capfd, monkeypatch
):
    directory = tmp_path / "environment"
    arguments = ["--requirements", str(right_lock_file(tmp_path, wheels))]
    arguments += ["--directory", str(directory)]
    assert main(arguments) == 0
    assert "pip can't install uv here: pip installs requirements.txt" in capfd.readouterr().err
    assert f"http://{HOST}/simple/uv/" in configured
    (package,) = directory.glob("lib/*/site-packages/demonstration")
    assert [path.name for path in package.iterdir()] == ["__init__.py"]
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert answer(directory / "bin" / "python") == "42"
    # None beside the sources, as the variable says, and still it is compiled only once.
    assert [path.name for path in package.iterdir()] == ["__init__.py"]
    assert len(list(directory.glob("bytecode/**/demonstration/__init__.*.pyc"))) == 1
    subprocess.run([directory / "bin" / "python", "-m", "pip", "--version"], check=True)


def test_a_lock_file_that_is_not_there_is_bad_usage(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--requirements", str(tmp_path / "none.txt"), "--directory", str(tmp_path / "e")])
    assert ended.value.code == 2
    assert "none.txt: there is no such file" in capsys.readouterr().err
    assert not (tmp_path / "e").exists()


def test_the_set_up_needs_nothing_installed():
    command = [sys.executable, "-I", "-S", "-c"]
    program = (
        f"import sys; sys.path.insert(0, {str(PROJECT_ROOT)!r}); import tools.environment.__main__"
    )
    subprocess.run([*command, program], check=True)
