"""Sentences that are hard to fold, to split and to count."""

from __future__ import annotations

from hypothesis import strategies as st

NASTY = [
    "İstanbul İ",
    "ΣΊΣΥΦΟΣ ΑΣ Σ ΑΣ'Α",
    "straße ẞ ß",
    "ﬁn eﬃcient ﬀ ĳ",
    "e\u0301\u0323 \u0301 \u0301\u0302",
    "the\0the \0the the\0",
    "\0\0\0",
    "the\u00a0shells\u2003fell\u200bthere",
    "x" * 3000,
    "strike" * 400,
    "",
    " ",
    "\t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\u2028\u2029",
    "🚀👨‍👩‍👧🇺🇦 ☢️",
    "한국어 문장 각 \u1112\u1161\u11ab",
    "½ ¨a¨ … ㍿ ㎏ K Å ſ",
    "العربيّة עִבְרִית हिन्दी ไทย 中文、日本語",
    "a b c de _ __ 1 12 3.5",
    "the the the The THE",
]
KNOWN = "the of minister troops said strikes shells would if talks weapons border a I 2 12"
words = st.sampled_from(KNOWN.split(" "))
pieces = st.one_of(words, st.sampled_from(NASTY), st.text(max_size=12))
sentences = st.one_of(
    st.text(max_size=80),
    st.lists(pieces, max_size=12).map(" ".join),
    st.lists(pieces, max_size=6).map("".join),
)
