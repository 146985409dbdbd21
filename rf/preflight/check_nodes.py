"""Where nodes can stand: the zones, and the EC2 classes in each of them."""

from __future__ import annotations

from collections.abc import Iterator

from rf.aws.eks.cluster import NODE_GROUP
from rf.kubernetes.karpenter import NODE_CLASS, NODE_POOL, requirement
from rf.preflight.row import OTHER_CLASS, PreflightRow, in_all, row_of
from rf.shared.account.account import Account
from rf.shared.account.machine_images import images_folder
from rf.shared.account.names import described
from rf.shared.account.need import Need
from rf.shared.account.owned import Owner
from rf.shared.cards.naming import Answer
from scaleplan.versions.table import TABLE

REFUSED_ZONES = frozenset({"use1-az3", "usw1-az2", "cac1-az3"})
"""Zone ids in which EKS puts no control plane (EKS, "VPC and subnet requirements")."""

_ARCHITECTURES = {
    "AL2023_ARM_64_STANDARD": "arm64",
    "AL2023_x86_64_STANDARD": "x86_64",
}
"""What the parameters of images call the architecture of a node group's type."""

_OTHER_ZONES = "choose other availabilityZones before anything is made: they can't change later"


def zones(account: Account, need: Need, _owner: Owner) -> Iterator[PreflightRow]:
    """That each zone is open to the account and takes a control plane.

    Which zone id a letter means differs from account to account.
    """
    for zone in need.settings.availability_zones:

        def question(zone: str = zone) -> Answer:
            listed = account.listed("ec2", "DescribeAvailabilityZones", "AvailabilityZones")
            by_name = {each["ZoneName"]: each for each in listed}
            if zone not in by_name:
                return False, f"the account has {', '.join(sorted(by_name))}"
            zone_id, state = by_name[zone]["ZoneId"], by_name[zone].get("State", "available")
            fine = state == "available" and zone_id not in REFUSED_ZONES
            return fine, f"{state}, zone id {zone_id}"

        yield row_of("zone", zone, "available, and EKS takes its zone id", _OTHER_ZONES, question)


def node_classes(account: Account, need: Need, _owner: Owner) -> Iterator[PreflightRow]:
    """EC2 classes of the managed groups, and for Karpenter's pools one class at least."""
    chosen = need.settings.availability_zones
    for name in sorted({group["instanceTypes"][0] for group in need.inputs(NODE_GROUP)}):
        yield row_of(
            "class",
            f"EC2 {name}",
            f"offered in {', '.join(chosen)}",
            OTHER_CLASS,
            lambda name=name: in_all(chosen, _offered(account, name)),
        )
    for pool in need.inputs(NODE_POOL):
        categories, sizes = (
            requirement(pool, "instance-category"),
            requirement(pool, "instance-cpu"),
        )
        newest = min(map(int, requirement(pool, "instance-generation")), default=0)

        def question(
            categories: list[str] = categories,
            sizes: list[str] = sizes,
            newer_than: int = newest,
            arm: bool = "arm64" in requirement(pool, "arch"),
        ) -> Answer:
            fitting = _fitting(account, categories, set(map(int, sizes)), newer_than, arm=arm)
            return in_all(chosen, {zone for zone, names in fitting.items() if names})

        yield row_of(
            "class",
            f"Karpenter pool {pool['metadata']['name']}: one of {'/'.join(categories)} with"
            f" {'/'.join(sizes)} vCPUs",
            f"offered in {', '.join(chosen)}",
            _OTHER_ZONES,
            question,
        )


def machine_images(account: Account, need: Need, _owner: Owner) -> Iterator[PreflightRow]:
    """The images of the managed groups' machines and of Karpenter's, for this minor version of
    Kubernetes and the machines' architecture, by the parameters that AWS publishes."""
    version = need.settings.kubernetes_version
    kinds = {
        _ARCHITECTURES[str(group["amiType"])]: "recommended" for group in need.inputs(NODE_GROUP)
    }
    wanted = [(architecture, release) for architecture, release in sorted(kinds.items())]
    for node_class in need.inputs(NODE_CLASS):
        for term in node_class["spec"]["amiSelectorTerms"]:
            release = str(term["alias"]).partition("@")[2]
            wanted += [(each, release) for each in sorted(_architectures(need))]
    for architecture, release in wanted:
        name = _parameter(version, architecture, release)
        yield row_of(
            "machine image",
            f"AL2023 {release} for Kubernetes {version} on {architecture}",
            "published by AWS in the region",
            f"choose another release in {TABLE}: `aws ssm get-parameters-by-path --path"
            f" {images_folder(version, architecture)} --recursive` lists what there is",
            lambda name=name: _published(account, name),
        )


def _architectures(need: Need) -> set[str]:
    """What the parameters call the architectures that Karpenter's pools ask for."""
    return {
        "x86_64" if each == "amd64" else each
        for pool in need.inputs(NODE_POOL)
        for each in requirement(pool, "arch")
    }


def _parameter(version: str, architecture: str, release: str) -> str:
    """As Karpenter 1.14 asks for an alias (`pkg/providers/amifamily/al2023.go`)."""
    name = release
    if release != "recommended":
        name = f"amazon-eks-node-al2023-{architecture}-standard-{version}-{release}"
    return f"{images_folder(version, architecture)}/{name}/image_id"


def _published(account: Account, name: str) -> Answer:
    found = described(account, "ssm", "GetParameter", "Parameter", Name=name)
    return bool(found), found[0]["Value"] if found else "no such parameter"


def _offered(account: Account, name: str) -> set[str]:
    """Zones that offer an EC2 class."""
    listed = account.listed(
        "ec2",
        "DescribeInstanceTypeOfferings",
        "InstanceTypeOfferings",
        LocationType="availability-zone",
        Filters=[{"Name": "instance-type", "Values": [name]}],
    )
    return {each["Location"] for each in listed}


def _fitting(
    account: Account, categories: list[str], vcpus: set[int], newer_than: int, *, arm: bool
) -> dict[str, set[str]]:
    """By zone, the classes that the requirements of a pool let Karpenter choose from."""
    processors = "arm64" if arm else "x86_64"
    types = account.listed(
        "ec2",
        "DescribeInstanceTypes",
        "InstanceTypes",
        Filters=[
            {"Name": "processor-info.supported-architecture", "Values": [processors]},
            {"Name": "vcpu-info.default-vcpus", "Values": sorted(map(str, vcpus))},
        ],
    )
    names = {
        each["InstanceType"]
        for each in types
        if each["InstanceType"][0] in categories
        and _generation(each["InstanceType"]) > newer_than
        and each["VCpuInfo"]["DefaultVCpus"] in vcpus
    }
    offerings = account.listed(
        "ec2",
        "DescribeInstanceTypeOfferings",
        "InstanceTypeOfferings",
        LocationType="availability-zone",
    )
    fitting: dict[str, set[str]] = {}
    for each in offerings:
        if each["InstanceType"] in names:
            fitting.setdefault(each["Location"], set()).add(each["InstanceType"])
    return fitting


def _generation(name: str) -> int:
    digits = [letter for letter in name.partition(".")[0] if letter.isdigit()]
    return int(digits[0]) if digits else 0
