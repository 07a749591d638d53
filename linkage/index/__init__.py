"""The index: encoded records, evidence, children and their history, night after night.

A folder on disk. One process writes it (`open_index`), any number read what was last published (`open_published`).
"""

from linkage.index.children.history import EventKind
from linkage.index.children.membership import Membership
from linkage.index.following.decisions import Decided
from linkage.index.following.succession import Succession, TakenOver, making_place, move_into_place
from linkage.index.loading.staging import Staged
from linkage.index.opening import create_index, open_index
from linkage.index.publishing.child_views import Child, ChildEvent, ChildRecord
from linkage.index.reading.child_ids import format_child_id, parse_child_id
from linkage.index.reading.log_audit import (
    AuditReport,
    Checkpoint,
    audit_log,
    entries_about,
    read_checkpoint,
    sign_checkpoint,
)
from linkage.index.reading.look_up_log import LookUpLog, Request
from linkage.index.reading.pseudonyms import Pseudonyms
from linkage.index.reading.published import EXPORT_SCHEMA, PublishedIndex, open_published
from linkage.index.reading.published_records import PublishedRecords
from linkage.index.reading.recipients import RecipientAccess, RecipientChild, Rights
from linkage.index.rules.ageing import DueChildren
from linkage.index.rules.erasure import Erased, HeldPackage, erasure_proof
from linkage.index.rules.keep_out import KeepOut
from linkage.index.rules.known_pairs import KnownPairs
from linkage.index.rules.protection import Protection, Quarantined
from linkage.index.rules.shielding import ProtectedRows
from linkage.index.storage.archive import archived_packages, shred_package
from linkage.index.storage.links import Links
from linkage.index.storage.live_rows import LiveRows
from linkage.index.storage.row_file import RowFile
from linkage.index.storage.runs import Run, RunStatus
from linkage.index.storage.sequence import LoadedPackage, PackageIdentity, PackageKind
from linkage.index.store import Index

__all__ = [
    "EXPORT_SCHEMA",
    "AuditReport",
    "Checkpoint",
    "Child",
    "ChildEvent",
    "ChildRecord",
    "Decided",
    "DueChildren",
    "Erased",
    "EventKind",
    "HeldPackage",
    "Index",
    "KeepOut",
    "KnownPairs",
    "Links",
    "LiveRows",
    "LoadedPackage",
    "LookUpLog",
    "Membership",
    "PackageIdentity",
    "PackageKind",
    "ProtectedRows",
    "Protection",
    "Pseudonyms",
    "PublishedIndex",
    "PublishedRecords",
    "Quarantined",
    "RecipientAccess",
    "RecipientChild",
    "Request",
    "Rights",
    "RowFile",
    "Run",
    "RunStatus",
    "Staged",
    "Succession",
    "TakenOver",
    "archived_packages",
    "audit_log",
    "create_index",
    "entries_about",
    "erasure_proof",
    "format_child_id",
    "making_place",
    "move_into_place",
    "open_index",
    "open_published",
    "parse_child_id",
    "read_checkpoint",
    "shred_package",
    "sign_checkpoint",
]
