"""Serves the program of one folder to Pulumi's engine: `python program_server.py FOLDER`.

A process of its own, as a language host starts one: a program's modules have the same names at each
revision, so nothing of this project is imported but what the folder holds. Prints its port.
"""

from __future__ import annotations

import os
import runpy
import sys
from concurrent.futures import ThreadPoolExecutor

import grpc
from pulumi.automation._server import LanguageServer
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import language_pb2_grpc


def main(folder: str) -> None:
    """Serve until the process is ended."""
    os.chdir(folder)
    sys.path[0] = folder  # before, it was that of this file
    server = grpc.server(ThreadPoolExecutor(), options=_GRPC_CHANNEL_OPTIONS)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(LanguageServer(run_program), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    server.wait_for_termination()


def run_program() -> None:
    """The program in the working directory."""
    runpy.run_path("__main__.py", run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1])
