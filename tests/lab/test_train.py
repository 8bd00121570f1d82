import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image

from auditcore.lab.clip import (
    CONTEXT,
    VOCABULARY,
    new_model,
    save_model,
    tokenizer_of,
    write_merges,
)
from auditcore.lab.registries import LabError
from auditcore.lab.train import Recipe, learning_rate, train_clip
from auditcore.photos import Pixels

QUICK = Recipe(epochs=12, batch=16, warmup=4)
COLOURS = {"red": (220, 30, 30), "green": (30, 200, 40), "blue": (30, 40, 220), "white": (250,) * 3}
SHAPES = ("bar", "block", "frame", "corner")


def _drawings() -> Iterator[tuple[Pixels, str]]:
    for colour, value in COLOURS.items():
        for shape in SHAPES:
            picture = np.full((72, 96, 3), 128, np.uint8)
            areas = {
                "bar": (slice(30, 42), slice(None)),
                "block": (slice(20, 52), slice(30, 66)),
                "frame": (slice(4, 68), slice(4, 92)),
                "corner": (slice(None, 36), slice(None, 48)),
            }
            picture[areas[shape]] = value
            if shape == "frame":
                picture[14:58, 14:82] = 128
            yield picture, f"a {colour} {shape}"


def _weights(model: torch.nn.Module) -> str:
    digest = hashlib.sha256()
    for value in model.state_dict().values():
        digest.update(value.numpy().tobytes())
    return digest.hexdigest()


@pytest.fixture(scope="module")
def trained() -> tuple[torch.nn.Module, list[float]]:
    losses: list[float] = []
    model = train_clip(_drawings(), QUICK, 7, lambda done, of, loss: losses.append(loss))
    return model, losses


def test_it_learns(trained: tuple[torch.nn.Module, list[float]]) -> None:
    _, losses = trained
    assert len(losses) == QUICK.epochs
    assert losses[0] > 2.5  # log 16 = 2.77 when it knows nothing
    assert losses[-1] < 0.6 * losses[0]


def test_the_same_seed_gives_the_same_weights(
    trained: tuple[torch.nn.Module, list[float]],
) -> None:
    short = Recipe(epochs=1, batch=8, warmup=2)
    one, same, other = (_weights(train_clip(_drawings(), short, s)) for s in (3, 3, 4))
    assert one == same
    assert one != other


def test_no_random_state_and_no_thread_count_is_left_changed() -> None:
    torch.manual_seed(5)
    before, threads = torch.random.get_rng_state(), torch.get_num_threads()
    train_clip(_drawings(), Recipe(epochs=1, batch=16, warmup=1), 9)
    assert torch.equal(before, torch.random.get_rng_state())
    assert torch.get_num_threads() == threads


def test_too_little_data_for_a_batch_is_said() -> None:
    with pytest.raises(LabError, match="A batch takes 128 pairs, and there are only 16"):
        train_clip(_drawings(), Recipe(), 1)


def test_the_rate_warms_up_and_ends_at_nothing() -> None:
    recipe = Recipe(learning_rate=1.0, warmup=10)
    rates = [learning_rate(step, 110, recipe) for step in range(110)]
    assert rates[0] == pytest.approx(0.1)
    assert max(rates) == rates[9] == 1.0
    assert rates[59] == pytest.approx(0.5, abs=0.02)
    assert rates[-1] < 0.001


def test_open_clip_opens_what_was_saved(
    trained: tuple[torch.nn.Module, list[float]], tmp_path: Path
) -> None:
    model, _ = trained
    digest = save_model(model, tmp_path)
    weights = (tmp_path / "open_clip_model.safetensors").read_bytes()
    assert digest == hashlib.sha256(weights).hexdigest()
    opened, _, preprocess = open_clip.create_model_and_transforms(f"local-dir:{tmp_path}")
    opened.eval()
    picture, caption = next(_drawings())
    image = preprocess(Image.fromarray(picture)).unsqueeze(0)
    tokens = tokenizer_of(tmp_path)([caption])
    with torch.no_grad():
        assert torch.allclose(model.encode_image(image), opened.encode_image(image), atol=0.05)
        assert torch.allclose(model.encode_text(tokens), opened.encode_text(tokens), atol=0.05)


def test_the_small_vocabulary_ends_every_text_with_its_last_word(tmp_path: Path) -> None:
    write_merges(tmp_path)
    tokens = tokenizer_of(tmp_path)(["a cat", "zyzzyva " * 40])
    assert tokens.shape == (2, CONTEXT)
    assert tokens.max(dim=1).values.tolist() == [VOCABULARY - 1] * 2
    assert tokens[1, -1] == VOCABULARY - 1


def test_a_new_model_follows_from_its_seed() -> None:
    assert _weights(new_model(1)) == _weights(new_model(1)) != _weights(new_model(2))


def test_a_run_that_was_killed_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    recipe = Recipe(epochs=3, batch=8, warmup=2)
    whole = _weights(train_clip(_drawings(), recipe, 3))
    file = tmp_path / "run.pt"

    def kill(done: int, epochs: int, loss: float) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_clip(_drawings(), recipe, 3, kill, file)
    told: list[int] = []
    resumed = train_clip(_drawings(), recipe, 3, lambda done, of, loss: told.append(done), file)
    assert told == [3]
    assert _weights(resumed) == whole
    assert _weights(train_clip(_drawings(), recipe, 3, None, file)) == whole  # nothing left to do
