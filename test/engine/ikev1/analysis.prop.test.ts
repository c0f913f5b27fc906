/** What the analysis of two record files says of a negotiation is what the engines do (IKEv1, HP-UX's ways). */

import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { formatPacket } from '../../../src/model/packet.js';
import { analysePair } from '../../../src/model/peer/analysis.js';
import type { Walk } from '../../../src/model/peer/steps.js';
import { failures, pair, requestFor, type World } from './support.js';

interface Side {
  readonly exchange: 'MM' | 'AM';
  readonly key: string;
  readonly ids: 'addresses' | 'names' | 'other names';
  readonly group: string;
  readonly hash: string;
  readonly encryption: string;
  readonly pfs: 'ON' | 'OFF';
  readonly action: string;
  readonly selectors: 'host' | 'service' | 'tunnel';
}

const mostly = <T>(usual: T, ...others: readonly T[]) =>
  fc.oneof(
    { weight: 8, arbitrary: fc.constant(usual) },
    ...others.map((other) => ({ weight: 1, arbitrary: fc.constant(other) })),
  );

const side: fc.Arbitrary<Side> = fc.record({
  exchange: mostly<'MM' | 'AM'>('MM', 'AM'),
  key: mostly('secret-of-both', 'another-secret'),
  ids: mostly<Side['ids']>('addresses', 'names', 'other names'),
  group: mostly('2', '5', '5,2'),
  hash: mostly('SHA1', 'MD5', 'MD5,SHA1'),
  encryption: mostly('AES128-CBC', '3DES', '3DES,AES128-CBC'),
  pfs: mostly<'ON' | 'OFF'>('OFF', 'ON'),
  action: mostly(
    'ESP_AES128_HMAC_SHA1',
    'ESP_3DES_HMAC_SHA1',
    'ESP_3DES_HMAC_SHA1,ESP_AES128_HMAC_SHA1',
    'AH_SHA1',
    'PASS',
  ),
  selectors: mostly<Side['selectors']>('host', 'service', 'tunnel'),
});

function records(of: Side, own: string, peer: string, name: string, peerName: string): string {
  const ids = {
    addresses: '',
    names: `-ltype FQDN -lid ${name}.example.com -rtype FQDN -rid ${peerName}.example.com`,
    'other names': `-ltype FQDN -lid ${name}.example.com -rtype FQDN -rid other.example.com`,
  }[of.ids];
  const service = own === '10.2.2.2' ? [`${own}/32/TELNET`, peer] : [own, `${peer}/32/TELNET`];
  const [source, destination] = of.selectors === 'service' ? service : [own, peer];
  const action = of.selectors === 'tunnel' && of.action !== 'PASS' ? 'PASS -tunnel t' : of.action;
  const tunnel =
    of.selectors === 'tunnel' && of.action !== 'PASS'
      ? `add tunnel t -tsource ${own} -tdestination ${peer} -source ${own} -destination ${peer} -action ${of.action}\n`
      : '';
  return (
    `${tunnel}add host h -source ${source} -destination ${destination} -priority 10 -action ${action}\n` +
    `add ikev1 i -remote ${peer} -priority 10 -group ${of.group} -hash ${of.hash} -encryption ${of.encryption} -pfs ${of.pfs}\n` +
    `add auth x -remote ${peer} -priority 10 -kmp IKEV1 -exchange ${of.exchange} -preshared ${of.key} ${ids}\n`
  );
}

/** Which step of the analysis each failure of an engine belongs to. */
const steps: Readonly<Record<string, readonly string[]>> = {
  'exchange-refused': ['exchange'],
  'no-ike-proposal': ['ike-proposal'],
  // With two faults the key shows first in Main Mode: the identity is encrypted with what follows from it.
  'authentication-failed': ['preshared-key', 'identity'],
  // Aggressive Mode finds its record by the identity, before there is anything to compare proposals with.
  'identity-refused': ['identity', 'peer-pad', 'ike-proposal', 'preshared-key'],
  'no-child-proposal': ['child-proposal', 'mode'],
  'mode-mismatch': ['mode'],
  // A responder looks for the identities first, and then at proposals.
  'selectors-unacceptable': ['selectors', 'peer-policy', 'child-proposal', 'mode'],
  'no-spd-entry': ['peer-policy', 'selectors', 'child-proposal', 'mode'],
};

function negotiate(a: Side, b: Side, walk: Walk): World {
  const world = pair(
    { text: records(a, '10.1.1.1', '10.2.2.2', 'a', 'b'), profile: 'hpux' },
    { text: records(b, '10.2.2.2', '10.1.1.1', 'b', 'a'), profile: 'hpux' },
  );
  const name = walk.initiator === 'a' ? 'alpha' : 'beta';
  const text = formatPacket({ ...walk.packet, direction: 'outbound' })
    .replace(/^outbound /, '')
    .replace(/ code.*/, '');
  const request = requestFor(world.system(name), text);
  world.input(name, { kind: 'request', request });
  world.run(400_000);
  return world;
}

describe('the analysis of two systems', () => {
  test.prop([side, side], { numRuns: 60 })('says what their engines do', (a, b) => {
    const views = pair(
      { text: records(a, '10.1.1.1', '10.2.2.2', 'a', 'b'), profile: 'hpux' },
      { text: records(b, '10.2.2.2', '10.1.1.1', 'b', 'a'), profile: 'hpux' },
    ).systems.map(({ environment }) => environment.view);
    for (const walk of analysePair(views[0]!, views[1]!).walks) {
      const world = negotiate(a, b, walk);
      const [initiator, responder] = walk.initiator === 'a' ? world.systems : [...world.systems].reverse();
      const works = initiator!.sas.size > 0 && responder!.sas.size > 0;
      const told = [...failures(responder!), ...failures(initiator!)].filter(({ foundBy }) => foundBy === 'us');
      expect({ works, told: told.map(({ text }) => text) }).toEqual(
        walk.outcome === 'works' ? { works: true, told: [] } : { works: false, told: expect.anything() },
      );
      if (walk.outcome === 'fails') {
        const possible = told.flatMap(({ code }) => steps[code] ?? [`no step for ${code}`]);
        expect(possible, told.map(({ text }) => text).join('; ')).toContain(walk.failure!.kind);
      }
    }
  });
});
