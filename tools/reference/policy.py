"""Writes `docs/policy.md`: every rule of the pack, for people.

`python -m tools.reference.policy` prints it; a test compares it with the committed file.
"""

from __future__ import annotations

import sys

from policy.rules import RULES
from policy.rules.shared.exceptions import KEYS, LONGEST_DAYS
from policy.rules.shared.rule import Rule, RuleLayer
from tools.reference.markdown import table
from tools.reference.policy_elsewhere import ELSEWHERE, UNJUDGED

_OPENING = f"""\
# Policy

What a stack that holds patients' data must be, whoever changes the program. This page is generated
from the rules in `policy/rules/` (`python -m tools.reference.policy > docs/policy.md`): {{count}}
of them, {{advisory}} advisory and the rest mandatory. One definition runs in four places:

```sh
.venv/bin/python -m rf policy --stack prod           # over the offline plan: no engine, no account
.venv/bin/python -m rf policy --stack prod --rules   # and how much each rule had to judge
pulumi preview --stack prod --policy-pack policy     # in the engine (CrossGuard); `pulumi up` too
.venv/bin/python -m rf rehearse --stack prod         # in the engine, with no account (rehearsal.md)
```

and in a pull request, where `rf report` prints the first one's result. Exit code 1, or in the
engine a refused deployment, where a mandatory rule is broken or an exception has expired; an
advisory rule is told and stops nothing. The two ways differ in three things:

- in the engine's first preview some values are not known yet; what depends on them is judged in
  `pulumi up`, before the resource is made;
- rules that need other resources (marked "whole stack") are judged when all are known: in the
  preview that `pulumi up` begins with, so skip that (`--skip-preview`) after another one alone;
- the engine sees what the provider fills in beside the program's inputs; rules judge the inputs.

The pack needs the program's own virtual environment, which `pulumi install` or `make` makes
(`policy/PulumiPolicy.yaml` names it). `rf policy` reads what `rf preview` prints: another size or
value can be tried with `--size` and `--set`.

## Exceptions

Where a rule is right and a stack must break it for a while, `policy/exceptions.yaml` says so, in
the pull request that needs it:

```yaml
exceptions:
  - rule: logs-kept
    stack: staging
    resource: aws:cloudwatch/logGroup:LogGroup::network-flow
    expires: 2027-01-31
    reason: the load test of January fills it; ticket 123
```

All of {", ".join(f"`{key}`" for key in KEYS)} are required. `resource` is
`TYPE::NAME`, as `rf policy` prints it. An exception holds through its last day, which is
{LONGEST_DAYS} days away at most. After it the rule speaks again, and the entry itself is a
violation until someone removes or renews it. An unknown rule, a resource that the stack hasn't, a
date that is none: bad input (exit code 2; in the engine the deployment stops). What would be right
for longer is a change of the rule.

## A further rule

1. Write a check in the file of its subject in `policy/rules/`: a function that is given the
   resource and the stack and yields a sentence for each thing that is wrong. Read inputs with
   `values.at`, which knows what isn't known yet; never quote a value that may be secret.
2. Add a `Rule` with its id, demand, reason, source, remedy and the types it looks at. `from_size`
   where the plan asks for it from a size on; `whole_stack` where it needs other resources; `level`
   if it only advises.
3. Seed a fault in `tests/faults/` that it must catch; the tests refuse a rule without one, and a
   rule that a stack of the repository breaks. `python -m tests.faults` prints who catches what.
4. Print this page anew.

The rules import neither Pulumi nor the rest of the repository, so both ways can run them.

## What no rule says

What the tests of components and program assert, and a pull request or a stack file can break, is a
rule, unless another command finds it already, before a deployment:

{{elsewhere}}
Types that no rule is about by name:

{{unjudged}}
A new type is in this table or in a rule: the tests refuse one that is in neither.

## Faults

`tests/faults/` has faults that the program could get, each with what must catch it: a rule of
these, a check of the settings or of the capacity, the growth rules, or the offline plan itself. The
test suite plants them all, prints how many were caught, and fails below all; it fails too where a
rule speaks against a fault that it isn't about.
"""


def render() -> str:
    """The whole page."""
    advisory = sum(rule.level == "advisory" for rule in RULES)
    opening = _OPENING.format(
        count=len(RULES),
        advisory=advisory,
        elsewhere=table(("what is wrong", "who says so"), ELSEWHERE),
        unjudged=table(("type", "why"), [(f"`{t}`", why) for t, why in UNJUDGED.items()]),
    )
    return opening + "".join(_layer(layer) for layer in RuleLayer)


def _layer(layer: RuleLayer) -> str:
    rows = [_row(rule) for rule in RULES if rule.layer is layer]
    heads = ("rule", "demands", "because", "source", "remedy")
    return f"\n## Rules: {layer}\n\n{table(heads, rows)}"


def _row(rule: Rule) -> tuple[str, ...]:
    notes = [
        *(["advisory"] if rule.level == "advisory" else []),
        *([f"from {rule.from_size}"] if rule.from_size != "small" else []),
        *(["whole stack"] if rule.whole_stack else []),
    ]
    name = f"`{rule.id}`" + (f" ({', '.join(notes)})" if notes else "")
    return (name, rule.demand, rule.reason, rule.source, rule.remedy)


if __name__ == "__main__":
    sys.stdout.write(render())
