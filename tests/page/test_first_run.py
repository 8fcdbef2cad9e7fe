"""From nothing to a report, and what may go wrong on the way."""

from __future__ import annotations

import re
from pathlib import Path

from page_gallery import BAD
from page_steps import NewServer, OpenPage, send_sample
from page_world import SAMPLE, Server
from playwright.sync_api import expect


def test_first_run_to_report(new_server: NewServer, open_page: OpenPage) -> None:
    server = new_server()
    page = open_page(server.url)
    page.get_by_test_id("file-input").set_input_files(SAMPLE)
    expect(page.get_by_text("Where it flew")).to_be_visible()
    expect(page.get_by_text("Columns recognised: 10")).to_be_visible()
    page.get_by_test_id("submit-upload").click()
    row = page.get_by_test_id("task-row")
    expect(row).to_have_attribute("data-task-id", re.compile(r"[0-9a-f-]{36}"))
    expect(row).to_have_attribute("data-status", "completed")
    expect(row.get_by_test_id("flux-value")).to_contain_text("kg/h")
    row.get_by_role("link", name="sample_flight.xlsx", exact=True).click()
    expect(page.get_by_test_id("flux-value")).to_contain_text("5.72 ± 0.67 kg/h")
    expect(page.get_by_text("You can trust this result")).to_be_visible()
    expect(page.locator(".plot.curtain canvas")).to_be_visible()
    report = page.get_by_test_id("report-link").get_attribute("href")
    assert report is not None
    answer = page.request.get(report)
    assert answer.ok
    assert "text/html" in answer.headers["content-type"]


def test_curtain_is_read_by_pointer_and_samples_go(done: tuple[Server, str], open_page: OpenPage) -> None:
    server, task_id = done
    page = open_page(f"{server.url}#/task/{task_id}")
    canvas = page.locator(".plot.curtain canvas")
    canvas.scroll_into_view_if_needed()
    before = canvas.evaluate("node => node.toDataURL()")
    canvas.hover()
    expect(page.locator(".plot-tip")).to_contain_text(re.compile(r"m along.*±.*g m⁻² h⁻¹"))
    page.get_by_label("Samples").uncheck()
    page.mouse.move(0, 0)
    expect(page.locator(".plot-tip")).to_be_hidden()
    page.wait_for_function("([node, old]) => node.toDataURL() !== old", arg=[canvas.element_handle(), before])


def test_gases_stand_side_by_side(done: tuple[Server, str], open_page: OpenPage) -> None:
    server, task_id = done
    page = open_page(f"{server.url}#/task/{task_id}")
    page.get_by_role("group", name="Gas").get_by_role("button", name="CO₂").click()
    expect(page.get_by_test_id("flux-value")).to_contain_text("293 ± 34 kg/h")


def test_every_file_has_a_button(done: tuple[Server, str], open_page: OpenPage) -> None:
    server, task_id = done
    page = open_page(f"{server.url}#/task/{task_id}")
    expect(page.locator(".files a").first).to_be_attached()
    task = page.request.get(f"{server.url}task/{task_id}").json()["data"]
    shown = page.locator(".files a").evaluate_all("links => links.map(link => new URL(link.href).pathname)")
    assert sorted(shown) == sorted(result["download_url"] for result in task["results"])


def faulty_file(folder: Path) -> Path:
    """Write a log with a latitude that is none."""
    bad = folder / "bad.csv"
    bad.write_text(BAD, encoding="utf-8")
    return bad


def test_a_file_with_faults_is_not_sent(server: Server, open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(server.url + "#/new")
    page.get_by_test_id("file-input").set_input_files([SAMPLE, faulty_file(tmp_path)])
    expect(page.locator(".fault-list")).to_contain_text("95")
    submit = page.get_by_test_id("submit-upload")
    expect(submit).to_have_text("Start processing (1)")
    expect(page.get_by_text("Files with faults: 1")).to_be_visible()
    page.get_by_role("button", name="Remove sample_flight.xlsx").click()
    expect(submit).to_be_disabled()
    expect(page.get_by_text("Files with faults: 1")).to_be_visible()


def test_what_is_accepted_leaves_the_list_and_what_is_refused_stays(
    new_server: NewServer, open_page: OpenPage, tmp_path: Path
) -> None:
    server = new_server()
    page = open_page(server.url)
    # A server that is busy cannot look: the files may be sent, and only then is told what is wrong with one of them.
    page.route("**/preview", lambda route: route.fulfill(status=503, json={"message": "busy", "data": None}))
    page.get_by_test_id("file-input").set_input_files([SAMPLE, faulty_file(tmp_path)])
    submit = page.get_by_test_id("submit-upload")
    expect(submit).to_have_text("Start processing (2)")
    submit.click()
    line = page.get_by_test_id("accepted-file")
    expect(line).to_contain_text("sample_flight.xlsx is accepted")
    expect(page.locator(".fault-list")).to_contain_text("95")
    expect(submit).to_be_disabled()
    assert "#/tasks" not in page.url
    page.get_by_role("button", name="Remove bad.csv").click()
    line.get_by_role("link").click()
    expect(page.get_by_role("heading", name="sample_flight.xlsx")).to_be_visible()
    # The faulty one was kept by the server as a failed task; nothing was sent twice.
    page.goto(server.url + "#/tasks")
    expect(page.get_by_test_id("task-row")).to_have_count(2)
    expect(page.locator("[data-testid=task-row][data-status=failed]")).to_contain_text("latitude")


def test_a_file_is_looked_at_again_when_the_settings_were_mended(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url + "#/new")
    page.get_by_test_id("file-input").set_input_files(SAMPLE)
    submit = page.get_by_test_id("submit-upload")
    expect(submit).to_be_enabled()
    page.get_by_role("button", name="YAML").click()
    area = page.get_by_label("Processing settings as YAML")
    area.fill("columns: {ch4: nowhere}")
    expect(submit).to_be_disabled()
    expect(page.get_by_text("Files with faults: 1")).to_be_visible()
    area.fill("")
    expect(submit).to_be_enabled()


def test_a_file_of_another_kind_is_refused_at_once(new_server: NewServer, open_page: OpenPage, tmp_path: Path) -> None:
    server = new_server()
    picture = tmp_path / "photo.xlsx"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    page = open_page(server.url)
    page.get_by_test_id("file-input").set_input_files(picture)
    expect(page.get_by_role("alert").filter(has_text=re.compile("PNG"))).to_be_visible()


def test_what_a_file_says_never_becomes_markup(new_server: NewServer, open_page: OpenPage, tmp_path: Path) -> None:
    server = new_server()
    hostile = tmp_path / "<img src=x onerror=alert(1)>.csv"
    hostile.write_text("<script>alert(1)</script>,b\n1,2\n", encoding="utf-8")
    page = open_page(server.url)
    page.get_by_test_id("file-input").set_input_files(hostile)
    expect(page.locator(".fault-list, .note.bad").first).to_be_visible()
    assert page.locator("main img, main script").count() == 0


def test_cancel_and_run_again(new_server: NewServer, open_page: OpenPage) -> None:
    server = new_server()
    page = open_page(server.url)
    # One worker: the last of four waits long enough to be cancelled.
    page.get_by_test_id("file-input").set_input_files([SAMPLE] * 4)
    page.get_by_test_id("submit-upload").click()
    waiting = page.locator("[data-testid=task-row][data-status=pending]").last
    task_id = waiting.get_attribute("data-task-id")
    row = page.locator(f"[data-task-id='{task_id}']")
    row.get_by_role("button", name="Cancel").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(row).to_have_attribute("data-status", "failed")
    expect(row).to_contain_text("Cancelled")
    row.get_by_role("button", name="Run again").click()
    page.get_by_role("dialog").get_by_test_id("rerun-now").click()
    expect(row).to_have_attribute("data-status", "completed")


def test_run_again_with_other_settings(new_server: NewServer, open_page: OpenPage) -> None:
    server = new_server()
    page = open_page(server.url)
    send_sample(page, server)
    page.get_by_test_id("task-row").locator(".name").click()
    expect(page.get_by_text("90 % interval")).to_be_visible()
    page.get_by_role("button", name="Run again").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Below the lowest pass").select_option("none")
    dialog.get_by_role("button", name="YAML").click()
    area = dialog.get_by_label("Processing settings as YAML")
    text = area.input_value()
    assert "method: none" in text, "the form writes the YAML"
    area.fill(text.replace("level: 0.9", "level: 0.5"))
    dialog.get_by_role("button", name="Form").click()
    expect(dialog.get_by_label("Below the lowest pass")).to_have_value("none")
    dialog.get_by_test_id("rerun-now").click()
    expect(page.get_by_text("50 % interval")).to_be_visible()


def test_settings_that_do_not_work_are_named_before_sending(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url)
    page.get_by_test_id("file-input").set_input_files(SAMPLE)
    page.get_by_role("button", name="YAML").click()
    page.get_by_label("Processing settings as YAML").fill("gruond: {method: none}")
    expect(page.get_by_text("These settings do not work")).to_be_visible()
    expect(page.locator(".fault-list")).to_contain_text("ground")


def test_rename_keep_and_delete(new_server: NewServer, open_page: OpenPage) -> None:
    server = new_server()
    page = open_page(server.url)
    send_sample(page, server)
    row = page.get_by_test_id("task-row")
    row.get_by_role("button", name="Rename").click()
    page.get_by_role("dialog").get_by_label("Name").fill("Well 7, morning")
    page.keyboard.press("Enter")
    expect(row.locator(".name")).to_have_text("Well 7, morning")
    expect(row).to_contain_text("deleted in")
    row.get_by_role("button", name="Keep").click()
    expect(row).to_contain_text("kept")
    row.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No flights yet")).to_be_visible()
