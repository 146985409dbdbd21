"""Rows of the flow table: what external-dns talks to. Nobody asks it anything."""

from __future__ import annotations

from ipaddress import IPv4Network

from rendering.edge.external_dns_documents import NAMESPACE
from rendering.network.application_flows import (
    POD_IDENTITY_AGENT,
    POD_IDENTITY_PORT,
    PUBLIC_ADDRESSES,
)
from rendering.network.controller_flows import (
    HTTPS_PORT,
    NAME_LABEL,
    api_server_flows,
    dns_flows,
)
from rendering.network.flow import Flow, Pods, flows_of

EXTERNAL_DNS = Pods(
    name="external-dns", namespace=NAMESPACE, labels=((NAME_LABEL, "external-dns"),)
)
"""As its chart labels them at the pinned version (external-dns-helm-chart-1.21.1,
templates/_helpers.tpl)."""


def external_dns_flows(vpc: IPv4Network, services: IPv4Network) -> list[Flow]:
    """Services and Ingresses are read from the API server, records written by Route 53's API."""
    pods = (EXTERNAL_DNS,)
    return [
        *dns_flows(pods),
        *api_server_flows(pods, vpc, services),
        *flows_of(pods, POD_IDENTITY_AGENT, (POD_IDENTITY_PORT,), "credentials of AWS"),
        *flows_of(pods, PUBLIC_ADDRESSES, (HTTPS_PORT,), "Route 53"),
    ]
