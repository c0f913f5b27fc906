/** Bundles of any shape round trip, and with one SA less, or one of another kind, nothing gets through. */
import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import type { SaParameters } from '../../../src/engine/ipsec/sa.js';
import { createIpsecStack, type StackOutput } from '../../../src/engine/ipsec/stack.js';
import { everything } from '../../../src/model/selector/box.js';
import type { SaTemplate } from '../../../src/model/system-config.js';
import { node } from '../crypto/support.js';
import {
  address,
  config,
  entry,
  mirror,
  pattern,
  protect,
  type Suite,
  saParameters,
  template,
  udpPacket,
} from './support.js';

const hosts = { 4: ['192.0.2.1', '192.0.2.2'], 6: ['2001:db8::1', '2001:db8::2'] } as const;
const kinds: readonly Suite[] = [
  { protocol: 'ESP', encryption: 'AES-GCM-16-128' },
  { protocol: 'ESP', encryption: 'NULL', authentication: 'HMAC-SHA1-96' },
  { protocol: 'ESP', encryption: 'AES-CBC-128', authentication: 'HMAC-SHA2-256-128' },
  { protocol: 'AH', authentication: 'HMAC-SHA2-256-128' },
  { protocol: 'AH', authentication: 'AES-XCBC-96' },
];

interface Layer {
  readonly kind: number;
  readonly tunnel: boolean;
  readonly family: 4 | 6;
  readonly esn: boolean;
}

const layers = fc.array(
  fc.record<Layer>({
    kind: fc.nat({ max: kinds.length - 1 }),
    tunnel: fc.boolean(),
    family: fc.constantFrom(4, 6),
    esn: fc.boolean(),
  }),
  { minLength: 1, maxLength: 5 },
);

/** Templates of both ends and the SAs for them, innermost first. */
function bundleOf(shape: readonly Layer[], family: 4 | 6) {
  const near: SaTemplate[] = [];
  const far: SaTemplate[] = [];
  const sas: SaParameters[] = [];
  let ends: readonly [string, string] = hosts[family];
  for (const [index, layer] of shape.entries()) {
    const suite = kinds[layer.kind]!;
    if (layer.tunnel) {
      ends =
        layer.family === 4
          ? [`198.51.100.${2 * index + 1}`, `198.51.100.${2 * index + 2}`]
          : [`2001:db8:${index}::a`, `2001:db8:${index}::b`];
    }
    const [local, remote] = ends.map(address) as [SaParameters['local'], SaParameters['remote']];
    const mode = layer.tunnel ? 'tunnel' : 'transport';
    const named = layer.tunnel;
    near.push(
      template(`${index}`, suite, { mode, ...(named ? { localEndpoint: local, remoteEndpoint: remote } : {}) }),
    );
    far.push(template(`${index}`, suite, { mode, ...(named ? { localEndpoint: remote, remoteEndpoint: local } : {}) }));
    sas.push(saParameters(suite, { mode, local, remote, esn: layer.esn, spi: 0x100 + index }));
  }
  return { near, far, sas };
}

function drops(outputs: readonly StackOutput[]): string[] {
  return outputs.flatMap((output) => (output.kind === 'drop' ? [output.reason] : []));
}

describe('bundles', () => {
  test.prop([layers, fc.constantFrom<4 | 6>(4, 6), fc.integer({ min: 0, max: 1200 }), fc.nat(), fc.nat()], {
    numRuns: 100,
  })('round trip; not without one of their SAs, nor damaged', (shape, family, length, left, flip) => {
    const { near, far, sas } = bundleOf(shape, family);
    const make = (templates: readonly SaTemplate[]) =>
      createIpsecStack({ config: config('x', [], [entry('p', everything, protect(...templates))]), provider: node }, 0)
        .stack;
    const [sender, receiver] = [make(near), make(far)];
    for (const parameters of sas) {
      sender.addSa(parameters, 0);
      receiver.addSa(mirror(parameters), 0);
    }
    const [from, to] = hosts[family];
    const packet = udpPacket(from, to, { data: pattern(length) });
    const sent = sender.outbound(packet, 0);
    expect(sent).toHaveLength(1);
    if (sent[0]?.kind !== 'transmit') throw new Error(JSON.stringify(sent.map(({ kind }) => kind)));
    const used = sent[0].through.map(({ spi }) => spi);
    // Where two layers are alike either SA may serve either.
    expect(used.toSorted()).toEqual(sas.map(({ spi }) => spi));

    const damaged = sent[0].octets.slice();
    const at = damaged.length - 1 - (flip % 12);
    damaged[at]! ^= 1 << (flip & 7);
    expect(drops(receiver.inbound(damaged, 0))).toEqual(['icv']);

    const received = receiver.inbound(sent[0].octets, 0);
    expect(received).toHaveLength(1);
    if (received[0]?.kind !== 'deliver') throw new Error(`${drops(received)}`);
    expect(received[0].octets).toEqual(packet);
    expect(received[0].through.map(({ spi }) => spi)).toEqual(used.toReversed());

    // A sender that leaves out one SA, with all other keys right, is not let in.
    const less = left % shape.length;
    const fewer = near.filter((_, index) => index !== less);
    const cheat = make(fewer.length > 0 ? fewer : near);
    if (fewer.length === 0) expect(drops(receiver.inbound(packet, 0))).toEqual(['unprotected']);
    else {
      for (const parameters of sas) cheat.addSa(parameters, 0);
      for (const each of cheat.sad.all()) each.usage.sequence = 100n;
      const cheated = cheat
        .outbound(packet, 0)
        .flatMap((output) => (output.kind === 'transmit' ? [output.octets] : []));
      // Without its tunnel an inner SA may have other ends, so that there is none at all.
      for (const octets of cheated)
        expect(['unprotected', 'unknown-spi']).toContain(drops(receiver.inbound(octets, 0))[0]);
    }
  });
});
