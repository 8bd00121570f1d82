"""Fetch packages from registries with their ordinary clients, and unpack them."""

import shutil
import subprocess
import tarfile
from pathlib import Path

from auditcore.errors import TelltaleError


class LabError(TelltaleError):
    """Data or a recipe that the lab cannot work with."""


def fetch_debian(package: str, folder: Path) -> Path:
    """Download a Debian package of this machine's release, once.

    Args:
        package: its name, such as "gcompris-qt-data".
        folder: where the .deb file is kept; made when missing.

    Returns:
        The .deb file.

    Raises:
        LabError: `apt-get` is missing or finds no such package.
    """
    folder.mkdir(parents=True, exist_ok=True)
    present = sorted(folder.glob(f"{package}_*.deb"))
    if not present:
        _run(["apt-get", "download", package], folder, f"the Debian package {package}")
        present = sorted(folder.glob(f"{package}_*.deb"))
    return present[-1]


def fetch_npm(package: str, version: str, folder: Path) -> Path:
    """Download one version of an npm package, once, and return its .tgz file.

    Raises:
        LabError: `npm` is missing or the registry does not have it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{package.removeprefix('@').replace('/', '-')}-{version}.tgz"
    if not target.exists():
        _run(["npm", "pack", f"{package}@{version}"], folder, f"the npm package {package}")
    return target


def unpack(archive: Path, folder: Path) -> Path:
    """Unpack a .deb or .tgz archive into `folder`, once, and return that folder."""
    if folder.exists():
        return folder
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    if archive.suffix == ".deb":
        _run(["dpkg-deb", "-x", str(archive), str(partial)], folder.parent, str(archive))
    else:
        with tarfile.open(archive) as tar:
            tar.extractall(partial, filter="data")
    partial.rename(folder)
    return folder


def _run(command: list[str], folder: Path, what: str) -> None:
    """Run a client in `folder`; what it says is part of the error when it fails."""
    if shutil.which(command[0]) is None:
        raise LabError(
            f"{command[0]} is needed to fetch {what}, and this machine does not have it. "
            f"Run this on Debian or Ubuntu with {command[0]} installed, "
            f"or put the file into {folder} yourself."
        )
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise LabError(f"{command[0]} could not fetch {what}: {said[-1] if said else 'no reason'}")
