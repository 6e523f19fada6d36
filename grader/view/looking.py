"""The pages on which nothing is changed: the queue, a student, a mistake, what was decided."""

from collections import Counter

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..model.language import speaker
from ..model.late import EXCUSED
from ..model.standing import SUBMISSION, Override, Standing
from ..report.marks import marks, place
from ..report.sanitize import shown
from ..store.act import Decision, decisions, latest
from ..store.store import Store
from . import people as classes
from .desk import Desk
from .people import Person
from .queue import MISTAKES, ORDERS, Queue, beside

MOST_CLUSTERS, MOST_OFFERS, MOST_DECISIONS = 40, 6, 500


def queue(desk: Desk, request: Request) -> Response:
    """Who is to be looked at, by question."""
    with desk.store() as store:
        people = desk.everybody(store)
        asked = Queue.read(request.query_params, people)
        found = asked.of(people, desk.hidden)
        clusters = _clusters(desk, store, asked, found) if asked.by == MISTAKES else []
        return desk.page(
            request, store, "queue", queue=asked, people=found, orders=ORDERS, clusters=clusters,
            all=len(people), questions=classes.questions(people), unjudged=classes.waiting(store),
            persons=sum(person.waits for person in people),
        )  # fmt: skip


def _clusters(
    desk: Desk, store: Store, asked: Queue, people: list[Person]
) -> list[tuple[str, str, int, str, Person]]:
    """Return question, mistake, number of students and words of the most frequent mistakes."""
    many = Counter(asked.mistake(person) for person in people)
    example = {asked.mistake(person): person for person in reversed(people)}
    say = speaker(store.language)
    return [
        (question, mistake, count, desk.people.example(store, example[question, mistake],
         question, say), example[question, mistake])
        for (question, mistake), count in many.most_common()
        if mistake
    ][:MOST_CLUSTERS]  # fmt: skip


def student(
    desk: Desk, request: Request, status: int = 200, problem: str = "",
    typed: tuple[str, str, str] | None = None,
) -> Response:  # fmt: skip
    """One student's question: code, checks, and what to decide.

    `typed` is the question of a form, its points and comment, as far as they could not be stored.
    """
    with desk.store() as store:
        seen = store.now().override  # first: what is decided from here on, nobody has seen
        people = desk.everybody(store)
        asked = Queue.read(request.query_params, people)
        handle = request.path_params["handle"]
        person = next((person for person in people if person.handle == handle), None)
        standing = store.standing(person.entry) if person else None
        if person is None or standing is None:
            return desk.page(request, store, "nothing", 404)
        queued = asked.of(people, desk.hidden)
        at, before, after = beside(queued, handle)
        worded = shown(standing, speaker(store.language))
        on = _on(request.query_params.get("on", asked.question), worded, person)
        results = worded.judgement.of(on) if on != SUBMISSION else ()
        mistake = person.mistake(on)
        source = desk.sources.of(person.entry, standing.judgement.questions)
        if after:  # while this page is read
            desk.sources.ahead(after.entry, standing.judgement.questions)
        return desk.page(
            request, store, "student", status, queue=asked, person=person, standing=worded,
            on=on, results=results, marks=marks(results), place=place,
            source=source, seen=seen, given=_given(store, standing, on),
            late=_given(store, standing, EXCUSED), mistake=mistake,
            offers=_offers(people, person, on),
            alike=sum(mistake == other.mistake(on) for other in people) if mistake else 0,
            history=decisions(store, standing.student)[:MOST_DECISIONS],
            at=at, queue_length=len(queued), before=before, after=after, problem=problem,
            typed=typed, requests=[one for one in person.requests if one.question == on],
        )  # fmt: skip


def _on(asked: str, standing: Standing, person: Person) -> str:
    """Return the question to show: the one asked for, one of a request, or the first not right."""
    if asked in (SUBMISSION, *standing.questions):
        return asked
    if person.asks:
        return person.asks[0]
    judgement = standing.judgement
    wrong = (
        name
        for name in standing.questions
        if judgement.points(name) != sum(result.points for result in judgement.of(name))
    )
    return next(wrong, standing.questions[0] if standing.questions else SUBMISSION)


def _given(store: Store, standing: Standing, question: str) -> Decision | None:
    """Return the decision that counts on a question, with who made it."""
    found = latest(store, standing.student, question)
    return found if found and found.made != Override(question) else None


def _offers(people: list[Person], person: Person, question: str) -> list[Override]:
    """Return what was said of this question to others, of the same mistake first."""
    mistake = person.mistake(question)
    same, others = Counter[Override](), Counter[Override]()
    for other in people:
        for made in other.entry.overrides if other.handle != person.handle else ():
            if made.question == question and made.comment:
                (same if mistake and other.mistake(question) == mistake else others)[made] += 1
    found = [made for counts in (same, others) for made, _ in counts.most_common(MOST_OFFERS)]
    return list(dict.fromkeys(found))[:MOST_OFFERS]


def mistake(
    desk: Desk, request: Request, status: int = 200, problem: str = "",
    typed: tuple[str, str, str] | None = None,
) -> Response:  # fmt: skip
    """Everybody who fails alike in a question, and one decision for them."""
    with desk.store() as store:
        seen = store.now().override
        people = desk.everybody(store)
        asked = Queue.read(request.query_params, people)
        question, name = asked.question, request.query_params.get("mistake", "")
        members = [p for p in people if name and p.mistake(question) == name]
        if not members:
            return desk.page(request, store, "nothing", 404)
        standing = store.standing(members[0].entry)
        assert standing is not None, "who has a row is judged"
        worded = shown(standing, speaker(store.language)).judgement
        first = members[0].first(question)
        return desk.page(
            request, store, "mistake", status, queue=asked, question=question, mistake=name,
            members=members, example=worded.counted[first.place] if first else None,
            worth=sum(result.points for result in worded.of(question)), seen=seen,
            decided={p.handle: made for p in members for made in p.entry.overrides
                     if made.question == question},
            offers=_offers(people, members[0], question), problem=problem, typed=typed,
        )  # fmt: skip


def history(desk: Desk, request: Request) -> Response:
    """Who has decided what and when, act by act."""
    with desk.store() as store:
        people = {person.entry.student: person for person in desk.everybody(store)}
        acts: dict[int, list[Decision]] = {}
        for line in decisions(store, most=MOST_DECISIONS):
            acts.setdefault(line.act, []).append(line)
        return desk.page(request, store, "history", acts=acts, people=people)


def requests(desk: Desk, request: Request) -> Response:
    """What students want another look at, and what of it cannot be read."""
    with desk.store() as store:
        return desk.page(
            request, store, "requests", asked=desk.requests.of(store, desk.people.of(store)),
            unread=desk.requests.inbox.unread, contact=store.setting("contact"),
        )  # fmt: skip


def regrading(desk: Desk, request: Request) -> Response:
    """How far judging again is."""
    with desk.store() as store:
        return desk.page(request, store, "regrading", regrading=desk.regrading)


def progress(desk: Desk, request: Request) -> Response:
    """How far judging again is, for the script."""
    regrading = desk.regrading
    done = regrading.done() if regrading.total else 0
    return JSONResponse({"running": regrading.running, "done": done, "all": regrading.total})
