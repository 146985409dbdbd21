/** What changed between two texts, as one replacement; positions count UTF-16 units, as Yjs does. */
export interface Difference {
  at: number;
  deleted: number;
  inserted: string;
}

/** Characters of two units are never parted: Yjs would keep neither half. */
export function difference(before: string, after: string): Difference {
  const shorter = Math.min(before.length, after.length);
  let at = 0;
  while (at < shorter && before[at] === after[at]) at += 1;
  if (isHigh(before, at - 1)) at -= 1;
  let same = 0;
  while (same < shorter - at && before.at(-1 - same) === after.at(-1 - same)) same += 1;
  if (isLow(before, before.length - same)) same -= 1;
  const [end, until] = [before.length - same, after.length - same];
  return { at, deleted: end - at, inserted: after.slice(at, until) };
}

/** Yjs' description of a change to a text. */
export type Delta = { retain?: number; insert?: unknown; delete?: number }[];

/** Where a cursor stands after somebody else's change. */
export function moved(position: number, delta: Delta): number {
  let at = 0;
  let result = position;
  for (const { retain = 0, insert, delete: deleted = 0 } of delta) {
    if (at > result) break;
    at += retain;
    if (typeof insert === 'string' && at < result) result += insert.length;
    if (typeof insert === 'string') at += insert.length;
    if (deleted > 0 && at < result) result -= Math.min(deleted, result - at);
  }
  return result;
}

function isHigh(text: string, at: number): boolean {
  return /^[\uD800-\uDBFF]$/.test(text.charAt(at));
}

function isLow(text: string, at: number): boolean {
  return /^[\uDC00-\uDFFF]$/.test(text.charAt(at));
}
