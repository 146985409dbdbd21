import { ask } from './api.js';
import { copy, field, find, part, tell, told } from './dom.js';

interface Patient {
  id: string;
  name: string;
}

/** Patients of an answer; what isn't one is left out. */
export function patientsOf(body: unknown): Patient[] {
  if (!Array.isArray(body)) return [];
  return body.filter(
    (each): each is Patient =>
      typeof each === 'object' &&
      each !== null &&
      typeof (each as Partial<Patient>).id === 'string' &&
      typeof (each as Partial<Patient>).name === 'string',
  );
}

/** Where an answer came from, by the header X-Cache. */
export function sourceOf(cache: string | null): string {
  if (cache === 'hit') return 'the cache';
  return cache === 'miss' ? 'the database (a replica)' : 'unknown';
}

export function showPatients(): void {
  const form = find('#add-patient', HTMLFormElement);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    told(async () => {
      const patient = { id: field(form, 'id'), name: field(form, 'name') };
      await ask('POST', '/api/patients', patient);
      form.reset();
      // A replica may not have it yet, so it is shown without asking.
      add(patient);
      tell('The patient was added.');
    });
  });
  find('#list-patients', HTMLButtonElement).addEventListener('click', () => {
    told(list);
  });
  told(list);
}

async function list(): Promise<void> {
  const { body } = await ask('GET', '/api/patients');
  find('#patients tbody', HTMLElement).replaceChildren();
  find('#known-patients', HTMLElement).replaceChildren();
  for (const patient of patientsOf(body)) add(patient);
}

function add(patient: Patient): void {
  const row = copy('#patient-row');
  part(row, 'id').textContent = patient.id;
  part(row, 'name').textContent = patient.name;
  const button = part(row, 'read', HTMLButtonElement);
  button.setAttribute('aria-label', `Read ${patient.name}`);
  button.addEventListener('click', () => {
    told(() => read(patient));
  });
  find('#patients tbody', HTMLElement).append(row);
  const option = document.createElement('option');
  option.value = patient.id;
  option.label = patient.name;
  find('#known-patients', HTMLElement).append(option);
}

async function read(patient: Patient): Promise<void> {
  const answer = await ask('GET', `/api/patients/${encodeURIComponent(patient.id)}`);
  const shown = find('#read', HTMLElement);
  part(shown, 'patient').textContent = patient.name;
  part(shown, 'source').textContent = sourceOf(answer.cache);
  part(shown, 'time').textContent = `${answer.milliseconds.toFixed(0)} ms`;
}
