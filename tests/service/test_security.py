"""Attacks that came through once: each of these requests did what it must not, before it was refused."""

from __future__ import annotations

import pytest
from api_service import Api


@pytest.mark.parametrize("origin", ["http://[", "http://[::1", "http://[x]"])
def test_an_origin_that_is_no_address_is_foreign(api: Api, origin: str) -> None:
    answer = api.client.post("/stats/reset", headers={**api.admin, "Origin": origin})
    assert answer.status_code == 403


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00%2B23:59"])
def test_times_outside_the_calendar_are_refused(api: Api, moment: str) -> None:
    answer = api.client.get(f"/reports?since={moment}", headers=api.user)
    assert answer.status_code == 422
    assert "1 to 9999" in answer.get_json()["message"]


def test_a_part_without_a_name_is_refused(api: Api) -> None:
    file = b'Content-Disposition: form-data; name="file"; filename="f.csv"\r\n\r\nx'
    body = b"--a\r\n" + file + b"\r\n--a\r\nContent-Disposition: form-data\r\n\r\nx\r\n--a--\r\n"
    headers = {**api.user, "Content-Type": "multipart/form-data; boundary=a"}
    answer = api.client.post("/upload", data=body, headers=headers)
    assert answer.status_code == 422
    assert "has no field ''" in answer.get_json()["message"]
