"""From no key to a working one, and back to none."""

from __future__ import annotations

from page_steps import NewServer, OpenPage
from playwright.sync_api import Page, expect


def make_first_key(page: Page, url: str) -> str:
    """Make the first key on the server's own machine and return it."""
    page.goto(url + "#/keys")
    page.get_by_test_id("create-key").click()
    key = page.get_by_test_id("new-key").text_content()
    assert key is not None
    page.get_by_role("button", name="I have saved it").click()
    return key


def test_from_the_first_key_to_its_end(new_server: NewServer, open_page: OpenPage) -> None:
    server = new_server()
    page = open_page(server.url + "#/keys")
    key = make_first_key(page, server.url)
    expect(page.get_by_text("You are in, as an administrator")).to_be_visible()
    expect(page.get_by_test_id("key-row")).to_contain_text("valid")

    page.get_by_test_id("create-key").click()
    page.get_by_test_id("key-name").fill("Field laptop 2")
    page.get_by_test_id("confirm-create").click()
    second = page.get_by_test_id("new-key").text_content()
    page.get_by_role("button", name="I have saved it").click()
    row = page.get_by_test_id("key-row").filter(has_text="Field laptop 2")
    expect(row).to_contain_text("never")

    other = open_page(server.url)
    expect(other.get_by_text("A key is needed")).to_be_visible()
    other.get_by_test_id("api-key-input").fill("gf_wrong_key")
    other.get_by_test_id("use-key").click()
    expect(other.get_by_text("does not know this key")).to_be_visible()
    other.get_by_test_id("api-key-input").fill(str(second))
    other.get_by_test_id("use-key").click()
    expect(other.get_by_test_id("file-input")).to_be_attached()

    row.get_by_role("button", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(row).to_contain_text("revoked")
    other.goto(server.url + "#/tasks")
    expect(other.get_by_text("Your key is no longer valid")).to_be_visible()
    other.get_by_test_id("api-key-input").fill(key)
    other.get_by_test_id("use-key").click()
    expect(other.get_by_text("No flights yet")).to_be_visible()


def test_a_key_lives_in_its_tab_unless_asked(new_server: NewServer, open_page: OpenPage) -> None:
    server = new_server()
    page = open_page(server.url + "#/keys")
    key = make_first_key(page, server.url)
    assert page.evaluate("JSON.stringify(localStorage)").find(key) < 0
    page.reload()
    expect(page.get_by_text("Your key is kept for this tab only.")).to_be_visible()
    page.get_by_test_id("forget-key").click()
    page.get_by_test_id("api-key-input").fill(key)
    page.get_by_test_id("remember-key").check()
    page.get_by_test_id("use-key").click()
    expect(page.get_by_text("This browser remembers your key.")).to_be_visible()
    page.get_by_test_id("forget-key").click()
    expect(page.get_by_text("A key is needed")).to_be_visible()
    assert page.evaluate("JSON.stringify([localStorage, sessionStorage])").find(key) < 0


def test_replacing_the_own_key_goes_on_with_the_new_one(new_server: NewServer, open_page: OpenPage) -> None:
    server = new_server()
    page = open_page(server.url + "#/keys")
    first = make_first_key(page, server.url)
    page.get_by_test_id("key-row").get_by_role("button", name="Replace").click()
    page.get_by_role("dialog").get_by_role("button", name="Replace").click()
    second = page.get_by_test_id("new-key").text_content()
    page.get_by_role("button", name="I have saved it").click()
    expect(page.get_by_test_id("key-row")).to_have_count(2)
    assert first != second
    assert page.evaluate("sessionStorage.getItem('gasflux.key')") == second


def test_the_command_stands_alone_where_there_is_no_bootstrap_key(new_server: NewServer, open_page: OpenPage) -> None:
    server = new_server(
        GASFLUX_SECURITY_REQUIRE_API_KEY="true", GASFLUX_SECURITY_ADMIN_BOOTSTRAP_KEY="your_bootstrap_key_here"
    )
    page = open_page(server.url + "#/keys")
    expect(page.get_by_text('create_api_key.py --admin --name "')).to_be_visible()
    expect(page.get_by_text("bootstrap")).to_have_count(0)


def test_the_bootstrap_key_makes_the_first_one(new_server: NewServer, open_page: OpenPage) -> None:
    server = new_server(GASFLUX_SECURITY_ADMIN_BOOTSTRAP_KEY="a-long-secret-of-this-test")
    page = open_page(server.url + "#/keys")
    page.get_by_label("Bootstrap key").fill("a-long-secret-of-this-test")
    page.get_by_role("button", name="Make an administrator’s key").click()
    expect(page.get_by_test_id("new-key")).to_contain_text("gf_")
    page.get_by_role("button", name="I have saved it").click()
    expect(page.get_by_text("You are in, as an administrator")).to_be_visible()
