"""Tokens, API keys, signing in and out: what holds, what does not, and how often one may try."""

import base64
import hashlib
import hmac
import json
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from spatialgov.errors import InputError, StoreError
from spatialgov.workspace import Workspace
from spatialgov_api import Settings, create_app
from spatialgov_api.access import access as access_module
from spatialgov_api.access.limits import Buckets
from spatialgov_api.access.tokens import SECRET_FILE, Tokens

PASSWORD = "four random words here"
SECRET = "s" * 40


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    monkeypatch.setattr(access_module, "_FRESH_S", 0.0)
    with Workspace.open(tmp_path / "store") as opened:
        opened.accounts._hasher = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)  # for quick tests
        opened.accounts.add("chief", role="admin", jurisdictions=["*"], password=PASSWORD)
        opened.accounts.add("field-east", role="field", jurisdictions=[], password=None)
        yield opened


def client_of(workspace: Workspace, **settings: Any) -> TestClient:
    made = Settings(data_dir=workspace.data_dir, secret=SecretStr(SECRET), **settings)
    app = create_app(made, workspace.store)
    return TestClient(app, "http://127.0.0.1", raise_server_exceptions=False, follow_redirects=False)


@pytest.fixture
def client(workspace: Workspace) -> TestClient:
    return client_of(workspace)


def sign_in(client: TestClient, name: str = "chief", password: str = PASSWORD, **more: str) -> Any:
    return client.post("/api/v1/token", data={"grant_type": "password", "username": name, "password": password} | more)


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def account(client: TestClient, headers: dict[str, str]) -> int:
    status: int = client.get("/api/v1/account", headers=headers).status_code
    return status


# tokens ------------------------------------------------------------------------------------------------------------


def test_a_password_gives_a_token_that_holds(client: TestClient) -> None:
    answer = sign_in(client)
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert (body["token_type"], body["expires_in"]) == ("bearer", 900)
    claims = jwt.decode(body["access_token"], SECRET, algorithms=["HS256"], audience="spatialgov")
    assert claims["sub"] == "chief"
    assert claims["exp"] - claims["iat"] == 900
    assert {"iat", "nbf", "exp", "jti"} <= set(claims)
    who = client.get("/api/v1/account", headers=bearer(body["access_token"])).json()
    assert (who["name"], who["role"], who["jurisdictions"]) == ("chief", "admin", ["*"])


def forged(header: dict[str, Any], claims: dict[str, Any], key: str = SECRET) -> str:
    """Sign by hand what no library would."""

    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    text = f"{part(header)}.{part(claims)}"
    kind = hashlib.sha512 if header["alg"] == "HS512" else hashlib.sha256
    signature = hmac.new(key.encode(), text.encode(), kind).digest()
    return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


NOW = int(time.time())
SOUND: dict[str, Any] = {
    "iss": "spatialgov", "aud": "spatialgov", "sub": "chief", "iat": NOW, "nbf": NOW, "exp": NOW + 3600, "jti": "1",
    "version": 1,
}  # fmt: skip
HS256 = {"alg": "HS256", "typ": "JWT"}


def test_a_token_made_like_ours_holds(client: TestClient) -> None:
    assert account(client, bearer(forged(HS256, SOUND))) == 200


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in SOUND.items() if key != name}


@pytest.mark.parametrize(
    "token",
    [
        forged({"alg": "none"}, SOUND).rpartition(".")[0] + ".",
        forged({"alg": "none"}, SOUND),
        forged({"alg": "NONE", "typ": "JWT"}, SOUND).rpartition(".")[0],
        forged({"alg": "HS512"}, SOUND),
        forged({"alg": "RS256"}, SOUND),
        forged({"alg": ["HS256"]}, SOUND),
        forged(HS256 | {"crit": ["x"], "x": 1}, SOUND),
        forged(HS256, SOUND, key="t" * 40),
        forged(HS256, SOUND)[:-2],
        forged(HS256, SOUND | {"exp": NOW - 1}),
        forged(HS256, SOUND | {"nbf": NOW + 3600}),
        forged(HS256, SOUND | {"version": 0}),
        forged(HS256, SOUND | {"version": "one"}),
        forged(HS256, SOUND | {"version": None}),
        forged(HS256, SOUND | {"sub": "nobody"}),
        forged(HS256, SOUND | {"sub": "local"}),
        forged(HS256, SOUND | {"aud": "another"}),
        forged(HS256, SOUND | {"iss": "another"}),
        forged(HS256, SOUND | {"exp": "x"}),
        *(forged(HS256, without(name)) for name in SOUND),
        "a.b.c",
        "...",
        "",
        "x" * 100_000,
    ],
)
def test_a_token_that_is_not_ours_is_refused(client: TestClient, token: str) -> None:
    answer = client.get("/api/v1/account", headers=bearer(token))
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
    assert answer.headers["www-authenticate"] == 'Bearer realm="spatialgov", error="invalid_token"'
    refused = client.post("/api/v1/plans", json={}, headers=bearer(token))
    assert refused.status_code == 401


@given(st.text(st.characters(codec="ascii", exclude_characters="\r\n"), max_size=200))
def test_no_text_is_a_token(text: str) -> None:
    assert Tokens(Path("nowhere"), SecretStr(SECRET)).claims(text) is None


def test_a_token_ends(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens, chief = Tokens(workspace.data_dir, SecretStr(SECRET)), workspace.store.accounts.get("chief")
    assert tokens.claims(tokens.issue(chief, -1)) is None
    token, later = tokens.issue(chief, 1), time.time() + 61
    assert tokens.claims(token) is not None
    monkeypatch.setattr("spatialgov_api.access.tokens.time.time", lambda: later)
    assert tokens.claims(token) is None  # also from the memory of those that were checked


def test_a_token_ends_with_the_password_and_with_the_account(client: TestClient, workspace: Workspace) -> None:
    first = bearer(sign_in(client).json()["access_token"])
    assert account(client, first) == 200
    workspace.accounts.set_password("chief", "another four random words")
    assert account(client, first) == 401
    assert sign_in(client).status_code == 401
    second = bearer(sign_in(client, password="another four random words").json()["access_token"])
    assert account(client, second) == 200
    workspace.accounts.disable("chief")
    assert account(client, second) == 401
    assert sign_in(client, password="another four random words").status_code == 401
    workspace.accounts.disable("chief", disabled=False)
    assert account(client, second) == 401
    assert sign_in(client, password="another four random words").status_code == 200


def test_another_role_holds_at_once(client: TestClient, workspace: Workspace) -> None:
    token = bearer(sign_in(client).json()["access_token"])
    assert client.get("/api/v1/audit", headers=token).status_code == 200
    workspace.accounts.set_role("chief", "viewer")
    assert client.get("/api/v1/audit", headers=token).status_code == 403


def test_the_answer_does_not_tell_which_accounts_there_are(client: TestClient) -> None:
    wrong, unknown, no_password = (
        sign_in(client, *given) for given in [("chief", "x"), ("nobody", PASSWORD), ("field-east", "")]
    )
    assert wrong.status_code == unknown.status_code == no_password.status_code == 401
    said = [answer.json() | {"request_id": ""} for answer in (wrong, unknown, no_password)]
    assert said[0] == said[1] == said[2]


def test_an_unknown_account_takes_as_long_as_a_wrong_password(workspace: Workspace) -> None:
    def taken(name: str) -> float:
        record = workspace.store.accounts.state().accounts.get(name)
        begun = time.process_time()
        assert not workspace.accounts.verified(record, "wrong password")
        return time.process_time() - begun

    taken("nobody")  # the hash for nobody is made once
    known, unknown, without_password = (min(taken(n) for _ in range(3)) for n in ("chief", "nobody", "field-east"))
    assert unknown > known / 2
    assert without_password > known / 2


def test_passwords_can_be_tried_a_few_times_only(workspace: Workspace) -> None:
    client = client_of(workspace)
    statuses = [sign_in(client, password="wrong").status_code for _ in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    answer = sign_in(client)  # the right one has to wait too
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert [sign_in(client, name="nobody").status_code for _ in range(2)] == [401, 401]


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"", "application/x-www-form-urlencoded", 422),
        (b"grant_type=client_credentials&username=chief", "application/x-www-form-urlencoded", 422),
        (b"grant_type=password&username=%ff&password=%00", "application/x-www-form-urlencoded", 422),
        (b"grant_type=password&username=%00&password=%00", "application/x-www-form-urlencoded", 401),
        (b"\xff\xfe", "application/x-www-form-urlencoded", 422),
        (b"&".join([b"a=b"] * 500), "application/x-www-form-urlencoded", 422),
        (b"grant_type=password&username=chief&password=" + b"x" * 4000, "application/x-www-form-urlencoded", 401),
        (b"x" * 5000, "application/x-www-form-urlencoded", 413),
        (b"{}", "application/json", 422),
        (b"{}", "", 422),
    ],
)
def test_odd_forms(client: TestClient, content: bytes, kind: str, status: int) -> None:
    answer = client.post("/api/v1/token", content=content, headers={"content-type": kind})
    assert answer.status_code == status, answer.text


def test_sign_ins_are_in_the_log_without_what_was_typed(client: TestClient, workspace: Workspace) -> None:
    sign_in(client)
    sign_in(client, password="wrong")
    sign_in(client, name="my-password-in-the-wrong-field", password="x")
    entries = list(reversed(workspace.store.audit.entries()))
    assert [(e.kind, e.outcome, e.details) for e in entries] == [
        ("change", "200", {"account": "chief"}),
        ("refused", "401", {"account": "chief"}),
        ("refused", "401", {}),
    ]


# the secret --------------------------------------------------------------------------------------------------------


def test_the_secret_is_made_once_for_its_owner_alone(workspace: Workspace) -> None:
    file = workspace.data_dir / SECRET_FILE
    chief = workspace.store.accounts.get("chief")
    token = Tokens(workspace.data_dir, None).issue(chief, 5)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert Tokens(workspace.data_dir, None).claims(token) is not None
    assert sorted(path.name for path in workspace.data_dir.iterdir() if "secret" in path.name) == [SECRET_FILE]
    file.unlink()
    assert Tokens(workspace.data_dir, None).claims(token) is None


def test_a_secret_that_is_no_good_is_refused(workspace: Workspace) -> None:
    chief = workspace.store.accounts.get("chief")
    with pytest.raises(InputError, match="too short"):
        Tokens(workspace.data_dir, SecretStr("short"))
    file = workspace.data_dir / SECRET_FILE
    file.write_text("short")
    os.chmod(file, 0o600)
    with pytest.raises(StoreError, match="too short or damaged"):
        Tokens(workspace.data_dir, None).issue(chief, 5)
    os.chmod(file, 0o644)
    with pytest.raises(StoreError, match="read by others"):
        Tokens(workspace.data_dir, None).issue(chief, 5)


# API keys ----------------------------------------------------------------------------------------------------------


def test_a_key_is_shown_once_and_stored_as_a_hash(client: TestClient, workspace: Workspace) -> None:
    token = bearer(sign_in(client).json()["access_token"])
    made = client.post("/api/v1/api-keys", json={"label": "desktop GIS"}, headers=token)
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    key = made.json()["key"]
    assert len(key) >= 4 + 43
    assert key.startswith(made.json()["prefix"])
    listed = client.get("/api/v1/api-keys", headers=token)
    assert key not in listed.text
    assert listed.json()["keys"][0]["label"] == "desktop GIS"
    assert key.encode() not in b"".join(file.read_bytes() for file in workspace.data_dir.iterdir() if file.is_file())
    assert client.get("/api/v1/account", headers={"x-api-key": key}).json()["name"] == "chief"
    assert account(client, {"x-api-key": key[:-1]}) == 401
    number = made.json()["id"]
    assert client.delete(f"/api/v1/api-keys/{number}", headers=token).json()["revoked_at"]
    assert account(client, {"x-api-key": key}) == 401


def test_a_key_makes_no_keys(client: TestClient, workspace: Workspace) -> None:
    key, record = workspace.accounts.add_key("chief", "leaked")
    mine = {"x-api-key": key}
    assert client.post("/api/v1/api-keys", json={"label": "another"}, headers=mine).status_code == 403
    assert client.delete(f"/api/v1/api-keys/{record.id}", headers=mine).status_code == 403
    assert account(client, mine) == 200


def test_keys_of_others_are_as_if_they_were_not_there(client: TestClient, workspace: Workspace) -> None:
    workspace.accounts.add("viewer-east", role="viewer", jurisdictions=[], password="four other random words")
    token = bearer(sign_in(client, "viewer-east", "four other random words").json()["access_token"])
    _, record = workspace.accounts.add_key("chief", "admin's")
    assert client.get("/api/v1/api-keys", headers=token).json() == {"keys": []}
    foreign = client.delete(f"/api/v1/api-keys/{record.id}", headers=token)
    absent = client.delete("/api/v1/api-keys/99", headers=token)
    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert foreign.json()["remedy"] == absent.json()["remedy"]
    assert workspace.store.accounts.keys("chief")[0].revoked_at is None


def test_a_key_ends_with_its_account(client: TestClient, workspace: Workspace) -> None:
    key, _ = workspace.accounts.add_key("field-east", "device")
    assert account(client, {"x-api-key": key}) == 200
    workspace.accounts.disable("field-east")
    assert account(client, {"x-api-key": key}) == 401


def test_a_key_may_ask_so_often_and_no_more(workspace: Workspace) -> None:
    client = client_of(workspace, key_requests_per_minute=1)
    key, _ = workspace.accounts.add_key("field-east", "device")
    other, _ = workspace.accounts.add_key("field-east", "another device")
    first, second = (client.get("/api/v1/account", headers={"x-api-key": key}) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 429)
    assert second.json()["code"] == "too_many_requests"
    assert 0 < int(second.headers["retry-after"]) <= 60
    assert account(client, {"x-api-key": other}) == 200


def test_buckets_fill_again_and_forget() -> None:
    buckets = Buckets(per_minute=60_000, size=1)
    assert buckets.take("a") == 0
    time.sleep(0.005)
    assert buckets.take("a") == 0
    slow = Buckets(per_minute=1, size=1)
    assert [slow.take("a"), slow.take("a"), slow.wait("b"), slow.take("b")] == [0, 60, 0, 0]
    for number in range(30_000):
        slow.take(number)
    assert len(slow._left) <= 20_000


# the pages ---------------------------------------------------------------------------------------------------------

HTML = {"accept": "text/html"}


def test_a_page_leads_to_the_sign_in_page_and_back(client: TestClient) -> None:
    sent = client.get("/maps/plan", headers=HTML | {"accept-language": "zh-CN"})
    assert (sent.status_code, sent.headers["location"]) == (303, "../sign-in?lang=zh&next=maps/plan")
    page = client.get("/sign-in?lang=zh&next=maps/plan")
    assert "登录" in page.text
    assert 'value="maps/plan"' in page.text
    form = {"username": "chief", "password": PASSWORD, "next": "maps/plan"}
    signed = client.post("/sign-in?lang=zh", data=form)
    assert (signed.status_code, signed.headers["location"]) == (303, "./maps/plan?lang=zh")
    cookie = signed.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Secure" not in cookie
    assert account(client, {}) == 200  # the client keeps the cookie
    assert client.get("/maps/plan", headers=HTML).status_code == 404  # nothing is published here
    assert client.post("/sign-out").status_code == 204
    assert account(client, {}) == 401


def test_the_cookie_is_secure_under_https(workspace: Workspace) -> None:
    client = TestClient(client_of(workspace).app, "https://127.0.0.1", follow_redirects=False)
    signed = client.post("/sign-in", data={"username": "chief", "password": PASSWORD})
    assert "Secure" in signed.headers["set-cookie"]


@pytest.mark.parametrize(
    "target", ["//evil.example.org", "https://evil.example.org", "/\\evil", "javascript:x", "sign-in", "a/b/c", "%2f"]
)
def test_signing_in_leads_to_no_other_site(client: TestClient, target: str) -> None:
    signed = client.post("/sign-in", data={"username": "chief", "password": PASSWORD, "next": target})
    assert signed.headers["location"] == "./?lang=en"


def test_the_page_says_what_went_wrong(client: TestClient) -> None:
    answer = client.post("/sign-in", data={"username": "<b>", "password": "x", "next": '"><script>'})
    assert answer.status_code == 401
    assert "don&#x27;t match" in answer.text
    assert "<b>" not in answer.text
    assert "<script>" not in answer.text
    for _ in range(40):
        answer = client.post("/sign-in", data={"username": "chief", "password": "x"})
    assert answer.status_code == 429
    assert "Too many attempts" in answer.text


def test_another_site_signs_nobody_in(client: TestClient) -> None:
    sent = {"sec-fetch-site": "cross-site"}
    answer = client.post("/sign-in", data={"username": "chief", "password": PASSWORD}, headers=sent)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_the_first_account_closes_a_running_service(tmp_path: Path) -> None:
    with Workspace.open(tmp_path / "open") as workspace:
        app = create_app(Settings(data_dir=workspace.data_dir), workspace.store)
        client = TestClient(app, "http://127.0.0.1", client=("127.0.0.1", 1))
        assert client.get("/api/v1/summary").status_code == 200
        with Workspace.open(tmp_path / "open") as elsewhere:
            elsewhere.accounts.add("chief", role="admin", jurisdictions=["*"], password=None)
        time.sleep(0.6)
        assert client.get("/api/v1/summary").status_code == 401
