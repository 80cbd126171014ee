"""Concepts: phrases, file names, and what the text encoder can read."""

import pytest

from unsee.concepts import Concept, as_concepts, check_tokens, slug
from unsee.errors import ConceptError


@pytest.mark.parametrize("phrase", ["", " ", "\n\t", "\u3000"])
def test_a_phrase_without_words_is_refused(phrase: str) -> None:
    for make in (Concept, lambda text: Concept("cat", synonyms=(text,))):
        with pytest.raises(ConceptError, match="name it"):
            make(phrase)
    with pytest.raises(ConceptError, match="name it"):
        Concept("cat", erase_from=phrase)


def test_as_concept_takes_a_phrase_or_a_concept() -> None:
    concept = Concept("Van Gogh", synonyms=("Vincent",))
    assert as_concepts(concept) == (concept,)
    assert as_concepts(["Van Gogh", concept]) == (Concept("Van Gogh"), concept)
    assert concept.phrases == ("Van Gogh", "Vincent")


@pytest.mark.parametrize(
    ("phrase", "name"),
    [
        ("Van Gogh", "van-gogh"),
        ("in the style of: Kelly/McKernan!", "in-the-style-of-kelly-mckernan"),
        ("Ajin: Demi-Human", "ajin-demi-human"),
        ("Émile  Zola", "émile-zola"),
        ("../../etc/passwd", "etc-passwd"),
        ("ゴッホ", "ゴッホ"),
    ],
)
def test_a_slug_is_a_file_name(phrase: str, name: str) -> None:
    assert slug(phrase) == name


def test_a_slug_is_never_empty_and_never_too_long_for_a_file() -> None:
    assert slug("!!!") == slug("!!!") != slug("???")
    assert slug("!!!").startswith("concept-")
    assert len((slug("字" * 500) + ".safetensors").encode()) <= 255


def test_tokens_that_are_those_of_the_empty_prompt_are_refused() -> None:
    with pytest.raises(ConceptError, match="reads '日本' as the empty prompt"):
        check_tokens("日本", [1, 2, 2, 2], [1, 2, 2, 2], special=2)


def test_tokens_beyond_the_limit_are_refused_with_the_number_that_fits() -> None:
    with pytest.raises(ConceptError, match="has 3 tokens, but only 2 fit"):
        check_tokens("a b c", [1, 5, 6, 7, 2], [1, 2, 2, 2], special=2)
    check_tokens("a b", [1, 5, 6, 2], [1, 2, 2, 2], special=2)
