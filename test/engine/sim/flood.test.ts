/**
 * Floods of half-open exchanges on a simulated network: of packets from addresses that nobody has, and of many hosts that do answer
 * but never go on. What is remembered of them is bounded, as their own repetitions show, and a peer that means it gets in.
 */
import { describe, expect, it } from 'vitest';
import { engineLimits } from '../../../src/engine/environment.js';
import type { Endpoint } from '../../../src/engine/input.js';
import { isIpFault, parseIp } from '../../../src/engine/ipsec/packet.js';
import { unmatchedSas } from '../../../src/engine/sim/convergence.js';
import { entriesOf } from '../../../src/engine/sim/trace.js';
import { udpPacket } from '../../../src/engine/sim/udp.js';
import { toHex } from '../../../src/engine/wire/codec.js';
import { decodeMessage, encodeMessage } from '../../../src/engine/wire/message.js';
import { type RealWorld, realWorld } from './real-world.js';
import { probe } from './support.js';

const [a, b] = ['198.18.0.1', '192.0.2.2'];
const packet = `tcp ${a}:4000 > ${b}:23`;
const halfOpenMax = 40;
const psk = '-preshared Sand7-Plover_99x-Reed -ltype FQDN -rtype FQDN';

type Kind = 'IKEv2' | 'Main Mode' | 'Aggressive Mode';
const kinds: readonly Kind[] = ['IKEv2', 'Main Mode', 'Aggressive Mode'];

function text(kind: Kind, own: string, peers: string, name: string, peer: string): string {
  const version = kind === 'IKEv2' ? 2 : 1;
  const ike =
    version === 2
      ? `add ikev2 ike -remote ${peers} -priority 10 -group 31 -hash HMAC-SHA1 -encryption AES128-CBC -prf HMAC-SHA1`
      : `add ikev1 ike -remote ${peers} -priority 10 -group 31 -hash SHA1 -encryption AES128-CBC`;
  const exchange = kind === 'Aggressive Mode' ? '-exchange AM' : '';
  return [
    '# ipsec-dialect: extended',
    `add host h -source ${own} -destination ${peers} -priority 10 -action ESP_AES128_HMAC_SHA1/600/0`,
    ike,
    `add auth auth -remote ${peers} -priority 10 -kmp IKEV${version} ${exchange} ${psk} -lid ${name} -rid ${peer}`,
  ].join('\n');
}

function worldOf(kind: Kind): RealWorld {
  return realWorld({
    a: { text: text(kind, a, b, 'a.example.com', 'b.example.com') },
    b: {
      text: text(kind, b, '198.18.0.0/15', 'b.example.com', 'a.example.com'),
      host: { limits: { ...engineLimits, halfOpenMax, ikeSasMax: 200 } },
    },
  });
}

/** The messages of an initiator that means it, to copy from: IKE_SA_INIT, or those of phase 1 in the clear. */
function messagesOf(kind: Kind): Uint8Array[] {
  const real = worldOf(kind);
  real.send('a', packet, 1);
  return entriesOf(real.trace.entries, 'sent').flatMap(({ host, ike, octets }) => {
    const ip = parseIp(octets);
    return host === 'a' && ike && !isIpFault(ip) ? [ip.payload.slice(8)] : [];
  });
}

const at = (octets: Uint8Array) => new DataView(octets.buffer, octets.byteOffset, octets.length);

/** Attackers, each with an address of its own. */
function attack(real: RealWorld, kind: Kind) {
  const [first, second] = messagesOf(kind) as [Uint8Array, Uint8Array];
  const to: Endpoint = { address: { family: 4, value: 0xc000_0202 }, port: 500 };
  const from = (number: number): Endpoint => ({ address: { family: 4, value: 0xc612_1000 + number }, port: 500 });
  /** What b answers at once. */
  const give = (number: number, octets: Uint8Array): Uint8Array | undefined => {
    const before = real.trace.entries.length;
    real.host('b').receive(udpPacket(from(number), to, octets, number & 0xffff)!);
    const [answer] = entriesOf(real.trace.entries.slice(before), 'sent');
    const ip = answer && parseIp(answer.octets);
    return ip && !isIpFault(ip) ? ip.payload.slice(8) : undefined;
  };
  const copy = (octets: Uint8Array, number: number): Uint8Array => {
    const changed = octets.slice();
    at(changed).setBigUint64(0, 0x1000n + BigInt(number));
    return changed;
  };
  return {
    /** The first message of one, and nothing more. */
    begin: (number: number) => give(number, copy(first, number)),
    /** Does all that costs b a key exchange and makes it keep something; gives that message and its answer. */
    insist(number: number): { readonly message: Uint8Array; readonly answer: Uint8Array | undefined } {
      const begun = copy(first, number);
      const answer = give(number, begun);
      if (kind === 'Aggressive Mode' || !answer) return { message: begun, answer };
      if (kind === 'Main Mode') {
        const message = copy(second, number);
        at(message).setBigUint64(8, at(answer).getBigUint64(8));
        return { message, answer: give(number, message) };
      }
      const [asked, own] = [decodeMessage(answer), decodeMessage(begun)];
      if (!asked.ok || asked.message.kind !== 'IKEv2' || !own.ok || own.message.kind !== 'IKEv2') throw new Error('?');
      const [cookie] = asked.message.payloads;
      if (cookie?.kind !== 'N' || asked.message.payloads.length > 1) return { message: begun, answer };
      const message = encodeMessage({ ...own.message, payloads: [cookie, ...own.message.payloads] });
      return { message, answer: give(number, message) };
    },
    again: give,
  };
}

describe.each(kinds)('%s', (kind) => {
  const keys = (real: RealWorld) => real.events('b', 'ike-keys').length;

  it('a flood from addresses that nobody has costs no more key exchanges than the bound, and a peer gets in', () => {
    const real = worldOf(kind);
    const { begin } = attack(real, kind);
    for (let number = 0; number < 1_000; number += 1) begin(number);
    // Aggressive Mode has its public value in the first message: there each one costs what it costs.
    if (kind !== 'Aggressive Mode') expect(keys(real)).toBeLessThanOrEqual(halfOpenMax / 2);
    real.send('a', packet, 1, 2_000);
    expect(real.accepted('b')).toEqual([[1, 1]]);
    expect(unmatchedSas(real.host('a'), real.host('b'))).toEqual([]);
  });

  it('of hosts that answer and never go on, so many are remembered, the newest; and a peer gets in between', () => {
    const real = worldOf(kind);
    const { insist, again } = attack(real, kind);
    const made: { readonly number: number; readonly message: Uint8Array; readonly answer: Uint8Array }[] = [];
    let number = 0;
    const more = (count: number) => {
      for (let done = 0; done < count; done += 1) {
        number += 1;
        const { message, answer } = insist(number);
        if (answer) made.push({ number, message, answer });
      }
    };
    more(150);
    real.host('a').send(probe(packet, 1));
    for (let step = 0; step < 60; step += 1) {
      more(2);
      real.pass(10);
    }
    expect(real.accepted('b')).toEqual([[1, 1]]);
    expect(made.length).toBeGreaterThan(250);
    // The same message again gets the same answer from who remembers it; the newest first, for others are new and take their places.
    const remembered = made.toReversed().filter(({ number: of, message, answer }) => {
      const repeated = again(of, message);
      return repeated !== undefined && toHex(repeated) === toHex(answer);
    });
    expect(remembered.length).toBeGreaterThan(0);
    expect(remembered.length).toBeLessThanOrEqual(halfOpenMax);
  });

  it('nothing of either is left after a while', () => {
    const real = worldOf(kind);
    const { begin, insist } = attack(real, kind);
    for (let number = 0; number < 300; number += 1) begin(number);
    for (let number = 300; number < 400; number += 1) insist(number);
    real.pass(600_000);
    expect(real.host('b').engine.nextTimeout()).toBeUndefined();
    expect(real.host('b').engine.ikeSas()).toEqual([]);
    expect(real.host('b').stack.sad.size).toBe(0);
  });
});
