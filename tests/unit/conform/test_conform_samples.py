"""What a file of samples says, as it goes to the application."""

from __future__ import annotations

import base64
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from rf.conform.samples import PATIENT_IN_BYTES, SamplesInputError, read_samples
from rf.conform.trial import ApplicationOnTrial, Trial
from rf.shared.applications.stand import Stand

PATIENT = "patient-0123456789abcdef"


def read(folder: Path, text: str):
    file = folder / "samples.yaml"
    file.write_text(text, encoding="utf-8")
    return read_samples(file)


def in_base64(said: bytes) -> str:
    return f"{{base64: {base64.b64encode(said).decode()}}}"


def test_bytes_of_a_socket_hold_the_patient_at_the_length_that_stands_before_it(tmp_path: Path):
    edit = b"\x00" + bytes([len(PATIENT_IN_BYTES)]) + PATIENT_IN_BYTES + b"\xff"
    samples = read(
        tmp_path,
        f"socket: {{path: '/collab/{{patient}}', edit: {in_base64(edit)}, saved: '{{patient}}'}}",
    )
    assert samples.socket is not None
    said = samples.socket.of(PATIENT)
    assert said.edit == b"\x00\x18" + PATIENT.encode() + b"\xff"
    assert (said.path, said.saved, said.ask) == (f"/collab/{PATIENT}", PATIENT.encode(), ())


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        ("hello", ("hello",)),
        (in_base64(b"\x01\xfe"), (b"\x01\xfe",)),
        ("[hello, {base64: Ag==}]", ("hello", b"\x02")),
    ],
)
def test_clients_say_one_message_first_or_several(
    tmp_path: Path, ask: str, said: tuple[str | bytes, ...]
):
    samples = read(tmp_path, f"socket: {{path: /collab, edit: hello, ask: {ask}}}")
    assert samples.socket is not None
    assert samples.socket.of(PATIENT).ask == said


def test_what_is_no_base64_is_refused(tmp_path: Path):
    with pytest.raises(SamplesInputError, match=r"socket\.edit"):
        read(tmp_path, "socket: {path: /collab, edit: {base64: '*'}}")


def test_identifiers_of_a_trial_are_as_long_as_what_stands_for_them(tmp_path: Path):
    application = ApplicationOnTrial(
        name="web",
        command=("true",),
        samples=read(tmp_path, ""),
        working_directory=tmp_path,
    )
    trial = Trial(cast("Stand", SimpleNamespace()), application, tmp_path)
    assert len(trial.patient().encode()) == len(PATIENT_IN_BYTES)
