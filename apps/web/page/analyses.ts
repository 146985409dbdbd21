import { ApiError, ask, type Answer } from './api.js';
import { copy, field, find, part, tell, told } from './dom.js';

const STATES = ['waiting', 'running', 'completed', 'failed'] as const;
const ASKED_EVERY_MILLISECONDS = 1000;

/** So often an analysis that was started may be unknown: it is read from a replica, which lags. */
const UNKNOWN_AT_MOST = 30;

export interface Analysis {
  id: string;
  state: (typeof STATES)[number];
  progress: number;
  result?: unknown;
}

/** An analysis of an answer; undefined where it is none. */
export function analysisOf(body: unknown): Analysis | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { id, state, progress, result } = body as Partial<Record<keyof Analysis, unknown>>;
  const known = STATES.find((each) => each === state);
  if (typeof id !== 'string' || !known) return undefined;
  const done = known === 'completed' ? 100 : typeof progress === 'number' ? progress : 0;
  return { id, state: known, progress: done, ...(result == null ? {} : { result }) };
}

export function showAnalyses(): void {
  const form = find('#start-analysis', HTMLFormElement);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    told(async () => {
      // The same id however often this is sent: an analysis starts once.
      const id = crypto.randomUUID();
      const [patient, queue] = [field(form, 'patient'), field(form, 'queue')];
      await ask('POST', '/api/analyses', { id, patient, queue });
      tell('The analysis was started.');
      await watch(id, `${queue} of ${patient}`);
    });
  });
  told(async () => {
    const { body } = await ask('GET', '/api/analyses');
    const found = (Array.isArray(body) ? body : []).map(analysisOf).filter((each) => !!each);
    // Each is put before the others, so the newest comes last.
    await Promise.all(found.reverse().map(({ id }) => watch(id, id.slice(0, 8))));
  });
}

/** Show an analysis until it has ended. */
async function watch(id: string, title: string): Promise<void> {
  const item = copy('#analysis-item');
  part(item, 'title').textContent = title;
  const progress = part(item, 'progress', HTMLProgressElement);
  progress.setAttribute('aria-label', `Progress of ${title}`);
  find('#analyses', HTMLElement).prepend(item);
  for (let asked = 1; ; asked += 1) {
    const answer = await ask('GET', `/api/analyses/${encodeURIComponent(id)}`).catch(
      (error: unknown) => unknownYet(error, asked),
    );
    const analysis = analysisOf(answer?.body);
    if (analysis) {
      const state = part(item, 'state');
      // Only a change is said aloud.
      if (state.textContent !== analysis.state) state.textContent = analysis.state;
      progress.value = analysis.progress;
      if (analysis.result !== undefined) {
        const result = part(item, 'result');
        result.textContent = JSON.stringify(analysis.result, null, 2);
        result.hidden = false;
      }
      if (analysis.state === 'completed' || analysis.state === 'failed') return;
    }
    await new Promise((resolve) => setTimeout(resolve, ASKED_EVERY_MILLISECONDS));
  }
}

/** Throws the error where it is another, or where it is one for too long. */
export function unknownYet(error: unknown, asked: number): Answer | undefined {
  if (error instanceof ApiError && error.status === 404 && asked < UNKNOWN_AT_MOST) return undefined;
  throw error;
}
