"""The game of bills on the floor: the floor, a panel, charts, and what they say."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import altair as alt
import ipywidgets as widgets
import numpy as np
import polars as pl
from IPython.display import HTML, Markdown

from mglru_lab.lab.price import verdict
from mglru_lab.lab.price.bills import LOAD, PICK, SURVEY, Room
from mglru_lab.lab.price.threshold import Threshold
from mglru_lab.show.kit.panel import Panel, Values
from mglru_lab.show.price.charts import CONTENDED, LOCKLESS

_HELP = {
    "how": "Turn every bill over and take the best, or take the first ones as they come",
    "backpack": "Each look is a heavy one, as a call is that takes mmu_lock",
    "take": "How many of the bills on the floor",
    "look": "The price of turning one bill over, without the backpack",
    "seed": "Another number is another room",
}
BLUE, ORANGE = "#2f6c99", "#e0691b"


def floor(room: Room, how: str | None) -> str:
    """The bills: those taken filled, those never looked at with a question mark. HTML."""
    cells = []
    chosen = room.taken(how) if how else np.zeros(room.bills, np.bool_)
    for value, taken in zip(room.values.tolist(), chosen.tolist(), strict=True):
        seen = taken or how == SURVEY
        color = f"background:{BLUE};color:white" if taken else "background:#e4e4e4;color:#222"
        cells.append(
            f'<span style="display:inline-block;width:2.6em;margin:2px;padding:4px 0;'
            f'text-align:center;border-radius:3px;{color}">{value if seen else "?"}</span>'
        )
    label = "The floor, from the door on, before you choose a way"
    if how:
        label = f"The floor (dollars), from the door on, if you <i>{how}</i>; blue is what you take"
    return f'<div style="max-width:46em"><p>{label}</p>{"".join(cells)}</div>'


def outcome(room: Room, how: str) -> str:
    """What you have, and what the other way would have brought. Markdown."""
    other = PICK if how == SURVEY else SURVEY
    worth, others = room.worth(how), room.worth(other)
    said = "right" if worth >= others else "wrong"
    weight = "with the backpack" if room.backpack else "without the backpack"
    return (
        f"You *{how}*, {weight}: {room.take} of {room.bills} bills, **{worth:,.2f} dollars** "
        f"after looks at {room.price:,.2f} each; *{other}* brings {others:,.2f}. "
        f"You were **{said}**."
    )


def game(take: int = 10, look: float = 0.5, backpack: bool = False, seed: int = 1) -> Panel:
    """Choose a way, a backpack and a price, see what you take and what the other way brings.

    Nothing is told before a way is chosen.
    """
    room = Room(take=take, look=look, backpack=backpack, seed=seed)
    wide = {"layout": widgets.Layout(width="420px"), "style": {"description_width": "110px"}}
    controls = {
        "how": widgets.ToggleButtons(
            options=[SURVEY, PICK],
            value=None,
            description="you",
            layout=widgets.Layout(width="500px"),
            style={"button_width": "170px", "description_width": "110px"},
        ),
        "backpack": widgets.Checkbox(
            value=backpack,
            description=f"500-lb backpack: a look costs {LOAD:g} times as much",
            indent=False,
            layout=widgets.Layout(width="420px"),
        ),
        "take": widgets.IntSlider(
            value=take, min=1, max=room.bills, description="you take", **wide
        ),
        "look": widgets.FloatSlider(
            value=look, min=0, max=4, step=0.05, description="a look costs", **wide
        ),
        "seed": widgets.BoundedIntText(
            value=seed, min=0, max=10**6, description="room number", **wide
        ),
    }

    for name, control in controls.items():
        control.tooltip = _HELP[name]

    def answer(values: Values) -> list[Any]:
        how = values["how"]
        room = Room(**{name: values[name] for name in ("backpack", "take", "look", "seed")})
        said = outcome(room, how) if how else "Set the backpack and the price, then choose a way."
        return [HTML(floor(room, how)), Markdown(said)]

    return Panel(controls, answer)


def gain_chart(
    frame: pl.DataFrame, marks: Mapping[str, float], x: str, y: str, title: str
) -> alt.LayerChart:
    """A gain that falls with a price, and prices named by vertical lines; frame: price, gain."""
    base = alt.Chart(frame, width=560, height=240)
    line = base.mark_line(strokeWidth=2.5, color=BLUE).encode(
        x=alt.X("price:Q", title=x), y=alt.Y("gain:Q", title=y), tooltip=["price:Q", "gain:Q"]
    )
    zero = alt.Chart(pl.DataFrame({"gain": [0]})).mark_rule(color="#555").encode(y="gain:Q")
    named = pl.DataFrame({"price": [float(p) for p in marks.values()], "name": list(marks)})
    at = alt.Chart(named).encode(x="price:Q")
    rules = at.mark_rule(color=ORANGE, strokeDash=[4, 3], strokeWidth=2)
    names = [
        at.transform_filter(alt.datum.name == name)
        .mark_text(align="left", dx=5, color=ORANGE)
        .encode(text="name:N", y=alt.value(232 - 13 * below))  # prices may be close to each other
        for below, name in enumerate(marks)
    ]
    return cast("alt.LayerChart", alt.layer(zero, line, rules, *names).properties(title=title))


def gain_of_room(room: Room) -> alt.LayerChart:
    """What a survey of this room brings more than picking, with both prices of a look."""
    marks = {"without the backpack": room.look, "with it": room.look * LOAD}
    title = "What surveying brings more than picking, in this room"
    return gain_chart(
        room.gains(), marks, "price of a look (dollars)", "gain (dollars; below 0: loss)", title
    )


def gain_of_asking(found: Threshold) -> alt.LayerChart:
    """What asking while aging saves, by the price of a call, with two published prices."""
    top = 2 * max(CONTENDED, found.break_even or 0)
    prices = np.linspace(0, top, 41)
    frame = pl.DataFrame({"price": prices, "gain": (found.saved - found.calls * prices) / 1e6})
    marks = {"lockless": LOCKLESS, "contended lock": CONTENDED}
    title = f"What {found.asks} saves against {found.instead}, host and guest in too little memory"
    return gain_chart(
        frame, marks, "price of a call (ns)", "saved in the run (ms; below 0: lost)", title
    )


def by_take_chart(frame: pl.DataFrame) -> alt.Chart:
    """The mean break-even price by how many bills are taken; frame: take, break_even."""
    chart: alt.Chart = (
        alt.Chart(frame, width=560, height=220)
        .mark_bar(color=BLUE)
        .encode(
            x=alt.X(
                "take:O",
                title="bills that you take",
                axis=alt.Axis(labelAngle=0, values=[1, *range(5, frame.height + 1, 5)]),
            ),
            y=alt.Y("break_even:Q", title="break-even price of a look (dollars)"),
            tooltip=["take:O", alt.Tooltip("break_even:Q", format=".2f")],
        )
        .properties(title="Up to which price a survey pays, on average over rooms")
    )
    return chart


def in_this_room(room: Room) -> str:
    """The answer beside `gain_of_room`. Markdown."""
    said = [
        f"{words} a look costs {one.price:,.2f}, and {_better(one)}"
        for words, one in (
            ("without the backpack", replace(room, backpack=False)),
            ("with it", replace(room, backpack=True)),
        )
    ]
    return (
        f"The two ways are equal at **{room.break_even:.2f} dollars** a look: the extra "
        f"{room.break_even * room.bills:,.0f} dollars that surveying collects, divided by the "
        f"{room.bills} looks. In this room "
        f"{', '.join(said)}. The "
        "threshold does not depend on the backpack; only the side of it on which you are does."
    )


def _better(room: Room) -> str:
    if room.worth(SURVEY) == room.worth(PICK):
        return "both ways are as good"
    return f"*{max((SURVEY, PICK), key=room.worth)}* is better"


def in_many_rooms(room: Room, prices: list[float]) -> str:
    """How many rooms a survey pays in, from their break-even prices. Markdown."""
    light = sum(price >= room.look for price in prices)
    heavy = sum(price >= room.look * LOAD for price in prices)
    said = (
        f"Of {len(prices):,} rooms a survey pays in **{light:,}** without the backpack and in "
        f"**{heavy:,}** with it."
    )
    if light == heavy:
        return said
    return f"{said} The right rule depends on the price of a look, and on the room."


def taking_more(frame: pl.DataFrame) -> str:
    """The answer beside `by_take_chart`. Markdown."""
    top = frame.sort("break_even", descending=True).row(0, named=True)
    last = frame.row(-1, named=True)
    return (
        f"Looking is worth most, up to {top['break_even']:.2f} dollars a look, if you take "
        f"{top['take']} of {frame.height}. Whoever takes all {last['take']} gains nothing by "
        f"knowing which is which ({last['break_even']:.2f}): reclaim that must have nearly all "
        "need not look for the coldest pages first."
    )


def with_pages(found: Threshold) -> str:
    """The answer beside `gain_of_asking`. Markdown."""
    sides = []
    for name, price in (("lockless", LOCKLESS), ("contended lock", CONTENDED)):
        pays = "pays" if found.saved >= found.calls * price else "does not"
        sides.append(f"at {price:g} ns ({name}) it {pays}")
    return (
        f"{found.compared} **{verdict.headline(found)}.** {verdict.by_parts(found)} With the "
        f"published prices of a call in place of ours: {'; '.join(sides)}. It is the same falling "
        f"line: what a survey saves, less {found.calls:,} calls. {verdict.what_decides(found)}"
    ).rstrip()
