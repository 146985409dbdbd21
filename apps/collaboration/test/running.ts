import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider';
import { WebSocket } from 'ws';
import { Doc } from 'yjs';
import { EditChannel } from '../src/channel.js';
import type { DocumentStore } from '../src/database.js';
import { createService } from '../src/http.js';
import { Metrics } from '../src/metrics.js';
import { Rooms } from '../src/rooms.js';
import { Sessions } from '../src/sessions.js';
import { Sockets } from '../src/sockets.js';
import { clientOf, type Bus } from './stores.js';

export const SESSIONS: Record<string, string> = {
  'session:ann': JSON.stringify({
    userId: 'ann',
    organizationId: '11111111-1111-4111-8111-111111111111',
  }),
  'session:eve': JSON.stringify({
    userId: 'eve',
    organizationId: '22222222-2222-4222-8222-222222222222',
  }),
};

/** One process, with clients of the real library. */
export class Running {
  readonly sockets = new Sockets(30);
  readonly metrics = new Metrics(() => this.sockets.count);
  readonly rooms: Rooms;
  readonly server: Server;
  private readonly channel: EditChannel;
  private readonly clients: HocuspocusProvider[] = [];

  constructor(bus: Bus, store: DocumentStore) {
    this.channel = new EditChannel(clientOf(bus), clientOf(bus), 'collaboration:', (kind) => {
      this.metrics.published.inc({ kind });
    });
    this.rooms = new Rooms(store, this.channel, (key) => {
      this.sockets.turnAway(key);
    });
    const entries = { get: (key: string) => Promise.resolve(SESSIONS[key] ?? null) };
    this.server = createService({
      settings: { keepAliveSeconds: 5 },
      sessions: new Sessions(entries, 'session:'),
      store,
      ready: () => true,
      rooms: this.rooms,
      sockets: this.sockets,
      metrics: this.metrics,
    });
  }

  async listen(): Promise<this> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }

  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** An editor; `name` is what it says the document is, where that is not what the path says. */
  edit(session: string, document: string, name = document): HocuspocusProvider {
    class WithSession extends WebSocket {
      constructor(url: string) {
        super(url, { headers: { cookie: `other=1; session=${session}` } });
      }
    }
    const client = new HocuspocusProvider({
      name,
      document: new Doc(),
      websocketProvider: new HocuspocusProviderWebsocket({
        url: `ws://${this.address}/collab/${document}`,
        WebSocketPolyfill: WithSession,
      }),
    });
    client.attach();
    this.clients.push(client);
    return client;
  }

  async stop(): Promise<void> {
    for (const client of this.clients) {
      client.configuration.websocketProvider.destroy();
      client.destroy();
      client.document.destroy();
    }
    await this.sockets.drain(0);
    await this.rooms.flush(5);
    this.channel.close();
    this.server.closeAllConnections();
    this.server.close();
  }
}

export function textOf(client: HocuspocusProvider): string {
  return client.document.getText('text').toJSON();
}

/** Resolves when this is so; whatever changes it changes the document or who is there. */
export async function until(client: HocuspocusProvider, holds: () => boolean): Promise<void> {
  while (!holds()) {
    await new Promise<void>((resolve) => {
      const told = () => {
        client.document.off('update', told);
        client.awareness?.off('change', told);
        client.off('synced', told);
        client.off('unsyncedChanges', told);
        resolve();
      };
      client.document.on('update', told);
      client.awareness?.on('change', told);
      client.on('synced', told);
      client.on('unsyncedChanges', told);
    });
  }
}

export function write(client: HocuspocusProvider, text: string): void {
  client.document.getText('text').insert(0, text);
}
