/**
 * Finds equal secrets without keeping them: what is compared are keyed digests, the key of which is made for this process
 * and never leaves it.
 */
import type { Secret } from '../model/secret.js';

/** Loaded where there is a secret to compare: most runs of a small file have none, and OpenSSL takes its time to start. */
const crypto = () => process.getBuiltinModule('node:crypto');
let salt: Uint8Array | undefined;

/** A digest that is equal for equal secrets within this process, and means nothing outside of it. */
export function fingerprint(secret: Secret): string {
  salt ??= crypto().randomBytes(32);
  return crypto().createHmac('sha256', salt).update(secret.reveal()).digest('base64');
}

/** Things grouped by their secret, in the order in which each secret first came. */
export function groupBySecret<T>(things: Iterable<{ readonly secret: Secret; readonly thing: T }>): T[][] {
  const groups = new Map<string, T[]>();
  for (const { secret, thing } of things) {
    const key = fingerprint(secret);
    const group = groups.get(key);
    if (group) group.push(thing);
    else groups.set(key, [thing]);
  }
  return [...groups.values()];
}
