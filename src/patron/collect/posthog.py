"""What PostHog's clients send, in the form of Segment's calls."""

from __future__ import annotations

from typing import Any

_CONTEXT = {"$current_url": "url", "$pathname": "path", "$referrer": "referrer", "$title": "title"}


def as_call(given: object) -> object:
    """An item of PostHog's batch as a call; what is no object stays what it is, and is refused as that."""
    if not isinstance(given, dict):
        return given
    properties = given.get("properties")
    said: dict[str, Any] = properties if isinstance(properties, dict) else {}
    nameless = said.get("$process_person_profile") is False
    who = given.get("distinct_id") if given.get("distinct_id") is not None else said.get("distinct_id")
    call: dict[str, Any] = {
        "messageId": given.get("uuid"),
        "timestamp": given.get("timestamp"),
        "anonymousId" if nameless else "userId": who,
        "context": _context(said),
    }
    return {**call, **_told(given, said)}


def _told(given: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    match given.get("event"):
        case "$set" | "$identify" | "$set_once":
            return {"type": "identify", "anonymousId": said.get("$anon_distinct_id"), "traits": _traits(given, said)}
        case "$create_alias":
            return {"type": "alias", "userId": said.get("alias"), "previousId": said.get("distinct_id")}
        case "$groupidentify":
            return {
                "type": "group",
                "groupId": said.get("$group_key"),
                "traits": said.get("$group_set"),
                "properties": {"group_type": said.get("$group_type")},
            }
        case "$pageview":
            return {"type": "page", "name": said.get("$title"), "properties": said}
        case "$screen":
            return {"type": "screen", "name": said.get("$screen_name"), "properties": said}
        case name:
            return {"type": "track", "event": name, "properties": given.get("properties")}


def _traits(given: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    once, now = (given.get(key) or said.get(key) for key in ("$set_once", "$set"))
    return {**(once if isinstance(once, dict) else {}), **(now if isinstance(now, dict) else {})}


def _context(said: dict[str, Any]) -> dict[str, Any]:
    page = {name: said[key] for key, name in _CONTEXT.items() if said.get(key) is not None}
    traits = said.get("$set")
    return {
        "library": {"name": said.get("$lib"), "version": said.get("$lib_version")},
        **({"page": page} if page else {}),
        **({"ip": said["$ip"]} if said.get("$ip") else {}),
        **({"traits": traits} if isinstance(traits, dict) else {}),
        **({"sessionId": said["$session_id"]} if said.get("$session_id") else {}),
    }
