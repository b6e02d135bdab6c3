"""deploy/prometheus and deploy/grafana: every metric and label that they name exists, and Prometheus accepts them."""

import json
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.ports_chosen import METRICS
from services.registry import SERVICES
from tests.deploy.declared_metrics import MODULES, declared, labels_by_sample, labels_of, samples_of
from tests.deploy.promql import asked, result_labels
from tests.support.parts import require_part

PROMETHEUS, GRAFANA = Path("deploy/prometheus"), Path("deploy/grafana")
DASHBOARD = json.loads((GRAFANA / "dashboards/cdc_lag.json").read_text(encoding="utf-8"))
RULES = [
    rule
    for group in yaml.safe_load((PROMETHEUS / "rules.yml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
RECORDED = {rule["record"]: result_labels(rule["expr"]) for rule in RULES if "record" in rule}
KNOWN = labels_by_sample() | RECORDED
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
TARGETS = [target for panel in PANELS for target in panel["targets"]]
SHORT_LISTS = {"service", "table", "of", "why", "limit", "reason", "source", "connector"}


def promtool(*arguments: str | Path) -> str:
    """What Prometheus' own checker says; the test fails where it finds a fault."""
    require_part("promtool", shutil.which("promtool") is not None, "install Debian's package `prometheus`")
    answer = subprocess.run(["promtool", *arguments], capture_output=True, text=True, check=False, timeout=60)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout


def test_every_metric_of_capture_has_the_prefix_a_meaning_and_labels_of_short_lists() -> None:
    metrics = declared("cdc.metrics")
    assert len(metrics) > 20
    for metric in metrics:
        [described] = metric.describe()
        assert described.name.startswith("huleedu_cdc_")
        assert described.documentation.endswith((".", "told")), described.name
        assert labels_of(metric) <= SHORT_LISTS
        assert "service" in labels_of(metric)


def test_every_module_that_declares_metrics_is_looked_into() -> None:
    places = [*Path("cdc").rglob("*.py"), *Path("services").rglob("*.py")]
    sources = [place for place in places if "tests" not in place.parts]
    declaring = {
        ".".join(place.with_suffix("").parts)
        for place in sources
        if re.search(r"^[A-Z_]+ = (Counter|Gauge|Histogram)\(", place.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert declaring == set(MODULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.get("record") or rule["alert"])
def test_a_rule_asks_for_nothing_that_is_not_declared(rule: dict[str, Any]) -> None:
    found = asked(rule["expr"])
    assert found.chosen
    assert found.unknown(KNOWN) == []


@pytest.mark.parametrize("alert", [rule for rule in RULES if "alert" in rule], ids=lambda rule: rule["alert"])
def test_an_alert_says_how_bad_it_is_what_is_wrong_and_what_to_do(alert: dict[str, Any]) -> None:
    assert alert["labels"]["severity"] in {"info", "warning", "critical"}
    assert set(alert["annotations"]) == {"summary", "what_to_do"}
    said = set(re.findall(r"\$labels\.(\w+)", str(alert["annotations"])))
    series = asked(alert["expr"]).chosen
    assert said <= frozenset().union(*(KNOWN[name] for name, _ in series))


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target["expr"][:60])
def test_a_panel_asks_for_nothing_that_is_not_declared(target: dict[str, Any]) -> None:
    found = asked(target["expr"])
    assert found.chosen
    assert found.unknown(KNOWN) == []
    assert set(re.findall(r"{{(\w+)}}", target["legendFormat"])) <= found.grouped or ":" in target["expr"]


def test_a_metric_or_label_that_is_not_declared_is_found() -> None:
    assert asked("sum by (user) (rate(no_such_total[5m]))").unknown(KNOWN) == ["no_such_total", "user"]
    assert asked('huleedu_cdc_lag_seconds{table="a"} > 1').unknown(KNOWN) == ["huleedu_cdc_lag_seconds{table}"]


def _variables() -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in DASHBOARD["templating"]["list"]}


def _listed(variable: str) -> tuple[str, str]:
    """The series whose label's values the variable may have, and that label."""
    found = re.fullmatch(r"label_values\((.*), (\w+)\)", _variables()[variable]["query"]["query"])
    assert found is not None
    return found[1], found[2]


def test_every_metric_of_capture_is_asked_for_by_a_rule_or_the_dashboard() -> None:
    expressions = [each["expr"] for each in (*RULES, *TARGETS)] + [_listed(name)[0] for name in ("service", "table")]
    names = {name for expression in expressions for name, _ in asked(expression).chosen}
    idle = [metric for metric in declared("cdc.metrics") if names.isdisjoint(samples_of(metric))]
    assert idle == []


def test_the_dashboard_shows_lag_by_service_and_by_table() -> None:
    shown = {
        (name, *sorted(asked(target["expr"]).grouped)) for target in TARGETS for name, _ in asked(target["expr"]).chosen
    }
    assert {
        ("service:huleedu_cdc_lag_seconds:min",),
        ("service_table:huleedu_cdc_commit_to_stored_seconds:p99_5m",),
        ("huleedu_cdc_messages_behind", "service", "table"),
    } <= shown
    assert (DASHBOARD["title"], DASHBOARD["uid"]) == ("CDC lag by service and table", "huleedu-cdc-lag")


def test_the_dashboard_is_one_that_grafana_takes() -> None:
    assert DASHBOARD["schemaVersion"] >= 39
    assert Counter(panel["id"] for panel in DASHBOARD["panels"]).most_common(1)[0][1] == 1
    variables = _variables()
    assert (variables["datasource"]["type"], variables["datasource"]["query"]) == ("datasource", "prometheus")
    source = {"type": "prometheus", "uid": "${datasource}"}
    assert all(panel["datasource"] == source and panel["title"] and panel["description"] for panel in PANELS)
    assert all(target["datasource"] == source for target in TARGETS)
    for panel in PANELS:
        refs = [target["refId"] for target in panel["targets"]]
        assert len(set(refs)) == len(refs) > 0
    used = {name for target in TARGETS for name in re.findall(r"\$(\w+)", target["expr"])}
    assert used - {"__rate_interval"} == {"service", "table"} <= variables.keys()
    for name in ("service", "table"):
        chosen, label = _listed(name)
        [(series, labels)] = asked(chosen).chosen
        assert labels | {label} <= KNOWN[series]


def test_no_two_panels_lie_over_one_another_and_none_beyond_the_edge() -> None:
    taken = Counter(
        (x, y)
        for place in (panel["gridPos"] for panel in DASHBOARD["panels"])
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    )
    assert max(taken.values()) == 1
    assert max(x for x, _ in taken) < 24


def test_the_dashboard_is_provided_with_a_source_that_is_where_prometheus_is() -> None:
    [provider] = yaml.safe_load((GRAFANA / "provisioning/dashboards/huleedu.yml").read_text(encoding="utf-8"))[
        "providers"
    ]
    [source] = yaml.safe_load((GRAFANA / "provisioning/datasources/prometheus.yml").read_text(encoding="utf-8"))[
        "datasources"
    ]
    composed = yaml.safe_load(Path("docker-compose.services.yml").read_text(encoding="utf-8"))["services"]["grafana"]
    mounted = {each["target"]: each["source"] for each in composed["volumes"] if isinstance(each, dict)}
    assert mounted[provider["options"]["path"]] == str(GRAFANA / "dashboards")
    assert mounted["/etc/grafana/provisioning"] == str(GRAFANA / "provisioning")
    assert source["type"] == "prometheus"
    assert source["url"].removeprefix("$") in composed["environment"]


def _targets(file: str) -> dict[str, str]:
    listed = yaml.safe_load((PROMETHEUS / file).read_text(encoding="utf-8"))
    return {each["labels"]["part"]: address for each in listed for address in each["targets"]}


def test_every_service_and_capture_are_scraped_where_the_local_stack_has_them() -> None:
    ports = {service.name: service.port for service in SERVICES} | {"cdc": METRICS.number}
    assert _targets("targets.yml") == {name: f"127.0.0.1:{port}" for name, port in ports.items()}


def test_every_service_and_capture_are_scraped_where_their_containers_are() -> None:
    composed = yaml.safe_load(Path("docker-compose.services.yml").read_text(encoding="utf-8"))["services"]
    expected = {service.name: f"{service.name}:{service.port}" for service in SERVICES}
    port = composed["capture"]["environment"]["CDC_METRICS_PORT"]
    assert _targets("targets_in_containers.yml") == expected | {"cdc": f"capture:{port}"}


def test_prometheus_accepts_its_configuration_and_rules() -> None:
    assert "SUCCESS" in promtool("check", "config", PROMETHEUS / "prometheus.yml")


def test_alerts_are_said_when_they_are_due_and_no_others() -> None:
    tested = yaml.safe_load((PROMETHEUS / "rules_test.yml").read_text(encoding="utf-8"))["tests"]
    due = {each["alertname"] for test in tested for each in test.get("alert_rule_test", ()) if each.get("exp_alerts")}
    silent = {
        each["alertname"] for test in tested for each in test.get("alert_rule_test", ()) if not each.get("exp_alerts")
    }
    assert due == silent == {rule["alert"] for rule in RULES if "alert" in rule}
    promtool("test", "rules", PROMETHEUS / "rules_test.yml")


def test_prometheus_understands_what_panels_ask(tmp_path: Path) -> None:
    asking = [re.sub(r"\$__rate_interval", "5m", target["expr"]) for target in TARGETS]
    rules = [{"record": f"panel:{number}", "expr": expression} for number, expression in enumerate(asking)]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}), encoding="utf-8")
    assert f"SUCCESS: {len(rules)} rules found" in promtool("check", "rules", file)
