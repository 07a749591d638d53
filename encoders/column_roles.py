"""What a column of a feed probably holds, by its name alone: a guess that a person corrects."""

import re
from collections.abc import Callable

from anyascii import anyascii

__all__ = ["role_of", "words_of"]

Words = frozenset[str]

# Columns about another person, or made from another column.
_OTHER_PEOPLE = {
    "claimant",
    "contact",
    "carer",
    "guardian",
    "parent",
    "mother",
    "father",
    "spouse",
    "partner",
    "kin",
}
_OTHER_THINGS = {
    "doctor",
    "employer",
    "teacher",
    "school",
    "practice",
    "copy",
    "soundex",
    "metaphone",
    "normalised",
}
_OF_OTHERS = frozenset(_OTHER_PEOPLE | _OTHER_THINGS)
# In English, then as feeds of German, French, Spanish, Italian and Dutch neighbours have them.
_SURNAME = frozenset(
    (
        *("surname", "lastname", "last", "family", "familyname", "lname", "sname"),
        *("nachname", "familienname", "nom", "apellido", "apellidos", "cognome", "achternaam"),
    )
)
_FORENAME = frozenset(
    (
        *("forename", "forenames", "firstname", "first", "given", "givenname", "fname", "christian"),
        *("vorname", "vornamen", "prenom", "prenoms", "nombre", "nome", "voornaam"),
    )
)
_NAME = frozenset(("name", "names", "fullname"))
_WHOSE = frozenset(
    ("full", "whole", "complete", "child", "person", "patient", "pupil", "student", "client", "of", "the")
)
_FORMER = frozenset(("former", "previous", "maiden", "birth", "old", "nee", "naissance", "geb", "geborene"))
_BIRTH = frozenset(
    (
        *("dob", "birthdate", "birthday", "birth", "born", "dateofbirth"),
        *(
            "geb",
            "gebdat",
            "gebdatum",
            "geburtsdatum",
            "geburtstag",
            "naissance",
            "nacimiento",
            "nascita",
            "geboortedatum",
        ),
    )
)
_STREET = frozenset(
    (
        *("address", "addr", "street", "house", "road", "unit", "flat", "building"),
        *("strasse", "anschrift", "adresse", "rue", "direccion", "domicilio", "indirizzo", "adres"),
    )
)
_TOWN = frozenset(
    (
        *("town", "city", "suburb", "locality", "village"),
        *("ort", "wohnort", "stadt", "ville", "ciudad", "citta", "comune", "woonplaats"),
    )
)
_BIRTHPLACE = frozenset(("lieu", "pays", "lugar", "luogo", "pais", "ort", "land"))
_AGE_OF_OTHERS = frozenset(("group", "band", "class", "range", "category"))
_NOT_WHEN = _BIRTHPLACE | frozenset(
    ("place", "country", "order", "weight", "city", "town", "name", "surname")
)


def _any(*words: str) -> Callable[[Words], bool]:
    return lambda found: not found.isdisjoint(words)


_RULES: tuple[tuple[str, Callable[[Words], bool]], ...] = (
    ("nhs_number", _any("nhs", "nhsno", "nhsnumber")),
    ("upn", _any("upn")),
    ("email", _any("email", "mail")),
    ("phone", _any("phone", "telephone", "mobile", "tel")),
    ("postcode", _any("postcode", "postalcode", "pcode", "pc", "zip", "zipcode")),
    ("postcode", _any("plz", "postleitzahl")),
    ("postcode", lambda found: bool(found & {"code", "codigo"}) and not found.isdisjoint(("post", "postal"))),
    ("former_surname", lambda found: bool(found & _FORMER) and bool(found & (_SURNAME | {"name"}))),
    ("birth_year", lambda found: bool(found & _BIRTH) and "year" in found),
    ("birth_month", lambda found: bool(found & _BIRTH) and "month" in found),
    ("birth_day", lambda found: bool(found & _BIRTH) and "day" in found),
    ("birth_date", lambda found: bool(found & _BIRTH) and not found & _NOT_WHEN),
    ("birth_year", lambda found: found in ({"yob"}, {"by"})),
    ("birth_month", lambda found: found in ({"mob"}, {"bm"})),
    ("birth_day", lambda found: found == {"bd"}),
    ("age", lambda found: "age" in found and not found & _AGE_OF_OTHERS),
    ("sex", _any("sex", "gender", "geschlecht", "sexe", "sexo", "sesso", "geslacht")),
    ("middle_name", lambda found: bool(found & {"middle", "second", "middlename"}) and not found & _SURNAME),
    ("middle_name", lambda found: "other" in found and bool(found & {"name", "names", "given", "forenames"})),
    ("name", lambda found: "and" in found and bool(found & _FORENAME) and bool(found & _SURNAME)),
    ("surname", lambda found: bool(found & _SURNAME)),
    ("forename", lambda found: bool(found & _FORENAME)),
    ("address", lambda found: bool(found & _STREET)),
    ("town", lambda found: bool(found & _TOWN) and not found & _BIRTH),
    ("name", lambda found: bool(found & _NAME) and found <= _NAME | _WHOSE),
)


def words_of(column: str) -> Words:
    """The words of a column name: ``dateOfBirth``, ``DATE_OF_BIRTH`` and ``Date of Birth`` have the same.

    An abbreviation with points, such as ``D.O.B.``, is one word. Letters lose their accents.
    """
    column = anyascii(column)
    joined = re.sub(r"\b(?:[A-Za-z]\.)+[A-Za-z]\b", lambda found: found[0].replace(".", ""), column)
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", joined)
    return frozenset(re.findall(r"[a-z]+", spaced.casefold()))


def role_of(column: str) -> str | None:
    """The field that a column probably holds, None where its name does not tell."""
    words = words_of(column)
    if words & _OF_OTHERS:
        return None
    return next((role for role, holds in _RULES if holds(words)), None)
