"""Two hosts over a primary and its replica, behind a balancer: what each does when the others fail.

The tests run in their order, on one set of hosts: the last one leaves it without its primary.
"""

import json
import time
from collections import Counter
from typing import Any

import httpx

from tests.cluster.load import Lookups, Moves, asking, lookups
from tests.cluster.network import wait_until
from tests.cluster.several_hosts import MOST_LAG_S, SeveralHosts

TARGETS = ("990101001001001", "990101001001002")


def published(hosts: SeveralHosts) -> tuple[int, float]:
    """Publish the plan in force with U01 in its other grid; gives the edition, and when that was answered."""
    with hosts.client() as client:
        newest = hosts.workspace.store.edition()
        code = grid_of_u01(hosts, newest.id)
        moves = {"U01": TARGETS[1 - TARGETS.index(code)]}
        plan = newest.plan_id
        sequence = hosts.workspace.store.journal.sequence(plan)
        moved = client.post(f"/api/v1/plans/{plan}/moves", json={"expects": sequence, "moves": moves})
        assert moved.status_code == 201, moved.text
        answer = client.post(f"/api/v1/plans/{moved.json()['plan']}/publish", json={})
        assert answer.status_code == 201, answer.text
        edition = int(answer.headers["spatialgov-edition"])
        assert edition == newest.id + 1
        return edition, time.monotonic()


def grid_of_u01(hosts: SeveralHosts, edition: int) -> str:
    plan = hosts.workspace.store.edition(edition_id=edition).plan_id
    return str(hosts.workspace.store.plan_assignment(plan)["U01"])


def assert_whole(hosts: SeveralHosts, asked: list[Lookups]) -> None:
    """Every answer is that of the edition that it names."""
    grids = {edition.id: grid_of_u01(hosts, edition.id) for edition in hosts.workspace.store.editions()}
    for one in asked:
        assert one.failures == []
        assert one.answers
        assert {(answer.edition, answer.code) for answer in one.answers} <= set(grids.items())


def test_nothing_sticks_to_a_host(hosts: SeveralHosts) -> None:
    """Who signed in at one host is known to the other; a job's record and its file are there, whoever did it."""
    one, other = hosts.api
    form = {"grant_type": "password", "username": "planner", "password": hosts.password}
    token = httpx.post(f"{one.url}/api/v1/token", data=form, timeout=60).json()["access_token"]
    signed_in = {"authorization": f"Bearer {token}"}
    asked = httpx.post(
        f"{one.url}/api/v1/jobs", headers=signed_in, timeout=60,
        json={"kind": "export", "options": {"what": "grids", "format": "geojson"}},
    )  # fmt: skip
    assert asked.status_code == 202, asked.text
    place = asked.headers["location"]
    for _ in wait_until("the job is done", 90):
        job = httpx.get(f"{other.url}{place}", headers=signed_in, timeout=60).json()
        if job["state"] == "done":
            break
    results = [httpx.get(f"{host.url}{place}/result", headers=signed_in, timeout=60) for host in hosts.api]
    assert [answer.status_code for answer in results] == [200, 200]
    assert results[0].content == results[1].content
    assert any((hosts.share / "jobs").iterdir())


def test_every_host_takes_up_an_edition_within_a_second(hosts: SeveralHosts) -> None:
    asked = lookups(hosts, *(host.url for host in hosts.api), None)
    delays: list[list[float]] = []
    with asking(*(one.once for one in asked)):
        for _ in range(3):
            edition, at = published(hosts)
            for _ in wait_until("all answer from it", 20):
                if all(one.answers and one.answers[-1].edition >= edition for one in asked):
                    break
            delays.append([
                max(0.0, min(a.at for a in one.answers if a.edition >= edition) - at) for one in asked[:2]
            ])  # fmt: skip
    print("taken up after", [[round(delay, 3) for delay in both] for both in delays], "s")
    assert_whole(hosts, asked)
    assert sorted(max(both) for both in delays)[1] < 1, delays  # the median: other work may hold up one of them
    files = [{file.name: file.read_bytes() for file in host_files(hosts, name)} for name in ("api1", "api2", "share")]
    newest = hosts.workspace.store.edition().locator_file
    assert files[0][str(newest)] == files[1][str(newest)] == files[2][str(newest)]


def host_files(hosts: SeveralHosts, name: str) -> Any:
    return (hosts.folder / name / "editions").glob("*.locator")


def test_without_the_shared_folder_hosts_make_their_own_files(hosts: SeveralHosts) -> None:
    asked = lookups(hosts, *(host.url for host in hosts.api))
    hosts.share.rename(hosts.share.with_name("gone"))
    try:
        edition, _ = published(hosts)
        for _ in wait_until("both answer from it", 20):
            for one in asked:
                one.once()
            if all(one.answers[-1].edition == edition for one in asked):
                break
    finally:
        hosts.share.with_name("gone").rename(hosts.share)
    assert_whole(hosts, asked)


def test_a_replica_that_is_behind_says_so_and_is_left_alone_when_it_is_too_far(hosts: SeveralHosts) -> None:
    hosts.wait_for_replica("in_use")
    before = hosts.workspace.store.edition().id
    asked = lookups(hosts, *(host.url for host in hosts.api), None)
    hosts.replica.ask("SELECT pg_wal_replay_pause()")
    try:
        with asking(*(one.once for one in asked)):
            edition, at = published(hosts)
            time.sleep(max(0.0, at + 2 - time.monotonic()))
            assert {one.answers[-1].edition for one in asked} == {before}, "they say that they are older"
            assert all(host.replica()["lag_seconds"] > 1 for host in hosts.api)
            for _ in wait_until("the primary is asked", MOST_LAG_S + 5):
                if all(one.answers[-1].edition == edition for one in asked):
                    break
            assert {host.replica()["state"] for host in hosts.api} == {"behind"}
            with hosts.client() as client:
                listed = client.get("/api/v1/editions")
            assert listed.headers["spatialgov-edition"] == str(edition)
            hosts.replica.ask("SELECT pg_wal_replay_resume()")
            hosts.wait_for_replica("in_use")
    finally:
        hosts.replica.ask("SELECT pg_wal_replay_resume()")
    assert_whole(hosts, asked)


def test_without_the_replica_the_primary_is_asked(hosts: SeveralHosts) -> None:
    asked = lookups(hosts, None, None)
    pages: Counter[int] = Counter()

    client = hosts.client()

    def page() -> None:
        for path in ("/api/v1/editions", "/ogc/collections/grids/items?limit=10", "/api/v1/heatmap?resolution=8"):
            pages[client.get(path).status_code] += 1

    with asking(*(one.once for one in asked), page):
        time.sleep(2)
        hosts.replica.stop()
        hosts.wait_for_replica("gone")
        published(hosts)
        time.sleep(2)
        hosts.replica.start()
        hosts.wait_for_replica("in_use")
        time.sleep(1)
    assert_whole(hosts, asked)
    print("pages", dict(pages))
    assert set(pages) == {200}
    for host in hosts.api:
        said = [line for line in host.log().splitlines() if "is gone" in line]
        assert len(said) == 1, said


def test_a_host_that_is_killed_loses_nothing_that_was_answered(hosts: SeveralHosts) -> None:
    """No question fails; of the changes only those that the host had in its hands, and none that was answered."""
    with hosts.client() as client:
        newest = hosts.workspace.store.edition().plan_id
        drafts = [client.post(f"/api/v1/plans/{newest}/copy", json={"name": f"draft {i}"}).json() for i in range(2)]
    writers = [Moves(hosts.client(), draft["id"], "U20", _two_grids(hosts, "U20")) for draft in drafts]
    asked = lookups(hosts, None, None)
    kills = 2
    with asking(*(one.once for one in asked), *(one.once for one in writers)):
        for host in hosts.api[:kills]:
            time.sleep(3)
            host.kill()
            time.sleep(4)
            host.start()
            host.wait()
            time.sleep(6)  # until the balancer has tried it again
    print("moves", [len(one.acknowledged) for one in writers], "failed", [one.failures for one in writers])
    print("lookups", [len(one.answers) for one in asked], "slowest", [round(one.slowest_s, 2) for one in asked], "s")
    assert_whole(hosts, asked)
    for one in writers:
        assert len(one.failures) <= kills
        entries = hosts.workspace.store.journal.entries(one.plan)
        journal = json.loads(json.dumps([entry.as_dict() for entry in entries]))
        kept = {entry["number"]: (entry["why"], entry["moves"]) for entry in journal}
        assert one.acknowledged
        for entry in one.acknowledged:
            assert kept[entry["number"]] == (entry["why"], entry["moves"])
        assert len(journal) <= len(one.acknowledged) + len(one.failures)


def _two_grids(hosts: SeveralHosts, unit: str) -> tuple[str, str]:
    plan = hosts.workspace.store.edition().plan_id
    assignment = hosts.workspace.store.plan_assignment(plan)
    own = str(assignment[unit])
    return own, next(str(code) for code in assignment if code[:12] == own[:12] and code != own)


def test_without_the_primary_lookups_go_on_until_the_replica_takes_its_place(hosts: SeveralHosts) -> None:
    hosts.wait_for_replica("in_use")
    edition, _ = published(hosts)
    asked = lookups(hosts, *(host.url for host in hosts.api), None)
    for _ in wait_until("the replica has it", 10):
        for one in asked:
            one.once()
        if all(one.answers[-1].edition == edition for one in asked):
            break
    before = [len(one.answers) for one in asked]
    with hosts.client() as client, asking(*(one.once for one in asked)):
        hosts.primary.node.cut_off()
        for _ in wait_until("that is noticed", 30):
            if not any(host.replica()["primary_answers"] for host in hosts.api):
                break
        noticed = time.monotonic()
        for _ in wait_until("lookups go on", 15):
            if all(one.answers[-1].at > noticed for one in asked):
                break
        plan = hosts_plan(client)
        refused = client.post(f"/api/v1/plans/{plan}/copy", json={"name": "in vain"})
        assert refused.status_code in (502, 503), "what can't be kept is not acknowledged"
        hosts.replica.ask("SELECT pg_promote()")
        for _ in wait_until("changes are taken again", 60):
            answer = client.post(f"/api/v1/plans/{plan}/copy", json={"name": "after the failover"})
            if answer.status_code == 201:
                break
    print("lookups", [len(one.answers) for one in asked], "slowest", [round(one.slowest_s, 2) for one in asked], "s")
    for one, n in zip(asked, before, strict=True):
        assert one.failures == []
        assert {answer.edition for answer in one.answers[n:]} == {edition}


def hosts_plan(client: httpx.Client) -> int:
    """Give the plan in force, as the editions tell, which are read from the replica."""
    listed: list[dict[str, Any]] = client.get("/api/v1/editions").json()["editions"]
    return int(listed[-1]["plan"])
