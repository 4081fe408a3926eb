"""The film atoms_to_molecules: molecules are the rows of the matrices, pictures those of the trained network."""

from __future__ import annotations

import numpy as np
import pytest

from nn_core.datasets import load_digits
from nn_unfold.flat.molecules import Molecule, name_of
from nn_unfold.flat.pixels import PixelGallery, Pixels
from nn_unfold.flat.rows import RowBars
from nn_unfold.model.cache import train
from scenes.atoms_to_molecules import MIXTURES, MOLECULES, OTHERS, AtomsToMolecules

BEATS = 10
MADE, OTHER, MIXED, _, RECIPES, ANSWERED, COMPOSED, SWITCHED, LAST = range(1, BEATS)  # beats, from 0


@pytest.fixture(scope="module")
def network(media):
    return train(AtomsToMolecules.recipe, media / "trained").network


@pytest.fixture(scope="module")
def takes(takes_of):
    return takes_of(AtomsToMolecules, (Molecule, PixelGallery, Pixels, RowBars))


@pytest.mark.parametrize("beat", range(1, BEATS + 1))
def test_frames(takes, beat, snapshot):
    assert len(takes) == BEATS
    snapshot(takes[beat - 1].frame, f"{beat:02d}")


def test_mixtures_are_made_of_what_the_product_says(takes):
    amounts = [molecule.amounts for molecule in takes[MIXED].shown[Molecule]]
    np.testing.assert_allclose(amounts, MIXTURES @ MOLECULES)


@pytest.mark.parametrize("row", [*MOLECULES, *OTHERS], ids=str)
def test_a_molecule_has_as_many_atoms_as_its_row_says(row):
    molecule = Molecule(row)
    counted = np.zeros(2)
    for atom in molecule:
        counted[atom.element] += atom.share
    np.testing.assert_allclose(counted, row)


def test_names():
    assert [name_of(row) for row in (*MOLECULES, *OTHERS)] == ['"CO"_2', '"O"_3', '"CO"', '"O"_0.3', '"CO"_1.5']


@pytest.mark.parametrize("beat", [COMPOSED, SWITCHED])
def test_the_composed_picture_gives_the_score(takes, network, beat):
    """Held against the derivative of the score by the pixels, measured."""
    family = takes[beat].shown[Pixels]
    x = next(part.values for part in family if part.ink).ravel()
    [gallery] = takes[beat].shown[PixelGallery]
    np.testing.assert_allclose(gallery.values, network.forward(x[None]).a[0][0], atol=1e-12)
    small = {picture.values.tobytes() for picture in gallery.pictures}
    [composed] = [part.values.ravel() for part in family if not part.ink and part.values.tobytes() not in small]
    answer = int(network.predict(load_digits().X_test[load_digits().y_test == 0][:1])[0])
    steps = x + 1e-6 * np.eye(784), x - 1e-6 * np.eye(784)
    up, down = (network.forward(each).logits[:, answer] for each in steps)
    np.testing.assert_allclose(composed, (up - down) / 2e-6, atol=1e-6)


def test_recipes_and_what_a_neuron_speaks_for(takes, network):
    [gallery] = takes[RECIPES].shown[PixelGallery]
    np.testing.assert_array_equal([p.values.ravel() for p in gallery.pictures], network.layers[0].weight)
    [rows] = takes[LAST].shown[RowBars]
    assert (network.layers[1].weight == rows.values[:, None]).all(axis=0).sum() == 1
