"""The page's modules as one script: every one of them in it, before it is needed; what cannot be joined is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from api_service import Api, running_api

import gasflux
from gasflux.api.page_script import SCRIPT, STYLE, STYLES, joined_script, joined_style

STATIC = Path(gasflux.__file__).parent / "static"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with running_api(tmp_path_factory.mktemp("script"), start=False) as service:
        yield service


def folder_with(folder: Path, **modules: str) -> Path:
    """Return a folder of static files with these modules; a double underscore stands for a folder."""
    for name, text in modules.items():
        path = folder / "js" / (name.replace("__", "/") + ".js")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def test_every_module_is_in_it_once_and_after_what_it_needs() -> None:
    script = joined_script(STATIC)
    order = re.findall(r"^// (js/\S+\.js)$", script, re.MULTILINE)
    modules = {path.relative_to(STATIC).as_posix() for path in (STATIC / "js").rglob("*.js")}
    # early.js runs before the first paint and is no module; main.js is the end of the script and no function.
    assert sorted(order) == sorted(modules - {"js/early.js", "js/main.js"})
    defined: set[str] = set()
    for name, used in re.findall(r"^const (?:(module\d+) = |\{[^}]*\} = (module\d+);)", script, re.MULTILINE):
        assert not used or used in defined
        defined.add(name)


def test_libraries_stay_files_of_their_own() -> None:
    script = joined_script(STATIC)
    imports = re.findall(r'^import .* from "(.+)";$', script, re.MULTILINE)
    assert len(imports) == len(set(imports)) == 2
    for name in imports:
        assert (STATIC / "js" / name).resolve().is_file()


def test_names_are_found_under_the_names_they_are_wanted(tmp_path: Path) -> None:
    folder = folder_with(
        tmp_path,
        main='import { one as first } from "./parts/one.js";\nfirst();\n',
        parts__one="const hidden = 1;\nexport function one() { return hidden; }\nexport const two = 2;\n",
    )
    assert joined_script(folder).splitlines() == [
        "// js/parts/one.js",
        "const module0 = (() => {",
        "const hidden = 1;",
        "function one() { return hidden; }",
        "const two = 2;",
        "return { one, two };",
        "})();",
        "const { one: first } = module0;",
        "first();",
    ]


@pytest.mark.parametrize(
    ("modules", "said"),
    [
        ({"main": 'import { a } from "./a.js";\n', "a": 'import { a } from "./main.js";\n'}, "itself"),
        ({"main": "export default 1;\n"}, "export default"),
        ({"main": "export let state = 1;\n"}, "export let"),
        ({"main": 'import * as a from "./a.js";\n', "a": "\n"}, "in braces"),
        ({"main": 'const a = await import("./a.js");\n'}, "cannot be joined"),
    ],
)
def test_what_cannot_be_joined_is_refused(tmp_path: Path, modules: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        joined_script(folder_with(tmp_path, **modules))


def test_styles_follow_each_other(api: Api) -> None:
    style = joined_style(STATIC)
    assert all((STATIC / name).read_text(encoding="utf-8") in style for name in STYLES)
    # A style that names files would look for them beside itself.
    assert "url(" not in style


@pytest.mark.parametrize(("name", "kind"), [(SCRIPT, "text/javascript"), (STYLE, "text/css")])
def test_they_are_served_like_files(api: Api, name: str, kind: str) -> None:
    answer = api.client.get(f"/static/{name}")
    assert (answer.status_code, answer.mimetype) == (200, kind)
    assert answer.headers["Content-Security-Policy"] == api.client.get("/").headers["Content-Security-Policy"]
    again = api.client.get(f"/static/{name}", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert f"static/{name}" in api.client.get("/").text
