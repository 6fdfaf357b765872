"""The files of deploy/: accepted by the programs that read them, and in keeping with the service."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from spatialgov.cli.serve_command import _STOP_S, command
from spatialgov.store.urls import parse_url
from spatialgov_api import Settings
from spatialgov_api.middleware import MOST_BYTES

DEPLOY = Path(__file__).parents[2] / "deploy"
UNIT = (DEPLOY / "spatialgov.service").read_text(encoding="utf-8")
NGINX = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
HOSTS = DEPLOY / "several-hosts"
BALANCER = (HOSTS / "balancer.conf").read_text(encoding="utf-8")
UNITS = [DEPLOY / "spatialgov.service", HOSTS / "dask-scheduler.service", HOSTS / "dask-worker@.service"]
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))


def program(name: str) -> str:
    """Give the path of a program, or skip aloud (fail in CI)."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(
            f"{name} is missing (tools/install_test_system.sh)"
        )
    return found


def given(text: str, name: str) -> list[str]:
    """Give the values of a directive of the unit or of nginx."""
    return re.findall(rf"^\s*{name}[= ](.*?);?$", text, re.MULTILINE)


def known_options() -> set[str]:
    return {option for parameter in command.params for option in parameter.opts}


@pytest.mark.parametrize("file", UNITS, ids=lambda file: file.stem)
def test_systemd_accepts_the_unit(file: Path, tmp_path: Path) -> None:
    unit = tmp_path / file.name.replace("@", "@1")
    text = file.read_text(encoding="utf-8")
    started = re.sub(r"^ExecStart=(.*\\\n)*.*$", "ExecStart=/bin/true", text, flags=re.MULTILINE)
    unit.write_text(started, encoding="utf-8")
    analyze = program("systemd-analyze")
    said = subprocess.run([analyze, "verify", "--man=no", unit], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stderr) == (0, "")
    exposed = subprocess.run(
        [analyze, "security", "--offline=yes", "--no-pager", unit], capture_output=True, text=True, check=False
    )
    level = re.search(r"Overall exposure level for \S+: ([\d.]+)", exposed.stdout)
    assert level is not None, exposed.stdout + exposed.stderr
    assert float(level[1]) < 2.5


def test_the_unit_starts_the_service_and_gives_it_time_to_stop() -> None:
    (start,) = given(UNIT, "ExecStart")
    assert start.split()[1] == "serve"
    assert {word for word in start.split() if word.startswith("--")} <= known_options()
    assert "--host 127.0.0.1" in start
    assert int(given(UNIT, "TimeoutStopSec")[0]) > _STOP_S
    named = set(
        re.findall(r"^(SPATIALGOV_\w+)=", (DEPLOY / "spatialgov.env").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert named <= {f"SPATIALGOV_{name.upper()}" for name in Settings.model_fields} | {"SPATIALGOV_DATABASE_URL"}


@pytest.mark.parametrize("proxy", [NGINX, BALANCER], ids=["one host", "several hosts"])
def test_nginx_accepts_the_proxy(proxy: str, tmp_path: Path) -> None:
    nginx = program("nginx")
    key, certificate = tmp_path / "key.pem", tmp_path / "fullchain.pem"
    request = [program("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=grids.example.org"]
    subprocess.run([*request, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    site = proxy.replace("/etc/ssl/spatialgov/", f"{tmp_path}/")
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid; error_log stderr; events {{}} http {{ access_log off;\n"
        + "".join(
            f"{kind}_temp_path {tmp_path}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        + f"\n{site}\n}}",
        encoding="utf-8",
    )
    said = subprocess.run(
        [nginx, "-t", "-q", "-p", tmp_path, "-c", tmp_path / "nginx.conf"], capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stderr


def test_the_proxy_can_t_be_got_round() -> None:
    assert given(NGINX, "server")[0] == "127.0.0.1:8000"
    # set once for all: a location with a `proxy_set_header` of its own would lose the others
    assert given(NGINX, "proxy_set_header X-Forwarded-For") == ["$remote_addr"]
    assert NGINX.count("proxy_set_header") == 5
    assert NGINX.count("add_header") == 2
    assert int(given(NGINX, "client_max_body_size")[0].removesuffix("m")) * 2**20 > MOST_BYTES
    for location in ("/metrics", "/readyz"):
        (block,) = re.findall(rf"location = {location} {{(.*?)}}", NGINX, re.DOTALL)
        assert "deny all" in block
    for block in re.findall(r"location (?:= )?(/|/api/v1/locate) {(.*?)}", NGINX, re.DOTALL):
        assert "limit_req" in block[1]


def test_the_files_of_several_hosts_fit_together() -> None:
    drop_in = (HOSTS / "service.conf").read_text(encoding="utf-8")
    start = given(drop_in, "ExecStart")[-1]
    assert {word for word in start.split() if word.startswith("--")} <= known_options()
    hosts = dict(re.findall(r"^([A-Z_]+)=(.*)$", (HOSTS / "hosts.env").read_text(encoding="utf-8"), re.MULTILINE))
    assert {name for name in hosts if name.startswith("SPATIALGOV_")} <= {
        f"SPATIALGOV_{name.upper()}" for name in Settings.model_fields
    }
    assert f"server {hosts['LISTEN_ADDRESS']}:8000 " in BALANCER
    for name, attribute in (("", "read-write"), ("READ_", "prefer-standby")):
        url = parse_url(hosts[f"SPATIALGOV_{name}DATABASE_URL"])
        assert set(url.query["host"]) == {"10.0.0.21:5432", "10.0.0.22:5432"}
        assert url.query["target_session_attrs"] == attribute
    assert given((HOSTS / "primary.conf").read_text(encoding="utf-8"), "listen_addresses")[0].startswith(
        "= '10.0.0.21'"
    )
    worker = (HOSTS / "dask-worker@.service").read_text(encoding="utf-8")
    named = set(re.findall(r"^([A-Z_]+)=", (HOSTS / "dask.env").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"\$\{([A-Z_]+)\}", worker)) == named


def test_the_balancer_never_sends_a_change_twice() -> None:
    assert given(BALANCER, "proxy_next_upstream") == ["error timeout http_502"]
    assert BALANCER.count("proxy_set_header") == 5
    assert BALANCER.count("max_fails=1 fail_timeout=5s") == 2
    for block in re.findall(r"location [^{]*{([^}]*)}", BALANCER):
        assert "limit_req" in block or "return 404" in block


def test_the_containers_fit_together() -> None:
    services = COMPOSE["services"]
    assert services["database"]["image"] == "postgis/postgis:15-3.3"
    service = services["service"]
    assert {word for word in service["command"] if word.startswith("--")} <= known_options()
    assert service["command"][service["command"].index("--host") + 1] == "127.0.0.1"
    assert service["network_mode"] == "service:proxy"
    assert service["depends_on"]["database"]["condition"] == "service_healthy"
    assert "ports" not in service
    assert "ports" not in services["database"]
    assert service["environment"]["FORWARDED_ALLOW_IPS"] == "127.0.0.1,::1"
    assert int(service["stop_grace_period"].removesuffix("s")) > _STOP_S
    assert (DEPLOY / services["proxy"]["volumes"][0].partition(":")[0]).is_file()
    assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
    volumes = {one.partition(":")[0] for name in services for one in services[name]["volumes"]}
    assert {one for one in volumes if one.isalpha()} == set(COMPOSE["volumes"])
