"""Published figures, worked through. What does not follow from them is said beside them."""

from unseen.reports.audits.triage_values import Band, Instrument

__all__ = ["EXAMPLES"]

_KIRAT_2 = Instrument(
    "KIRAT-2",
    # Of four bands the paper gives two sums: 97.6 % of 170 are 166, 62.3 % of 204 are 127.
    (Band("low or medium", 4, 127), Band("high or very high", 166, 77)),
    1,
)

# A paragraph is a note.
_KIRAT_2_NOTES = """
Source: Long, Alison, Tejeiro and others, Psychology, Public Policy, and Law 22 (2016) 12: 374 police files of 11
forces in the United Kingdom, people convicted from 2001 to 2013; 170 with convictions or allegations of contact
offences, 204 without. Counts are whole numbers made from the rates in its abstract; it gives two sums for four
bands, so that the area is that of one line.

An accuracy of 83.7 % is widely quoted for it. It does not follow from these rates, which give 78.3 %: another line
or another model is meant. Both are shown, neither is merged with the other.

The outcome is what police knew. Whoever was never found out counts as harmless here, and allegations of contact
offences are among what the instrument itself asks for.

It was measured on the people it was made from, all of them convicted; facts it asks for, such as access to
children, are often unknown before anybody has been there.

It answers whether contact offences are known, not whether a child is being harmed now.

The hidden share is 55 % by own account less 12 % by official records (Seto, Hanson and Babchishin 2011); the 55 %
come from few samples of people in treatment. Other work finds far less: 24 % with earlier and 4 % with new contact
offences in two and a half years (Seto and Eke 2005).
"""

# Name: the instrument, the share that the sources call hidden, and what has to be said.
EXAMPLES: dict[str, tuple[Instrument, float, tuple[str, ...]]] = {
    "kirat-2": (_KIRAT_2, 0.43, tuple(" ".join(note.split()) for note in _KIRAT_2_NOTES.split("\n\n"))),
}
