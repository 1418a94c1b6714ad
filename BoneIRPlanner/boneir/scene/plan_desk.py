"""The plan book of a scene: kept in a node of its own, and its plans as needles that follow it and that it follows.

The book is the truth, and is remembered as long as the scene is open, should its node be deleted. What another module
does to the nodes of an open plan is taken into the book as an edit; what it does to those of a locked plan is put right
again. Each plan's text node carries how the plan stands as well, so that a book that was lost is found again.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from ..errors import PlanError
from ..plain import from_plain, to_json
from ..plan import Plan, plan_from_plain
from ..plan_book import Page, PlanBook, book_from_json, book_to_json
from .core import slicer
from .marks import LAYERS, PLAN, Part, mark, marked, remove_marked
from .needles import ways_of
from .plans import remove_plan, show_only
from .read_back import moved_ways
from .tools import with_trajectories
from .update import is_shown, show_as_needed

BOOK = "BoneIRPlanBook"
"""Singleton tag of the node that holds the book."""

_LEAST_MM = 1e-3
"""A line that is shorter makes no needle: it is not taken in."""

_STANDING = "boneir.standing"
"""Attribute of a plan's text node: its page without the plan."""


class PlanDesk:
    """The plan book of a scene and the nodes of its plans.

    Parameters
    ----------
    scene : vtkMRMLScene
    """

    def __init__(self, scene: Any) -> None:
        self._scene = scene
        self._read: tuple[str, PlanBook] = ("", PlanBook())
        self._memory = PlanBook()

    def has_node(self) -> bool:
        """Whether the scene has a plan book."""
        return self._node() is not None

    def _node(self) -> Any:
        return self._scene.GetSingletonNode(BOOK, "vtkMRMLScriptedModuleNode")

    def node(self) -> Any:
        """The node that holds the book; made where there is none."""
        node = self._node()
        if node is None:
            node = slicer.vtkMRMLScriptedModuleNode()
            node.SetSingletonTag(BOOK)
            node.SetName("Plan book")
            node = self._scene.AddNode(node)
            mark(node, Part.BOOK)
        return node

    @property
    def book(self) -> PlanBook:
        """The book as it is in the scene; plans that only their nodes tell of are in it too."""
        node = self._node()
        text = (node.GetParameter("book") or "") if node is not None else ""
        if text != self._read[0]:
            known = _book_of(text)
            if known is not None:
                self._memory = known
            self._read = (text, self._memory if known is None else known)
        book = self._read[1]
        for page in self._strangers(book):
            book = replace(book.joined(PlanBook((page,))), past=book.past, future=book.future)
        return book

    def forget(self) -> None:
        """The scene is closed: what was on the desk goes with it, and is not missed."""
        self._read, self._memory = ("", PlanBook()), PlanBook()

    def plan(self, name: str) -> Plan | None:
        """The plan with its needles where they are now, or None where the book does not hold it."""
        book = self.book
        if not book.has(name):
            return None
        page = book.page(name)
        return page.plan if page.locked else self._moved(page)

    def act(self, change: Callable[[PlanBook], PlanBook], shown: str = "") -> str:
        """Do something to the book and let the nodes follow.

        Parameters
        ----------
        change : callable
            Gives the new book for the old one.
        shown : str
            Which plan is seen afterwards; "" leaves it.

        Returns
        -------
        str
            What the book has to say beyond having been changed; "" mostly.

        Raises
        ------
        PlanError
            If the book refuses; it is as it was then.
        """
        said = self.take_moves()
        book = change(self.book)
        self._write(book)
        self._follow(book, shown)
        return " ".join(filter(None, (said, book.said)))

    def take_moves(self) -> str:
        """Take needles that were moved into the book; those of locked plans go back to where they were."""
        book, back = self.book, []
        for page in book.pages:
            if not is_shown(self._scene, page.name):
                continue
            moved = self._moved(page)
            if moved == page.plan:
                continue
            if page.locked:
                back.append(page.name)
                show_as_needed(self._scene, page.plan)
            else:
                book = book.edited(page.name, moved)
                for part in LAYERS:
                    remove_marked(self._scene, part, page.name)
        self._write(book)
        self._mark_standing(book)
        if not back:
            return ""
        return f"Locked, so that its needles were put back: {', '.join(back)}."

    def show(self, name: str) -> None:
        """Show one plan in the views; the others stay in the scene, unseen, with the moves that they were given."""
        self.take_moves()
        self._follow(self.book, name)

    def _follow(self, book: PlanBook, shown: str = "") -> None:
        """Let the nodes be what the book says, and show one plan in the views."""
        for name in {node.GetAttribute(PLAN) for part in (Part.PLAN, Part.LINE) for node in marked(self._scene, part)}:
            if not book.has(name):
                remove_plan(self._scene, name)
        for page in book.pages:
            if page.locked or page.name == shown or is_shown(self._scene, page.name):
                show_as_needed(self._scene, page.plan)
        self._mark_standing(book)
        if shown:
            show_only(self._scene, shown)

    def join(self, earlier: PlanBook) -> None:
        """Take in the plans that were here before another scene came in."""
        book = self.book.joined(earlier)
        seen: set[str] = set()
        for node in list(marked(self._scene, Part.PLAN)):
            name = node.GetAttribute(PLAN)
            if name in seen:  # the nodes of two plans of one name can not be told apart: both are shown afresh
                remove_plan(self._scene, name)
            seen.add(name)
        self._write(book)
        self._follow(book)

    def _moved(self, page: Page) -> Plan:
        """The plan with its needles where their lines are; as it is where lines were lost or make no needle."""
        try:
            ways = moved_ways(page.plan, ways_of(self._scene, page.name))
        except PlanError:
            return page.plan
        sound = all(_LEAST_MM < way.length_mm < math.inf for way in ways.values())
        return with_trajectories(page.plan, ways) if sound else page.plan

    def _write(self, book: PlanBook) -> None:
        text = book_to_json(book)
        node = self._node()
        if (node is None and book != PlanBook()) or (node is not None and text != node.GetParameter("book")):
            self.node().SetParameter("book", text)  # and it is read from there: what is shown is what is saved

    def _mark_standing(self, book: PlanBook) -> None:
        """Write how each plan stands on its nodes, and let only open plans be moved by hand."""
        for node in marked(self._scene, Part.PLAN):
            if book.has(node.GetAttribute(PLAN)):
                page = book.page(node.GetAttribute(PLAN))
                node.SetAttribute(_STANDING, to_json(replace(page, plan=replace(page.plan, treatments=()))))
        for node in marked(self._scene, Part.LINE):
            if book.has(node.GetAttribute(PLAN)):
                node.SetLocked(book.page(node.GetAttribute(PLAN)).locked)

    def _strangers(self, book: PlanBook) -> Iterator[Page]:
        """Pages of plans that lie in the scene as nodes and not in the book."""
        names = set(book.names)
        for node in marked(self._scene, Part.PLAN):
            if node.GetAttribute(PLAN) not in names:
                names.add(node.GetAttribute(PLAN))
                page = _page_of(node)
                if page is not None:
                    yield page


def _book_of(text: str) -> PlanBook | None:
    """The book of a text, or None where there is no text, or one that cannot be read: then memory helps."""
    try:
        return book_from_json(text) if text else None
    except PlanError:
        return None


def _page_of(node: Any) -> Page | None:
    """The page that a plan's text node tells of, or None where its text is no plan."""
    try:
        plan = plan_from_plain(json.loads(node.GetText() or ""), "plan")
        standing = json.loads(node.GetAttribute(_STANDING) or "null")
        page = Page(1, plan) if standing is None else replace(from_plain(Page, standing, "page"), plan=plan)
    except (json.JSONDecodeError, PlanError):
        return None
    return page
