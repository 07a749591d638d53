"""Under which heading, and in which order, ``childindex --help`` lists the commands."""

__all__ = ["OTHER", "SECTIONS", "section_of"]

SECTIONS: dict[str, tuple[str, ...]] = {
    "To begin": ("demo", "spec", "keys", "completion"),
    "At a source, with plaintext": ("profile", "encode", "translate", "notice", "verify", "attack", "answer"),
    "At the linkage unit": (
        "init",
        "load",
        "link",
        "nightly",
        "runs",
        "undo",
        "report",
        "tune",
        "review",
        "upgrade",
    ),
    "At the linkage unit, about single children": (
        "shield",
        "unshield",
        "separate",
        "join",
        "quarantine",
        "erase",
        "readmit",
        "expire",
    ),
    "For readers of the index, and for auditors": ("export", "lookup", "ask", "history", "audit"),
    "To try, measure and compare": ("simulate", "evaluate", "compare"),
}
OTHER = "Others"


def section_of(command: str) -> str:
    """The heading that a command is listed under."""
    return next((section for section, names in SECTIONS.items() if command in names), OTHER)
