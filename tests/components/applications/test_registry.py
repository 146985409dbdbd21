"""The image repositories: a deployed tag is the image it was, and stays there."""

import pytest

from components.applications.registry import Registry, RegistryArgs
from tests.components.recorded_once import recorded_once
from tests.components.values import keys, place

REPOSITORY = "aws:ecr/repository:Repository"


@pytest.fixture
def registry(build):
    @recorded_once
    def run(*, protect=True):
        args = RegistryArgs(
            place=place(protect=protect),
            keys=keys(),
        )
        return build(lambda opts: Registry("registry", args, opts))

    return run


def test_each_application_has_a_repository_under_the_stacks_name(registry):
    built = registry()
    assert [r.inputs["name"] for r in built.of_type(REPOSITORY)] == [
        "researchflow-test/collaboration",
        "researchflow-test/orchestrator",
        "researchflow-test/web",
        "researchflow-test/worker",
    ]
    assert set(built.result.repository_urls) == {"orchestrator", "worker", "collaboration", "web"}


def test_tags_never_change_and_images_are_scanned_and_encrypted(registry):
    for repository in registry().of_type(REPOSITORY):
        assert repository.inputs["imageTagMutability"] == "IMMUTABLE"
        assert repository.inputs["imageScanningConfiguration"] == {"scanOnPush": True}
        assert repository.inputs["encryptionConfigurations"] == [
            {"encryptionType": "KMS", "kmsKey": "arn:aws:kms:us-east-1:123456789012:key/data"}
        ]


def test_each_repository_forgets_old_images(registry):
    built = registry()
    forgetting = {
        r.inputs["repository"] for r in built.of_type("aws:ecr/lifecyclePolicy:LifecyclePolicy")
    }
    assert forgetting == {r.inputs["name"] for r in built.of_type(REPOSITORY)}


def test_images_go_with_the_stack_only_where_data_is_not_guarded(registry):
    for repository in registry().of_type(REPOSITORY):
        assert (repository.protect, repository.inputs["forceDelete"]) == (True, False)
    for repository in registry(protect=False).of_type(REPOSITORY):
        assert (repository.protect, repository.inputs["forceDelete"]) == (False, True)
