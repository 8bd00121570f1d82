"""MoCo's transformations for a whole batch in torch, each picture by its own draws.

Random-resized crop of .2 to 1 of the area at 3/4 to 4/3, mirrored every other time; colour jitter
(.4, .4, .4, .1) with probability .8, its four steps in an order drawn anew a picture; grey with
probability .2. Source: EncoderMI (arXiv 2108.11023), section 3.1; the steps are torchvision's
(`RandomResizedCrop`, `ColorJitter`, `RandomGrayscale`), drawn from torch's generator.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

_LEAST_AREA = 0.2
_ASPECTS = (3 / 4, 4 / 3)
_ATTEMPTS = 10
_STRENGTH, _HUE = 0.4, 0.1
_JITTER, _GREY = 0.8, 0.2
_LUMA = (0.2989, 0.587, 0.114)


def augment(
    pictures: Tensor, side: int, least_area: float = _LEAST_AREA, strength: float = 1.0
) -> Tensor:
    """Return one view of each picture.

    Args:
        pictures: shape (B, 3, H, W), values 0 .. 1; or (B, 1, H, W) where none has colour, which
            is faster and the same: hue, saturation and grey change nothing of it.
        side: of the views, in pixels.
        least_area: the smallest share of a picture that a crop keeps.
        strength: of the colour jitter, in MoCo's; 2 at most, which is SimCLR's own.

    Returns:
        Shape (B, same channels, side, side), values 0 .. 1.
    """
    views = crop(pictures, side, least_area)
    jittered = _drawn(len(views), _JITTER, views)
    views = torch.where(jittered, _jitter(views, strength), views)
    if views.shape[1] == 1:
        return views
    return torch.where(_drawn(len(views), _GREY, views), luma(views).expand_as(views), views)


def crop(
    pictures: Tensor, side: int, least_area: float = _LEAST_AREA, mirrored: bool = True
) -> Tensor:
    """Cut a random part of each picture, resize (bilinear) to `side`; mirror every other one."""
    count, device = len(pictures), pictures.device
    width, height = _parts(count, device, least_area)
    x = (torch.rand(count, device=device) * 2 - 1) * (1 - width)
    y = (torch.rand(count, device=device) * 2 - 1) * (1 - height)
    share = 0.5 if mirrored else 0.0
    mirror = torch.where(torch.rand(count, device=device) < share, -1.0, 1.0)
    matrix = torch.zeros(count, 2, 3, device=device)
    matrix[:, 0, 0], matrix[:, 1, 1] = width * mirror, height
    matrix[:, 0, 2], matrix[:, 1, 2] = x, y
    grid = F.affine_grid(matrix, [count, pictures.shape[1], side, side], align_corners=False)
    return F.grid_sample(pictures, grid, padding_mode="border", align_corners=False)


def _parts(count: int, device: torch.device, least_area: float) -> tuple[Tensor, Tensor]:
    """Draw shares of width and height, shape (count,) each: the first of ten tries that fits."""
    tries = (count, _ATTEMPTS)
    area = least_area + (1 - least_area) * torch.rand(tries, device=device)
    low, high = (math.log(bound) for bound in _ASPECTS)
    aspect = torch.exp(low + (high - low) * torch.rand(tries, device=device))
    width, height = (area * aspect).sqrt(), (area / aspect).sqrt()
    fits = (width <= 1) & (height <= 1)
    first = fits.to(torch.uint8).argmax(dim=1, keepdim=True)
    any_fits = fits.any(dim=1)
    whole = torch.ones(count, device=device)
    chosen = (values.gather(1, first)[:, 0] for values in (width, height))
    width, height = (torch.where(any_fits, values, whole) for values in chosen)
    return width, height


def _jitter(views: Tensor, strength: float) -> Tensor:
    """Change light, contrast, saturation and hue, in an order of each picture's own."""
    count, device = len(views), views.device
    steps = (_light, _contrast) if views.shape[1] == 1 else (_light, _contrast, _saturation, _hue)
    order = torch.rand(count, len(steps), device=device).argsort(dim=1)
    views = views.clone()
    for place in range(len(steps)):
        for number, step in enumerate(steps):
            mine = (order[:, place] == number).nonzero()[:, 0]
            if len(mine):
                views[mine] = step(views[mine], strength)
    return views


def _light(views: Tensor, strength: float) -> Tensor:
    return (views * _factor(views, strength)).clamp(0, 1)


def _contrast(views: Tensor, strength: float) -> Tensor:
    mean = luma(views).mean(dim=(2, 3), keepdim=True)
    return _blend(views, mean, _factor(views, strength))


def _saturation(views: Tensor, strength: float) -> Tensor:
    return _blend(views, luma(views), _factor(views, strength))


def _hue(views: Tensor, strength: float) -> Tensor:
    shift = (torch.rand(len(views), 1, 1, device=views.device) * 2 - 1) * _HUE * strength
    return turn_hue(views, shift)


def _blend(views: Tensor, other: Tensor, factor: Tensor) -> Tensor:
    return (views * factor + other * (1 - factor)).clamp(0, 1)


def _factor(views: Tensor, strength: float) -> Tensor:
    """Draw a factor a picture, uniform on .6 .. 1.4 at strength 1, shape (B, 1, 1, 1)."""
    return 1 + strength * _STRENGTH * (torch.rand(len(views), 1, 1, 1, device=views.device) * 2 - 1)


def _drawn(count: int, share: float, like: Tensor) -> Tensor:
    return torch.rand(count, 1, 1, 1, device=like.device) < share


def luma(views: Tensor) -> Tensor:
    """Return the lightness of each pixel, shape (B, 1, H, W), as ITU-R 601 weighs the colours."""
    if views.shape[1] == 1:
        return views
    weights = torch.tensor(_LUMA, device=views.device).view(1, 3, 1, 1)
    return (views * weights).sum(dim=1, keepdim=True)


def turn_hue(views: Tensor, shift: Tensor) -> Tensor:
    """Turn the hue of each picture; saturation and value stay.

    Args:
        views: shape (B, 3, H, W), values 0 .. 1.
        shift: shares of a full turn, shape (B, 1, 1).
    """
    value, _ = views.max(dim=1)  # (B, H, W)
    chroma = value - views.min(dim=1).values
    safe = chroma.clamp_min(1e-12)
    red, green, blue = views.unbind(dim=1)
    sector = torch.where(
        value == red,
        (green - blue) / safe,
        torch.where(value == green, 2 + (blue - red) / safe, 4 + (red - green) / safe),
    )
    turned = sector / 6 + shift
    return torch.stack([_channel(n, turned, value, chroma) for n in (5, 3, 1)], dim=1)


def _channel(number: int, hue: Tensor, value: Tensor, chroma: Tensor) -> Tensor:
    """Return one channel of HSV colours; red is number 5, green 3, blue 1."""
    k = (number + hue * 6) % 6
    return value - chroma * torch.minimum(k, 4 - k).clamp(0, 1)
