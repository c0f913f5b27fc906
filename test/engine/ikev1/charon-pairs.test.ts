/** Pairs of swanctl.conf with IKEv1: what our engines do with them is what two real daemons did. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { initiatedChild, readSide } from '../../../scripts/fidelity/analytic.js';
import { algorithmNames, ikeAlgorithmNames, prfName, selectorName } from '../../../scripts/fidelity/charon-names.js';
import type { Pair, PairVerdict } from '../../../scripts/fidelity/verdict.js';
import type { SystemConfig } from '../../../src/model/system-config.js';
import { sharedMissing, sharedPath } from '../../support/shared.js';
import { address, eventsOf, type System, straight, system, World } from './support.js';

const folder = sharedPath('vectors', 'charon-pairs');
const lines = <T>(name: string): T[] =>
  folder === undefined
    ? []
    : readFileSync(`${folder}/${name}`, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as T);
const verdicts = new Map(lines<PairVerdict & { id: string }>('verdicts.jsonl').map((verdict) => [verdict.id, verdict]));
const pairs = lines<Pair>('pairs.jsonl').filter(({ left }) => /version = 1/.test(left));

function side(name: string, config: SystemConfig, own: string): System {
  const withAddress = { ...config, addresses: [address(own)] };
  return system(name, {
    text: '',
    addresses: [own],
    config: withAddress,
    profile: 'strongswan',
    credentials: config.sharedSecrets ? { sharedSecrets: config.sharedSecrets } : {},
  });
}

function run({ left, right }: Pair): PairVerdict {
  const configs = { left: readSide('left', left), right: readSide('right', right) };
  const world = new World(
    [side('left', configs.left, '10.99.0.1'), side('right', configs.right, '10.99.0.2')],
    straight,
  );
  const [mine, theirs] = world.systems as [System, System];
  const template = initiatedChild(mine.config)!;
  const entry = mine.config.spd.find(({ action }) => action.kind === 'PROTECT' && action.bundle.includes(template))!;
  const ends = { local: address('10.99.0.1'), remote: address('10.99.0.2') };
  const request = { entry, template, ends, populateFromPacket: false };
  world.input('left', { kind: 'request', request });
  world.run(600_000);
  const ike = eventsOf(mine, 'ike-sa').find((event) => event.change === 'established');
  const child = eventsOf(mine, 'child-sa').find((event) => event.change === 'established');
  const failed = eventsOf(mine, 'failed').map(({ failure }) => failure);
  let rekey: boolean | undefined;
  if (child && 'sa' in child) {
    const before = eventsOf(theirs, 'child-sa').length;
    world.input('left', { kind: 'rekey-child', sa: child.sa.inbound });
    world.run(world.now + 600_000);
    rekey =
      eventsOf(mine, 'child-sa').some(({ change }) => change === 'rekeyed') &&
      eventsOf(theirs, 'child-sa').length > before;
  }
  return {
    ike: ike !== undefined,
    child: child !== undefined,
    ...(ike && 'sa' in ike
      ? { ikeSa: { version: '1', ...ikeAlgorithmNames(ike.sa.transforms), 'prf-alg': prfName(ike.sa.transforms) } }
      : {}),
    ...(child && 'sa' in child
      ? {
          childSa: {
            mode: child.sa.mode.toUpperCase(),
            protocol: child.sa.protocol,
            ...algorithmNames(child.sa.transforms),
            'local-ts': child.sa.selectors.local.map(selectorName),
            'remote-ts': child.sa.selectors.remote.map(selectorName),
          },
        }
      : {}),
    notifies: [],
    initiatorTimedOut: failed.some(({ code }) => code === 'timeout'),
    ...(rekey === undefined ? {} : { rekey }),
  };
}

describe.skipIf(folder === undefined)(`pairs of swanctl.conf (skipped where ${sharedMissing})`, () => {
  it('are there', () => expect(pairs.length).toBeGreaterThan(40));

  it.each(pairs)('$id ($mutations)', (pair) => {
    const real = verdicts.get(pair.id)!;
    // Their data path has no transport mode; what came of it there says nothing of the negotiation.
    const isTransport = /mode = transport/.test(pair.left) && /mode = transport/.test(pair.right);
    const ours = run(pair);
    expect({ ike: ours.ike, ikeSa: ours.ikeSa }).toEqual({ ike: real.ike, ikeSa: real.ikeSa });
    if (isTransport) return;
    expect({ child: ours.child, childSa: ours.childSa, rekey: ours.rekey }).toEqual({
      child: real.child,
      childSa: real.childSa,
      rekey: real.rekey,
    });
    expect(ours.initiatorTimedOut).toBe(real.initiatorTimedOut);
  });
});
