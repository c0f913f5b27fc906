import { describe, expect, it } from 'vitest';
import type { HostFacts } from '../../../src/lint/context.js';
import rule from '../../../src/lint/rules/act/lockout.js';
import { parseAddress, parseRange } from '../../../src/model/address.js';
import { lintTexts } from '../../support/lint.js';

const closed = 'add host default -action DISCARD';
const ssh = (from: string, action: string) =>
  `add host ssh -source 10.1.1.1/32/22 -destination ${from} -protocol TCP -priority 10 -action ${action}`;

/** What is said of a host that is administered from some addresses. */
function said(text: string, from: readonly string[], addresses: readonly string[] = ['10.1.1.1'], budget?: number) {
  const host: HostFacts = {
    name: 'a',
    addresses: addresses.map((address) => parseAddress(address)!),
    roles: ['host'],
    behindNat: false,
    target: undefined,
    management: [{ name: 'CI', from: from.map((range) => parseRange(range)!), port: 22 }],
  };
  const settings = budget === undefined ? {} : { budget };
  return lintTexts([text], { rules: [rule], hosts: [host], settings }).map(
    ({ severity, message, notes }) => `${severity}: ${message}; ${notes[0] ?? ''}`,
  );
}

describe('ACT009', () => {
  it('names the policy, who is cut off, and a packet of theirs', () => {
    expect(said(`${ssh('192.0.2.0/25', 'PASS')}\n${closed}`, ['192.0.2.0/24'])).toEqual([
      'error: the default host policy cuts off CI (TCP port 22 from 192.0.2.0/24); outbound TCP 10.1.1.1:22 > 192.0.2.128:49152: dropped',
    ]);
  });

  it('tells of each policy that does, once', () => {
    const lab = 'add host lab -source 10.1.1.1 -destination 192.0.2.64/26 -priority 5 -action DISCARD';
    expect(said(`${lab}\n${closed}`, ['192.0.2.0/24']).map((text) => text.replace(/;.*/, ''))).toEqual([
      "error: host 'lab' (priority 5) cuts off CI (TCP port 22 from 192.0.2.0/24)",
      'error: the default host policy cuts off CI (TCP port 22 from 192.0.2.0/24)',
    ]);
  });

  it('is an information where they come in through SAs', () => {
    expect(said(`${ssh('192.0.2.0/24', 'ESP_AES128_HMAC_SHA1')}\n${closed}`, ['192.0.2.0/24'])).toEqual([
      expect.stringMatching(/^info: CI .* can get in only through SAs of host 'ssh' \(priority 10\)/),
    ]);
  });

  it('asks about addresses of the families that the host has', () => {
    const text = `${ssh('192.0.2.0/24', 'PASS')}\n${closed}`;
    expect(said(text, ['192.0.2.0/24', '2001:db8::/32'])).toEqual([]);
    expect(said(text, ['192.0.2.0/24', '2001:db8::/32'], ['10.1.1.1', '2001:db8:1::1'])).toEqual([
      expect.stringMatching(/^error: the default host policy cuts off CI .*2001:db8:1::1/),
    ]);
  });

  it('finds one address of thousands that is left out', () => {
    const text = [
      'add host one -source 10.1.1.1 -destination 10.20.30.40 -priority 5 -action DISCARD',
      ssh('10.0.0.0/8', 'PASS'),
      closed,
    ].join('\n');
    expect(said(text, ['10.16.0.0/12'])).toEqual([expect.stringContaining("host 'one' (priority 5) cuts off CI")]);
    expect(said(text, ['10.32.0.0/12'])).toEqual([]);
  });

  it('without an inventory asks whether anybody can get in by SSH or Telnet', () => {
    const count = (text: string) => lintTexts([text], { rules: [rule] }).map(({ severity }) => severity);
    const web = 'add host web -source 10.1.1.1/32/443 -protocol TCP -priority 20 -action PASS';
    expect(count(`${web}\n${closed}`)).toEqual(['warning']);
    expect(count(`${web}\n${closed}\n${ssh('10.9.0.1', 'PASS')}`)).toEqual([]);
    expect(count(`${web}\n${closed}\n${ssh('10.9.0.1', 'PASS').replace('/22', '/23')}`)).toEqual([]);
    expect(count(web)).toEqual([]);
  });
});
