"""Figures as inline SVG, by matplotlib: colours and fonts are those of the page around them."""

from __future__ import annotations

import io
import re
import warnings
from html import escape
from typing import TYPE_CHECKING, Any

from classifier.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

    from classifier.model.curves import Reliability
    from classifier.schema import LabelSet

    Floats = npt.NDArray[np.float64]

# Stand-ins that become variables of the style sheet, so that one figure serves light and dark.
_INK, _SOFT, _LINE = "#010203", "#040506", "#070809"
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
_STYLES = ("-", "--", "-.", ":")
_SIZE = (4.4, 3.5)
_WIDE = (9.2, 3.8)


def check_matplotlib() -> None:
    """Refuse early where the figures could not be drawn.

    Raises
    ------
    UsageError
        matplotlib is not installed.
    """
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise UsageError(
            "the figures of a report need matplotlib, which is not installed: "
            "pip install 'escalation-classifier[report]'"
        ) from error


def precision_recall_figure(
    recall: Floats, precision: Floats, chosen: tuple[float, float], base: float, label: int
) -> str:
    """Draw a precision-recall curve with the decisions of the model marked.

    Parameters
    ----------
    recall, precision : array of float
    chosen : (recall, precision)
        Of the decisions.
    base : float
        Share of sentences that carry the label: the precision of picking at random.
    label : int
        Place of the label in its set.
    """
    figure, [axes] = _figure(_SIZE, 1)
    axes.step(recall, precision, where="post", color=_colour(label), linewidth=2)
    axes.axhline(base, color=_SOFT, linewidth=1, linestyle=":")
    right = base < 0.5
    axes.annotate(
        "picked at random",
        (0.02, base),
        xytext=(0, 3 if right else -3),
        textcoords="offset points",
        va="bottom" if right else "top",
        color=_SOFT,
        fontsize=8.5,
    )
    axes.plot(*chosen, marker="o", markersize=9, color=_colour(label), markeredgecolor=_INK)
    axes.annotate(
        "where it says yes",
        chosen,
        xytext=(-9, -10) if chosen[0] > 0.45 else (9, 6),
        textcoords="offset points",
        ha="right" if chosen[0] > 0.45 else "left",
        va="top" if chosen[0] > 0.45 else "bottom",
        color=_INK,
    )
    axes.set(xlim=(0, 1.02), ylim=(0, 1.04), xlabel="found, of those that are (recall)")
    axes.set_ylabel("right, of those flagged (precision)")
    alt = (
        f"Precision-recall curve. At the chosen threshold recall is {chosen[0]:.2f} and precision "
        f"{chosen[1]:.2f}; picking at random would have a precision of {base:.2f}."
    )
    return _svg(figure, alt, f"pr{label}")


def reliability_figure(found: Reliability, label: int) -> str:
    """Draw how often sentences of some probability carry the label."""
    figure, [axes] = _figure(_SIZE, 1)
    axes.plot([0, 1], [0, 1], color=_SOFT, linewidth=1, linestyle=":")
    axes.fill_between(
        found.predicted, found.low, found.high, color=_INK, alpha=0.13, linewidth=0, step=None
    )
    axes.plot(
        *(found.predicted, found.observed),
        color=_colour(label),
        marker="o",
        markersize=5.5,
        linewidth=1.6,
    )
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="probability that the model gives")
    axes.set_ylabel("share that carries the label")
    inside = int(((found.observed >= found.low) & (found.observed <= found.high)).sum())
    alt = (
        f"Reliability diagram: {inside} of {len(found.predicted)} points lie inside the band that "
        "a perfectly calibrated model of this size would stay in."
    )
    return _svg(figure, alt, f"rel{label}")


def learning_figure(points: Sequence[Mapping[str, Any]], labels: LabelSet) -> str:
    """Draw F1 and average precision over the number of documents."""
    figure, panels = _figure(_WIDE, 2)
    documents = [point["documents"] for point in points]
    for axes, metric, title in zip(
        panels, ("f1", "average_precision"), ("F1", "average precision"), strict=True
    ):
        rows: list[tuple[str, str, list[float | None]]] = [
            (label.title, _colour(i), [p["labels"][label.name][metric]["value"] for p in points])
            for i, label in enumerate(labels)
        ]
        for i, (name, colour, values) in enumerate(rows):
            axes.plot(
                *(documents, [float("nan") if v is None else v for v in values]),
                color=colour,
                marker=_MARKERS[i % len(_MARKERS)],
                linestyle=_STYLES[i % len(_STYLES)],
                label=name,
            )
        macro = [p["macro"][metric] for p in points]
        values = [float("nan") if m["value"] is None else m["value"] for m in macro]
        axes.plot(documents, values, color=_INK, linewidth=2.6, marker=".", label="mean (macro)")
        if all(m["low"] is not None for m in macro):
            low, high = ([m[end] for m in macro] for end in ("low", "high"))
            axes.fill_between(documents, low, high, color=_INK, alpha=0.13, linewidth=0)
        axes.set_xscale("log", base=2)
        axes.set_xticks(documents, [f"{n:,}" for n in documents])
        axes.minorticks_off()
        axes.set(title=title, xlabel="documents of the target in training", ylim=(0, 1))
    handles, names = panels[0].get_legend_handles_labels()
    figure.legend(
        handles, names, loc="outside lower center", ncols=min(len(names), 5), frameon=False
    )
    first, last = points[0]["macro"]["f1"]["value"], points[-1]["macro"]["f1"]["value"]
    alt = (
        f"Learning curve: macro F1 goes from {first:.2f} with {documents[0]:,} documents to "
        f"{last:.2f} with {documents[-1]:,}. The table below has all values."
    )
    return _svg(figure, alt, "learning")


def leave_out_figure(
    rows: Sequence[tuple[str, Mapping[str, Any], Mapping[str, Any]]], field: str
) -> str:
    """Draw macro F1 of each value, unseen and seen, with intervals.

    Parameters
    ----------
    rows : sequence of (value, unseen, seen)
        With ``value``, ``low`` and ``high`` of the macro F1.
    field : str
    """
    figure, [axes] = _figure((9.2, 0.9 + 0.36 * len(rows)), 1)
    for place, (_, unseen, seen) in enumerate(rows):
        for found, shift, marker, fill in ((seen, -0.13, "o", "none"), (unseen, 0.13, "o", _INK)):
            if found["low"] is not None:
                ends = [found["low"], found["high"]]
                axes.plot(ends, [place + shift] * 2, color=_SOFT if fill == "none" else _INK)
            axes.plot(
                *(found["value"], place + shift),
                marker=marker,
                color=_SOFT if fill == "none" else _INK,
                markerfacecolor=fill,
                linestyle="none",
                label=("in training" if fill == "none" else "left out") if not place else None,
            )
    axes.set_yticks(range(len(rows)), [_clip(name) for name, _, _ in rows])
    axes.set(xlim=(0, 1), xlabel="macro F1", ylim=(len(rows) - 0.5, -0.6))
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    alt = f"Macro F1 by {field}, left out of training and in it; the table below has all values."
    return _svg(figure, alt, f"out-{field}")


def _clip(text: str) -> str:
    return text if len(text) <= 34 else text[:33] + "…"


def _colour(label: int) -> str:
    return f"#0a{label // 256:02x}{label % 256:02x}"


def _figure(size: tuple[float, float], panels: int) -> tuple[Any, list[Any]]:
    from matplotlib.figure import Figure

    figure: Any = Figure(figsize=size, layout="constrained")
    figure.patch.set_alpha(0)
    axes = [figure.add_subplot(1, panels, i + 1) for i in range(panels)]
    for one in axes:
        one.set_facecolor("none")
        one.grid(color=_LINE, linewidth=0.8)
        one.set_axisbelow(True)
        one.tick_params(colors=_SOFT, labelcolor=_SOFT, length=0)
        for name in ("xaxis", "yaxis"):
            getattr(one, name).label.set_color(_SOFT)
        one.title.set_color(_INK)
        for side in one.spines.values():
            side.set_color(_LINE)
    return figure, axes


def _svg(figure: Any, alt: str, name: str) -> str:
    """Write a figure as SVG for the inside of a page.

    Text stays text (it can be read aloud, and takes the page's font); what matplotlib writes about
    itself, its date and its name spaces is taken out; ids get a prefix, since all figures of a
    page share one name space.
    """
    import matplotlib as mpl

    for legend in figure.legends:
        for text in legend.get_texts():
            text.set_color(_INK)
    settings: Any = {
        "svg.fonttype": "none",
        "svg.hashsalt": name,
        "font.size": 10,
        "text.parse_math": False,
    }
    out = io.StringIO()
    with mpl.rc_context(settings), warnings.catch_warnings():
        # The page's fonts draw the text; matplotlib's own need not have its letters.
        warnings.filterwarnings("ignore", "Glyph", UserWarning)
        figure.savefig(out, format="svg", metadata={"Date": None}, transparent=True)
    svg = out.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<defs>\s*</defs>\s*", "", svg)
    svg = re.sub(r' xmlns(:\w+)?="[^"]*"', "", svg)
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r'\b(xlink:)?href="#', f'href="#{name}-', svg)
    svg = svg.replace("url(#", f"url(#{name}-")
    svg = re.sub(r"; font-family: [^;\"]*", "", svg)
    for stand_in, variable in ((_INK, "ink"), (_SOFT, "soft"), (_LINE, "line")):
        svg = svg.replace(stand_in, f"var(--{variable})")
    svg = re.sub(
        r"#0a([0-9a-f]{2})([0-9a-f]{2})\b", lambda m: f"var(--c{int(m[1] + m[2], 16)})", svg
    )
    opening = re.match(r"<svg[^>]*>", svg)
    box = re.search(r'viewBox="([^"]*)"', svg)
    if opening is None or box is None:
        raise UsageError("matplotlib wrote a figure without a view box; upgrade it")
    wide = float(box[1].split()[2])
    head = (
        f'<svg viewBox="{box[1]}" role="img" aria-label="{escape(alt)}" '
        f'style="width:100%;max-width:{wide * 1.45:.0f}px">'
    )
    return head + svg[opening.end() :]
