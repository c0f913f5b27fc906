/** hpux-ipsec reference 5: priority and search order. */
import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/model/address.js';
import { describeOrigin } from '../../src/model/origin.js';
import { findPadEntry } from '../../src/model/query.js';
import { read } from '../support/read.js';

describe('§5.1 values', () => {
  it.each([
    ['1', []],
    ['2147483647', []],
    ['0', ['SYN002']],
    ['2147483648', ['SYN002']],
  ])('§5.1 priority %s', (priority, codes) => {
    expect(read(`add host h -priority ${priority} -action PASS`).codes).toEqual(codes);
  });

  it('§5.1 the lower value is searched earlier, the default last', () => {
    const { config } = read('add host b -priority 20 -action PASS\nadd host a -priority 10 -action PASS');
    expect(config.spd.map(({ source }) => source.record.name)).toEqual(['a', 'b', 'icmpv6-always-passed', 'default']);
  });
});

describe('§5.2 automatic priority', () => {
  it('§5.2 is the highest of the kind plus the step; the first record gets the step', () => {
    const { policies } = read(
      'add host a -action PASS\nadd host b -priority 35 -action PASS\nadd host c -action PASS\nadd auth a -remote 10.0.0.1',
    );
    expect(policies.hosts.map(({ name, priority }) => [name, priority.value])).toEqual([
      ['a', 10],
      ['b', 35],
      ['c', 45],
    ]);
    expect(policies.auths[0]?.priority.value).toBe(10);
    expect(policies.hosts.map(({ priority }) => describeOrigin(priority.origin))).toEqual([
      'automatic: the first record gets the step of 10',
      'written at t.conf:2',
      'automatic: highest so far (35) plus 10',
    ]);
  });

  it('§5.2 the step is the `priority` parameter of the profile', () => {
    const profile = 'BEGIN HostPolicy-Defaults\npriority 100\nEND HostPolicy-Defaults\n';
    const { policies } = read('add host a\nadd host b\nadd auth c -remote 10.0.0.1', { profile });
    expect(policies.hosts.map(({ priority }) => priority.value)).toEqual([100, 200]);
    expect(policies.auths[0]?.priority.value).toBe(10);
  });

  it('§5.2 follows the file, and a delete lowers the highest value', () => {
    const { policies } = read('add host a -priority 500\nadd host b\ndelete host b\ndelete host a\nadd host c');
    expect(policies.hosts.map(({ priority }) => priority.value)).toEqual([10]);
  });

  it('§5.2 overflow is reported', () => {
    const { codes, policies } = read('add host a -priority 2147483647 -action PASS\nadd host b -action PASS');
    expect(codes).toEqual(['SYN002']);
    expect(policies.hosts).toHaveLength(2);
  });
});

describe('§5.3 searches', () => {
  const found = (text: string, address: string, dialect: 'A.02' | 'A.03.02') =>
    findPadEntry(read(text, { dialect }).config, parseAddress(address)!).found?.source.record.name;

  it('§5.3 authentication records: by priority in A.03, the longest prefix in A.02', () => {
    const records = ['net -remote 10.0.0.0/8', 'host -remote 10.0.0.1/32'];
    const text = (priority: boolean) =>
      records.map((record, index) => `add auth ${record}${priority ? ` -priority ${index + 1}` : ''}`).join('\n');
    expect(found(text(true), '10.0.0.1', 'A.03.02')).toBe('net');
    expect(found(text(false), '10.0.0.1', 'A.02')).toBe('host');
    expect(found(text(false), '10.9.9.9', 'A.02')).toBe('net');
  });
});
