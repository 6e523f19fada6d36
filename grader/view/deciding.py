"""What changes something: decisions, undoing them, judging again, hiding names.

A decision is in the store, on the disk, before its answer is sent.
"""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ..model.language import speaker
from ..model.message import Message, said
from ..model.standing import Override
from ..report.sanitize import clean
from ..store.act import Decision, Overtaken, undo
from ..store.act import decide as put
from ..store.decisions import read_points, require
from . import looking
from .desk import Desk, Form, number
from .people import Person
from .queue import Queue, beside

NOBODY = Message("Choose at least one student.")
NOTHING = Message("Nothing has changed: give points or a comment.")


def decide(desk: Desk, request: Request, form: Form) -> Response:
    """Store points and comment for one student or many."""
    question, comment = form.one("question"), form.one("comment").strip()
    with desk.store() as store:
        say = speaker(store.language)
        people = desk.everybody(store)
        chosen = [person for person in people if person.handle in set(form.all("student"))]
        after = _after(desk, request, people, form)
        try:
            points = read_points(form.one("points").strip())
            if not chosen:
                raise ValueError(NOBODY)
            made = Override(question, points, comment)
            had = [o for p in chosen for o in p.entry.overrides if o.question == question]
            if made == Override(question) and not had:
                raise ValueError(NOTHING)
            for person in chosen:
                standing = store.standing(person.entry)
                assert standing is not None, "who has a row is judged"
                require(clean(say(desk.called(person))), question, points, standing)
        except ValueError as error:
            problem = clean(say(said(error)))
            typed = (question, form.one("points"), form.one("comment"))
            page = looking.student if form.one("on") else looking.mistake
            return page(desk, request, 422, problem, typed)
        who = [(person.entry.student, made) for person in chosen]
        try:
            act = put(store, who, desk.who, number(form.one("seen")))
        except Overtaken as error:
            return _conflict(desk, request, form, made, people, error.others)
    desk.writer.ask()
    return RedirectResponse(f"{after}&done={act}", 303)


def _after(desk: Desk, request: Request, people: list[Person], form: Form) -> str:
    """Return where to go on: the same page, or the next student of the queue as it was before."""
    query = dict(request.query_params)
    query.pop("done", None)
    asked = Queue.read(query, people)
    if not form.one("on"):
        return f"/mistake?{asked.address()}&{urlencode({'mistake': query.get('mistake', '')})}"
    handle = request.path_params["handle"]
    _, _, following = beside(asked.of(people, desk.hidden), handle)
    on = form.one("on")
    if form.one("then") == "next" and following is not None:
        handle, on = following.handle, asked.question
    return f"/student/{handle}?{asked.address()}&{urlencode({'on': on})}"


def _conflict(
    desk: Desk, request: Request, form: Form, made: Override, people: list[Person],
    others: list[Decision],
) -> Response:  # fmt: skip
    """Show both values where somebody was faster."""
    by_id = {person.entry.student: person for person in people}
    with desk.store() as store:
        return desk.page(
            request, store, "conflict", 409, made=made, others=others, people=by_id,
            form=form, action=f"{request.url.path}?{request.url.query}",
            seen=max(other.number for other in others),
        )  # fmt: skip


def undone(desk: Desk, request: Request, form: Form) -> Response:
    """Undo an act."""
    with desk.store() as store:
        try:
            undo(store, number(form.one("act")), desk.who)
        except Overtaken as error:
            people = {person.entry.student: person for person in desk.everybody(store)}
            return desk.page(request, store, "overtaken", 409, others=error.others, people=people)
    desk.writer.ask()
    return RedirectResponse(form.back(), 303)


def names(desk: Desk, request: Request, form: Form) -> Response:
    """Hide names, or show them again."""
    desk.hidden = form.one("hidden") == "yes"
    return RedirectResponse(form.back(), 303)


def regrade(desk: Desk, request: Request, form: Form) -> Response:
    """Judge submissions again."""
    with desk.store() as store:
        wanted = set(form.all("student"))
        students = [p.entry.student for p in desk.everybody(store) if p.handle in wanted]
        if not students:
            return desk.page(request, store, "nothing", 404)
        desk.regrading.start(store, students, form.one("question"))
    return RedirectResponse("/regrade", 303)
