import { describe, expect, it } from 'vitest';
import { createCredentials } from '../../../src/engine/credentials/store.js';
import { parseAddress, singleAddress } from '../../../src/model/address.js';
import { Secret } from '../../../src/model/secret.js';
import type { PadEntry, SecretReference } from '../../../src/model/system-config.js';
import { node } from '../crypto/support.js';

const builtin = { kind: 'builtin', what: 'test' } as const;

function padEntry(presharedKey?: SecretReference): PadEntry {
  const sourced = <T>(value: T) => ({ value, origin: builtin });
  return {
    source: { record: { kind: 'auth', name: 'peer' } },
    remote: singleAddress(parseAddress('192.0.2.2')!),
    ikeVersions: sourced([1 as const]),
    exchange: sourced('main' as const),
    localMethod: sourced('PSK' as const),
    remoteMethod: sourced('PSK' as const),
    respondOnly: false,
    ...(presharedKey ? { presharedKey: sourced(presharedKey) } : {}),
  };
}

const local = { type: 'IPV4', value: '192.0.2.1' } as const;

describe('preshared keys', () => {
  const secret = Secret.ofText('between-us');

  it('are those of the entry', () => {
    const { credentials } = createCredentials({}, node);
    expect(credentials.presharedKey(padEntry({ kind: 'literal', secret }), { local })).toBe(secret);
    expect(credentials.presharedKey(padEntry(), { local })).toBeUndefined();
  });

  it('are asked for where the entry only refers to them', () => {
    const { credentials } = createCredentials(
      { secretOf: (reference) => (reference.kind === 'file' && reference.path === '/keys/a' ? secret : undefined) },
      node,
    );
    expect(credentials.presharedKey(padEntry({ kind: 'file', path: '/keys/a' }), { local })).toBe(secret);
    expect(credentials.presharedKey(padEntry({ kind: 'file', path: '/keys/b' }), { local })).toBeUndefined();
    expect(credentials.presharedKey(padEntry({ kind: 'env', variable: 'KEY' }), { local })).toBeUndefined();
  });
});

describe('data that cannot be read', () => {
  it('is told, and the rest is used', () => {
    const { faults, credentials } = createCredentials(
      { anchors: [Uint8Array.of(1, 2, 3)], crls: [new Uint8Array()] },
      node,
    );
    expect(faults).toHaveLength(2);
    expect(faults[0]).toMatch(/^trusted certificate 1 is malformed/);
    expect(credentials.trustAnchors(padEntry())).toEqual([]);
  });
});
