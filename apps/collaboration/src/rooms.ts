import { Hocuspocus, type Extension } from '@hocuspocus/server';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeStateAsUpdate, type Doc } from 'yjs';
import { ELSEWHERE, type EditChannel } from './channel.js';
import type { DocumentKey, DocumentStore } from './database.js';
import { facts, log } from './log.js';
import { retry } from './retry.js';
import type { Session } from './sessions.js';

/** How long whoever opens a document waits for a database that is away. */
const OPENING_SECONDS = 5;

/** Edits are saved when there were none for so long, and at the latest after the second. */
const QUIET_MILLISECONDS = 2000;
const LATEST_MILLISECONDS = 10_000;

/** Whether clients are there is told by WebSocket pings, not by Hocuspocus' own time-out. */
const NO_TIMEOUT_MILLISECONDS = 2 ** 31 - 1;

/** What Hocuspocus knows of a connection. */
export type Visitor = Session & DocumentKey;

/**
 * The documents that are open, loaded from the store and saved there.
 *
 * Hocuspocus knows documents by the name that clients send. Each organization has one of its own, so
 * that documents of one name in two organizations never meet.
 */
export class Rooms {
  private readonly byOrganization = new Map<string, Hocuspocus<Visitor>>();
  private readonly givenUp = new AbortController();

  constructor(
    private readonly store: DocumentStore,
    private readonly channel: EditChannel,
    /** Told of a document that could not be loaded, whose clients have to come again. */
    private readonly onUnloadable: (key: DocumentKey) => void,
  ) {}

  of(organizationId: string): Hocuspocus<Visitor> {
    let room = this.byOrganization.get(organizationId);
    if (!room) {
      room = new Hocuspocus<Visitor>({
        extensions: [this.extension(organizationId)],
        quiet: true,
        timeout: NO_TIMEOUT_MILLISECONDS,
        debounce: QUIET_MILLISECONDS,
        maxDebounce: LATEST_MILLISECONDS,
      });
      this.byOrganization.set(organizationId, room);
    }
    return room;
  }

  /** Save what is not saved yet. Returns false where that took longer than it may. */
  async flush(seconds: number): Promise<boolean> {
    const ends = performance.now() + seconds * 1000;
    const rooms = [...this.byOrganization.values()];
    for (const room of rooms) room.flushPendingStores();
    while (rooms.some((room) => room.getDocumentsCount() > 0)) {
      if (performance.now() > ends) {
        this.givenUp.abort();
        return false;
      }
      await sleep(20);
    }
    return true;
  }

  private extension(organizationId: string): Extension<Visitor> {
    const { store, channel, givenUp } = this;
    const key = (documentId: string): DocumentKey => ({ organizationId, documentId });
    const name = (documentId: string) => `${organizationId}:${documentId}`;
    return {
      // The path named the document, and the session was looked at, before the socket was opened.
      onAuthenticate: ({ context, documentName }) =>
        context.documentId === documentName ? Promise.resolve() : refused(),
      onLoadDocument: ({ document, documentName }) => this.load(key(documentName), document),
      afterLoadDocument({ document, documentName }) {
        channel.join(name(documentName), document);
        return Promise.resolve();
      },
      afterUnloadDocument({ documentName }) {
        channel.leave(name(documentName));
        return Promise.resolve();
      },
      async onChange({ documentName, transactionOrigin, update }) {
        if (transactionOrigin !== ELSEWHERE) await channel.edit(name(documentName), update);
      },
      // Who somebody is says the session; what else is shown of him, he does.
      beforeHandleAwareness({ states, context }) {
        for (const state of states.values()) state.userId = context?.userId;
        return Promise.resolve();
      },
      async onAwarenessUpdate({ documentName, awareness, transactionOrigin, ...changed }) {
        // Each process notices by itself who has gone silent.
        if (transactionOrigin === ELSEWHERE || transactionOrigin === 'timeout') return;
        const clients = [...changed.added, ...changed.updated, ...changed.removed] as number[];
        await channel.presence(name(documentName), awareness, clients);
      },
      async onStoreDocument({ document, documentName }) {
        await retry(() => store.save(key(documentName), encodeStateAsUpdate(document)), {
          signal: givenUp.signal,
          repeats: () => true,
          onFailure: (error) => {
            log.warn(facts(error), 'a document could not be saved');
          },
        });
      },
    };
  }

  private async load(key: DocumentKey, document: Doc): Promise<Uint8Array | undefined> {
    try {
      return await retry(() => this.store.load(key), { seconds: OPENING_SECONDS });
    } catch (error) {
      log.error(facts(error), 'a document could not be loaded');
      this.onUnloadable(key);
      // Hocuspocus forgets it, while the timer of who is there would run for good.
      document.destroy();
      return refused();
    }
  }
}

/** Without a text, which Hocuspocus would write to the console. */
function refused(): Promise<never> {
  return Promise.reject(new Error(''));
}
