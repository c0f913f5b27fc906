/** Who is given which address of a pool (RFC 7296 §2.19; mem_pool.c of strongSwan). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAddress, parseAddress, parseRange } from '../../src/model/address.js';
import { type AddressPool, LeaseTable, poolsNamed } from '../../src/model/address-pool.js';

const pool = (name: string, range: string, more: Partial<AddressPool> = {}): AddressPool => ({
  name,
  range: parseRange(range)!,
  ...more,
});
const holder = (identity: string, place = 'a') => ({ identity, place });
const four = { family: 4 } as const;

function text(address: ReturnType<LeaseTable['acquire']>): string | undefined {
  return address && formatAddress(address.family, address.value);
}

describe('a lease', () => {
  it('is the next address, of the first pool of the family that has one', () => {
    const table = new LeaseTable();
    const pools = [
      pool('six', 'fd03::1-fd03::2'),
      pool('four', '10.3.0.1-10.3.0.1'),
      pool('more', '10.4.0.5-10.4.0.6'),
    ];
    expect(text(table.acquire(pools, holder('x'), four))).toBe('10.3.0.1');
    expect(text(table.acquire(pools, holder('y'), four))).toBe('10.4.0.5');
    expect(text(table.acquire(pools, holder('y', 'b'), { family: 6 }))).toBe('fd03::1');
  });

  it('is the same for the same peer while it authenticates anew, and another for the same identity elsewhere', () => {
    const table = new LeaseTable();
    const pools = [pool('p', '10.3.0.1-10.3.0.9')];
    expect(text(table.acquire(pools, holder('x'), four))).toBe('10.3.0.1');
    expect(text(table.acquire(pools, holder('x'), { family: 4, address: parseAddress('10.3.0.1')! }))).toBe('10.3.0.1');
    expect(text(table.acquire(pools, holder('x', 'b'), four))).toBe('10.3.0.2');
    expect(text(table.acquire(pools, holder('x'), { family: 4, address: parseAddress('10.3.0.7')! }))).toBe('10.3.0.3');
  });

  it('stays with its peer when it is released, until the pool is used up', () => {
    const table = new LeaseTable();
    const pools = [pool('p', '10.3.0.1-10.3.0.2')];
    const first = table.acquire(pools, holder('x'), four)!;
    table.acquire(pools, holder('y'), four);
    expect(table.acquire(pools, holder('z'), four)).toBeUndefined();
    table.release(pools, holder('x'), first);
    expect(text(table.acquire(pools, holder('x', 'elsewhere'), four))).toBe('10.3.0.1');
    table.release(pools, holder('x'), first);
    expect(text(table.acquire(pools, holder('z'), four))).toBe('10.3.0.1');
    expect(table.acquire(pools, holder('x'), four)).toBeUndefined();
  });

  it('of two IKE SAs of a peer ends with the last of them', () => {
    const table = new LeaseTable();
    const pools = [pool('p', '10.3.0.1-10.3.0.1')];
    const address = table.acquire(pools, holder('x'), four)!;
    table.acquire(pools, holder('x'), four);
    table.release(pools, holder('x'), address);
    expect(table.acquire(pools, holder('y'), four)).toBeUndefined();
    table.release(pools, holder('x'), address);
    expect(text(table.acquire(pools, holder('y'), four))).toBe('10.3.0.1');
  });

  it('is what is asked for where a pool gives that', () => {
    const pools = [pool('any', '10.3.0.0-10.3.0.7', { givesWhatIsAsked: true })];
    const wish = { family: 4, address: parseAddress('192.0.2.9')! } as const;
    expect(text(new LeaseTable().acquire(pools, holder('x'), wish))).toBe('192.0.2.9');
    expect(text(new LeaseTable().acquire(pools, holder('x'), four))).toBe('0.0.0.0');
  });

  it('comes from pools by the names that a connection has, in its order', () => {
    const pools = [pool('a', '10.3.0.1-10.3.0.9'), pool('b', '10.4.0.1-10.4.0.9')];
    expect(poolsNamed(pools, ['b', 'none', 'a']).map(({ name }) => name)).toEqual(['b', 'a']);
    expect(poolsNamed(undefined, ['b'])).toEqual([]);
  });

  it('belongs to one identity at a time, and is within its pool', () => {
    const step = fc.record({ who: fc.integer({ min: 0, max: 4 }), takes: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const table = new LeaseTable();
        const pools = [pool('p', '10.3.0.1-10.3.0.3')];
        const held = new Map<string, string[]>();
        for (const { who, takes } of steps) {
          const name = `peer ${who}`;
          const own = held.get(name) ?? [];
          if (takes) {
            const given = text(table.acquire(pools, holder(name), four));
            const others = [...held].filter(([other]) => other !== name).flatMap(([, list]) => list);
            if (given === undefined) {
              expect(new Set([...others, ...own]).size).toBe(3);
              continue;
            }
            expect(others).not.toContain(given);
            expect(['10.3.0.1', '10.3.0.2', '10.3.0.3']).toContain(given);
            held.set(name, [...own, given]);
          } else if (own.length > 0) {
            table.release(pools, holder(name), parseAddress(own[0]!)!);
            held.set(name, own.slice(1));
          }
        }
      }),
    );
  });
});
