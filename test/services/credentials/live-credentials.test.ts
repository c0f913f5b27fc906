/** Credentials of a host that really speaks IKE: secrets by identities, and secrets that are elsewhere. */
import { describe, expect, it } from 'vitest';
import { anyAddress } from '../../../src/model/address.js';
import { Secret } from '../../../src/model/secret.js';
import type { Identity, PadEntry, SharedSecret, SystemConfig } from '../../../src/model/system-config.js';
import { loadLiveCredentials } from '../../../src/services/credentials/live-credentials.js';
import { node } from '../../engine/crypto/support.js';
import { folderWith } from '../../support/folder.js';

const origin = { kind: 'builtin', what: 'test' } as const;
const fqdn = (value: string): Identity => ({ type: 'FQDN', value });

function owned(owner: string, secret: SharedSecret['secret']['value']): SharedSecret {
  return {
    source: { record: { kind: 'secret', name: `ike-${owner}` } },
    use: 'IKE',
    owners: [{ value: { kind: 'exact', type: 'FQDN', value: owner }, origin }],
    secret: { value: secret, origin },
  };
}

const pad: PadEntry = {
  source: { record: { kind: 'connection', name: 'c' } },
  remote: anyAddress(4),
  ikeVersions: { value: [2], origin },
  exchange: { value: 'main', origin },
  localMethod: { value: 'PSK', origin },
  remoteMethod: { value: 'PSK', origin },
  // What the configuration alone suggests; the identities of a negotiation count before it.
  presharedKey: { value: { kind: 'literal', secret: Secret.ofText('Sand7-Plover') }, origin },
  respondOnly: false,
};

function config(sharedSecrets: readonly SharedSecret[]): SystemConfig {
  return {
    name: 'x',
    addresses: [],
    spd: [],
    forwardSpd: [],
    pad: [pad],
    ikePolicies: [],
    padSearch: 'first-match',
    sharedSecrets,
  };
}

const text = (secret: Secret | undefined) => secret && Buffer.from(secret.reveal()).toString();

describe('secrets that belong to identities', () => {
  it('are found by those of a negotiation, also where they are in files', () => {
    const folder = folderWith({ 'd.psk': 'Moss2-Dunlin\n' });
    const { credentials, faults } = loadLiveCredentials(
      config([
        owned('b.example', { kind: 'literal', secret: Secret.ofText('Reed4-Heron') }),
        owned('d.example', { kind: 'file', path: `${folder}/d.psk` }),
      ]),
      node,
      undefined,
    );
    const local = fqdn('a.example');
    const keyFor = (name: string) => text(credentials.presharedKey(pad, { local, remote: fqdn(name) }));
    expect(faults).toEqual([]);
    expect([keyFor('b.example'), keyFor('d.example'), keyFor('c.example')]).toEqual([
      'Reed4-Heron',
      'Moss2-Dunlin',
      undefined,
    ]);
    const accepted = credentials.acceptedKeys!(pad, { local: fqdn('d.example'), remote: fqdn('b.example') });
    expect(accepted.map(text)).toEqual(['Reed4-Heron', 'Moss2-Dunlin']);
  });

  it('that are not there are told by the name of their section', () => {
    const missing = owned('b.example', { kind: 'file', path: '/nowhere/b.psk' });
    const { credentials, faults } = loadLiveCredentials(config([missing]), node, undefined);
    expect(faults).toEqual(["secret 'ike-b.example': there is no file /nowhere/b.psk"]);
    expect(credentials.presharedKey(pad, { local: fqdn('a.example'), remote: fqdn('b.example') })).toBeUndefined();
  });
});
