"""From rows to policies: each row opens both ends, and nothing else is open."""

from ipaddress import IPv4Network

from rendering.network.controller_flows import KEDA_METRICS_API, KEDA_OPERATOR
from rendering.network.flow import (
    Flow,
    Networks,
    Opening,
    Peer,
    Pods,
    Protocol,
    pod_policies,
)
from rendering.network.flow_table import network_flows
from rf.shared.project import PROJECT_ROOT
from tests.unit.network.flow_site import stack
from tools.reference.flows import render

CLIENT = Pods(name="client", namespace="here", labels=(("app", "client"),))
SERVER = Pods(name="server", namespace="here", labels=(("app", "server"),))
ELSEWHERE = Pods(name="elsewhere", namespace="there", guarded=False)
OUTSIDE = Networks(name="outside", networks=(IPv4Network("192.0.2.0/24"),))


def row(source: Peer, destination: Peer, *ports: int, protocol: Protocol = "TCP") -> Flow:
    return Flow(
        source=source, destination=destination, ports=ports, why="a test", protocol=protocol
    )


def test_a_row_lets_its_source_out_and_lets_it_in_at_its_destination():
    client, server = pod_policies([row(CLIENT, SERVER, 80)], "here")
    assert (client.pods, client.ingress) == (CLIENT, ())
    assert client.egress == (Opening(peer=SERVER, ports=(("TCP", 80),)),)
    assert (server.pods, server.egress) == (SERVER, ())
    assert server.ingress == (Opening(peer=CLIENT, ports=(("TCP", 80),)),)


def test_rows_with_the_same_peer_are_one_opening_with_all_their_ports():
    rows = [row(CLIENT, OUTSIDE, 53), row(CLIENT, OUTSIDE, 53, 80, protocol="UDP")]
    (client,) = pod_policies([*rows, *rows], "here")
    assert client.egress == (Opening(peer=OUTSIDE, ports=(("TCP", 53), ("UDP", 53), ("UDP", 80))),)


def test_a_namespace_gets_the_policies_of_its_own_guarded_pods_alone():
    rows = [row(ELSEWHERE, SERVER, 80)]
    assert [policy.pods for policy in pod_policies(rows, "here")] == [SERVER]
    assert pod_policies(rows, "there") == []


def test_of_two_brokers_kedas_operator_reaches_the_one_that_carries_the_jobs():
    def egress(site):
        policies = {p.pods: p for p in pod_policies(network_flows(site), "keda")}
        assert policies[KEDA_METRICS_API].egress[-1].peer == KEDA_OPERATOR
        return {port for opening in policies[KEDA_OPERATOR].egress for _, port in opening.ports}

    assert egress(stack()) == {53, 443, 6379}
    assert egress(stack(job_port=5671)) == {53, 443, 5671}


def test_a_stack_without_a_layer_lacks_its_rows():
    names = {flow.destination.name for flow in network_flows(stack(keda=False))}
    assert "Citus" not in names
    assert pod_policies(network_flows(stack(keda=False)), "keda") == []
    assert "Citus" in {flow.destination.name for flow in network_flows(stack(citus=True))}


def test_no_row_is_written_twice():
    flows = network_flows(stack(citus=True))
    assert len(flows) == len(set(flows))


def test_the_committed_page_is_the_generated_one():
    committed = (PROJECT_ROOT / "docs" / "network-flows.md").read_text(encoding="utf-8")
    assert committed == render(), "run: python -m tools.reference.flows > docs/network-flows.md"
