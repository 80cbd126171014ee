"""The user study of Sec. 5.1.2: a web app that asks people whether the same artist made a picture.

settings.py        study.toml: what the one who runs a study can say about it
kinds.py           what a picture in question can be, and the paper's mean rating of each
scale.py           the ratings, from 1 to 5, and their words
folders.py         folders of pictures, an artist each -> where every picture lies
plan.py            the made study: pictures under random names, and what each of them is
from_emoji.py      folders made from the embedded model
order.py           which questions one participant gets, in which order
tables.py          the tables of the database
records.py         what is read from them
statements.py      what is said to the database
database.py        connections to it
store.py           everything that is read from the database and written to it
security.py        tokens, forms that cannot be forged, guesses that are counted
shield.py          headers and limits of every answer
site.py            what all pages share: cookies, forms, templates
errors.py          pages that say what did not work
entrance.py        the pages by which people come in
questions.py       the pages that ask
farewell.py        the pages by which people leave
assets.py          pictures, the style sheet, the icon
participation.py   how far everybody is
admin.py           the page of the one who runs the study
app.py             all pages together
server.py          the app in a web server
export.py          answers as a CSV file
krippendorff.py    the agreement of raters
findings.py        means with intervals, agreement, tables
analyse.py         answers -> findings, and their folder
figure.py          the two halves of the paper's Fig. 6
pages/             templates, the style sheet and the icon
"""
