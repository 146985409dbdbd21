"""Points of workflows: how the orchestrator starts them, and how a workflow worker runs them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rendering.shared.endpoints import STOP_MARGIN_SECONDS
from rf.conform.point import ContractPoint, Explanation
from rf.conform.points.jobs import stored
from rf.conform.seen import BrokenPointError, NotTriedError, in_time, require
from rf.conform.trial import READY_SECONDS, Trial
from rf.shared.applications.application_process import ApplicationProcess
from rf.shared.applications.http_client import NoAnswerError
from scaleplan.applications.workloads import ORCHESTRATOR, WORKFLOW_WORKER

if TYPE_CHECKING:
    from rf.shared.applications.local_temporal import LocalTemporal, SeenWorkflow


DONE_SECONDS = 60.0
"""In which a sample's workflow is to end, and a task that waits is to be taken."""

LISTED_SECONDS = 15.0
"""In which Temporal lists a workflow that was started."""

ASKED_EVERY_SECONDS = 0.1

HEARD_SECONDS = 0.5
"""From SIGTERM on until the process has heard of it."""

TAKEN_SECONDS = 0.2
"""From the server's giving an activity away until the worker has it: one that is told to stop in
between loses it (seen of Temporal's SDK for TypeScript 1.24)."""

AWAY_SECONDS = 3.0
"""How long Temporal is away: every worker has asked it meanwhile."""

LOST_AFTER_SECONDS = 6
"""The time-out that a lost worker's activities have here, since in ten minutes nobody waits."""


@dataclass(frozen=True, kw_only=True)
class _Sample:
    """The sample's workflow, and where it is started. `activity` is that of a second, any unless
    it is named."""

    temporal: LocalTemporal
    start: Callable[[], str]
    activity: str | None

    def await_ended(self, identifier: str, what: str) -> SeenWorkflow:
        """Raises BrokenPointError unless it ends well in time."""
        found = in_time(
            lambda: (seen := self.temporal.seen(identifier)).completed is not None and seen,
            DONE_SECONDS,
            f"{what} had not ended after {DONE_SECONDS:g} s",
            ASKED_EVERY_SECONDS,
        )
        require(found.completed, f"{what} failed")
        return found

    def await_in_hand(self, identifier: str) -> None:
        """Raises BrokenPointError unless a worker takes an activity of it in time; NotTriedError
        where it has ended without one in hand."""
        in_time(
            lambda: (
                self.in_hand(identifier) or self.temporal.seen(identifier).completed is not None
            ),
            DONE_SECONDS,
            f"no activity of a workflow was taken within {DONE_SECONDS:g} s",
            ASKED_EVERY_SECONDS,
        )
        if not self.in_hand(identifier):
            raise NotTriedError(
                "the workflow had no activity in hand: name one that takes a second"
            )

    def in_hand(self, identifier: str) -> bool:
        """Whether a worker holds the activity."""
        held = self.temporal.in_hand(identifier)
        return bool(held) if self.activity is None else self.activity in held

    def completed_at_once(self, identifier: str) -> bool:
        """Whether the activity has ended well, at its first attempt."""
        return any(
            each.completed_by == 1 and self.activity in (None, each.type)
            for each in self.temporal.seen(identifier).activities
        )


@contextmanager
def _sample(trial: Trial) -> Iterator[_Sample]:
    """No worker is given what was started in here afterwards."""
    sample, temporal = trial.samples.workflow, trial.stand.temporal
    if sample is None:
        raise NotTriedError("the samples name no workflow")
    queue = trial.stand.variables(trial.tried.name)["TEMPORAL_TASK_QUEUE"]
    started: list[str] = []

    def start() -> str:
        arguments = sample.input_of(trial.patient())
        started.append(temporal.start(sample.type, arguments, queue))
        return started[-1]

    try:
        yield _Sample(temporal=temporal, start=start, activity=sample.activity)
    finally:
        temporal.end(*started)


def _starts(trial: Trial) -> None:
    temporal = trial.stand.temporal
    wanted = trial.stand.variables(trial.tried.name)["TEMPORAL_TASK_QUEUE"]
    queues = _started(temporal, lambda: trial.asked_well("start_workflow"))
    for queue in queues:
        require(queue == wanted, f"it started a workflow on the task queue {queue}, not {wanted}")


def _started(temporal: LocalTemporal, ask: Callable[[], object]) -> list[str]:
    """Task queues of what a request has started. Raises BrokenPointError where it has nothing."""
    before = temporal.known()
    ask()
    started = in_time(
        lambda: {id_: queue for id_, queue in temporal.known().items() if id_ not in before},
        LISTED_SECONDS,
        "the sample `start_workflow` started no workflow",
        ASKED_EVERY_SECONDS,
    )
    temporal.end(*started)
    return list(started.values())


def _starts_again(trial: Trial) -> None:
    temporal, process = trial.stand.temporal, trial.process()
    _without_temporal(trial, process)

    def answered() -> bool:
        try:
            return trial.ask("start_workflow", process).good
        except (BrokenPointError, NoAnswerError):
            return False

    back = f"{READY_SECONDS:g} s after Temporal was back it still started no workflow"
    _started(temporal, lambda: in_time(answered, READY_SECONDS, back, ASKED_EVERY_SECONDS))


def _without_temporal(trial: Trial, process: ApplicationProcess) -> None:
    """It is away for a moment; the process lives through it, and is ready afterwards."""
    with trial.stand.way_to_temporal.closed():
        code = process.wait_ended(AWAY_SECONDS)
        require(code is None, f"while Temporal was away it ended with {code}")
        require(process.is_live(), "while Temporal was away it was not live")
    require(
        trial.process() is process, "after Temporal had been away it did not get ready by itself"
    )


def _takes_tasks(trial: Trial) -> None:
    trial.process()
    _run(trial)


def _run(trial: Trial) -> SeenWorkflow:
    """How the sample's workflow has run, of those that run without a disturbance."""

    def see() -> SeenWorkflow:
        with _sample(trial) as sample:
            return sample.await_ended(sample.start(), "a workflow")

    return trial.once("workflow", see)


def _takes_tasks_again(trial: Trial) -> None:
    process = trial.process()
    with _sample(trial) as sample:
        _without_temporal(trial, process)
        sample.await_ended(sample.start(), "a workflow started after Temporal was back")


def _serves_no_api(trial: Trial) -> None:
    answer = trial.ask("read")
    require(not answer.good, f"as a workflow worker it answered the sample `read`: {answer.status}")


def _limits_activities(trial: Trial) -> None:
    told = trial.stand.variables(trial.tried.name)
    seconds = int(told["WORKFLOW_ACTIVITY_TIMEOUT_SECONDS"])
    attempts = int(told["WORKFLOW_ACTIVITY_MAXIMUM_ATTEMPTS"])
    trial.process()
    activities = _run(trial).activities
    if not activities:
        raise NotTriedError("the workflow has no activity")
    for each in activities:
        require(
            each.timeout_seconds == seconds,
            f"an activity has the startToCloseTimeout {each.timeout_seconds:g} s, not {seconds} s",
        )
        require(
            each.maximum_attempts == attempts,
            f"an activity has {each.maximum_attempts} maximumAttempts, not {attempts}",
        )


def _ends_its_activity(trial: Trial) -> None:
    process = trial.release()
    with _sample(trial) as sample:
        held = sample.start()
        sample.await_in_hand(held)
        process.wait_ended(TAKEN_SECONDS)
        process.terminate()
        process.wait_ended(HEARD_SECONDS)
        if not sample.in_hand(held) and sample.completed_at_once(held):
            process.stop()
            raise NotTriedError("the activity had ended before SIGTERM: name one of a second")
        later = sample.start()
        code = process.wait_ended(trial.tried.drain_seconds + STOP_MARGIN_SECONDS)
        process.stop()
        require(code is not None, "it did not end after SIGTERM with an activity in hand")
        require(sample.completed_at_once(held), "the activity in hand at SIGTERM was let go")
        require(not sample.temporal.seen(later).taken, "it took another task after SIGTERM")


@dataclass(frozen=True, kw_only=True)
class _Loss:
    """What a lost worker's workflow came to: `broken` says how it ended amiss, if it did. Rows by
    table and keys of the cache that it left, and that one left which nothing disturbed."""

    broken: str
    left: dict[str, int]
    left_undisturbed: dict[str, int]


def _loss(trial: Trial) -> _Loss:
    return trial.once("loss", lambda: _lose_a_worker(trial))


def _lose_a_worker(trial: Trial) -> _Loss:
    trial.process()
    with _sample(trial) as sample:
        before = _counts(trial)
        sample.await_ended(sample.start(), "a workflow")
        undisturbed, before = _more(trial, before), _counts(trial)
        trial.rest()
        one = trial.start_ready(told={"WORKFLOW_ACTIVITY_TIMEOUT_SECONDS": str(LOST_AFTER_SECONDS)})
        try:
            lost = sample.start()
            sample.await_in_hand(lost)
        finally:
            one.stop()
        trial.process()
        try:
            sample.await_ended(lost, "the workflow of a worker that was lost")
        except BrokenPointError as error:
            return _Loss(broken=str(error), left={}, left_undisturbed={})
        return _Loss(broken="", left=_more(trial, before), left_undisturbed=undisturbed)


def _counts(trial: Trial) -> dict[str, int]:
    rows, keys = stored(trial)
    return {**rows, "the cache": len(keys)}


def _more(trial: Trial, before: dict[str, int]) -> dict[str, int]:
    return {name: count - before.get(name, 0) for name, count in _counts(trial).items()}


def _is_taken_over(trial: Trial) -> None:
    broken = _loss(trial).broken
    require(not broken, broken)


def _repeats_activities(trial: Trial) -> None:
    loss = _loss(trial)
    if loss.broken:
        raise NotTriedError(loss.broken)
    more = [name for name, count in loss.left.items() if count > loss.left_undisturbed[name]]
    require(not more, f"an activity that ran twice left more than once in {', '.join(more)}")


_CONNECTS = (
    "const {connectionOptions, namespace} = loadClientConnectConfig()  // @temporalio/envconfig\n"
)
_PYTHON_CONNECTS = "config = ClientConfig.load_client_connect_config()  # temporalio.envconfig\n"
_LOGIN = (
    "TEMPORAL_ADDRESS",
    "TEMPORAL_NAMESPACE",
    "TEMPORAL_TLS",
    "TEMPORAL_TLS_SERVER_NAME",
    "TEMPORAL_TLS_SERVER_CA_CERT_PATH",
    "TEMPORAL_TLS_CLIENT_CERT_DATA",
    "TEMPORAL_TLS_CLIENT_KEY_DATA",
)
_BACK = Explanation(
    text="Connect once and keep the client: it connects anew by itself. End the process for no"
    " error of a poll, and let the probes say nothing of Temporal. What the SDK's core writes"
    " meanwhile belongs into your own log: forward it, or its lines are no JSON.",
    node="Runtime.install({logger, telemetryOptions: {logging: {forward: {}}}})\n"
    "worker.run().catch((error) => { log.error({error}, 'worker'); process.exitCode = 1 })",
    python="forwarding = LogForwardingConfig(logger=log)  # temporalio.runtime\n"
    "logging = LoggingConfig(LoggingConfig.default.filter, forwarding=forwarding)\n"
    "Runtime.set_default(Runtime(telemetry=TelemetryConfig(logging=logging)))",
)

POINTS = (
    ContractPoint(
        id="starts-workflows",
        title="starts workflows by its certificate, on the task queue",
        applications=(ORCHESTRATOR,),
        attempt=_starts,
        needs=("start_workflow",),
        temporal=True,
        variables=(*_LOGIN, "TEMPORAL_TASK_QUEUE"),
        explanation=Explanation(
            text="The SDK reads address, namespace and certificate from the environment, if it is"
            " asked to: its plain `connect` does not.",
            node=_CONNECTS + "const connection = await Connection.connect(connectionOptions)\n"
            "await new Client({connection, namespace}).workflow.start(analysis,\n"
            "  {taskQueue: env.TEMPORAL_TASK_QUEUE, workflowId, args})",
            python=_PYTHON_CONNECTS + "client = await Client.connect(**config)\n"
            "await client.start_workflow(\n"
            '    Analysis.run, argument, id=id, task_queue=os.environ["TEMPORAL_TASK_QUEUE"])',
        ),
    ),
    ContractPoint(
        id="starts-workflows-again",
        title="is live while Temporal is away, and starts workflows when it is back",
        applications=(ORCHESTRATOR,),
        attempt=_starts_again,
        needs=("start_workflow",),
        temporal=True,
        variables=("TEMPORAL_ADDRESS",),
        explanation=_BACK,
    ),
    ContractPoint(
        id="takes-tasks",
        title="runs a workflow of the task queue to its end",
        applications=(WORKFLOW_WORKER,),
        attempt=_takes_tasks,
        needs=("workflow",),
        temporal=True,
        variables=(*_LOGIN, "TEMPORAL_TASK_QUEUE"),
        explanation=Explanation(
            text="One worker for workflows and activities, on the task queue of the variable and"
            " by the certificate of the environment.",
            node=_CONNECTS
            + "const connection = await NativeConnection.connect(connectionOptions)\n"
            "const worker = await Worker.create({connection, namespace, workflowsPath,\n"
            "  activities, taskQueue: env.TEMPORAL_TASK_QUEUE})\nawait worker.run()",
            python=_PYTHON_CONNECTS + "client = await Client.connect(**config)\n"
            'await Worker(client, task_queue=os.environ["TEMPORAL_TASK_QUEUE"],\n'
            "    workflows=[Analysis], activities=[analyse]).run()",
        ),
    ),
    ContractPoint(
        id="probes-alone",
        title="as a workflow worker, answers probes and metrics alone",
        applications=(WORKFLOW_WORKER,),
        attempt=_serves_no_api,
        needs=("read",),
        temporal=True,
        explanation=Explanation(
            text="Nothing leads requests to a workflow worker, and its pools are too small for"
            " them: ask SERVICE_ROLE before the routes are there.",
            node="if (env.SERVICE_ROLE !== 'workflow-worker') app.use('/api', api)",
            python='if os.environ.get("SERVICE_ROLE") != "workflow-worker":\n'
            "    app.add_routes(api)",
        ),
    ),
    ContractPoint(
        id="activity-limits",
        title="gives every activity its time-out and its attempts",
        applications=(WORKFLOW_WORKER,),
        attempt=_limits_activities,
        needs=("workflow",),
        temporal=True,
        variables=("WORKFLOW_ACTIVITY_TIMEOUT_SECONDS", "WORKFLOW_ACTIVITY_MAXIMUM_ATTEMPTS"),
        explanation=Explanation(
            text="Without attempts of its own an activity is tried for ever. Workflow code in"
            " Node.js sees no environment: hand the two to the workflow in its input.",
            node="const {analyse} = proxyActivities({retry: {maximumAttempts: attempts},\n"
            "  startToCloseTimeout: seconds * 1000})",
            python="await workflow.execute_activity(analyse, argument,\n"
            "    start_to_close_timeout=timedelta(seconds=SECONDS),\n"
            "    retry_policy=RetryPolicy(maximum_attempts=ATTEMPTS))",
        ),
    ),
    ContractPoint(
        id="activity-in-hand",
        title="ends the activity in hand at SIGTERM, and takes no other task",
        applications=(WORKFLOW_WORKER,),
        attempt=_ends_its_activity,
        needs=("workflow",),
        temporal=True,
        variables=("SHUTDOWN_DRAIN_SECONDS",),
        explanation=Explanation(
            text="Unless told, Temporal's SDKs cancel what is in hand as soon as a worker shuts"
            " down: give it the drain.",
            node="await Worker.create({…, shutdownGraceTime: env.SHUTDOWN_DRAIN_SECONDS * 1000})\n"
            "// SIGTERM shuts it down by itself; worker.run() returns when all has ended",
            python="worker = Worker(…, graceful_shutdown_timeout=timedelta(seconds=drain))\n"
            "loop.add_signal_handler(SIGTERM, lambda: loop.create_task(worker.shutdown()))",
        ),
    ),
    ContractPoint(
        id="takes-tasks-again",
        title="is live while Temporal is away, and takes tasks when it is back",
        applications=(WORKFLOW_WORKER,),
        attempt=_takes_tasks_again,
        needs=("workflow",),
        temporal=True,
        variables=("TEMPORAL_ADDRESS",),
        explanation=_BACK,
    ),
    ContractPoint(
        id="worker-lost",
        title="goes on where another worker was lost, after the activity's time-out",
        applications=(WORKFLOW_WORKER,),
        attempt=_is_taken_over,
        needs=("workflow",),
        temporal=True,
        variables=("WORKFLOW_ACTIVITY_TIMEOUT_SECONDS", "WORKFLOW_ACTIVITY_MAXIMUM_ATTEMPTS"),
        explanation=Explanation(
            text="A second attempt finds what the first one left: take it up or do it anew, and"
            " fail for no trace of it. Keep nothing of a workflow in the process.",
            node="await db.query('insert into runs (id, …) values ($1, …) on conflict (id)"
            " do update set …', [id])",
            python='db.execute("insert into runs … on conflict (id) do update set …", [id])',
        ),
    ),
    ContractPoint(
        id="activity-repeats",
        title="an activity that runs twice leaves what one does",
        applications=(WORKFLOW_WORKER,),
        attempt=_repeats_activities,
        needs=("workflow",),
        temporal=True,
        explanation=Explanation(
            text="Name what an activity writes by its workflow and its input, never by the time or"
            " at random, and write with ON CONFLICT.",
            node="const {workflowExecution, activityId} = Context.current().info",
            python="info = activity.info()\n"
            'key = f"{info.workflow_id}:{info.activity_id}"  # the same in every attempt',
        ),
    ),
)
