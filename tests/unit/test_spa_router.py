"""The edge function, run over event objects as CloudFront passes them."""

import json
import shutil
import subprocess

import pytest

from rendering.edge_functions import MAX_CODE_BYTES, spa_router_code

PATHS = {
    # Routes of the application
    "/": "/index.html",
    "/projects": "/index.html",
    "/projects/": "/index.html",
    "/projects/7f3a/documents/12": "/index.html",
    "/releases/v1.2/notes": "/index.html",
    "/suche/m%C3%BCller": "/index.html",
    "/projects/..": "/index.html",
    "/projects/%2E%2e": "/index.html",
    "/apiary": "/index.html",
    # Files
    "/index.html": "/index.html",
    "/assets/app.3f2a.js": "/assets/app.3f2a.js",
    "/.well-known/security.txt": "/.well-known/security.txt",
    "/reports/paper%2epdf": "/reports/paper%2epdf",
    # Paths with behaviours of their own
    "/api": "/api",
    "/api/projects": "/api/projects",
    "/api/public/papers": "/api/public/papers",
    "/collab": "/collab",
    "/collab/room": "/collab/room",
}


def event(path):
    return {
        "version": "1.0",
        "context": {"eventType": "viewer-request"},
        "viewer": {"ip": "203.0.113.7"},
        "request": {
            "method": "GET",
            "uri": path,
            "querystring": {"tab": {"value": "a.b"}},
            "headers": {"host": {"value": "flow.example.org"}},
            "cookies": {},
        },
    }


@pytest.fixture(scope="module")
def routed():
    """What the function makes of each path, in one run of node."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed, and nothing else here runs JavaScript")
    events = json.dumps([event(path) for path in PATHS])
    script = f"{spa_router_code()}\nconsole.log(JSON.stringify({events}.map(handler)))"
    run = subprocess.run([node, "-e", script], capture_output=True, text=True, check=True)
    return dict(zip(PATHS, json.loads(run.stdout), strict=True))


@pytest.mark.parametrize(("path", "expected"), PATHS.items(), ids=list(PATHS))
def test_routes_get_the_page_and_files_get_themselves(routed, path, expected):
    assert routed[path]["uri"] == expected


def test_nothing_but_the_path_is_changed(routed):
    for path, request in routed.items():
        assert {**request, "uri": path} == event(path)["request"]


def test_the_code_fits_cloudfront():
    assert 0 < len(spa_router_code().encode()) <= MAX_CODE_BYTES
