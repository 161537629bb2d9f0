"""What browsers' clients ask for before they send: where to send to. Nothing of it is secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patron.api.asgi import header, told

if TYPE_CHECKING:
    from patron.api.asgi import Answer, Scope


def segment_settings(scope: Scope, key: str) -> Answer:
    """The settings that analytics.js of Segment asks its CDN for."""
    protocol = scope.get("scheme", "http")
    return told(
        200,
        {
            "integrations": {
                "Segment.io": {
                    "apiKey": key,
                    "apiHost": f"{_host(scope)}/v1",
                    "protocol": protocol,
                    "unbundledIntegrations": [],
                    "addBundledMetadata": True,
                    "maybeBundledConfigIds": {},
                    "versionSettings": {"version": "4.4.7", "componentTypes": ["browser"]},
                }
            },
            "plan": {"track": {"__default": {"enabled": True, "integrations": {}}}, "identify": {"__default": {"enabled": True}}},
            "edgeFunction": {},
            "analyticsNextEnabled": True,
            "middlewareSettings": {},
            "enabledMiddleware": {},
            "metrics": {"sampleRate": 0},
            "legacyVideoPluginsEnabled": False,
            "remotePlugins": [],
        },
        ((b"cache-control", b"max-age=300"),),
    )


def rudder_settings(scope: Scope, key: str) -> Answer:
    """The source that RudderStack's clients ask their control plane for."""
    return told(
        200,
        {
            "source": {
                "id": "patron",
                "name": "Patron",
                "writeKey": key,
                "config": {"statsCollection": {"errors": {"enabled": False}, "metrics": {"enabled": False}}},
                "enabled": True,
                "workspaceId": "patron",
                "destinations": [],
                "dataplanes": {},
                "connections": [],
                "dataplaneUrl": f"{scope.get('scheme', 'http')}://{_host(scope)}",
            },
            "updatedAt": "2026-01-01T00:00:00.000Z",
        },
    )


def _host(scope: Scope) -> str:
    """The address by which the client reached us."""
    said = header(scope, b"host")
    if said:
        return said.decode("latin-1")
    name, port = scope.get("server") or ("localhost", 80)
    return f"{name}:{port}"
