/** Durations, shares and scenarios: what is understood, and what is said of the rest. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/model/tool-error.js';
import { parseDuration, parseShare } from '../../../src/services/negotiate/durations.js';
import { negotiate } from '../../../src/services/negotiate/negotiate.js';
import { readScenario } from '../../../src/services/negotiate/scenario.js';
import { folderWith } from '../../support/folder.js';

const pair = ['a', 'b'].map((letter) => path.join('test', 'golden', 'negotiation', 'ikev2-gcm', `${letter}.conf`));
const base = {
  systems: pair,
  further: [],
  beginsAt: new Date('2026-01-01T00:00:00Z'),
  profiles: [],
  detail: 'messages',
  suggest: false,
} as const;

describe('durations and shares', () => {
  it.each([
    ['20ms', 20],
    ['90', 90_000],
    ['1.5s', 1500],
    ['30m', 1_800_000],
    ['1h30m', 5_400_000],
    ['2d', 172_800_000],
    ['1 W', 604_800_000],
    ['0s', 0],
  ])('%s', (text, millis) => expect(parseDuration(text, 'x')).toBe(millis));

  it.each(['', 'soon', '5x', '1h30', '-5s', '2000000d', '5 5', 'h'])('%s is no duration', (text) => {
    expect(() => parseDuration(text, '--until')).toThrow(/^--until: /);
  });

  it.each([
    ['5%', 0.05],
    ['0.25', 0.25],
    ['1', 1],
    ['100%', 1],
    ['0', 0],
  ])('%s', (text, share) => expect(parseShare(text, 'x')).toBe(share));

  it.each(['101%', '1.5', '-1', 'half', ''])('%s is no share', (text) => {
    expect(() => parseShare(text, '--loss')).toThrow(UsageError);
  });
});

describe('a scenario file', () => {
  it('says where it is wrong', async () => {
    const read = (text: string, name = 's.yaml') => readScenario(path.join(folderWith({ [name]: text }), name));
    await expect(read('network: {loss: 2}')).rejects.toThrow(/network\.loss/);
    await expect(read('networks: {}')).rejects.toThrow(/networks/);
    await expect(read('crashes: [{host: A}]')).rejects.toThrow(/crashes\.0/);
    await expect(read('a: [', 's.yaml')).rejects.toThrow(/s\.yaml:1/);
    await expect(read('{"network": {"mtu": 1}}', 's.json')).rejects.toThrow(/network\.mtu/);
    await expect(readScenario('/nowhere.yaml')).rejects.toThrow(/cannot read/);
    expect(await read('seed: 7\nuntil: 2d')).toEqual({ seed: 7, until: '2d' });
    expect(await read('')).toEqual({});
  });

  it.each([
    ['clocks: [{host: C}]', /'C' is no system/],
    ['nat: [{host: A}]', /is not known/],
    ['nat: [{host: A, public: nowhere}]', /is not an address/],
    ['partitions: [{from: 1h, to: soon}]', /not a duration/],
    ['packets: [{at: 1s, from: A, packet: "tcp x"}]', /packets/],
  ])('%s is refused before anything runs', async (text, message) => {
    const scenario = path.join(folderWith({ 's.yaml': text }), 's.yaml');
    await expect(negotiate({ ...base, scenario, faults: { nat: [] } })).rejects.toThrow(message);
  });

  it('makes things go wrong, and flags count before it', async () => {
    const text = [
      'seed: 3',
      'initiator: A',
      'until: 3h',
      'network: { loss: 10%, duplication: 0.1, reordering: 10%, jitter: 20ms, delay: 30ms, mtu: 1300, icmpErrors: drop }',
      'partitions: [{ from: 20m, to: 21m, between: [A, B] }]',
      'crashes: [{ host: B, at: 40m, down: 1m }]',
      'clocks: [{ host: A, ahead: 90s, drift: 50 }]',
      'packets:',
      '  - { at: 5m, from: B, packet: "udp 198.51.100.2:5000 > 192.0.2.1:53" }',
      '  - { at: 20.5m, from: A, packet: "udp 192.0.2.1:5000 > 198.51.100.2:53" }',
    ].join('\n');
    const scenario = path.join(folderWith({ 's.yaml': text }), 's.yaml');
    const { document, runs } = await negotiate({ ...base, scenario, faults: { nat: [] } });
    expect(document).toMatchObject({ seed: '3', good: true });
    expect(document.runs).toHaveLength(1);
    const kinds = new Set(
      runs[0]!.trace.entries.map((entry) => (entry.kind === 'lost' ? `lost: ${entry.why}` : entry.kind)),
    );
    for (const kind of ['lost: loss', 'crash', 'start', 'lost: partition']) expect(kinds).toContain(kind);
    expect(runs[0]!.probes.some(({ purpose, acceptedAt }) => purpose === 'given' && acceptedAt !== undefined)).toBe(
      true,
    );
    expect(runs[0]!.end).toBeGreaterThanOrEqual(3 * 3_600_000);
    const quiet = await negotiate({ ...base, scenario, seed: '4', initiator: 'B', faults: { loss: '0', nat: [] } });
    expect(quiet.document.seed).toBe('4');
    expect(quiet.document.runs[0]!.initiator).toBe('b');
    expect(quiet.document.runs[0]!.messages.filter(({ lost }) => lost === 'by the network')).toEqual([]);
  });
});

describe('systems that start by themselves', () => {
  const file = (own: string, peer: string) =>
    [
      '# ipsec-dialect: extended',
      `add host h -source ${own} -destination ${peer} -priority 10 -action ESP_AES128_HMAC_SHA1/36000/0 -start START`,
      `add ikev2 i -remote ${peer} -priority 10 -group 14 -encryption AES128-CBC -hash HMAC-SHA1 -prf HMAC-SHA1`,
      `add auth k -remote ${peer} -priority 10 -kmp IKEV2 -preshared Sand7-Plover_99x-Reed`,
    ].join('\n');
  const run = async (scenario: string) => {
    const folder = folderWith({
      'a.conf': file('192.0.2.1', '198.51.100.2'),
      'b.conf': file('198.51.100.2', '192.0.2.1'),
      's.yaml': scenario,
    });
    const at = (name: string) => path.join(folder, name);
    const { document, runs } = await negotiate({
      ...base,
      systems: [at('a.conf'), at('b.conf')],
      scenario: at('s.yaml'),
      initiator: 'A',
      faults: { nat: [] },
    });
    const begun = runs[0]!.trace.entries.flatMap(({ at: when, host, ...entry }) =>
      entry.kind === 'event' && entry.event.kind === 'begin' ? [[host, when, entry.event.why]] : [],
    );
    return { good: document.good, begun };
  };

  it('do so where the scenario says, and after a crash in any case', async () => {
    expect(await run('until: 1h')).toEqual({ good: true, begun: [] });
    expect(await run('until: 1h\nstarts: [A, B]')).toEqual({
      good: true,
      begun: [
        ['a', 0, 'configured'],
        ['b', 0, 'configured'],
      ],
    });
    expect(await run('until: 1h\ncrashes: [{ host: B, at: 10m, down: 1m }]')).toEqual({
      good: true,
      begun: [['b', 660_000, 'configured']],
    });
    await expect(run('starts: [C]')).rejects.toThrow(/'C' is no system/);
  });
});

describe('a NAT on the command line', () => {
  it.each([
    'A=203.0.113.7',
    'A=203.0.113.7,timeout=2m',
    'A=203.0.113.7,rebind=30m,rebind=2h',
    'A=203.0.113.7,esp=pass',
  ])('%s', async (spec) => {
    const a = pair[0]!;
    const folder = folderWith({ 'b.conf': behindNat });
    const { document } = await negotiate({
      ...base,
      systems: [a, path.join(folder, 'b.conf')],
      initiator: 'A',
      faults: { nat: [spec] },
    });
    expect(document.runs[0]!.verdict.word).toBe('works');
    expect(document.runs[0]!.chosen.children[0]!.udpEncapsulation).toBe(true);
  });

  it.each(['A', 'X=203.0.113.7', 'A=here', 'A=203.0.113.7,timeout', 'A=203.0.113.7,colour=red'])(
    '%s is refused',
    async (spec) => {
      await expect(negotiate({ ...base, faults: { nat: [spec] } })).rejects.toThrow(UsageError);
    },
  );
});

/** The other end of `a`, which sees it at the address of the NAT. */
const behindNat = `add host h -source 198.51.100.2/32 -destination 203.0.113.7/32 -priority 10 -action ESP_AES256_GCM16/3600/0
add ikev2 i -remote 203.0.113.7/32 -priority 10 -group 19 -encryption AES256-GCM16 -prf HMAC-SHA2-384 -life 14400 -pfs ON
add auth p -remote 203.0.113.7/32 -priority 10 -kmp IKEV2 -preshared Modern-Alder_2026-key -rtype IPV4 -rid 192.0.2.1
`;
