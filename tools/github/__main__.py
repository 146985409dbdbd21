"""`python -m tools.github comment|drift`, for the workflows alone: variables are its input."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from tools.github.api import GitHub, GitHubError
from tools.github.comment import NotOursError, comment_text, finished_run, pull_request, put_comment
from tools.github.drift import tell_drift


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 done or nothing to do, 1 GitHub refused, 2 bad usage."""
    parser = argparse.ArgumentParser(prog="python -m tools.github", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    comment = commands.add_parser("comment", help="show what a pull request's run printed")
    comment.add_argument("--directory", type=Path, required=True, help="of the run's artifacts")
    drift = commands.add_parser("drift", help="bring a stack's issue about drift up to date")
    drift.add_argument("--stack", required=True)
    drift.add_argument("--directory", type=Path, required=True, help="of the look's artifact")
    asked = parser.parse_args(arguments)
    try:
        github = GitHub(
            os.environ["GITHUB_REPOSITORY"],
            os.environ["GITHUB_TOKEN"],
            os.environ.get("GITHUB_API_URL", "https://api.github.com"),
        )
        done = _comment(github, asked) if asked.command == "comment" else _drift(github, asked)
    except KeyError as error:
        return _failed(f"the job's variable {error.args[0]} is missing", 2)
    except NotOursError as reason:
        done = f"nothing to show: {reason}"
    except GitHubError as error:
        return _failed(str(error), 1)
    sys.stdout.write(f"{done}\n")
    return 0


def _comment(github: GitHub, asked: argparse.Namespace) -> str:
    event = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
    run = finished_run(event, github.repository)
    text = comment_text(run, asked.directory)
    number = pull_request(github, run)
    return f"{put_comment(github, number, text)}: the comment of pull request {number}"


def _drift(github: GitHub, asked: argparse.Namespace) -> str:
    server, run = os.environ["GITHUB_SERVER_URL"], os.environ["GITHUB_RUN_ID"]
    ended = asked.directory / f"{asked.stack}.code"
    code = int(ended.read_text(encoding="utf-8")) if ended.is_file() else None
    url = f"{server}/{github.repository}/actions/runs/{run}"
    return tell_drift(github, asked.stack, code, asked.directory / f"{asked.stack}.txt", url)


def _failed(message: str, code: int) -> int:
    sys.stderr.write(f"{message}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
