"""What can be asked below `/api/v1`, and what answers it: one call into `app.actions` each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patron.api import schemas as s
from patron.api.routes import Parameter, Route, Shown, Values
from patron.app.actions.arrivals import arrivals, refused
from patron.app.actions.changes import membership_changes
from patron.app.actions.customers import customer
from patron.app.actions.explaining import explain
from patron.app.actions.segments import MEMBER_COLUMNS, definition_of, members_after, one_segment, segments
from patron.app.actions.standing import feature_names
from patron.app.actions.status import status
from patron.app.actions.visits import told_columns
from patron.app.cursors import LATEST
from patron.facts.sessions import SESSIONS
from patron.facts.touches import TOUCHES

if TYPE_CHECKING:
    from patron.app.actions.serving import Serving
    from patron.app.project import Project

BEGIN = "/api/v1"

_WHO = {"identifier": "a `cus_` id, customer number, e-mail address, phone number, order number, or the anonymous id of a browser"}
_SEGMENT = {"segment": "the name of a segment, as it stands in addresses and files: `at_risk`"}
_FEATURE = {"feature": "the name of a feature"}
_AFTER = Parameter(
    "after", f"The cursor that was told as `next`, or `{LATEST}` for what comes from now on; from the beginning if not given."
)
_LIMIT = Parameter("limit", "How many at most.", "count", default=100, low=1)
_FEATURES = Parameter("features", "Only these features, with commas between; all if not given.", "names", default=())

_STANDING = {"features": s.ANYTHING, "segments": s.many(s.fields(segment=s.TEXT, name=s.TEXT))}
_SUMMARY = {
    "segment": s.TEXT, "name": s.TEXT, "meaning": s.TEXT, "why": s.TEXT, "advice": s.TEXT, "where": s.TEXT, "members": s.or_null(s.COUNT),
    "share": s.or_null(s.NUMBER), "net_revenue": s.or_null(s.MONEY), "margin": s.or_null(s.MONEY), "waiting_for": s.many(s.TEXT),
    "seeds": s.many(s.TEXT),
}  # fmt: skip
_SESSION, _TOUCH = (s.fields(**s.of_columns(told_columns(table))) for table in (SESSIONS, TOUCHES))
_CHANGE = s.fields(at=s.INSTANT, customer_id=s.CUSTOMER, segment=s.TEXT, change=s.TEXT, why=s.TEXT)
_REFUSAL = s.fields(column=s.or_null(s.TEXT), found=s.or_null(s.TEXT), expected=s.TEXT, hint=s.or_null(s.TEXT))


def _standing(serving: Serving, project: Project, values: Values) -> Shown:
    return serving.standings.of(project, values["identifier"], values["features"])


def _everything(serving: Serving, project: Project, values: Values) -> Shown:
    del serving
    return customer(project, values["identifier"], history=values["limit"])


def _why_member(serving: Serving, project: Project, values: Values) -> Shown:
    del serving
    return explain(project, values["identifier"], definition_of(project, values["segment"]).slug)


def _why_value(serving: Serving, project: Project, values: Values) -> Shown:
    del serving
    return explain(project, values["identifier"], feature_names(project, [values["feature"]])[0])


def _segments(serving: Serving, project: Project, values: Values) -> Shown:
    del serving, values
    return segments(project)


def _segment(serving: Serving, project: Project, values: Values) -> Shown:
    del serving
    return one_segment(project, values["segment"])


def _members(serving: Serving, project: Project, values: Values) -> Shown:
    del serving
    columns = feature_names(project, values["features"]) if values["features"] else MEMBER_COLUMNS
    return members_after(project, values["segment"], after=values["after"], columns=columns, limit=values["limit"])


def _changes(serving: Serving, project: Project, values: Values) -> Shown:
    del serving
    return membership_changes(project, after=values["after"], segment=values["segment"], limit=values["limit"])


def _events(serving: Serving, project: Project, values: Values) -> Shown:
    del project
    return arrivals(serving.inbox, after=values["after"], limit=values["limit"])


def _refused(serving: Serving, project: Project, values: Values) -> Shown:
    del serving
    return refused(project, after=values["after"], limit=values["limit"])


def _rejected(serving: Serving, project: Project, values: Values) -> Shown:
    del project
    return serving.rejections.rejected(after=values["after"], limit=values["limit"])


def _status(serving: Serving, project: Project, values: Values) -> Shown:
    del values
    return status(serving, project)


ROUTES = (
    Route(
        "/customers/{identifier}", "customer", "The features, scores and segments of a customer.",
        s.fields(customer_id=s.CUSTOMER, as_of=s.INSTANT, **_STANDING), _standing, _WHO, (_FEATURES,), is_quick=True,
    ),
    Route(
        "/customers/{identifier}/everything", "everything",
        "What is known of a customer: profile, features, segments, orders and refunds, the latest sessions and touches.",
        s.fields(customer_id=s.CUSTOMER, as_of=s.INSTANT, profile=s.ANYTHING, **_STANDING,
                 history=s.many(s.fields(at=s.INSTANT, number=s.TEXT, what=s.TEXT, amount=s.MONEY)),
                 sessions=s.many(_SESSION), touches=s.many(_TOUCH)),
        _everything, _WHO, (Parameter("limit", "How many orders and refunds at most.", "count", default=20),),
    ),
    Route(
        "/customers/{identifier}/segments/{segment}", "membership", "Why a customer is in a segment or not.",
        s.fields(customer_id=s.CUSTOMER, as_of=s.INSTANT, segment=s.TEXT, is_member={"type": "boolean"}, reason=s.ANYTHING,
                 segments=s.ANYTHING, waiting=s.many(s.TEXT), left_out=s.many(s.TEXT), events=s.many(s.ANYTHING),
                 history=s.many(s.fields(at=s.INSTANT, change=s.TEXT, why=s.TEXT))),
        _why_member, {**_WHO, **_SEGMENT},
    ),
    Route(
        "/customers/{identifier}/features/{feature}", "value", "What the value of a feature says, and for a prediction what it comes from.",
        {**s.fields(customer_id=s.CUSTOMER, as_of=s.INSTANT, feature=s.TEXT, value={}, unit=s.TEXT, meaning=s.TEXT, needs=s.many(s.TEXT)),
         "additionalProperties": True},
        _why_value, {**_WHO, **_FEATURE},
    ),
    Route(
        "/segments", "segments", "All segments with their sizes and money.",
        s.fields(as_of=s.INSTANT, customers=s.COUNT, segments=s.many(s.fields(**_SUMMARY))), _segments,
    ),
    Route(
        "/segments/{segment}", "segment", "One segment with its size and money.",
        s.fields(as_of=s.INSTANT, customers=s.COUNT, **_SUMMARY), _segment, _SEGMENT,
    ),
    Route(
        "/segments/{segment}/members", "members", "The members of a segment, in the order of their ids.",
        s.fields(as_of=s.INSTANT, total=s.COUNT, customers=s.many(s.ANYTHING), next=s.or_null(s.TEXT)), _members, _SEGMENT,
        (_FEATURES, Parameter("after", "The id that was told as `next`; from the beginning if not given."), _LIMIT),
    ),
    Route(
        "/changes", "changes", "Who entered or left which segment, when and why; the earliest first.",
        s.fields(as_of=s.INSTANT, changes=s.many(_CHANGE), next=s.TEXT), _changes, {},
        (_AFTER, Parameter("segment", "Only of this segment."), _LIMIT),
    ),
    Route(
        "/events", "events", "What arrives, as it was kept, in the order in which it came.",
        s.fields(events=s.many(s.fields(position=s.COUNT, source=s.TEXT, received_at=s.INSTANT, record=s.ANYTHING)), next=s.TEXT),
        _events, {}, (_AFTER, _LIMIT),
    ),
    Route(
        "/refused", "refused", "What was kept and could not become facts, with all that is wrong.",
        s.fields(refused=s.many(s.fields(at=s.INSTANT, source=s.TEXT, file=s.TEXT, line=s.COUNT, record=s.or_null(s.TEXT),
                                         problems=s.many(_REFUSAL))), next=s.TEXT),
        _refused, {}, (_AFTER, _LIMIT),
    ),
    Route(
        "/rejected", "rejected", "What was turned away as it came, of the last thousand.",
        s.fields(rejected=s.many(s.fields(number=s.COUNT, at=s.INSTANT, path=s.TEXT, index=s.COUNT, code=s.TEXT, message=s.TEXT)),
                 next=s.TEXT),
        _rejected, {}, (_AFTER, _LIMIT), is_quick=True,
    ),
    Route(
        "/status", "status", "How the server is: what waits, how long ticks take, how far behind it is, how much memory it holds.",
        s.fields(status=s.TEXT, failure=s.or_null(s.TEXT), since=s.or_null(s.INSTANT), as_of=s.or_null(s.INSTANT),
                 inbox=s.fields(last=s.COUNT, waiting=s.COUNT, lag_seconds=s.NUMBER), tick_seconds=s.SPREAD,
                 event_to_segment_seconds=s.SPREAD, memory_bytes=s.or_null(s.COUNT), refused_definitions=s.or_null(s.TEXT),
                 refresh=s.or_null(s.fields(is_first={"type": "boolean"}, step=s.COUNT, of=s.COUNT, what=s.TEXT,
                                            is_beside={"type": "boolean"}))),
        _status, is_quick=True,
    ),
)  # fmt: skip
"""All questions; their paths stand below `BEGIN`."""
