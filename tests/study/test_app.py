"""The pages of the study: blind, safe, and no answer lost or counted twice."""

import csv
import io
import re
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from starlette.types import ASGIApp
from studies import ARTISTS, KINDS, PASSWORD, Visitor, small_study

from unsee.errors import OptionError
from unsee.study.app import build_app
from unsee.study.kinds import CHECK
from unsee.study.plan import StudyPlan
from unsee.study.security import GUESSES, Forms, Guesses, Logins, is_code, new_code, new_token
from unsee.study.server import open_site
from unsee.study.shield import HEADERS, LONGEST
from unsee.study.site import Site


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> StudyPlan:
    return small_study(tmp_path_factory.mktemp("app"))


@pytest.fixture
def invited_only() -> bool:
    return False


@pytest.fixture
def site(
    plan: StudyPlan, tmp_path: Path, invited_only: bool, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Site]:
    monkeypatch.setenv("UNSEE_STUDY_PASSWORD", PASSWORD)
    site = open_site(plan.folder, f"sqlite:///{tmp_path}/a.sqlite", invited_only=invited_only)
    yield site
    site.store.close()


@pytest.fixture
def app(site: Site) -> ASGIApp:
    return build_app(site)


@pytest.fixture
def visitor(app: ASGIApp) -> Visitor:
    return Visitor(app)


def log_in(app: ASGIApp, address: str = "10.0.0.9") -> Visitor:
    admin = Visitor(app, address)
    admin.open("/admin")
    admin.send("/admin/login", password=PASSWORD)
    assert admin.path == "/admin"
    assert "Participants: " in admin.page.text
    return admin


def answers(site: Site) -> dict[int, int]:
    """Ratings of the only participant by position."""
    return {row.trial.position: row.answer.rating for row in site.store.rows() if row.answer}


# A participation


def test_from_consent_to_thanks(visitor: Visitor, site: Site, plan: StudyPlan):
    length = plan.length + plan.settings.checks
    assert f"{length} questions" in visitor.page.text
    visitor.agree()
    ratings = {}
    for position in range(1, length + 1):
        assert f"<h1>Question {position} of {length}</h1>" in visitor.page.text
        assert f'<progress max="{length}" value="{position - 1}"' in visitor.page.text
        assert len(visitor.pictures()) == 6
        assert all(visitor.client.get(one).status_code == 200 for one in visitor.pictures())
        ratings[position] = 1 + position % 5
        visitor.rate(ratings[position])
    assert visitor.path == "/thanks"
    assert answers(site) == ratings
    (person,) = site.store.participants()
    assert person.code in visitor.page.text


def test_nothing_begins_without_consent(visitor: Visitor, site: Site):
    assert "agree to take part" in visitor.page.text
    for where in ("/question", "/question/1", "/pause", "/thanks", "/withdraw"):
        assert visitor.open(where).url.path == "/"
    visitor.send("/consent")
    assert visitor.path == "/"
    assert site.store.participants() == []


def test_one_can_go_back_pause_and_go_on_but_not_skip(visitor: Visitor, site: Site):
    visitor.agree()
    assert "Back to the last question" not in visitor.page.text
    visitor.rate(2)
    assert '<a href="/question/1">Back to the last question</a>' in visitor.page.text
    visitor.open("/question/1")
    assert re.findall(r'value="(\d)" required checked', visitor.page.text) == ["2"]
    visitor.rate(5)
    assert visitor.path == "/question/2"
    assert answers(site) == {1: 5}
    assert "1 of 14 questions are answered" in visitor.open("/pause").text
    (person,) = site.store.participants()
    assert person.code in visitor.page.text
    for ahead in ("/question/3", "/question/14", "/question/15", "/question/0", "/question/-1"):
        assert visitor.open(ahead).url.path == "/question/2"
    assert visitor.open(f"/question/{10**30}").url.path == "/question/2"
    assert visitor.open("/").url.path == "/question/2"
    assert visitor.open("/thanks").url.path == "/question/2"


def test_a_form_without_an_answer_is_asked_again(visitor: Visitor, site: Site):
    visitor.agree()
    for rating in ("", "0", "6", "3.5", "\u0661", "3 "):
        assert visitor.send("/question/1", rating=rating).status_code == 422
        assert "Please choose an answer" in visitor.page.text
    assert answers(site) == {}


def test_a_double_submit_a_refresh_and_an_old_form_count_once(visitor: Visitor, site: Site):
    visitor.agree()
    old = visitor.form
    ready = threading.Barrier(8)

    def send(_: int) -> int:
        ready.wait()
        return visitor.client.post(
            "/question/1", data={"form": old, "rating": "4"}, follow_redirects=False
        ).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(send, range(8))) == {303}
    assert answers(site) == {1: 4}
    visitor.open("/question")
    assert visitor.path == "/question/2"
    # The same form again, as after the back button without a reload.
    visitor.client.post("/question/1", data={"form": old, "rating": "1"})
    assert answers(site) == {1: 1}
    # And a form of one question does not serve another.
    assert visitor.client.post("/question/2", data={"form": old, "rating": "1"}).status_code == 403
    assert answers(site) == {1: 1}


def test_the_time_of_an_answer_is_that_since_its_page_came(visitor: Visitor, site: Site):
    visitor.agree()
    sent = int(visitor.form.partition(".")[0])
    visitor.rate()
    (row,) = [row for row in site.store.rows() if row.answer]
    assert 0 <= row.answer.milliseconds < 60_000
    # A form that claims to have been sent earlier is no form of ours.
    forged = f"{sent - 5000}.{visitor.form.partition('.')[2]}"
    assert (
        visitor.client.post("/question/2", data={"form": forged, "rating": "1"}).status_code == 403
    )


def test_everything_is_deleted_on_request(visitor: Visitor, site: Site):
    visitor.agree()
    visitor.rate()
    assert "deletes 1 answers" in visitor.open("/withdraw").text
    visitor.send("/withdraw")
    assert visitor.path == "/withdrawn"
    assert site.store.rows() == []
    assert visitor.open("/question").url.path == "/"


def test_many_at_once_each_keep_their_answers(app: ASGIApp, site: Site, plan: StudyPlan):
    def take_part(number: int) -> None:
        visitor = Visitor(app, f"10.0.1.{number}")
        visitor.agree()
        visitor.rate_all(1 + number % 5)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(take_part, range(5)))
    rows = site.store.rows()
    assert all(row.answer for row in rows)
    by_person = Counter((row.code, row.answer.rating) for row in rows)
    assert set(by_person.values()) == {plan.length + plan.settings.checks}
    assert Counter(rating for _, rating in by_person) == dict.fromkeys(range(1, 6), 1)


# Blindness


def test_no_page_header_or_address_tells_what_a_picture_is(visitor: Visitor, plan: StudyPlan):
    visitor.agree()
    asked = []
    while visitor.path.startswith("/question/"):
        asked.append(visitor.pictures()[-1])
        for one in visitor.pictures():
            visitor.open(one)
            assert {"etag", "last-modified"}.isdisjoint(visitor.page.headers)
        visitor.open("/question")
        visitor.rate()
    for where in ("/pause", "/withdraw", "/style.css", "/icon.svg", "/none"):
        visitor.open(where)
    # Every kind was there to be told.
    kinds = {plan.by_id[one.removeprefix("/image/")].kind for one in asked}
    assert kinds >= set(KINDS)
    words = [*ARTISTS, *KINDS, "sld", "esd", "negative", "other-"]
    tells = re.compile(rf"\b({'|'.join(map(re.escape, words))})\b")
    for response in visitor.seen:
        # A picture is bytes, in which three letters may meet by chance.
        is_picture = response.headers.get("content-type") == "image/jpeg"
        text = f"{response.url}\n{response.headers}\n{'' if is_picture else response.text}"
        found = set(tells.findall(text.lower()))
        assert not found, f"{response.url} tells {found}"


def test_a_check_looks_like_any_other_question(visitor: Visitor, plan: StudyPlan):
    visitor.agree()
    shapes: dict[str, str] = {}
    # The first question differs from all others: it has no way back.
    visitor.rate()
    while visitor.path.startswith("/question/"):
        picture = visitor.pictures()[-1]
        kind = plan.by_id[picture.removeprefix("/image/")].kind
        shape = re.sub(r"/image/[\w-]+|\d+", "", visitor.page.text.replace(visitor.form, ""))
        if "This question checks attention" not in shape:
            shapes[kind] = shape
        visitor.rate()
    assert "reference" in shapes
    assert len(set(shapes.values())) == 1


# Safety


def test_every_answer_has_the_headers(visitor: Visitor):
    visitor.agree()
    picture = visitor.pictures()[0]
    for where in (picture, "/question", "/none", "/admin", "/question/x", "/i/x", "/style.css"):
        visitor.open(where)
    visitor.send("/consent", form="")
    assert visitor.page.status_code == 403
    for response in visitor.seen:
        assert {name: response.headers[name] for name in HEADERS} == HEADERS
        expected = "no-store" if "text/html" in response.headers.get("content-type", "") else ""
        assert expected in response.headers["cache-control"]
    policy = HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_no_page_has_anything_inline(visitor: Visitor, app: ASGIApp):
    visitor.agree()
    visitor.rate_all()
    for where in ("/question/1", "/pause", "/withdraw", "/admin"):
        visitor.open(where)
    for response in [*visitor.seen, *log_in(app).seen]:
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=|javascript:", response.text)


def test_a_fault_of_ours_has_the_headers_too_and_tells_nothing(
    visitor: Visitor, site: Site, monkeypatch: pytest.MonkeyPatch
):
    def fail(token: str) -> None:
        raise ZeroDivisionError("a secret of the database")

    monkeypatch.setattr(site.store, "standing", fail)
    visitor.open("/question")
    assert visitor.page.status_code == 500
    assert "What you answered before is saved" in visitor.page.text
    assert "secret" not in visitor.page.text
    assert HEADERS["X-Content-Type-Options"] == visitor.page.headers["x-content-type-options"]


@pytest.mark.parametrize(
    "name",
    [
        "../plan.json", "..%2Fplan.json", "%2e%2e/plan.json", "..%252Fsecret", "....//secret",
        "..\\secret", "%2Fetc%2Fpasswd", "secret", "plan.json", "x", "%00", "a" * 5000,
    ],
)  # fmt: skip
def test_no_name_of_a_picture_reaches_another_file(visitor: Visitor, plan: StudyPlan, name: str):
    visitor.open(f"/image/{name}")
    assert visitor.page.status_code == 404
    assert plan.secret() not in visitor.page.content
    assert "settings" not in visitor.page.text


def test_a_form_of_another_visitor_or_of_none_is_refused(app: ASGIApp, site: Site):
    victim, attacker = Visitor(app), Visitor(app, "10.0.0.2")
    for form in ("", "x", "1.2", attacker.form, "\u0661.x"):
        assert victim.send("/consent", form=form, agree="yes").status_code == 403
        victim.open("/")
    assert site.store.participants() == []
    victim.agree()
    attacker.agree()
    form = attacker.form
    for where in ("/question/1", "/withdraw"):
        assert victim.send(where, form=form, rating="5").status_code == 403
        victim.open("/question")
    assert answers(site) == {}
    assert len(site.store.participants()) == 2


def test_a_form_that_is_too_old_is_refused():
    forms, visitor = Forms(b"k" * 32, lifetime=-1), new_token()
    assert forms.age(forms.issue(visitor, "x"), visitor, "x") is None
    forms = Forms(b"k" * 32)
    form = forms.issue(visitor, "x")
    assert forms.age(form, visitor, "x") == pytest.approx(0, abs=1000)
    assert forms.age(form, visitor, "y") is None
    assert Forms(b"other" * 8).age(form, visitor, "x") is None


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(visitor: Visitor, app: ASGIApp):
    cookie = visitor.seen[0].headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    # Before there is consent, it does not outlive the browser.
    assert "Max-Age" not in cookie
    visitor.agree()
    assert "Max-Age=2592000" in visitor.seen[-3].headers["set-cookie"]
    visitor.client.base_url = "https://testserver"
    visitor.client.cookies.clear()
    secure = visitor.client.get("/")
    assert "Secure" in secure.headers["set-cookie"]
    assert secure.headers["strict-transport-security"]
    login = next(one for one in log_in(app).seen if "unsee-study-admin" in str(one.headers))
    assert "SameSite=strict" in login.headers["set-cookie"]
    assert "Path=/admin" in login.headers["set-cookie"]


def test_a_request_that_is_too_long_is_refused(visitor: Visitor):
    long = "x" * (LONGEST + 1)
    assert visitor.client.post("/consent", data={"form": long}).status_code == 413

    def parts() -> Iterator[bytes]:
        yield b"form="
        for _ in range(LONGEST // 1024 + 1):
            yield b"x" * 1024

    sent = visitor.client.post(
        "/consent",
        content=parts(),
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert sent.status_code == 413
    for refused in (
        visitor.client.get("/", headers={"content-length": "none"}),
        visitor.client.post("/admin/login", data={"form": long}),
    ):
        assert refused.status_code == 413
        assert "<h1>That did not work</h1>" in refused.text


def test_what_is_kept_is_said_before_consent_whatever_the_organiser_writes(visitor: Visitor):
    for word in ("how long each took", "how often you changed", "date and time", "cookie"):
        assert word in visitor.page.text


def test_error_pages_speak_to_who_sees_them(app: ASGIApp, visitor: Visitor):
    assert 'href="/"' in visitor.open("/none").text
    assert "Go on" not in visitor.page.text
    torn = visitor.client.post(
        "/consent", content=b"x", headers={"content-type": "multipart/form-data"}
    )
    assert torn.status_code == 400
    assert "Go back and send it again" in torn.text
    admin = log_in(app)
    for sent in (
        admin.open("/admin/none"),
        admin.send("/admin/forget", form="x"),
        admin.client.post("/admin/login", data={}),
    ):
        assert sent.status_code in (403, 404)
        assert "What you answered" not in sent.text
        assert 'href="/admin"' in sent.text


def test_there_are_no_pages_that_describe_the_app(visitor: Visitor):
    for where in ("/docs", "/redoc", "/openapi.json"):
        assert visitor.open(where).status_code == 404
    assert visitor.client.delete("/").status_code == 405


# By invitation


@pytest.mark.parametrize("invited_only", [True])
class TestInvitedOnly:
    def test_only_who_has_a_link_gets_in_and_from_any_device(self, app: ASGIApp, site: Site):
        stranger = Visitor(app)
        assert stranger.page.status_code == 403
        assert "by invitation" in stranger.page.text
        form = site.forms.issue(stranger.client.cookies.get("unsee-study", ""), "consent")
        assert stranger.send("/consent", form=form, agree="yes").status_code == 403
        (token,) = site.store.invite(1)
        first, second = Visitor(app), Visitor(app)
        first.open(f"/i/{token}")
        # The token is gone from the address, which a browser keeps and shows.
        assert first.path == "/"
        first.agree()
        first.rate(5)
        second.open(f"/i/{token}")
        assert second.path == "/question/2"
        assert len(site.store.participants()) == 1

    def test_a_token_that_a_visitor_made_up_is_not_enough(self, app: ASGIApp, site: Site):
        visitor = Visitor(app)
        token = new_token()
        visitor.client.cookies.set("unsee-study", token)
        form = site.forms.issue(token, "consent")
        assert visitor.send("/consent", form=form, agree="yes").status_code == 403
        assert site.store.participants() == []

    def test_guesses_are_counted_by_address_and_then_refused(self, app: ASGIApp, site: Site):
        (token,) = site.store.invite(1)
        guesser, other = Visitor(app, "10.0.0.3"), Visitor(app, "10.0.0.4")
        for _ in range(GUESSES):
            assert guesser.open(f"/i/{new_token()}").status_code == 404
        refused = guesser.open(f"/i/{new_token()}")
        assert refused.status_code == 429
        assert 0 < int(refused.headers["retry-after"]) <= 600
        # Whether a guess was right is not told any more; others are not held up.
        assert guesser.open(f"/i/{token}").status_code == 429
        other.open(f"/i/{token}")
        assert other.page.status_code == 200

    def test_links_are_made_on_the_admin_page(self, app: ASGIApp, site: Site):
        admin = log_in(app)
        admin.send("/admin/invite", count="3")
        links = re.findall(r"http://testserver/i/([\w-]{32})", admin.page.text)
        assert len(set(links)) == 3
        assert all(site.store.is_invited(one) for one in links)
        # A reload shows them again, to this login alone, and makes no more.
        admin.open(admin.path)
        assert all(one in admin.page.text for one in links)
        assert log_in(app).open("/admin/links").url.path == "/admin"
        admin.open("/admin")
        assert not any(one in admin.page.text for one in links)
        for count in ("0", "-1", "501", "x", "", "9" * 30, "000000002" + "9" * 9):
            assert admin.send("/admin/invite", count=count).status_code == 422
        assert site.store.invites() == (3, 3)

    def test_unused_links_can_be_revoked(self, app: ASGIApp, site: Site):
        used, unused = site.store.invite(2)
        site.store.enter(used)
        admin = log_in(app)
        assert "nobody has taken part by 1 of them" in admin.page.text
        admin.send("/admin/revoke")
        assert site.store.invites() == (2, 1)
        admin.send("/admin/revoke", sure="yes")
        assert "1 unused links do not work any more" in admin.page.text
        assert site.store.is_invited(used)
        assert not site.store.is_invited(unused)

    def test_a_link_ends_with_its_holders_data(self, app: ASGIApp, site: Site):
        (token,) = site.store.invite(1)
        visitor = Visitor(app)
        visitor.open(f"/i/{token}")
        visitor.agree()
        visitor.open("/withdraw")
        visitor.send("/withdraw")
        assert visitor.path == "/withdrawn"
        assert visitor.open(f"/i/{token}").status_code == 404
        assert site.store.invites() == (0, 0)

    @pytest.mark.parametrize("where", ["/", "/question", "/pause"])
    def test_a_guessed_cookie_counts_as_a_guessed_link(self, app: ASGIApp, site: Site, where: str):
        (token,) = site.store.invite(1)
        member = Visitor(app, "10.0.0.3")
        member.open(f"/i/{token}")
        member.agree()
        guesser = Visitor(app, "10.0.0.3")
        seen = set()
        for _ in range(GUESSES + 1):
            guesser.client.cookies.set("unsee-study", new_token())
            seen.add(guesser.open(where).status_code)
        assert 429 in seen
        # Who takes part behind the same address goes on.
        member.rate()
        assert member.path == "/question/2"

    def test_links_cut_short_are_no_guesses_and_shut_nobody_out(self, app: ASGIApp, site: Site):
        (token,) = site.store.invite(1)
        visitor = Visitor(app)
        for _ in range(GUESSES + 1):
            assert visitor.open(f"/i/{token[:-1]}").status_code == 404
            assert "This link does not work" in visitor.page.text
            assert "by invitation" in visitor.page.text
        for _ in range(GUESSES + 1):
            visitor.open(f"/i/{new_token()}")
        assert visitor.page.status_code == 429
        # The admin's guesses are counted apart.
        log_in(app, "10.0.0.1")


def test_wrong_guesses_are_forgotten_after_a_while_and_ipv6_has_one_count_a_network():
    guesses = Guesses(limit=2, window=0)
    assert [guesses.wait("1.1.1.1", right=False) for _ in range(5)] == [0] * 5
    guesses = Guesses(limit=2)
    assert guesses.wait("2001:db8::1", right=False) == 0
    assert guesses.wait("2001:db8::2", right=False) == 0
    assert guesses.wait("2001:db8::3", right=True) > 0
    assert guesses.wait("2001:db8:0:1::3", right=True) == 0
    assert guesses.wait("::ffff:1.2.3.4", right=False) == 0
    assert guesses.wait("::ffff:1.2.3.5", right=True) == 0


# The admin page


def test_the_admin_page_shows_the_state_of_the_study(app: ASGIApp, visitor: Visitor, site: Site):
    visitor.agree()
    visitor.rate_all()
    admin = log_in(app)
    (person,) = site.store.participants()
    text = re.sub(r"<[^>]+>", " ", admin.page.text)
    assert person.code in text
    assert "14 of 14" in text
    for kind in KINDS:
        assert re.search(rf"\s{kind}\s+1\s+1\s", text)
    rows = list(csv.DictReader(io.StringIO(admin.open("/admin/answers.csv").text)))
    assert len(rows) == 14
    assert Counter(row["kind"] for row in rows) == dict.fromkeys(KINDS, 2) | {CHECK: 2}
    assert {row["participant"] for row in rows} == {person.code}
    assert all(row["source"].startswith(tuple(ARTISTS)) for row in rows)


def test_the_admin_deletes_one_participants_data(app: ASGIApp, visitor: Visitor, site: Site):
    visitor.agree()
    visitor.rate()
    (person,) = site.store.participants()
    admin = log_in(app)
    for code in ("", "x", "\x00", new_code(), person.code[:-1]):
        assert admin.send("/admin/forget", code=code).status_code == 422
    assert admin.open("/admin/forget?code=x").status_code == 422
    # Each row has a link to a page that asks first.
    admin.open("/admin")
    (where,) = re.findall(r'href="(/admin/forget[^"]+)"', admin.page.text)
    assert "deletes the 1 answers" in admin.open(where).text
    assert len(site.store.participants()) == 1
    admin.send("/admin/forget", code=f" {person.code.lower()} ")
    assert f"All data of {person.code} is deleted" in admin.page.text
    assert person.code not in admin.open(admin.path).text
    assert site.store.rows() == []
    assert visitor.open("/question").url.path == "/"


def test_nobody_gets_in_without_the_password(app: ASGIApp, site: Site):
    visitor = Visitor(app, "10.0.0.5")
    assert visitor.open("/admin/answers.csv").url.path == "/admin"
    assert "Password" in visitor.page.text
    for where in ("/admin/invite", "/admin/forget", "/admin/logout"):
        assert visitor.client.post(where, data={"form": visitor.form}).status_code == 403
    visitor.open("/admin")
    for _ in range(GUESSES):
        assert visitor.send("/admin/login", password=PASSWORD[:-1]).status_code == 401
    assert visitor.send("/admin/login", password=PASSWORD).status_code == 429
    assert site.store.invites() == (0, 0)


def test_a_login_ends_by_time_and_by_logging_out(app: ASGIApp):
    logins, over = Logins(PASSWORD), Logins(PASSWORD, lifetime=-1)
    first, second = logins.issue(), logins.issue()
    assert logins.find(first)
    assert over.find(over.issue()) is None
    assert Logins("another password").find(first) is None
    for cookie in ("", "x", new_token(), first[:-1]):
        assert logins.find(cookie) is None
    logins.end(first)
    assert logins.find(first) is None
    assert logins.find(second)
    admin = log_in(app)
    cookie = admin.client.cookies["unsee-study-admin"]
    admin.send("/admin/logout")
    assert "Password" in admin.page.text
    # Whoever kept the cookie gets in no more.
    admin.client.cookies.set("unsee-study-admin", cookie, path="/admin")
    assert "Password" in admin.open("/admin").text


def test_a_form_of_the_admin_page_cannot_be_forged(app: ASGIApp, visitor: Visitor, site: Site):
    visitor.agree()
    (person,) = site.store.participants()
    admin = log_in(app)
    own = site.forms.issue(admin.client.cookies.get("unsee-study", ""), "admin")
    for form in ("", visitor.form, own):
        sent = admin.client.post("/admin/forget", data={"form": form, "code": person.code})
        assert sent.status_code == 403
    assert len(site.store.participants()) == 1


def test_without_a_password_there_is_no_admin_page(
    plan: StudyPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("UNSEE_STUDY_PASSWORD", raising=False)
    site = open_site(plan.folder, f"sqlite:///{tmp_path / 'none.sqlite'}")
    visitor = Visitor(build_app(site))
    for where in ("/admin", "/admin/answers.csv"):
        assert visitor.open(where).status_code == 404
    assert visitor.client.post("/admin/login", data={"password": ""}).status_code == 404
    site.store.close()
    with pytest.raises(OptionError, match="set UNSEE_STUDY_PASSWORD"):
        open_site(plan.folder, invited_only=True)
    monkeypatch.setenv("UNSEE_STUDY_PASSWORD", "short")
    with pytest.raises(OptionError, match="must have 12 characters or more"):
        open_site(plan.folder)


def test_codes_can_be_told_from_other_texts():
    assert all(is_code(new_code()) for _ in range(100))
    for text in ("", "ABCD-EFGH-JKL", "ABCD-EFGH-JKL0", "abcd-efgh-jkmn", "ABCDEFGHJKMN", "----"):
        assert not is_code(text)
