import { HocuspocusProvider, HocuspocusProviderWebsocket, WebSocketStatus } from '@hocuspocus/provider';
import * as Y from 'yjs';
import { difference, moved, type Delta } from './difference.js';
import { find, tell } from './dom.js';

/** After a restart all clients were closed within minutes: each comes back after a time of its own. */
export const COMES_BACK_MILLISECONDS = 1000 + Math.floor(Math.random() * 3000);

const OWN_NAME = 'own-name';

/** Who is there, of the states that clients show of themselves. */
export function othersOf(states: Map<number, Record<string, unknown>>, own: number): string[] {
  const names = [...states].flatMap(([client, state]) => {
    const user = state.user as { name?: unknown } | undefined;
    const known = [user?.name, state.userId].find((each) => typeof each === 'string' && each !== '');
    return client === own ? [] : [(known as string | undefined) ?? 'somebody'];
  });
  return names.sort((one, other) => one.localeCompare(other));
}

/** Opens the document that the address names, if it does; another address opens another one. */
export function showDocument(): void {
  const name = new URLSearchParams(location.search).get('document');
  if (!name) return;
  find('#open-document input', HTMLInputElement).value = name;
  find('#editor', HTMLElement).hidden = false;
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new HocuspocusProviderWebsocket({
    url: `${scheme}//${location.host}/collab/${encodeURIComponent(name)}`,
    delay: COMES_BACK_MILLISECONDS,
  });
  const provider = new HocuspocusProvider({ name, document: new Y.Doc(), websocketProvider: socket });
  const area = find('#text', HTMLTextAreaElement);
  bind(provider.document.getText('text'), area);
  provider.on('synced', () => {
    area.disabled = false;
  });
  provider.on('authenticationFailed', () => {
    tell('You may not open this document.');
  });
  showConnection(provider, socket);
  showWhoIsThere(provider);
  provider.attach();
}

function showConnection(provider: HocuspocusProvider, socket: HocuspocusProviderWebsocket): void {
  const shown = find('#connection', HTMLElement);
  const show = () => {
    const saved = provider.hasUnsyncedChanges ? 'sending changes' : 'all changes sent';
    const state = socket.status === WebSocketStatus.Connected ? saved : `${socket.status}, changes are kept here`;
    if (shown.textContent !== state) shown.textContent = state;
  };
  socket.on('status', show);
  provider.on('unsyncedChanges', show);
  show();
}

function showWhoIsThere(provider: HocuspocusProvider): void {
  const own = find(`#${OWN_NAME}`, HTMLInputElement);
  own.value = localStorage.getItem(OWN_NAME) ?? '';
  const say = () => {
    localStorage.setItem(OWN_NAME, own.value);
    provider.setAwarenessField('user', { name: own.value.trim() });
  };
  own.addEventListener('change', say);
  // Anew after each break: whoever saw us go believes only what is newer than that.
  provider.on('synced', say);
  const shown = find('#others', HTMLElement);
  provider.awareness?.on('change', () => {
    const states = provider.awareness?.getStates() ?? new Map<number, Record<string, unknown>>();
    const others = othersOf(states, provider.document.clientID).join(', ') || 'nobody else';
    if (shown.textContent !== others) shown.textContent = others;
  });
}

/** What is typed goes into the document, and what others write into the field, under the cursor. */
function bind(text: Y.Text, area: HTMLTextAreaElement): void {
  area.addEventListener('input', () => {
    const { at, deleted, inserted } = difference(text.toJSON(), area.value);
    text.doc?.transact(() => {
      if (deleted > 0) text.delete(at, deleted);
      if (inserted !== '') text.insert(at, inserted);
    }, area);
  });
  text.observe((event, transaction) => {
    if (transaction.origin === area) return;
    const { selectionStart, selectionEnd, selectionDirection } = area;
    const delta = event.delta as Delta;
    area.value = text.toJSON();
    area.setSelectionRange(
      moved(selectionStart, delta),
      moved(selectionEnd, delta),
      selectionDirection,
    );
  });
}
