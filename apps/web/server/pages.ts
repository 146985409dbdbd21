import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';

/** A file of the page, as it is sent. */
export interface PageFile {
  body: Buffer;
  route: string;
  headers: Record<string, string>;
}

const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The build puts a hash of the content into names of assets: one never changes under its name. */
const FOREVER = 'public, max-age=31536000, immutable';
const ASK_EACH_TIME = 'no-cache';

/** All files of the page, read once: what is not among them can't be asked for. */
export class Pages {
  private readonly files = new Map<string, PageFile>();

  /** Throws where the page is not built. */
  constructor(folder: string) {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = join(entry.parentPath, entry.name);
      const path = `/${relative(folder, file).split(sep).join('/')}`;
      this.files.set(path, fileOf(path, readFileSync(file)));
    }
    if (!this.files.has('/index.html')) throw new Error(`there is no index.html in ${folder}`);
  }

  /** What a path names: one without a dot in its last part is a place in the page itself. */
  find(path: string): PageFile | undefined {
    const last = path.slice(path.lastIndexOf('/') + 1);
    return this.files.get(last.includes('.') ? path : '/index.html');
  }
}

function fileOf(path: string, body: Buffer): PageFile {
  const hashed = path.startsWith('/assets/');
  return {
    body,
    route: hashed ? '/assets/:file' : path === '/index.html' ? 'page' : '/:file',
    headers: {
      'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
      'cache-control': hashed ? FOREVER : ASK_EACH_TIME,
      etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
      'x-content-type-options': 'nosniff',
    },
  };
}
