"""`unfold licences`: the packages that Unfold needs, with their licences, as their authors declare them."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator

import click
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from nn_unfold.cli import options, output
from nn_unfold.errors import UnfoldError


@click.command("licences")
@options.JSON
def command(as_json: bool) -> None:
    """List the licences of all packages that Unfold needs."""
    try:
        found = sorted(licences("nn-unfold"))
    except importlib.metadata.PackageNotFoundError as error:
        raise UnfoldError(f"The package {error.name} is not installed: pip install nn-unfold.") from None
    if as_json:
        return output.write_json([dict(zip(("name", "version", "licence"), row, strict=True)) for row in found])
    for name, version, licence in found:
        print(output.paragraph(licence, first=f"{f'{name} {version}':<28} ", indent=" " * 29))
    return None


def licences(distribution: str) -> Iterator[tuple[str, str, str]]:
    """Name, version and licence of a package and of all that it needs here, directly or not.

    Extras that are not installed are left out.

    Raises:
        PackageNotFoundError: where the package is not installed.
    """
    done, todo = set[str](), [(distribution, True)]
    while todo:
        name, needed = todo.pop()
        if canonicalize_name(name) in done:
            continue
        try:
            metadata = importlib.metadata.metadata(name)
        except importlib.metadata.PackageNotFoundError:
            if needed:
                raise
            continue
        done.add(canonicalize_name(name))
        yield metadata["Name"], metadata["Version"], _licence(metadata)
        for requirement in map(Requirement, importlib.metadata.requires(name) or []):
            marker = requirement.marker
            if marker is None or marker.evaluate({"extra": ""}):
                todo.append((requirement.name, True))
            elif name == distribution and any(
                marker.evaluate({"extra": extra}) for extra in metadata.get_all("Provides-Extra") or []
            ):
                todo.append((requirement.name, False))


def _licence(metadata: importlib.metadata.PackageMetadata) -> str:
    """The SPDX expression of a package, else its classifiers, else the first line of its field of free text."""
    if "License-Expression" in metadata:
        return metadata["License-Expression"]
    classified = [
        line.rpartition(" :: ")[2]
        for line in metadata.get_all("Classifier") or []
        if line.startswith("License :: ") and not line.endswith("OSI Approved")
    ]
    text = next(iter(metadata["License"].splitlines()), "") if "License" in metadata else ""
    return ", ".join(classified) or text or "not declared"
