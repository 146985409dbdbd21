# The commands of the README. Needs only Python 3.11 or newer and a package registry.
PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready
RUN := $(VENV)/bin/python

.PHONY: up rehearse test test-services test-kubernetes test-cluster test-workflows test-apps test-engine test-newest-python scan lint types check bench sbom lock clean

up: $(READY) ## Bring ResearchFlow's infrastructure up on an embedded AWS, look at it, take it down
	$(RUN) -m rf up --stack dev

rehearse: $(READY) ## Let Pulumi's own engine deploy dev, with no account; Go builds its parts once
	.ci/engine/build
	.ci/apiserver/build
	$(RUN) -m rf rehearse --stack dev

test: $(READY) ## The default test suite
	$(RUN) -m pytest -n 2

test-services: $(READY) ## Tests with real servers, which .ci/services fetches once (as root)
	-.ci/services
	-.ci/node-clients
	-.ci/exporters
	$(RUN) -m pytest -m services -n 3 tests/services

test-kubernetes: $(READY) ## Every exported object on a real API server, or on the cluster of KUBECONFIG
	-.ci/apiserver/build
	-.ci/exporters
	$(if $(KUBECONFIG),,-.ci/services)
	$(RUN) -m pytest -m kubernetes tests/apiserver

test-cluster: $(READY) ## Real scheduler, autoscalers and KEDA decide on what is deployed; no machine runs any
	-.ci/apiserver/build
	-.ci/services
	-.ci/exporters
	-.ci/node-clients
	-.ci/cluster/build
	-.ci/temporal
	-.ci/engine/build
	$(RUN) -m pytest -m cluster -n 3 tests/cluster

test-workflows: $(READY) ## Faults of an application of workflows break its contract, on Temporal's own server
	-.ci/services
	-.ci/temporal
	$(RUN) -m pytest -m workflows tests/workflows

test-apps: $(READY) ## The reference applications: lint, types, tests, and what they do on real servers
	.ci/apps
	-.ci/services
	-.ci/temporal
	$(VENV)/bin/pyright --project apps/worker --pythonpath .cache/apps/worker/bin/python
	.cache/apps/worker/bin/python -m pytest -q --rootdir apps/worker apps/worker/tests -c apps/worker/pyproject.toml
	for name in orchestrator collaboration web; do (cd apps/$$name && npm run --silent lint && npm run --silent types && npm test --silent) || exit 1; done
	$(RUN) -m pytest -m apps tests/apps

test-engine: $(READY) ## Pulumi's own engine, on an embedded AWS and an API server of this machine
	-.ci/apiserver/build
	-.ci/services
	-.ci/engine/build
	-.ci/helm
	$(RUN) -m pytest -m engine -n 2 tests/engine

test-newest-python: ## Unit and component tests on the newest Python that Debian serves (as root)
	.ci/newest-python

scan: $(READY) ## What outside scanners find in stacks, sources and history; tools/scan/by_design.yaml says what is meant
	-.ci/scan/build
	-.ci/exporters
	$(RUN) -m pytest -q -m scanners tests/repository/test_scan.py
	$(RUN) -m tools.scan

lint: $(READY) ## Style and likely faults; the workflows too, whose linter .ci/actionlint/build makes with Go once
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	-.ci/actionlint/build
	$(RUN) -m pytest -q tests/repository/test_github_workflows.py

types: $(READY) ## Static types
	$(VENV)/bin/pyright

check: lint types test ## Everything a change must pass

bench: $(READY) ## How long things take, now and at BASE=REV; ROWS="help size" for some of them
	$(RUN) benchmarks/compare.py $(if $(BASE),--base $(BASE)) $(if $(ROWS),--rows $(ROWS))

sbom: $(READY) ## The bill of materials, build/sbom.cdx.json: packages, charts and images, in CycloneDX
	mkdir -p build
	$(RUN) -m tools.supply_chain.bom > build/sbom.cdx.json

lock: $(READY) ## Lock files, from requirements*.in; what is locked stays unless OPTIONS=--upgrade
	.ci/lock $(OPTIONS)

$(READY): requirements-dev.txt requirements-uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m tools.environment --requirements requirements-dev.txt --directory $(VENV)
	@touch $@

clean: ## Remove the virtual environment
	rm -rf $(VENV)
