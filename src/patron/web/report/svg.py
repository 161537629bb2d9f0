"""Elements of SVG, every value escaped. Colours and type are classes of the page's style: light, dark and paper differ there only."""

from __future__ import annotations

from markupsafe import Markup, escape

Attribute = str | float


def tag(name: str, *inside: str, **attributes: Attribute) -> Markup:
    """An element; text inside is escaped unless it is markup, attribute names may end in an underscore and use one for a hyphen."""
    written = Markup("").join(Markup(' {}="{}"').format(_name(key), _value(value)) for key, value in attributes.items())
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(name), written, Markup("").join(escape(i) for i in inside))  # noqa: S704 -- names are ours


def picture(label: str, width: float, height: float, *inside: str) -> Markup:
    """A picture with a name for those who cannot see it."""
    return tag("svg", *inside, role="img", aria_label=label, viewBox=f"0 0 {_value(width)} {_value(height)}", width=width, height=height)


def rect(x: float, y: float, width: float, height: float, class_: str, *inside: str, radius: float = 0) -> Markup:  # noqa: PLR0913 -- as in SVG
    """A rectangle; nothing is drawn with a negative side."""
    return tag("rect", *inside, x=x, y=y, width=max(width, 0), height=max(height, 0), rx=radius, class_=class_)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """A line."""
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def dot(x: float, y: float, radius: float, class_: str) -> Markup:
    """A filled circle."""
    return tag("circle", cx=x, cy=y, r=radius, class_=class_)


def text(x: float, y: float, words: str, class_: str = "", anchor: str = "start") -> Markup:
    """Words at a place."""
    return tag("text", words, x=x, y=y, class_=class_, text_anchor=anchor)


def title(words: str) -> Markup:
    """What a pointer shows over the element it stands in."""
    return tag("title", words)


def _name(key: str) -> str:
    return key if key == "viewBox" else key.removesuffix("_").replace("_", "-")


def _value(value: Attribute) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)
