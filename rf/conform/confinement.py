"""As a pod's container is confined: user 10001, no capability, a read-only root, a small /tmp."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from rendering.applications.pods import TEMPORARY_DIRECTORY, TEMPORARY_SPACE_MIB, USER_ID
from rf.conform.seen import NotTriedError

_SCRIPT = """
set -e
temporary=$1 size=$2 kept=$3 dropped=$4
shift 4
mount -n --make-rprivate /
while read -r _ _ _ _ place _; do
  case $place in /proc | /proc/* | /sys | /sys/* | /dev | /dev/*) continue ;; esac
  mount -n -o remount,bind,ro "$place" 2>/dev/null || true
done </proc/self/mountinfo
# A new temporary folder hides what is in the machine's: what the application needs of it comes
# through. It is made beside, and then moved to its place.
mount -n -t tmpfs -o "size=$size,mode=1777" tmpfs /mnt
IFS=:
for folder in $kept; do
  case $folder in
  "$temporary"/*)
    mkdir -p "/mnt/${folder#"$temporary"/}"
    mount -n --rbind "$folder" "/mnt/${folder#"$temporary"/}"
    ;;
  esac
done
unset IFS
here=$PWD
mount -n --move /mnt "$temporary"
cd "$here"
exec setpriv $dropped --inh-caps=-all --bounding-set=-all --no-new-privs -- "$@"
"""
"""Of the machine's folders those that are mounts of their own are closed too, as far as they can
be; in a container there are none."""


def confined(command: Sequence[str], kept: Sequence[Path]) -> list[str]:
    """The command in such a container's confines; folders of `kept` are seen in there.

    Raises NotTriedError where this machine makes no namespaces.
    """
    script = ["sh", "-c", _SCRIPT, "sh", TEMPORARY_DIRECTORY, f"{TEMPORARY_SPACE_MIB}m"]
    folders = ":".join(str(folder) for folder in kept)
    own, dropped = _namespaces()
    return ["unshare", *own, *script, folders, dropped, *command]


@cache
def _namespaces() -> tuple[tuple[str, ...], str]:
    """Options of unshare, and those of setpriv that make the user.

    In a namespace of users, ours is 10001 and still may read what is ours, as in its own image.
    Where root may make none, it becomes 10001 in earnest.
    """
    mapped = (f"--map-user={USER_ID}", f"--map-group={USER_ID}")
    ways: list[tuple[tuple[str, ...], str]] = [
        (("--user", *mapped, "--mount", "--keep-caps"), "--ambient-caps=-all")
    ]
    if os.geteuid() == 0:
        ways.append((("--mount",), f"--reuid={USER_ID} --regid={USER_ID} --clear-groups"))
    for own, dropped in ways:
        try:
            made = subprocess.run(["unshare", *own, "true"], capture_output=True, check=False)
        except FileNotFoundError:
            raise NotTriedError("there is no unshare (util-linux) on this machine") from None
        if made.returncode == 0:
            return own, dropped
    raise NotTriedError("this machine makes no namespaces of mounts for this user (unshare)")
