"""Which files a build has, and how each is to be served."""

import pytest

from rf.publish_web.frontend import (
    IMMUTABLE,
    REVALIDATED,
    FrontendError,
    content_type,
    read_frontend,
)


@pytest.fixture
def build_of(tmp_path):
    """Write files and return their directory."""

    def write(**files):
        for key, text in {"index.html": "<html>", **files}.items():
            path = tmp_path / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return write


@pytest.mark.parametrize(
    ("name", "cache_control"),
    [
        ("main.3f2a9c1b.js", IMMUTABLE),
        ("static/js/787.3f2a9c1b.chunk.js", IMMUTABLE),
        ("assets/index-Bf3Zk9aD.js", IMMUTABLE),
        ("assets/logo-0f3c2d1e4b5a69788796.svg", IMMUTABLE),
        ("index.html", REVALIDATED),
        ("about.html", REVALIDATED),
        ("favicon.ico", REVALIDATED),
        ("user-component.js", REVALIDATED),
        ("user-ProfilePage.js", REVALIDATED),
        ("android-chrome-192x192.png", REVALIDATED),
        ("report-20240101.pdf", REVALIDATED),
        ("lib-bootstrap5.js", REVALIDATED),
        ("index-deadbee1.html/page.html", REVALIDATED),
    ],
)
def test_only_a_name_with_a_plain_hash_is_kept_for_a_year(build_of, name, cache_control):
    files = {file.key: file for file in read_frontend(build_of(**{name: "x"}))}
    assert files[name].cache_control == cache_control


def test_index_is_never_immutable_and_patterns_add_hashed_names(build_of):
    directory = build_of(**{"assets/profile-kLmNoPqR.js": "x"})
    files = {file.key: file.cache_control for file in read_frontend(directory, ["*"])}
    assert files == {"index.html": REVALIDATED, "assets/profile-kLmNoPqR.js": IMMUTABLE}


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("index.html", "text/html; charset=utf-8"),
        ("a.js", "text/javascript; charset=utf-8"),
        ("a.mjs", "text/javascript; charset=utf-8"),
        ("a.css", "text/css; charset=utf-8"),
        ("a.svg", "image/svg+xml; charset=utf-8"),
        ("a.js.map", "application/json; charset=utf-8"),
        ("a.webmanifest", "application/manifest+json; charset=utf-8"),
        ("a.woff2", "font/woff2"),
        ("a.wasm", "application/wasm"),
        ("a.avif", "image/avif"),
        ("favicon.ico", "image/x-icon"),
        ("backup.tar.gz", "application/octet-stream"),
        ("CNAME", "application/octet-stream"),
    ],
)
def test_every_file_gets_its_media_type(key, expected):
    assert content_type(key) == expected


def test_all_that_is_wrong_with_a_build_is_said_at_once(tmp_path):
    build = tmp_path / "build"
    (build / "api").mkdir(parents=True)
    (build / "api" / "help.html").write_text("x")
    (build / "collab").write_text("x")
    (build / "health").mkdir()
    (build / "health" / "live").write_text("x")
    (build / ".releases").mkdir()
    (build / ".releases" / "a.json").write_text("{}")
    (tmp_path / "secret.txt").write_text("x")
    (build / "leak.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(FrontendError) as raised:
        read_frontend(build)
    lines = str(raised.value).splitlines()
    assert len(lines) == 6
    assert "no index.html" in lines[0]
    for word in ("api/help.html", "collab ", "health/live ", ".releases/a.json", "leak.txt"):
        assert any(line.startswith(word) for line in lines), word


def test_a_directory_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FrontendError, match="no directory"):
        read_frontend(tmp_path / "build")
