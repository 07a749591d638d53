"""The origins of names in the simulated population, their shares, and where lists of their names are found.

The shares follow what the 2021 census of England and Wales and the births of recent years say of children, roughly.
An origin here is one of names, which is what linkage sees; it says nothing else about a family.
"""

from dataclasses import dataclass

__all__ = ["BRITISH", "ORIGINS", "Origin"]

BRITISH = 0


@dataclass(frozen=True)
class Origin:
    """An origin of names.

    Attributes
    ----------
    name
        As the truth file gives it.
    share
        Share of families.
    own_forenames
        Share of the children whose forename is of this origin too; the others' are British.
    two_surnames
        Share of the families whose children carry a surname of each parent, by custom.
    forename_locales, surname_locales
        Locales of Faker with such names.
    countries
        ISO 3166 codes, for tables that go by country.
    """

    name: str
    share: float
    own_forenames: float
    two_surnames: float
    forename_locales: tuple[str, ...]
    surname_locales: tuple[str, ...]
    countries: tuple[str, ...]


ORIGINS = (
    Origin(
        "British",
        0.665,
        1.0,
        0.0,
        ("en_NZ", "en"),
        ("en_GB", "en_NZ"),
        ("GB", "IM", "JE", "GG", "AU", "NZ", "US"),
    ),
    Origin("Irish", 0.02, 0.6, 0.0, ("en_IE", "ga_IE"), ("en_IE",), ("IE",)),
    Origin("Pakistani and Bangladeshi", 0.08, 0.97, 0.0, ("en_PK",), ("en_PK",), ("PK", "BD")),
    Origin("Indian", 0.045, 0.9, 0.0, ("en_IN",), ("en_IN",), ("IN", "NP", "LK")),
    Origin(
        "West African",
        0.04,
        0.6,
        0.0,
        ("yo_NG", "ig_NG", "tw_GH"),
        ("yo_NG", "ig_NG", "ha_NG", "tw_GH"),
        ("GH", "NG"),
    ),
    Origin("East African", 0.02, 0.85, 0.0, ("sw", "ha_NG"), ("sw", "en_KE"), ("SO", "ET", "KE", "ER")),
    Origin(
        "Arab",
        0.03,
        0.93,
        0.0,
        ("fr_DZ",),
        ("fr_DZ",),
        ("DZ", "MA", "TN", "EG", "JO", "KW", "LB", "IQ", "AE", "SA", "IR"),
    ),
    Origin("Turkish", 0.012, 0.92, 0.0, ("tr_TR",), ("tr_TR",), ("TR", "AZ")),
    Origin("Polish", 0.025, 0.8, 0.0, ("pl_PL",), ("pl_PL",), ("PL",)),
    Origin("Romanian", 0.02, 0.85, 0.0, ("ro_RO",), ("ro_RO",), ("RO", "MD")),
    Origin(
        "Other eastern European",
        0.015,
        0.8,
        0.0,
        ("lt_LT", "lv_LV", "sk_SK", "hu_HU", "hr_HR", "sl_SI"),
        ("lt_LT", "lv_LV", "sk_SK", "hu_HU", "hr_HR", "sl_SI"),
        ("LT", "LV", "BG", "SK", "HU", "UA", "CZ", "AL", "XK", "RS", "HR", "MK", "BA", "EE", "RU"),
    ),
    Origin(
        "Spanish and Portuguese",
        0.012,
        0.75,
        0.5,
        ("es_ES", "pt_PT"),
        ("es_ES", "pt_PT", "pt_BR"),
        ("ES", "PT", "BR", "CO", "EC", "BO", "PE"),
    ),
    Origin("Italian", 0.006, 0.7, 0.0, ("it_IT",), ("it_IT",), ("IT",)),
    Origin("Chinese and Vietnamese", 0.01, 0.45, 0.0, (), (), ("CN", "TW", "HK", "VN")),
)
