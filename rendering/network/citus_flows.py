"""Rows of the flow table: StackGres' operator, and the job that distributes tables of Citus.

Citus' servers and the operator's own Jobs beside them aren't among them: what those may be asked is
a policy of its own (`components/citus/sharded_cluster.py`), and whom they ask is left open. They
talk to one another, the API server and S3, and what else the operator makes them do isn't listed
anywhere that could be read.
"""

from __future__ import annotations

from ipaddress import IPv4Network

from rendering.citus import names
from rendering.network.application_flows import CITUS, DISTRIBUTION_PODS, PUBLIC_ADDRESSES
from rendering.network.controller_flows import (
    HTTPS_PORT,
    api_server_flows,
    dns_flows,
    vpc_network,
)
from rendering.network.flow import Flow, Pods, flows_of

# Of the chart at its pinned version (ongres/stackgres 1.18.6, stackgres-k8s/install/helm/
# stackgres-operator/templates): operator-deployment.yaml, label-allowed-namespaces.yaml,
# sgconfig.yaml.
WEBHOOK_PORT = 8443
OPERATOR = Pods(
    name="stackgres-operator",
    namespace=names.OPERATOR_NAMESPACE,
    labels=(("app", "stackgres-operator"),),
)
SETUP_JOBS = Pods(
    name="stackgres-operator-init",
    namespace=names.OPERATOR_NAMESPACE,
    labels=(("app", "stackgres-operator-init"),),
)
"""Jobs of the release, which run at each of its upgrades."""


def citus_flows(vpc: IPv4Network, services: IPv4Network) -> list[Flow]:
    """All rows of the operator's namespace, and those of the job but to the poolers.

    The operator looks up PostgreSQL's extensions on the internet (values.yaml,
    `extensions.repositoryUrls`); whatever it does inside of a server goes by the API server.
    """
    both = (OPERATOR, SETUP_JOBS)
    ports = (names.PORT, names.SERVER_PORT)
    return [
        *dns_flows((*both, DISTRIBUTION_PODS)),
        *api_server_flows(both, vpc, services),
        *flows_of([OPERATOR], PUBLIC_ADDRESSES, (HTTPS_PORT,), "the list of extensions"),
        *flows_of([vpc_network(vpc)], OPERATOR, (WEBHOOK_PORT,), "API server asks the webhook"),
        *flows_of([DISTRIBUTION_PODS], CITUS, ports, "tables to distribute"),
    ]
