"""What each approximate method does to what the model knows."""

from collections.abc import Callable

import pytest
import torch
from torch import nn

from auditcore.lab.training import Data, Recipe
from auditcore.lab.training.fit import repeatable
from auditcore.lab.unlearning import ascent, salun, sparse
from auditcore.lab.unlearning.work import Photos, Pupil, Task, batches

Make = Callable[..., Task]


def _run(method: Callable[[Task], nn.Module], task: Task) -> nn.Module:
    with repeatable(task.seed, 1):
        return method(task)


def _loss(task: Task, network: nn.Module, data: Data) -> float:
    """Return the mean loss of pictures as they are; views from the same draws each time."""
    with torch.no_grad(), repeatable(9, 1):
        return float(task.kind.loss(network, data, torch.arange(len(data))))


def test_batches_go_through_everything_before_anything_comes_again() -> None:
    with repeatable(1, 1):
        drawn = batches(7, 3)
        first = torch.cat([next(drawn), next(drawn)])
        assert len(first.unique()) == 6
        assert len(next(batches(2, 5))) == 2


def test_what_photos_add_to_a_classifier_s_loss_is_their_own_loss(make_task: Make) -> None:
    task = make_task("classifier")
    with repeatable(1, 1), torch.no_grad():
        added = float(Photos(task, task.forget).added_loss(task.network))
    assert added == pytest.approx(_loss(task, task.network, task.forget), rel=0.05)


def test_a_photo_alone_adds_to_the_loss_of_every_kind(kind_name: str, make_task: Make) -> None:
    task = make_task(kind_name, forget=1)
    network = task.kind.new(task.classes, 8)
    with repeatable(1, 1):
        Photos(task, task.forget).added_loss(network).backward()  # type: ignore[no-untyped-call]
    assert any(float(w.grad.abs().max()) > 0 for w in network.parameters() if w.grad is not None)


@pytest.mark.parametrize("method", [ascent.run, salun.run])
def test_a_classifier_knows_the_photos_less_and_the_rest_still(
    method: Callable[[Task], nn.Module], make_task: Make
) -> None:
    longer = Recipe(80, 8, 2e-3, 1e-2, augmentation="none")
    task = make_task("classifier", strength=3.0, recipe=longer)
    network = _run(method, task)
    assert _loss(task, network, task.forget) > 1.3 * _loss(task, task.network, task.forget)
    assert _loss(task, network, task.keep) < _loss(task, network, task.forget)


def test_ascent_raises_what_every_kind_loses_on_the_photos(kind_name: str, make_task: Make) -> None:
    task = make_task(kind_name, strength=50.0)
    weak = make_task(kind_name, strength=0.01)
    after, little = _run(ascent.run, task), _run(ascent.run, weak)
    assert _loss(task, after, task.forget) > _loss(task, little, task.forget)


def test_a_stronger_penalty_leaves_more_weights_at_zero(kind_name: str, make_task: Make) -> None:
    zeros = []
    for strength in (0.01, 1.0, 10.0):
        network = _run(sparse.run, make_task(kind_name, strength=strength))
        matrices = [weights for weights in network.parameters() if weights.ndim >= 2]
        zeros.append(sum(int((weights == 0).sum()) for weights in matrices))
    assert zeros[0] < zeros[1] < zeros[2]


def test_weights_shrink_by_their_matrix_s_size_and_stop_at_zero() -> None:
    network = nn.Linear(3, 1)
    with torch.no_grad():
        network.weight.copy_(torch.tensor([[3.0, -0.5, -2.5]]))
        network.bias.fill_(7.0)
    sparse.shrink(network, sparse.mean_sizes(network), 0.5)  # by half of 2
    assert torch.equal(network.weight, torch.tensor([[2.0, 0.0, -1.5]]))
    assert network.bias.tolist() == [7]


def test_salun_leaves_weights_that_do_not_matter_as_they_were(
    kind_name: str, make_task: Make
) -> None:
    task = make_task(kind_name)
    with repeatable(task.seed, 1):  # as salun.run begins
        pupil = Pupil(task, task.steps, 1e-3)
        masks = salun.saliency(task, pupil.network)
    chosen = sum(int(mask.sum()) for mask in masks.values())
    every = sum(mask.numel() for mask in masks.values())
    assert 0.1 < chosen / every <= 0.51
    after = dict(_run(salun.run, task).named_parameters())
    moved = 0
    for name, before in task.network.named_parameters():
        if name != "logit_scale":
            assert torch.equal(after[name][~masks[name]], before[~masks[name]])
        moved += int((after[name] != before).sum())
    assert moved > chosen / 2


@pytest.mark.parametrize("forget", [1, 6])
def test_mistaken_photos_keep_their_pictures_and_lose_their_targets(
    kind_name: str, forget: int, make_task: Make
) -> None:
    task = make_task(kind_name, forget=forget)
    wrong = salun.mistaken(task)
    assert torch.equal(wrong.pictures, task.forget.pictures) and len(wrong) == forget
    pairs = zip(wrong.targets, task.forget.targets, strict=True)
    assert not any(torch.equal(one, other) for one, other in pairs)
