"""A worker's private folder without namespaces: created, watched from outside, and removed.

Inside bubblewrap every worker mounts a file system of its own, which has a size and ends with it.
Elsewhere it gets a folder below one of the zygote's: landlock, and another user's id, keep all
others out. A folder has no size. So while a worker computes, the grader looks how much lies there,
and ends the worker beyond that; what is deleted and still open is bounded by limits alone.
"""

import contextlib
import os
import subprocess

from .saying import Saying

MOST_MB, MOST_FILES = 64, 4096
"""What a worker may keep there, files and folders; the same everywhere."""
BLOCK = 512  # stat(2)


class Overfull(Exception):
    """More lies there than may, or it cannot be looked at; the message says which."""


def make(place: str, name: str, user: int | None) -> str:
    """Make a worker's folder below `place`, for a user of its own if it will have one."""
    folder = os.path.join(place, name)
    os.mkdir(folder, 0o700)
    if user is not None:
        os.chown(folder, user, user)
    return folder


def require_small(folder: str) -> None:
    """Raises Overfull for more than may lie in a folder of a worker that is at work."""
    left, files, folders = MOST_MB << 20, MOST_FILES, [folder]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    left -= entry.stat(follow_symlinks=False).st_blocks * BLOCK
                    files -= 1
                    if left < 0:
                        raise Overfull(
                            Saying("your code wrote more than {n} MB of files", n=MOST_MB)
                        )
                    if files < 0:
                        raise Overfull(Saying("your code made more than {n} files", n=MOST_FILES))
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
        except FileNotFoundError:  # gone since; what else is there is seen next time
            continue
        except OSError as error:  # closed to its owner, or too deep for a path
            why = error.strerror
            raise Overfull(
                Saying("your code made a folder that cannot be read: {why}", why=why)
            ) from None


def clear(folder: str) -> None:
    """Remove a folder and its content, mostly none. It may already be gone."""
    with contextlib.suppress(FileNotFoundError):
        try:
            os.rmdir(folder)
        except OSError:  # not empty. The tools of the system neither follow links nor recurse
            for command in (["chmod", "-R", "u+rwX"], ["rm", "-rf"]):
                subprocess.run([*command, "--", folder], stderr=subprocess.DEVNULL, check=False)
