"""The edge functions, run over event objects as CloudFront passes them."""

import json
import shutil
import subprocess

import pytest

from rendering.edge.functions import MAX_CODE_BYTES, CellNames, application_code, pages_code

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
    "/../../etc/passwd": "/index.html",
    "/%2e%2e%2fetc": "/%2e%2e%2fetc",
    "/apiary": "/index.html",
    "/collaborators": "/index.html",
    # Files
    "/index.html": "/index.html",
    "/assets/app.3f2a.js": "/assets/app.3f2a.js",
    "/.well-known/security.txt": "/.well-known/security.txt",
    "/reports/paper%2epdf": "/reports/paper%2epdf",
    # A name with dots in it is a key of the bucket and no path: there is nothing to climb out of.
    "/assets/../../secret.txt": "/assets/../../secret.txt",
    # Paths with behaviours of their own
    "/api": "/api",
    "/api/projects": "/api/projects",
    "/api/public/papers": "/api/public/papers",
    "/collab": "/collab",
    "/collab/room": "/collab/room",
}

CELLS = CellNames(domain="flow.example.org", own="us-east", others=("us-west", "eu"))
DIRECTORY = {"org-home": "us-east", "org-west": "us-west", "org-eu": "eu", "org-lost": "moon"}

RUNNER = """
import { readFileSync } from 'node:fs';
const directory = JSON.parse(process.argv[3]);
const cf = { kvs: () => ({
    exists: async (key) => {
        if (directory === null) { throw new Error('the store is not there'); }
        return Object.hasOwn(directory, key);
    },
    get: async (key) => {
        if (!Object.hasOwn(directory, key)) { throw new Error('KeyNotFound'); }
        return directory[key];
    },
}) };
const code = readFileSync(process.argv[2], 'utf8').replace("import cf from 'cloudfront';", '');
const handler = new Function('cf', `${code}\\nreturn handler;`)(cf);
const results = [];
for (const event of JSON.parse(readFileSync(0, 'utf8'))) {
    try {
        results.push(await handler(event));
    } catch (error) {
        results.push({ failed: error.message });
    }
}
console.log(JSON.stringify(results));
"""


def event(path, *, method="GET", headers=None, cookies=None, query=None):
    """A viewer-request event, version 1.0 (CloudFront guide, "Event structure")."""
    return {
        "version": "1.0",
        "context": {
            "distributionDomainName": "d111111abcdef8.cloudfront.net",
            "distributionId": "EDFDVBD6EXAMPLE",
            "eventType": "viewer-request",
            "requestId": "EXAMPLEntjQpEXAMPLE_SG5Z-EXAMPLEPmPfEXAMPLEu3EqEXAMPLE==",
        },
        "viewer": {"ip": "203.0.113.7"},
        "request": {
            "method": method,
            "uri": path,
            "querystring": query if query is not None else {"tab": {"value": "a.b"}},
            "headers": {
                "host": {"value": "flow.example.org"},
                **{name: {"value": value} for name, value in (headers or {}).items()},
            },
            "cookies": {name: {"value": value} for name, value in (cookies or {}).items()},
        },
    }


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Run a function's code in node over events, with this directory of organizations."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed, and nothing else here runs JavaScript")
    folder = tmp_path_factory.mktemp("functions")

    def results(code, events, directory=DIRECTORY):
        (folder / "function.js").write_text(code)
        (folder / "run.mjs").write_text(RUNNER)
        done = subprocess.run(
            [node, folder / "run.mjs", folder / "function.js", json.dumps(directory)],
            input=json.dumps(events),
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(done.stdout)

    return results


@pytest.fixture(scope="module", params=[None, CELLS], ids=["one cell", "several cells"])
def routed(run, request):
    """What the function of pages makes of each path, in one run of node."""
    results = run(pages_code(request.param), [event(path) for path in PATHS])
    return dict(zip(PATHS, results, strict=True))


@pytest.mark.parametrize(("path", "expected"), PATHS.items(), ids=list(PATHS))
def test_routes_get_the_page_and_files_get_themselves(routed, path, expected):
    assert routed[path]["uri"] == expected


def test_nothing_but_the_path_is_changed(routed):
    for path, request in routed.items():
        assert {**request, "uri": path} == event(path)["request"]


WEST = {
    "a page": event("/organizations/org-west/projects"),
    "the API": event("/api/organizations/org-west/projects", method="POST"),
    "an encoded id": event("/organizations/org%2Dwest"),
    "a client's header": event("/api/projects", headers={"x-organization-id": "org-west"}),
    "a browser's cookie": event("/collab", cookies={"organization": "org-west"}),
    "a file": event("/assets/app.3f2a.js", cookies={"organization": "org-west"}),
    "the path before the cookie": event(
        "/organizations/org-west", cookies={"organization": "org-home"}
    ),
}
HERE = {
    "the home's own": event("/api/organizations/org-home/projects"),
    "nobody's": event("/api/projects"),
    "an unknown organization": event("/api/organizations/nobody/projects"),
    "no id at all": event("/api/organizations/..%2F..%2Forg-west"),
    "broken encoding": event("/api/organizations/%E0%A4%A", headers={"accept": "*/*"}),
    "an id that is too long": event(f"/api/organizations/{'a' * 65}"),
    "a word of JavaScript": event("/api/organizations/__proto__"),
    "the path before the cookie": event(
        "/api/organizations/org-home", cookies={"organization": "org-west"}
    ),
}


@pytest.mark.parametrize("code", [pages_code(CELLS), application_code(CELLS)], ids=["pages", "api"])
def test_an_organization_of_another_cell_is_sent_to_its_name_with_path_query_and_method(run, code):
    results = run(code, list(WEST.values()))
    for (name, sent), result in zip(WEST.items(), results, strict=True):
        assert result.get("statusCode") == 307, name
        location = result["headers"]["location"]["value"]
        assert location == f"https://us-west.flow.example.org{sent['request']['uri']}?tab=a.b", name
        assert result["headers"]["cache-control"]["value"] == "no-store"


def test_every_other_request_stays_here_unchanged(run):
    results = run(application_code(CELLS), list(HERE.values()))
    for (name, given), result in zip(HERE.items(), results, strict=True):
        assert result == given["request"], name


def test_a_query_arrives_whole(run):
    query = {
        "q": {"value": "a%20b", "multiValue": [{"value": "a%20b"}, {"value": "c"}]},
        "flag": {"value": ""},
    }
    sent = event("/organizations/org-eu", query=query)
    bare = event("/organizations/org-eu", query={})
    locations = [
        result["headers"]["location"]["value"] for result in run(pages_code(CELLS), [sent, bare])
    ]
    assert locations == [
        "https://eu.flow.example.org/organizations/org-eu?q=a%20b&q=c&flag",
        "https://eu.flow.example.org/organizations/org-eu",
    ]


def test_a_cell_that_nobody_knows_is_answered_by_nobody(run):
    (result,) = run(application_code(CELLS), [event("/api/organizations/org-lost")])
    assert result["statusCode"] == 503
    assert "location" not in result["headers"]


def test_without_its_directory_an_organizations_request_fails_instead_of_leaking(run):
    events = [event("/api/organizations/org-eu"), event("/api/projects")]
    named, unnamed = run(application_code(CELLS), events, directory=None)
    assert named == {"failed": "the store is not there"}
    assert unnamed["uri"] == "/api/projects"


@pytest.mark.parametrize(
    "code", [pages_code(None), pages_code(CELLS), application_code(CELLS)], ids=len
)
def test_the_code_fits_cloudfront_and_holds_no_placeholder(code):
    assert 0 < len(code.encode()) <= MAX_CODE_BYTES
    assert "{{" not in code
    assert code.count("function handler(") == 1
    if "import" in code:
        assert code.startswith("import cf from 'cloudfront';"), "CloudFront wants it first"


def test_a_function_beyond_the_limit_is_refused():
    many = CellNames(domain="flow.example.org", own="home", others=["x" * 20] * 600)
    with pytest.raises(ValueError, match="CloudFront takes 10240"):
        application_code(many)
