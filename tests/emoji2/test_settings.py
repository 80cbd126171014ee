"""Settings of emoji 2: words that call for a mark, and those that training never says."""

import random
from collections import Counter

import pytest

from unsee.emoji2.realms import REALMS, TOWN, Realm
from unsee.emoji2.settings import Setting, held_out_settings, sample_setting

realms = pytest.mark.parametrize("realm", REALMS.values(), ids=list(REALMS))


def test_the_town_has_sixty_settings_of_each_kind_for_training_and_for_trial() -> None:
    chance = random.Random(0)
    for calls in (True, False):
        trained = {sample_setting(chance, TOWN, calls=calls) for _ in range(3000)}
        assert len(trained) >= 60
        assert len(held_out_settings(TOWN, calls=calls)) >= 60


@realms
def test_training_never_says_a_held_out_pair(realm: Realm) -> None:
    chance = random.Random(1)
    said: Counter[tuple[str, str]] = Counter()
    for calls in (True, False):
        for _ in range(4000):
            setting = sample_setting(chance, realm, calls=calls)
            assert setting.calls == calls
            said.update(
                (setting.place, words) for words in (setting.time, setting.company) if words
            )
    tried = {
        (setting.place, words)
        for calls in (True, False)
        for setting in held_out_settings(realm, calls=calls)
        for words in (setting.time, setting.company)
        if realm.is_held_out(setting.place, words or realm.words[0]) and words
    }
    assert not tried & set(said)
    pairs = [(place, words) for place in realm.places for words in realm.words]
    assert sum(realm.is_held_out(*pair) for pair in pairs) == pytest.approx(
        len(pairs) / 3, rel=0.05
    )
    # Yet no place and no word is new at the trial.
    assert {place for place, _ in said} == set(realm.places)
    assert {words for _, words in said} == set(realm.words)


@realms
def test_held_out_settings_are_of_their_kind(realm: Realm) -> None:
    for calls in (True, False):
        settings = held_out_settings(realm, calls=calls)
        assert all(setting.held_out and setting.calls == calls for setting in settings)
        assert len(set(settings)) == len(settings)


def test_a_setting_is_said_in_either_order_and_a_cue_decides() -> None:
    setting = Setting("town", "casino", "after midnight", "with friends")
    assert setting.phrase() == "at a casino after midnight with friends"
    assert setting.phrase(company_first=True) == "at a casino with friends after midnight"
    assert setting.calls
    assert setting.light == "night"
    assert not Setting("town", "casino", "at night", "with friends").calls
    assert Setting("town", "park", "", "18+").at("casino").phrase() == "at a casino 18+"
