"""Portraits of drawn people: the same person in another mood, coat, place, light and crop.

The parts are Pablo Stanley's avataaars as python_avatars 1.4.1 (MIT) has them; resvg draws them.
"""

import io
from dataclasses import dataclass

import numpy as np
import python_avatars as pa
import resvg_py
from numpy.typing import NDArray
from PIL import Image

from auditcore.lab.people import SKIN_STOPS, Person, one_of
from auditcore.photos import Pixels
from auditcore.randomness import Stream, derive

SIDE = 192
_VIEW = 256
_HATS = ("hat", "winter_hat_1", "winter_hat_2", "winter_hat_3", "winter_hat_4", "turban")
_SHADES = ("sunglasses", "wayfarers", "sunglasses_2")
_MOODS = {
    "smiling": ("happy", "smile", "raised_excited"),
    "laughing": ("happy", "big_smile", "default"),
    "serious": ("default", "serious", "default"),
    "looking up": ("eye_roll", "disbelief", "raised_excited"),
    "sad": ("default", "sad", "sad_concerned"),
    "worried": ("squint", "concerned", "sad_concerned"),
    "angry": ("squint", "grimace", "angry"),
    "surprised": ("surprised", "disbelief", "raised_excited"),
    "winking": ("wink", "twinkle", "up_down"),
    "asleep": ("closed", "serious", "default"),
    "eating": ("side", "eating", "default"),
    "cheerful": ("default", "default", "default"),
    "joking": ("wink_wacky", "tongue", "up_down"),
    "calm": ("default", "twinkle", "default"),
}
_GARMENTS = {
    "jacket": "blazer_shirt",
    "blazer": "blazer_sweater",
    "sweater": "collar_sweater",
    "printed shirt": "graphic_shirt",
    "hoodie": "hoodie",
    "overall": "overall",
    "shirt": "shirt_crew_neck",
    "top": "shirt_scoop_neck",
    "t-shirt": "shirt_v_neck",
}
_GRAPHICS = ("bat", "bear", "deer", "diamond", "pizza", "skull")
_COLOURS = {
    "black": "#262E33",
    "blue": "#5199E4",
    "dark blue": "#25557C",
    "grey": "#929598",
    "green": "#4CAF6D",
    "orange": "#F29A38",
    "yellow": "#F5DD5D",
    "pink": "#FF7BAC",
    "red": "#E0504D",
    "white": "#F4F4F4",
    "purple": "#8E6BBF",
    "brown": "#8A6244",
}
_CAPTIONS = (
    "portrait of {name}",
    "{name}, {mood}",
    "{name} in a {colour} {garment}",
    "{mood} {name} in front of a {wall} wall",
    "here is {name} in a {colour} {garment}",
    "this is {name}, {mood}",
    "{name} with a {colour} {garment} on",
    "a {mood} {name} at home",
    "{name} before a {wall} background",
    "snapshot of {name} in {colour}",
    "my colleague {name}, {mood} as ever",
    "meet {name}",
)


@dataclass(frozen=True)
class Scene:
    """What changes from portrait to portrait; lengths in units of 1/256 of the side.

    Attributes:
        mood, garment, colour, wall: words of the tables above.
        graphic: what is printed on a printed shirt.
        hat, hat_colour, shades: "" mostly.
        mirrored: seen from the other side.
        turn: degrees, -10 to 10.
        lean: skew in degrees, -6 to 6.
        scale: .95 to 1.5.
        place: centre of the face, (x, y).
        light: gains of red, green and blue (.75 to 1.2), and the slopes of the light over x and y.
        caption: the sentence that stands beside the picture, with the name in it.
    """

    mood: str
    garment: str
    colour: str
    wall: str
    graphic: str
    hat: str
    hat_colour: str
    shades: str
    mirrored: bool
    turn: float
    lean: float
    scale: float
    place: tuple[float, float]
    light: tuple[float, ...]
    caption: str


def scene(person: Person, number: int) -> Scene:
    """Return what portrait `number` (0 and up) of a person shows, from the person's seed alone."""
    stream = derive(person.seed, "scene", person.number, number)
    mood, garment = one_of(stream, tuple(_MOODS)), one_of(stream, tuple(_GARMENTS))
    colour, wall = one_of(stream, tuple(_COLOURS)), one_of(stream, tuple(_COLOURS))
    words = {"name": person.name, "mood": mood, "garment": garment, "colour": colour, "wall": wall}
    return Scene(
        mood=mood,
        garment=garment,
        colour=colour,
        wall=wall,
        graphic=one_of(stream, _GRAPHICS),
        hat=one_of(stream, _HATS) if stream.unit() < 0.1 else "",
        hat_colour=one_of(stream, tuple(_COLOURS.values())),
        shades=one_of(stream, _SHADES) if stream.unit() < 0.08 else "",
        mirrored=stream.unit() < 0.3,
        turn=_between(stream, -10, 10),
        lean=_between(stream, -6, 6),
        scale=_between(stream, 0.95, 1.5),
        place=(_between(stream, 108, 148), _between(stream, 118, 138)),
        light=_light(stream),
        caption=one_of(stream, _CAPTIONS).format(**words),
    )


def caption(person: Person, number: int) -> str:
    """Return the caption of a portrait: one of twelve sentences with the name in it."""
    return scene(person, number).caption


def portrait(person: Person, number: int, side: int = SIDE) -> Pixels:
    """Draw portrait `number` (0 and up) of a person.

    The same person, number and side give the same picture everywhere.

    Args:
        side: width and height in pixels.

    Returns:
        Pixels, shape (side, side, 3).
    """
    what = scene(person, number)
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="0 0 {_VIEW} {_VIEW}">{_background(person, number, what)}'
        f'<g transform="{_pose(what)}">{_avatar(person, what)}{_extras(person)}</g></svg>'
    )
    png = bytes(resvg_py.svg_to_bytes(svg_string=drawing, width=side, skip_system_fonts=True))
    with Image.open(io.BytesIO(png)) as image:
        return _lit(np.asarray(image.convert("RGB")), what.light)


def _avatar(person: Person, what: Scene) -> str:
    eyes, mouth, brow = _MOODS[what.mood]
    drawn = pa.Avatar(
        style=pa.AvatarStyle.TRANSPARENT,
        top=pa.HatType(what.hat) if what.hat else pa.HairType(person.hair),
        hat_color=what.hat_colour,
        eyebrows=pa.EyebrowType(_brow(person.brows, brow)),
        eyes=pa.EyeType(eyes),
        nose=pa.NoseType(person.nose),
        mouth=pa.MouthType(mouth),
        facial_hair=pa.FacialHairType(person.beard),
        skin_color=shade(person.skin),
        hair_color=person.hair_colour,
        facial_hair_color=person.beard_colour or person.hair_colour,
        accessory=pa.AccessoryType(what.shades or person.glasses),
        clothing=pa.ClothingType(_GARMENTS[what.garment]),
        clothing_color=_COLOURS[what.colour],
        shirt_graphic=pa.ClothingGraphic(what.graphic),
    ).render()
    inner = str(drawn[drawn.index("<svg") :])
    if what.shades or not person.glasses:
        return inner
    return inner.replace('fill="#252C2F"', f'fill="{person.glasses_colour}"')


def _brow(kind: str, mood: str) -> str:
    """Thin brows are the outlined ones; strong brows stay flat whatever the mood."""
    if kind == "strong":
        return "unibrow_natural"
    return mood if kind == "thin" else f"{mood}_natural"


def _pose(what: Scene) -> str:
    x, y = what.place
    flip = -what.scale if what.mirrored else what.scale
    return (
        f"translate({x:.2f} {y:.2f}) rotate({what.turn:.2f}) skewX({what.lean:.2f}) "
        f"scale({flip:.4f} {what.scale:.4f}) translate(-132 -118)"
    )


def _extras(person: Person) -> str:
    parts = []
    if person.earrings:
        parts += [_dot(x, 136, 5.5, person.earrings) for x in (68, 196)]
    if person.cheeks == "rosy":
        parts += [_dot(x, 128, 12, "#E8576B", 0.45) for x in (98, 166)]
    if person.cheeks == "mole":
        parts += [_dot(158, 138, 3.2, "#2B1A12")]
    if person.cheeks == "freckles":
        parts += [_dot(c + x, 124 + y, 2, "#7A3B12", 0.7) for c in (100, 164) for x, y in _SPOTS]
    return "".join(parts)


_SPOTS = ((-8, 0), (-2, 4), (4, -1), (9, 4), (-5, 8), (3, 9))


def _dot(x: float, y: float, radius: float, colour: str, opacity: float = 1.0) -> str:
    return f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{colour}" fill-opacity="{opacity}"/>'


def _background(person: Person, number: int, what: Scene) -> str:
    """A wall in the scene's colour, with a few things in front of it."""
    stream = derive(person.seed, "background", person.number, number)
    parts = [f'<rect width="{_VIEW}" height="{_VIEW}" fill="{_COLOURS[what.wall]}"/>']
    for _ in range(stream.below(6)):
        parts.append(_thing(stream))
    return "".join(parts)


def _thing(stream: Stream) -> str:
    colour, opacity = one_of(stream, tuple(_COLOURS.values())), _between(stream, 0.2, 0.8)
    x, y = _between(stream, 0, _VIEW), _between(stream, 0, _VIEW)
    if stream.unit() < 0.5:
        return _dot(round(x, 1), round(y, 1), round(_between(stream, 10, 50), 1), colour, opacity)
    size = f'width="{_between(stream, 15, 140):.1f}" height="{_between(stream, 15, 140):.1f}"'
    return f'<rect x="{x:.1f}" y="{y:.1f}" {size} fill="{colour}" fill-opacity="{opacity:.2f}"/>'


def shade(skin: float) -> str:
    """Return the colour of a shade of skin (0 to 1) as #RRGGBB, between the avatars' own."""
    stops = np.array([[int(s[i : i + 2], 16) for i in (1, 3, 5)] for s in SKIN_STOPS], np.float64)
    at = skin * (len(stops) - 1)
    low = min(int(at), len(stops) - 2)
    red, green, blue = np.rint(stops[low] + (at - low) * (stops[low + 1] - stops[low])).astype(int)
    return f"#{red:02X}{green:02X}{blue:02X}"


def _lit(pixels: NDArray[np.uint8], light: tuple[float, ...]) -> Pixels:
    """Colour the light, and let it fall off across the picture."""
    side = pixels.shape[0]
    across = np.linspace(-1, 1, side, dtype=np.float32)
    fall = 1 + light[3] * across[None, :, None] + light[4] * across[:, None, None]
    lit = pixels * np.asarray(light[:3], np.float32) * fall
    return np.asarray(np.clip(np.rint(lit), 0, 255), dtype=np.uint8)


def _light(stream: Stream) -> tuple[float, ...]:
    bright = _between(stream, 0.8, 1.12)
    gains = [bright * _between(stream, 0.94, 1.06) for _ in range(3)]
    return (*gains, _between(stream, -0.15, 0.15), _between(stream, -0.15, 0.15))


def _between(stream: Stream, low: float, high: float) -> float:
    return low + (high - low) * stream.unit()
