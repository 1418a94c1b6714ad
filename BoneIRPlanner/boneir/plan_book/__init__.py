"""Several plans on one desk: lock, approve, name, duplicate, delete, undo and redo."""

from .book import PlanBook
from .page import Approval, Origin, Page
from .text import book_from_json, book_to_json

__all__ = ["Approval", "Origin", "Page", "PlanBook", "book_from_json", "book_to_json"]
