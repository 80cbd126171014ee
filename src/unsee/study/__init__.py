"""The user study of Sec. 5.1.2: a web app that asks people whether the same artist made a picture.

settings.py      study.toml: what the one who runs a study can say about it
kinds.py         what a picture in question can be, and the paper's mean rating of each
folders.py       folders of pictures, an artist each -> where every picture lies
plan.py          the made study: pictures under random names, and what each of them is
from_emoji.py    folders made from the embedded model
order.py         which questions one participant gets, in which order
tables.py        the tables of the database
database.py      connections to the database
store.py         everything that is read from and written to them
security.py      tokens, forms that cannot be forged, guesses that are counted
shield.py        headers and limits of every answer
site.py          what all pages share: cookies, forms, templates
errors.py        pages that say what did not work
app.py           the pages of a participant
admin.py         the page of the one who runs the study
server.py        the app in a web server
export.py         answers as a CSV file
krippendorff.py  the agreement of raters
analyse.py       answers -> means with intervals, agreement, tables
figure.py        the two halves of the paper's Fig. 6
"""
