"""Which language a text is in: by its script, and by its most common little words.

English news has four function words in ten; news of another language in Latin script has next to
none of them and many of its own. This needs no model and no library, and it is sure about anything
longer than a headline; what it is not sure about it leaves open.
"""

from __future__ import annotations

import re
from collections import Counter

_SAMPLE = 4_000
# Most articles are plainly English, which so much of their front and of their middle tells, or the
# whole of a short one.
_GLANCE, _PLAINLY = 600, 0.25
_MIN_WORDS, _MIN_LETTERS = 8, 20
_WORD = re.compile(r"[^\W\d_]+")
_LITTLE = {
    "en": "the of and to in a is that for on was with as by at from it be are has were said have "
    "he his this not they will an but its had which would who been or their after more",
    "fr": "le la les de des du et est une un que dans pour sur par au aux avec qui pas ne ce cette "
    "plus sont son ses leur été ont mais selon nous il elle",
    "de": "der die das und ist nicht ein eine mit dem den des von zu im auf für sich wird auch als "
    "nach bei aus werden haben hat sind noch über einer",
    "es": "el la los las de que y en un una es por con para del se no su al lo como más pero sus "
    "le ha este entre fue son también desde",
    "it": "il lo la gli le di che e un una è per con del della dei nel alla sono non si da anche "
    "più come ha ma delle questo dal sulla",
    "pt": "o os as de que e do da dos das em um uma é para com não no na por se mais como foi ao "
    "são pelo pela mas também seu sua",
    "nl": "de het een en van is dat niet op te voor met zijn er aan die door ook om bij als maar "
    "worden werd naar hebben uit nog heeft",
    "pl": "w i na z że się nie do jest to o za przez po jak są od dla ale który oraz ma będzie być "
    "już tym jego przed",
    "tr": "ve bir bu için ile de da olarak olan çok daha gibi en ancak sonra kadar olduğunu ise "
    "tarafından göre ne değil",
    "ro": "și de în la a cu pe care nu din este că o un pentru mai sunt fi au după dar fost prin",
    "sv": "och att det som en på är av för med den till har de inte om ett var från men kan sig",
    "da": "og det at en den til er som på de med han af for ikke der var et har om men fra blev",
    "cs": "a v se na je že s z do to o i k ve pro by jsou za ale od po jako které podle bude",
    "hu": "a az és hogy nem is egy volt ez meg azt már de csak van mint el még szerint után",
    "fi": "ja on ei että se oli hän ovat myös mutta kun ole mukaan sekä joka tai ovat kuin",
    "id": "yang dan di dengan untuk dari ini pada tidak itu dalam akan ke oleh adalah telah juga",
    "vi": "của và các là trong được cho một người không có với những này đã về khi ra",
    "sw": "ya na wa kwa ni katika za la kuwa hiyo huo cha alisema yake hii lakini",
    "hr": "i je u na se da su za od s što koji nije ne kao ili bi će iz koje također",
    "so": "iyo ee oo in uu ka ku la waa ah ayaa waxaa soo isku kale",
}
_ENGLISH = frozenset(_LITTLE["en"].split())
_LANGUAGES_OF: dict[str, list[str]] = {}
for _name, _words in _LITTLE.items():
    for _word in dict.fromkeys(_words.split()):
        _LANGUAGES_OF.setdefault(_word, []).append(_name)
_NOT_LATIN = re.compile("[^\0-\u036f]")
_SCRIPTS = (
    ("el", "\u0370", "\u03ff"),
    ("ru", "\u0400", "\u052f"),
    ("hy", "\u0530", "\u058f"),
    ("he", "\u0590", "\u05ff"),
    ("ar", "\u0600", "\u077f"),
    ("hi", "\u0900", "\u097f"),
    ("bn", "\u0980", "\u09ff"),
    ("ta", "\u0b80", "\u0bff"),
    ("th", "\u0e00", "\u0e7f"),
    ("my", "\u1000", "\u109f"),
    ("ka", "\u10a0", "\u10ff"),
    ("am", "\u1200", "\u137f"),
    ("ja", "\u3040", "\u30ff"),
    ("zh", "\u4e00", "\u9fff"),
    ("ko", "\uac00", "\ud7af"),
)
NAMES = {
    "am": "Amharic", "ar": "Arabic", "bn": "Bengali", "cs": "Czech", "da": "Danish",
    "de": "German", "el": "Greek", "en": "English", "es": "Spanish", "fa": "Persian",
    "fi": "Finnish", "fr": "French", "he": "Hebrew", "hi": "Hindi", "hr": "Croatian",
    "hu": "Hungarian", "hy": "Armenian", "id": "Indonesian", "it": "Italian", "ja": "Japanese",
    "ka": "Georgian", "ko": "Korean", "my": "Burmese", "nl": "Dutch", "pl": "Polish",
    "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "so": "Somali", "sv": "Swedish",
    "sw": "Swahili", "ta": "Tamil", "th": "Thai", "tr": "Turkish", "uk": "Ukrainian",
    "ur": "Urdu", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip


def detect_language(text: str) -> str:
    """Return the ISO 639-1 code of the language of a text, or ``""`` where it is not clear.

    Examples
    --------
    >>> detect_language("The envoy said that the talks on the port would go on in the spring.")
    'en'
    >>> detect_language("Le ministre a dit que les négociations sur le port vont continuer.")
    'fr'
    >>> detect_language("Velmar: 3 dead")
    ''
    """
    if _plainly_english(text):
        return "en"
    sample = text
    if len(text) > 3 * _SAMPLE:  # an article may begin with names, or with a note in another tongue
        middle = len(text) // 2
        sample = text[:_SAMPLE] + " " + text[middle : middle + _SAMPLE]
    sample = sample.lower()
    words = _WORD.findall(sample)
    letters = sum(map(len, words))
    scripts = Counter(
        name
        for char in ("" if sample.isascii() else _NOT_LATIN.findall(sample))
        for name, first, last in _SCRIPTS
        if first <= char <= last
    )
    other = scripts.total()
    if other >= _MIN_LETTERS and other * 2 > letters:
        return _of_script(scripts, sample)
    if len(words) < _MIN_WORDS or other * 2 > letters:
        return ""
    found = dict.fromkeys(_LITTLE, 0)
    for word, count in Counter(filter(_LANGUAGES_OF.__contains__, words)).items():
        for name in _LANGUAGES_OF[word]:
            found[name] += count
    best = max(found, key=found.__getitem__)
    share, english = found[best] / len(words), found["en"] / len(words)
    if best == "en":
        return "en" if english >= 0.1 else ""
    return best if share >= 0.15 and share > 1.5 * english else ""


def _plainly_english(text: str) -> bool:
    """Tell whether a glance at a text shows English; a word here is what white space divides."""
    parts = [text]
    if len(text) > 3 * _GLANCE:
        middle = len(text) // 2
        parts = [text[:_GLANCE], text[middle : middle + _GLANCE]]
    for part in parts:
        if not part.isascii() and len(_NOT_LATIN.findall(part)) >= _MIN_LETTERS:
            return False
        words = part.lower().split()
        known = sum(map(_ENGLISH.__contains__, words))
        if known < max(_PLAINLY * len(words), _MIN_WORDS):
            return False
    return True


def _of_script(scripts: Counter[str], sample: str) -> str:
    # Japanese is written with Chinese characters too, and not the other way round.
    name = "ja" if scripts["ja"] * 10 > scripts.total() else scripts.most_common(1)[0][0]
    if name == "ru" and re.search("[іїєґ]", sample):
        return "uk"
    if name == "ar" and re.search("[ٹڈےں]", sample):
        return "ur"
    return "fa" if name == "ar" and re.search("[پچژگ]", sample) else name
