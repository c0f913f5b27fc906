import { describe, expect, it } from 'vitest';
import { type Address, parseAddress } from '../../../src/model/address.js';
import type { Dialect } from '../../../src/model/language/dialect.js';
import { type AnalysisOptions, analysePair } from '../../../src/model/peer/analysis.js';
import type { Walk } from '../../../src/model/peer/steps.js';
import { systemView } from '../../../src/model/peer/system-view.js';
import { SourceText } from '../../../src/model/span.js';
import { loadSystem } from '../../../src/services/load-system.js';

interface Side {
  readonly text: string;
  readonly addresses?: readonly string[];
  readonly dialect?: Dialect;
}

function view(name: string, side: string | Side) {
  const { text, addresses = [], dialect }: Side = typeof side === 'string' ? { text: side } : side;
  const loaded = loadSystem({
    name,
    sources: [new SourceText(`${name}.conf`, text)],
    addresses: addresses.map((address): Address => parseAddress(address)!),
    ...(dialect ? { dialect } : {}),
  });
  expect(loaded.problems.filter(({ severity }) => severity !== 'warning').map(({ message }) => message)).toEqual([]);
  return systemView(loaded.config);
}

const analyse = (a: string | Side, b: string | Side, options: AnalysisOptions = {}) =>
  analysePair(view('alpha', a), view('beta', b), options);

/** `a works`, `b fails at version`. */
const outcome = ({ initiator, outcome: result, failure }: Walk) =>
  `${initiator} ${result}${failure ? ` at ${failure.kind}` : ''}`;
const outcomes = (a: string | Side, b: string | Side, options?: AnalysisOptions) =>
  analyse(a, b, options).walks.map(outcome);

const policy = 'add host h -source 10.1.1.1 -destination 10.2.2.2 -priority 10 -action ESP_AES128_HMAC_SHA1';
const mirror = 'add host h -source 10.2.2.2 -destination 10.1.1.1 -priority 10 -action ESP_AES128_HMAC_SHA1';
const authA = (rest: string) => `${policy}\nadd auth x -remote 10.2.2.2 -priority 10 ${rest}`;
const authB = (rest: string) => `${mirror}\nadd auth x -remote 10.1.1.1 -priority 10 ${rest}`;

describe('IKE', () => {
  it('initiates with the first version only (hpux-ipsec reference 7.1)', () => {
    expect(outcomes(authA('-kmp IKEV2,IKEV1 -preshared k'), authB('-kmp IKEV1 -preshared k'))).toEqual([
      'a fails at version',
      'b works',
    ]);
    expect(outcomes(authA('-kmp IKEV2 -preshared k'), authB('-kmp IKEV1,IKEV2 -preshared k'))).toEqual([
      'a works',
      'b fails at version',
    ]);
  });

  it('does not initiate to peers with configured addresses', () => {
    const ids = '-ltype FQDN -lid s.example.com -rtype FQDN -rid c.example.com';
    const server = authA(`-kmp IKEV1 -exchange AM -preshared k -flags AUTOCONF ${ids}`);
    const client = authB(
      '-kmp IKEV1 -exchange AM -preshared k -ltype FQDN -lid c.example.com -rtype FQDN -rid s.example.com',
    );
    expect(outcomes(server, client)).toEqual(['a fails at initiate', 'b works']);
    const waiting = mirror.replace('-action', '-start NONE -action');
    expect(
      outcomes(authA('-preshared k'), `${waiting}\nadd auth x -remote 10.1.1.1 -priority 10 -preshared k`),
    ).toEqual(['a works', 'b fails at initiate']);
  });

  it('finds the record by address in Main Mode, by identity in Aggressive Mode and IKEv2', () => {
    const wide = 'add auth wide -remote 10.0.0.0/8 -priority 5';
    // By address the wide record comes first and has another key.
    const main = `${mirror}\n${wide} -kmp IKEV1 -preshared other\nadd auth x -remote 10.1.1.1 -priority 10 -kmp IKEV1 -preshared k`;
    expect(outcomes(authA('-kmp IKEV1 -preshared k'), main)[0]).toBe('a fails at preshared-key');
    // By identity the wide one is passed over, because it expects a name.
    for (const rest of ['-kmp IKEV2', '-kmp IKEV1 -exchange AM']) {
      const named = `${mirror}\n${wide} ${rest} -preshared other -rtype FQDN -rid .example.com\nadd auth x -remote 10.1.1.1 -priority 10 ${rest} -preshared k`;
      expect(outcomes(authA(`${rest} -preshared k`), named)[0]).toBe('a works');
    }
  });

  it('wants identity and address to lead to the same record of an IKEv2 responder', () => {
    const elsewhere = `${mirror}\nadd auth named -remote 10.9.9.9 -priority 5 -kmp IKEV2 -preshared k -rtype FQDN -rid a.example.com\nadd auth x -remote 10.1.1.1 -priority 10 -kmp IKEV2 -preshared k`;
    const [walk] = analyse(authA('-kmp IKEV2 -preshared k -ltype FQDN -lid a.example.com'), elsewhere).walks;
    expect(outcome(walk!)).toBe('a fails at identity');
    expect(walk?.failure?.text).toBe(
      "auth 'x' of alpha sends FQDN a.example.com, which leads to auth 'named' of beta: that is for 10.9.9.9 and not for 10.1.1.1",
    );
  });

  it('does not know an address behind a NAT as an identity', () => {
    const options = { behindNat: { a: true, b: false } };
    expect(outcomes(authA('-kmp IKEV2 -preshared k'), authB('-kmp IKEV2 -preshared k'), options)).toEqual([
      'a fails at identity',
      'b fails at identity',
    ]);
    const named = authB('-kmp IKEV2 -preshared k -rtype IPV4 -rid 10.1.1.1');
    expect(outcomes(authA('-kmp IKEV2 -preshared k'), named, options)).toEqual(['a works', 'b works']);
  });

  it('offers the first group only in Aggressive Mode', () => {
    const ike = (peer: string, groups: string) =>
      `add ikev1 i -remote ${peer} -priority 10 -group ${groups} -hash SHA1 -encryption AES128-CBC`;
    const sides = (exchange: string) =>
      [
        `${authA(`-kmp IKEV1 -exchange ${exchange} -preshared k`)}\n${ike('10.2.2.2', '14,2')}`,
        `${authB(`-kmp IKEV1 -exchange ${exchange} -preshared k`)}\n${ike('10.1.1.1', '2')}`,
      ] as const;
    expect(outcomes(...sides('MM'))).toEqual(['a works', 'b works']);
    expect(outcomes(...sides('AM'))).toEqual(['a fails at ike-proposal', 'b works']);
  });

  it('takes the longest prefix in the old dialect, the first priority in the new one', () => {
    const auths = (peer: string, priority: boolean) =>
      `add auth wide -remote 10.0.0.0/8 ${priority ? '-priority 5 ' : ''}-preshared other\nadd auth x -remote ${peer} ${priority ? '-priority 10 ' : ''}-preshared k`;
    const ike = (peer: string) => `add ike i -remote ${peer} -priority 10 -group 2 -hash MD5 -encryption 3DES`;
    const old = (text: string, peer: string): Side => ({
      text: `${text}\n${auths(peer, false)}\n${ike(peer)}`,
      dialect: 'A.02',
    });
    expect(outcomes(old(policy, '10.2.2.2'), old(mirror, '10.1.1.1'))).toEqual(['a works', 'b works']);
    expect(outcomes(`${policy}\n${auths('10.2.2.2', true)}`, authB('-preshared k'))).toEqual([
      'a fails at preshared-key',
      'b fails at preshared-key',
    ]);
    const none: Side = { text: `${mirror}\n${auths('10.1.1.1', false)}`, dialect: 'A.02' };
    expect(outcomes(old(policy, '10.2.2.2'), none)[0]).toBe('a fails at ike-policy');
  });

  it('compares keys that are elsewhere by their place', () => {
    const walk = (a: string, b: string) =>
      outcomes(authA(`-kmp IKEV2 -preshared ${a}`), authB(`-kmp IKEV2 -preshared ${b}`))[0];
    expect(walk('file:keys/ab', 'file:keys/ab')).toBe('a works');
    expect(walk('file:keys/ab', 'env:AB')).toBe('a unknown');
    expect(walk('file:keys/ab', 'k')).toBe('a unknown');
    expect(walk('0x6b', 'k')).toBe('a works');
    expect(walk('0x6c', 'k')).toBe('a fails at preshared-key');
  });

  it('lets the responder choose where it prefers its own order', () => {
    const ike = (peer: string, groups: string) =>
      `add ikev2 i -remote ${peer} -priority 10 -group ${groups} -hash HMAC-SHA1 -encryption AES128-CBC -prf HMAC-SHA1`;
    const a = `${authA('-kmp IKEV2 -preshared k')}\n${ike('10.2.2.2', '14,19')}`;
    const b = `${authB('-kmp IKEV2 -preshared k')}\n${ike('10.1.1.1', '19,14')}`;
    const group = (options: AnalysisOptions) =>
      analyse(a, b, options).walks[0]?.ike?.proposal?.transforms.keyExchange?.id;
    expect(group({})).toBe(14);
    expect(group({ preference: { b: 'responder' } })).toBe(19);
  });
});

describe('Child SAs', () => {
  const v1 = '-kmp IKEV1 -preshared k';
  const pfs = (peer: string, value: string) =>
    `add ikev1 i -remote ${peer} -priority 10 -group 2 -hash SHA1 -encryption AES128-CBC -pfs ${value}`;

  it('of an IKEv1 responder without PFS take the group that is offered, those with PFS insist', () => {
    expect(outcomes(`${authA(v1)}\n${pfs('10.2.2.2', 'ON')}`, `${authB(v1)}\n${pfs('10.1.1.1', 'OFF')}`)).toEqual([
      'a works',
      'b fails at child-proposal',
    ]);
  });

  it('are looked for by the client identities in Quick Mode', () => {
    // A telnet client and server on either side: the packet from port 23 to port 23 meets different entries.
    const telnet = (own: string, peer: string) =>
      `add host in -source ${own}/32/23 -destination ${peer} -protocol TCP -priority 10 -action ESP_AES128_HMAC_SHA1\nadd host out -source ${own} -destination ${peer}/32/23 -protocol TCP -priority 20 -action ESP_AES128_HMAC_SHA1\nadd auth x -remote ${peer} -priority 10 ${v1}`;
    const { walks } = analyse(telnet('10.1.1.1', '10.2.2.2'), telnet('10.2.2.2', '10.1.1.1'));
    expect(walks.map(outcome)).toEqual(Array.from({ length: 6 }, (_, index) => `${index % 2 ? 'b' : 'a'} works`));
  });

  it('of nested transforms meet one by one, innermost first', () => {
    const nested = (action: string): [Side, Side] => [
      {
        text: `${policy.replace(/-action .*/, `-action ${action}`)}\nadd auth x -remote 10.2.2.2 -preshared k\nadd ike i -remote 10.2.2.2 -priority 10`,
        dialect: 'A.02',
      },
      {
        text: `${mirror.replace(/-action .*/, '-action AH_MD5+ESP_3DES')}\nadd auth x -remote 10.1.1.1 -preshared k\nadd ike i -remote 10.1.1.1 -priority 10`,
        dialect: 'A.02',
      },
    ];
    expect(outcomes(...nested('AH_MD5+ESP_3DES'))).toEqual(['a works', 'a works', 'b works', 'b works']);
    expect(outcomes(...nested('AH_SHA1+ESP_3DES'))).toEqual([
      'a works',
      'a fails at child-proposal',
      'b works',
      'b fails at child-proposal',
    ]);
    expect(outcomes(...nested('ESP_3DES'))).toEqual(['a works', 'b works', 'b fails at mode']);
  });

  it('run from a host to a gateway, whose policies are for forwarded packets', () => {
    const host = `add tunnel t -tsource 15.1.1.1 -tdestination 15.9.9.9 -source 15.1.1.1 -destination 10.20.0.0/16 -action ESP_AES128_HMAC_SHA1
add host branch -source 15.1.1.1 -destination 10.20.0.0/16 -priority 50 -tunnel t -action PASS
add auth gw -remote 15.9.9.9 -priority 10 -kmp IKEV2 -preshared k`;
    const gateway = (
      net: string,
    ) => `add tunnel t -tsource 15.9.9.9 -tdestination 15.1.1.1 -source ${net} -destination 15.1.1.1 -action ESP_AES128_HMAC_SHA1
add gateway branch -source ${net} -destination 15.1.1.1 -priority 50 -tunnel t -action FORWARD
add auth host -remote 15.1.1.1 -priority 10 -kmp IKEV2 -preshared k`;
    expect(outcomes(host, gateway('10.20.0.0/16'))).toEqual(['a works', 'b works']);
    const narrowed = analyse(host, gateway('10.20.0.0/24')).walks;
    expect(narrowed.map(outcome)).toContain('a works');
    expect(narrowed[0]?.steps.find(({ kind }) => kind === 'selectors')?.verdict).toBe('warn');
    expect(outcomes(host, gateway('10.21.0.0/16')).every((text) => /fails at peer-policy/.test(text))).toBe(true);
  });

  it('follow each address of a multihomed system', () => {
    const a: Side = {
      text: `add host h -source 10.1.0.0/16 -destination 10.2.2.2 -priority 10 -action ESP_AES128_HMAC_SHA1\nadd auth x -remote 10.2.2.2 -priority 10 -kmp IKEV2 -preshared k`,
      addresses: ['10.1.1.1', '10.1.1.2'],
    };
    const { walks } = analyse(a, authB('-kmp IKEV2 -preshared k'));
    // The other side knows only one of the two.
    expect(walks.map(outcome).sort()).toEqual(['a fails at peer-pad', 'a works', 'b works']);
  });

  it('end at another address than the one that is used', () => {
    const tunnel = (own: string, peer: string) =>
      `add tunnel t -tsource ${own} -tdestination ${peer} -source 10.8.0.0/16 -destination 10.9.0.0/16 -action ESP_AES128_HMAC_SHA1\nadd host h -source 10.8.0.0/16 -destination 10.9.0.0/16 -priority 10 -tunnel t -action PASS\nadd auth x -remote 10.0.0.0/8 -priority 10 -kmp IKEV2 -preshared k`;
    const b: Side = {
      text: tunnel('10.2.2.2', '10.1.1.9').replace(/-source (\S+) -destination (\S+)/g, '-source $2 -destination $1'),
      addresses: ['10.2.2.2'],
    };
    const a: Side = { text: tunnel('10.1.1.1', '10.2.2.2'), addresses: ['10.1.1.1', '10.1.1.9'] };
    const [walk] = analyse(a, b).walks;
    expect(walk?.failure).toMatchObject({
      kind: 'peer-policy',
      text: "host 'h' of beta protects these packets towards 10.1.1.9, while alpha uses 10.1.1.1",
    });
  });

  it('are one-sided where the other entry passes, discards or protects towards somebody else', () => {
    const auth = 'add auth x -remote 10.0.0.0/8 -priority 10 -kmp IKEV2 -preshared k';
    const texts = [
      'add host h -source 10.2.2.2 -destination 10.1.1.1 -priority 10 -action PASS',
      'add host h -source 10.2.2.2 -destination 10.1.1.1 -priority 10 -action DISCARD',
      'add tunnel t -tsource 10.2.2.2 -tdestination 10.3.3.3 -source 10.2.2.2 -destination 10.1.1.1 -action ESP_AES128_HMAC_SHA1\nadd host h -source 10.2.2.2 -destination 10.1.1.1 -priority 10 -tunnel t -action PASS',
    ].map((text) => analyse(`${policy}\n${auth}`, `${text}\n${auth}`).walks.map(({ failure }) => failure?.text));
    expect(texts).toEqual([
      ["host 'h' of beta passes these packets in the clear"],
      ["host 'h' of beta discards these packets"],
      ["host 'h' of beta protects these packets, but not towards alpha"],
    ]);
  });

  it('with keys by hand need no IKE', () => {
    const sa = (spi: number, key: string) => `ESP/${spi}/0x${key.repeat(20)}/0x${key.repeat(16)}`;
    const side = (text: string, inbound: string, outbound: string) => `${text} -in ${inbound} -out ${outbound}`;
    const [one, two] = [sa(2500101, '1a'), sa(2500202, '2b')];
    expect(outcomes(side(policy, one, two), side(mirror, two, one))).toEqual(['a works', 'b works']);
    const [walk] = analyse(side(policy, one, two), side(mirror, two, sa(2500103, '1a'))).walks;
    expect(walk?.failure?.text).toBe('beta to alpha: beta sends with SPI 2500103, alpha expects SPI 2500101');
    expect(walk?.ike).toBeUndefined();
    expect(outcomes(side(policy, one, two), authB('-kmp IKEV2 -preshared k'))).toEqual([
      'a fails at manual-keys',
      'b fails at manual-keys',
    ]);
  });
});

describe('what is not compared', () => {
  it('is traffic of other systems, and of entries that never match', () => {
    const shadowed = `add host first -source 10.1.1.1 -destination 10.2.0.0/16 -priority 1 -action PASS\n${authA('-preshared k')}`;
    expect(
      analyse(shadowed, 'add host h -source 10.2.2.2 -destination 10.3.3.3 -priority 1 -action PASS').flows,
    ).toEqual([]);
    expect(
      analyse(authA('-preshared k'), 'add host h -source 10.4.4.4 -destination 10.1.1.1 -priority 1 -action PASS')
        .flows,
    ).toEqual([]);
  });

  it('is told where it would be too costly', () => {
    const exceptions = Array.from(
      { length: 1_100 },
      (_, index) =>
        `add host e${index} -source 10.1.1.1/32/${2 * index + 1} -destination 10.2.2.2 -protocol TCP -priority ${index + 1} -action PASS`,
    );
    const { undecided, walks } = analyse(
      [...exceptions, authA('-preshared k').replace('-priority 10', '-priority 5000')].join('\n'),
      authB('-preshared k'),
    );
    expect(undecided.map(({ source }) => source.record.name)).toContain('h');
    expect(walks.every(({ initiator }) => initiator === 'b')).toBe(true);
  });
});
