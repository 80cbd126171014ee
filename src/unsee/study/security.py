"""Tokens that cannot be guessed, forms that cannot be forged, guesses that are counted.

new_token     an unguessable token; fingerprint is what the database keeps of it
new_code      what a participant can read out on the telephone
Forms         signs a form for one visitor and one purpose, with the time it was sent
Logins        who is logged in on the admin page
same_secret   compares a secret in a time that does not tell where it differs
Guesses       wrong tokens and passwords of an address: after a few it has to wait
"""

import hashlib
import hmac
import ipaddress
import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without what looks alike."""
DAY = 24 * 3600
GUESSES, WINDOW = 10, 600
"""Wrong guesses that an address has, in how many seconds."""
REMEMBERED = 10_000
"""Addresses whose guesses are counted at once; the oldest are forgotten."""


def new_token() -> str:
    """Make a token of 192 random bits."""
    return secrets.token_urlsafe(24)


def is_token(text: str) -> bool:
    """Tell whether a text has the shape of a token."""
    return len(text) == 32 and text.isascii() and text.replace("-", "a").replace("_", "a").isalnum()


def fingerprint(token: str) -> str:
    """Hash a token. It is random, so that a plain hash gives nothing away."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_code() -> str:
    """Make a code of 59 random bits: three groups of four characters."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(3))


def is_code(text: str) -> bool:
    """Tell whether a text has the shape of a code."""
    groups = text.split("-")
    return [len(one) for one in groups] == [4, 4, 4] and set("".join(groups)) <= set(ALPHABET)


def same_secret(given: str, right: str) -> bool:
    """Compare in constant time, whatever the lengths."""
    return hmac.compare_digest(
        hashlib.sha256(given.encode()).digest(), hashlib.sha256(right.encode()).digest()
    )


def _sign(key: bytes, *parts: str) -> str:
    # The lengths keep ("a", "bc") and ("ab", "c") apart.
    message = "".join(f"{len(part)}:{part}" for part in parts)
    return hmac.new(key, message.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Forms:
    """Signs forms: another site cannot know what the cookie's holder would send."""

    key: bytes
    lifetime: float = DAY
    """Seconds for which a form can be sent."""

    def issue(self, visitor: str, purpose: str) -> str:
        """Make the hidden field of a form that `visitor`, the cookie's token, gets now."""
        sent = str(time.time_ns() // 1_000_000)
        return f"{sent}.{_sign(self.key, 'form', visitor, purpose, sent)}"

    def age(self, field: str, visitor: str, purpose: str) -> int | None:
        """Milliseconds since a form was sent out; None if it was not, or too long ago."""
        sent, _, signature = field.partition(".")
        if not same_secret(signature, _sign(self.key, "form", visitor, purpose, sent)):
            return None
        # What was signed here is a number.
        age = max(time.time_ns() // 1_000_000 - int(sent), 0)
        return age if age <= self.lifetime * 1000 else None


@dataclass
class Login:
    """One browser in which the password was given."""

    ends: float
    """By the clock that only goes on."""
    notice: str = ""
    """What the next page says has happened."""
    links: tuple[str, ...] = ()
    """Tokens of the invites made last: the database has their hashes alone."""


@dataclass
class Logins:
    """Who is logged in, in memory: who logs out is out, and a new start ends all logins."""

    password: str
    lifetime: float = 8 * 3600
    """Seconds for which a login holds."""
    _open: dict[str, Login] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def issue(self) -> str:
        """Make a cookie for who knew the password."""
        cookie, now = new_token(), time.monotonic()
        with self._lock:
            self._open = {key: one for key, one in self._open.items() if one.ends > now}
            self._open[fingerprint(cookie)] = Login(now + self.lifetime)
        return cookie

    def find(self, cookie: str) -> Login | None:
        """Find the login that a cookie was issued for; None if there is none, or it is over."""
        with self._lock:
            login = self._open.get(fingerprint(cookie))
        return login if login is not None and login.ends > time.monotonic() else None

    def end(self, cookie: str) -> None:
        """End a login."""
        with self._lock:
            self._open.pop(fingerprint(cookie), None)


@dataclass
class Guesses:
    """Counts wrong guesses by address."""

    limit: int = GUESSES
    window: float = WINDOW
    _wrong: OrderedDict[str, list[float]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, address: str, *, right: bool) -> int:
        """Seconds that an address has to wait; 0 if its guess counts, and a wrong one is noted.

        Whether the guess is right changes nothing for who has to wait: nobody learns it.
        """
        network = _network(address)
        with self._lock:
            wrong = self._recent(network)
            now = time.monotonic()
            if len(wrong) >= self.limit:
                return max(1, round(wrong[0] + self.window - now))
            if not right:
                self._wrong[network] = [*wrong, now]
                self._wrong.move_to_end(network)
                while len(self._wrong) > REMEMBERED:
                    self._wrong.popitem(last=False)
            return 0

    def _recent(self, network: str) -> list[float]:
        since = time.monotonic() - self.window
        return [moment for moment in self._wrong.get(network, []) if moment > since]


def _network(address: str) -> str:
    """An IPv6 host has a whole /64 to guess from."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))
