"""Which command is for whom: the order in which ``childindex --help`` lists them."""

__all__ = ["OTHER", "ROOMS", "room_of"]

ROOMS: dict[str, tuple[str, ...]] = {
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
        "release",
        "erase",
        "readmit",
        "expire",
    ),
    "For readers, and who watches them": (
        "export",
        "lookup",
        "ask",
        "history",
        "serve",
        "recipients",
        "audit",
    ),
    "To try, measure and compare": ("simulate", "evaluate", "compare"),
}
OTHER = "Others"


def room_of(command: str) -> str:
    """The heading that a command is listed under."""
    return next((room for room, names in ROOMS.items() if command in names), OTHER)
