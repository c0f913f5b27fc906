/**
 * Pairs with one thing wrong each. Both sides must say what they saw of it, the reason must be the right one, and each side must be
 * told what mends it there: every suggestion is put into the files by hand and negotiated once more.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ChangeDocument, RunDocument } from '../../../src/report/negotiation/document.js';
import type { NegotiateOptions } from '../../../src/services/negotiate/negotiate.js';
import { dryRun, withChanges } from '../../support/dry-run.js';
import { folderWith } from '../../support/folder.js';

type Version = 1 | 2;
type Name = 'a' | 'b';

const [addressA, addressB, outside] = ['192.0.2.1', '198.51.100.2', '203.0.113.7'];
const keys = { a: 'The_key_of_both_5', b: 'Another_key_altogether_6' };

const ike: Readonly<Record<Version, string>> = {
  1: '-group 14 -hash SHA2-256 -encryption AES128-CBC -life 28800 -pfs ON',
  2: '-group 14 -hash HMAC-SHA2-256 -encryption AES128-CBC -prf HMAC-SHA2-256 -life 28800 -pfs ON',
};
const records = (version: Version, own: string, peer: string): string => `# ipsec-dialect: extended
add host h -source ${own} -destination ${peer} -protocol TCP -priority 10 -action ESP_AES128_HMAC_SHA2_256/3600/0
add ikev${version} i -remote ${peer} -priority 10 ${ike[version]}
add auth p -remote ${peer} -priority 10 -kmp IKEV${version}${version === 1 ? ' -exchange MM' : ''} -preshared ${keys.a}
`;

/** What a run must say. */
interface Telling {
  readonly word?: RunDocument['verdict']['word'];
  readonly step: string;
  readonly text: RegExp;
  /** What each system says that it did. */
  readonly a: RegExp;
  readonly b: RegExp;
}

interface Wrong {
  readonly what: string;
  readonly versions?: readonly Version[];
  /** What is replaced in the file of b. */
  readonly from: string | RegExp;
  readonly to: string;
  readonly more?: (version: Version) => string;
  /** By who starts. */
  readonly told: (version: Version) => Partial<Readonly<Record<Name, Telling>>>;
  /** What is suggested for each side, whoever starts. */
  readonly mends: Partial<Readonly<Record<Name, RegExp>>>;
  readonly options?: Partial<NegotiateOptions>;
}

const refusedIke =
  /^gives up the IKE SA as initiator: .*(?:accepts none of the IKE proposals|refuses: NO-PROPOSAL-CHOSEN)/;
const refusedChild =
  /^gives up the Child SA as initiator: .*(?:accepts none of the proposals|refuses the Quick Mode: NO-PROPOSAL-CHOSEN)/;
const disbelieved =
  /^gives up the IKE SA as initiator: .*(?:refuses us as|has our key, but does not expect|and does not take|refuses: )/;

/** One of the lists of IKE differs: who answers compares, who starts is told. */
const ikeList =
  (words: RegExp): Wrong['told'] =>
  (version) => {
    const text = (side: Name) =>
      new RegExp(`^${side}: ikev${version} 'i' .*has no IKE proposal in common with the peer`);
    const compares = new RegExp(
      `^compares IKE proposals as responder: none fits, the closest differs in ${words.source}`,
    );
    return {
      a: { step: 'IKE proposals', text: text('b'), a: refusedIke, b: compares },
      b: { step: 'IKE proposals', text: text('a'), a: compares, b: refusedIke },
    };
  };

/** The same of ESP and AH. */
const childList =
  (words: string): Wrong['told'] =>
  () => {
    const text = (side: Name) => new RegExp(`^${side}: host 'h' .*has no .*proposal in common with the peer`);
    const compares = new RegExp(
      `^compares ESP and AH proposals as responder: none fits, the closest differs in ${words}`,
    );
    return {
      a: { step: 'ESP and AH proposals', text: text('b'), a: refusedChild, b: compares },
      b: { step: 'ESP and AH proposals', text: text('a'), a: compares, b: refusedChild },
    };
  };

/** PFS comes too late to be seen at once in IKEv2: the first SA has no exchange of its own. */
const pfs: Wrong['told'] = (version) => {
  if (version === 1) return childList('key exchange group')(version);
  const telling: Telling = {
    word: 'until-rekey',
    step: 'key exchange group (PFS)',
    text: /^packets pass at first, and no longer after 53 minutes .*: a: host 'h' has no proposal in common with the peer/,
    a: /none fits, the closest differs in key exchange group/,
    b: /none fits, the closest differs in key exchange group/,
  };
  return { a: telling, b: telling };
};

const wrongs: readonly Wrong[] = [
  {
    what: 'key',
    from: keys.a,
    to: keys.b,
    told: (version) => {
      const cannot =
        version === 1
          ? /message 5 of Main Mode cannot be decrypted: most likely the preshared keys/
          : /^is not convinced .*the preshared key of auth 'p' is not the one that the peer has/;
      const text = (x: Name, y: Name) =>
        new RegExp(`^auth 'p' of ${x} and auth 'p' of ${y} have different preshared keys`);
      return {
        a: { step: 'authentication', text: text('a', 'b'), a: disbelieved, b: cannot },
        b: { step: 'authentication', text: text('b', 'a'), a: cannot, b: disbelieved },
      };
    },
    mends: { a: /^give auth 'p' the key of auth 'p' of b/, b: /^give auth 'p' the key of auth 'p' of a/ },
  },
  {
    what: 'group',
    from: '-group 14',
    to: '-group 19',
    told: ikeList(/key exchange group/),
    mends: { a: /^add 19 to -group of ikev\d 'i'/, b: /^add 14 to -group of ikev\d 'i'/ },
  },
  {
    what: 'hash',
    from: /-hash (HMAC-)?SHA2-256/,
    to: '-hash $1SHA1',
    told: ikeList(/(?:hash|integrity)/),
    mends: { a: /^add (?:HMAC-)?SHA1 to -hash/, b: /^add (?:HMAC-)?SHA2-256 to -hash/ },
  },
  {
    what: 'PRF',
    versions: [2],
    from: '-prf HMAC-SHA2-256',
    to: '-prf HMAC-SHA1',
    told: ikeList(/PRF/),
    mends: { a: /^add HMAC-SHA1 to -prf/, b: /^add HMAC-SHA2-256 to -prf/ },
  },
  {
    what: 'cipher of IKE',
    from: 'AES128-CBC',
    to: '3DES',
    told: ikeList(/cipher/),
    mends: { a: /^add 3DES to -encryption/, b: /^add AES128-CBC to -encryption/ },
  },
  {
    what: 'integrity of ESP',
    from: 'ESP_AES128_HMAC_SHA2_256',
    to: 'ESP_AES128_HMAC_SHA1',
    told: childList('integrity'),
    mends: {
      a: /^add ESP_AES128_HMAC_SHA1 to -action of host 'h'/,
      b: /^add ESP_AES128_HMAC_SHA2_256 to -action of host 'h'/,
    },
  },
  {
    what: 'AH instead of ESP',
    from: 'ESP_AES128_HMAC_SHA2_256',
    to: 'AH_SHA2_256',
    told: childList('protocol'),
    mends: { a: /^use AH_SHA2_256 as -action/, b: /^use ESP_AES128_HMAC_SHA2_256 as -action/ },
  },
  {
    what: 'identity that b sends',
    from: 'add auth p',
    to: 'add auth p -ltype FQDN -lid b.example.org',
    told: (version) => {
      const refuses =
        /(?:refuses the identity FQDN b\.example\.org|for FQDN b\.example\.org at 198\.51\.100\.2 and finds nothing)/;
      const told =
        version === 1
          ? /INVALID-ID-INFORMATION/
          : /^gives up the IKE SA .*(?:refuses us as|has our key, but does not expect|and does not take)/;
      const telling: Telling = {
        step: 'identities',
        text: /^a: .*FQDN b\.example\.org.*expects the address/,
        a: refuses,
        b: told,
      };
      return { a: telling, b: telling };
    },
    mends: { a: /^expect FQDN b\.example\.org in auth 'p'/, b: /^send IPV4 198\.51\.100\.2 in auth 'p'/ },
  },
  {
    what: 'identity that b expects',
    from: 'add auth p',
    to: 'add auth p -rtype FQDN -rid a.example.org',
    told: (version) => {
      const refuses =
        /(?:refuses the identity IPV4 192\.0\.2\.1, and expects FQDN a\.example\.org|it expects FQDN a\.example\.org)/;
      const told =
        version === 1
          ? /INVALID-ID-INFORMATION/
          : /^gives up the IKE SA .*(?:refuses us as|has our key, but does not expect|and does not take)/;
      const telling: Telling = {
        step: 'identities',
        text: /^b: .*IPV4 192\.0\.2\.1.*expects FQDN a\.example\.org/,
        a: told,
        b: refuses,
      };
      return { a: telling, b: telling };
    },
    mends: { a: /^send FQDN a\.example\.org in auth 'p'/, b: /^expect IPV4 192\.0\.2\.1 in auth 'p'/ },
  },
  {
    what: 'protocol of the selectors',
    from: '-protocol TCP',
    to: '-protocol UDP',
    told: (version) => {
      const text = (side: Name) =>
        new RegExp(`^${side}: .*host 'default' .*passes (?:them|these packets) in the clear`);
      const refuses =
        version === 1
          ? /refuses: no SA of [ab] is for them/
          : /^gives up the Child SA as responder: host 'default' passes these/;
      const told =
        /^gives up the Child SA as initiator: .*(?:no policy for the proposed traffic selectors|INVALID-ID-INFORMATION)/;
      return {
        a: { step: 'policies', text: text('b'), a: told, b: refuses },
        b: { step: 'policies', text: text('a'), a: refuses, b: told },
      };
    },
    mends: { a: /^add the mirror image of host 'h' of b/, b: /^add the mirror image of host 'h' of a/ },
  },
  {
    what: 'tunnel instead of transport mode',
    from: /add host h (.*) -action (.*)/,
    to: `add host h $1 -tunnel t -action PASS\nadd tunnel t -tsource ${addressB} -tdestination ${addressA} -action $2`,
    told: (version) =>
      version === 1
        ? {
            a: {
              step: 'selectors',
              text: /^b: .*tunnel 't' of b means others/,
              a: /refuses the Quick Mode/,
              b: /no SA of b is for them \(tunnel 't'\)/,
            },
            b: {
              step: 'selectors',
              text: /^a: .*host 'h' of a means others/,
              a: /no SA of a is for them \(host 'h'\)/,
              b: /refuses the Quick Mode/,
            },
          }
        : {
            a: {
              step: 'transport or tunnel mode',
              text: /^a: host 'h' asks for transport mode, and the peer answers in tunnel mode/,
              a: /answers in tunnel mode/,
              b: /\(tunnel 't'\)/,
            },
            b: {
              step: 'transport or tunnel mode',
              text: /^a: the peer asks for tunnel mode, and host 'h' has transport mode/,
              a: /asks for tunnel mode/,
              b: refusedChild,
            },
          },
    mends: { a: /^add the mirror image of host 'h' of b/, b: /^add the mirror image of host 'h' of a/ },
  },
  {
    what: 'IKE version',
    from: /-kmp IKEV(?:(1) -exchange MM|2)/,
    to: '-kmp IKEV@$1',
    more: (version) => `add ikev${3 - version} j -remote ${addressA} -priority 10 ${ike[version === 1 ? 2 : 1]}\n`,
    told: (version) => ({
      a: {
        step: 'IKE version',
        text: version === 1 ? /^b: auth 'p' takes IKEv2 and not IKEv1/ : /^b: auth 'p' does not list IKEv2/,
        a: disbelieved,
        b: /^gives up the IKE SA as responder: auth 'p' (?:takes IKEv2 and not IKEv1|does not list IKEv2)/,
      },
      // Whoever answers IKEv2 does not know yet which record it is for, and has no proposal for strangers.
      b:
        version === 1
          ? { step: 'IKE proposals', text: /^a: ikev2 'default' has no IKE proposal/, a: /none fits/, b: refusedIke }
          : {
              step: 'IKE version',
              text: /^a: auth 'p' takes IKEv2 and not IKEv1/,
              a: /takes IKEv2 and not IKEv1/,
              b: disbelieved,
            },
    }),
    mends: {
      a: /^(?:start with|let auth 'p' answer) IKEv\d.*, add an ikev\d record for 198\.51\.100\.2 with the values of ikev\d 'j' of b/,
      b: /^(?:start with|let auth 'p' answer) IKEv\d/,
    },
  },
  {
    what: 'exchange',
    versions: [1],
    from: '-exchange MM',
    to: '-exchange AM',
    told: () => ({
      a: {
        step: 'exchange',
        text: /^b: auth 'p' takes Aggressive Mode, and the peer started Main Mode/,
        a: /UNSUPPORTED-EXCHANGE-TYPE/,
        b: /takes Aggressive Mode/,
      },
      b: {
        step: 'exchange',
        text: /^a: auth 'p' takes Main Mode, and the peer started Aggressive Mode/,
        a: /takes Main Mode/,
        b: /UNSUPPORTED-EXCHANGE-TYPE/,
      },
    }),
    mends: { a: /^use Aggressive Mode in auth 'p'/, b: /^use Main Mode in auth 'p'/ },
  },
  {
    what: 'PFS at one side alone',
    from: '-pfs ON',
    to: '-pfs OFF',
    told: pfs,
    mends: { a: /^turn PFS off in ikev\d 'i'/, b: /^turn PFS on in ikev\d 'i'/ },
  },
  {
    what: 'PFS with another group',
    from: '-protocol TCP',
    to: '-protocol TCP -pfs_group 19',
    told: pfs,
    mends: { a: /^take group 19 for rekeys in host 'h'/, b: /^take group 14 for rekeys in host 'h'/ },
  },
  {
    what: 'authentication method',
    from: 'add auth p',
    to: 'add auth p -local_method RSASIG -remote_method RSASIG',
    told: (version) => {
      const step = 'authentication method';
      return version === 1
        ? {
            a: {
              step,
              text: /^b: the peer wants to authenticate by pre-shared key \(1\), and auth 'p' of b takes RSASIG/,
              a: refusedIke,
              b: /takes RSASIG/,
            },
            b: {
              step,
              text: /^a: the peer wants to authenticate by RSA signatures \(3\), and auth 'p' of a takes PSK/,
              a: /takes PSK/,
              b: refusedIke,
            },
          }
        : {
            a: {
              step,
              text: /^auth 'p' of a proves itself by PSK, auth 'p' of b expects RSASIG/,
              a: disbelieved,
              b: /and auth 'p' expects RSASIG/,
            },
            b: {
              step,
              text: /^auth 'p' of b proves itself by RSASIG, auth 'p' of a expects PSK/,
              a: /and auth 'p' expects PSK/,
              b: disbelieved,
            },
          };
    },
    mends: { a: /^authenticate by RSASIG in auth 'p'/, b: /^authenticate by PSK in auth 'p'/ },
  },
  {
    what: 'no IKE record at b',
    from: /^add ikev(\d) i -remote \S+/m,
    to: `add ikev$1 i -remote ${outside}`,
    told: (version) => {
      const text = (side: Name, name: string) =>
        new RegExp(`^${side}: ikev${version} '${name}' .*has no IKE proposal in common`);
      return {
        a: { step: 'IKE proposals', text: text('b', 'default'), a: refusedIke, b: /none fits/ },
        b: { step: 'IKE proposals', text: text('a', 'i'), a: /none fits/, b: refusedIke },
      };
    },
    mends: { b: /^add an ikev\d record for 192\.0\.2\.1 with the values of ikev\d 'i' of a/ },
  },
  {
    what: 'no auth record at b',
    from: /^add auth p -remote \S+/m,
    to: `add auth p -remote ${outside}`,
    told: (version) => ({
      a:
        version === 1
          ? {
              step: 'authentication records',
              text: /^b: no auth record of b is for 192\.0\.2\.1/,
              a: refusedIke,
              b: /no auth record of b is for 192\.0\.2\.1/,
            }
          : {
              step: 'identities',
              text: /^b: no auth record is for IPV4 192\.0\.2\.1/,
              a: disbelieved,
              b: /finds nothing/,
            },
      b: {
        step: 'authentication records',
        text: /^b: no auth record of b is for 192\.0\.2\.1/,
        a: /^$/,
        b: /finds nothing/,
      },
    }),
    mends: { b: /^add an auth record for 192\.0\.2\.1 with the key of auth 'p' of a/ },
  },
  {
    what: 'address as identity behind a NAT',
    from: new RegExp(addressA.replaceAll('.', '\\.'), 'g'),
    to: outside,
    options: { faults: { nat: [`A=${outside}`] }, initiator: 'A' },
    told: (version) => ({
      a: {
        step: 'identities',
        text: /^b: .*IPV4 192\.0\.2\.1.*expects the address that the packets come from, in 203\.0\.113\.7/,
        a: disbelieved,
        b: version === 1 ? /^refuses the identity IPV4 192\.0\.2\.1/ : /^finds its peer behind a NAT/,
      },
    }),
    mends: { a: /^send IPV4 203\.0\.113\.7 in auth 'p'/, b: /^expect IPV4 192\.0\.2\.1 in auth 'p'/ },
  },
];

const cases = wrongs.flatMap((wrong) => (wrong.versions ?? [1, 2]).map((version) => ({ ...wrong, version })));

function filesOf({ from, to, more, version }: (typeof cases)[number]): string {
  const b = records(version, addressB, addressA);
  const broken =
    b.replace(from, to).replace(/IKEV@1?/, `IKEV${3 - version}${version === 2 ? ' -exchange MM' : ''}`) +
    (more?.(version) ?? '');
  expect(broken).not.toBe(b);
  return folderWith({ 'a.conf': records(version, addressA, addressB), 'b.conf': broken });
}

const runBoth = (folder: string, options: Partial<NegotiateOptions> = {}) =>
  dryRun([path.join(folder, 'a.conf'), path.join(folder, 'b.conf')], options);

describe.each(cases)('$what, IKEv$version', (wrong) => {
  it('is told by both sides, and mended on either', async () => {
    const folder = filesOf(wrong);
    const document = await runBoth(folder, wrong.options);
    expect(document.good).toBe(false);
    const told = wrong.told(wrong.version);
    for (const [starts, telling] of Object.entries(told)) {
      const run = document.runs.find(({ initiator }) => initiator === starts);
      expect(run?.verdict).toMatchObject({
        word: telling.word ?? 'fails',
        good: false,
        step: telling.step,
        text: expect.stringMatching(telling.text),
      });
      for (const side of ['a', 'b'] as const) {
        const view = run!.sides.find(({ system }) => system === side)!.view;
        if (telling[side].source === '^$') expect(view).toEqual([]);
        else expect(view, `${starts} starts`).toContainEqual(expect.stringMatching(telling[side]));
      }
    }
    const suggested = document.runs.flatMap(({ suggestions, initiator }) =>
      suggestions.map(({ changes }) => ({ changes, initiator })),
    );
    for (const side of ['a', 'b'] as const) {
      const titles = suggested
        .filter(({ changes }) => changes.every(({ system }) => system === side))
        .map(({ changes }) => changes.map(({ title }) => title).join(', '));
      const wanted = wrong.mends[side];
      if (wanted) expect(titles).toContainEqual(expect.stringMatching(wanted));
      else expect(titles).toEqual([]);
    }
    const seen = new Set<string>();
    for (const { changes, initiator } of suggested) {
      const what = changes.map(({ system, title }) => `${system}: ${title}`).join(', ');
      if (seen.has(what)) continue;
      seen.add(what);
      const mended = await withChanges(
        folder,
        changes,
        () => runBoth(folder, { ...wrong.options, initiator: initiator === 'a' ? 'A' : 'B', suggest: false }),
        (change) => secretsOf(folder, change),
      );
      expect(
        mended.runs.map(({ verdict }) => verdict.word),
        what,
      ).toContain('works');
    }
    expect(JSON.stringify(document)).not.toMatch(/The_key_of_both|Another_key/);
  });
});

/** A line that is taken out has the key of its own file; what is put in has it as well, but where the other side's is taken over. */
function secretsOf(folder: string, { system, title }: ChangeDocument) {
  const keyIn = (name: string) => /-preshared (\S+)/.exec(readFileSync(path.join(folder, `${name}.conf`), 'utf8'))![1]!;
  const other = system === 'a' ? 'b' : 'a';
  return { taken: keyIn(system), put: keyIn(/ the key of /.test(title) ? other : system) };
}

describe.each([1, 2] as const)('lifetimes that differ are no fault, IKEv%i', (version) => {
  it.each([
    ['a shorter one of SAs', '/3600/0', '/600/0'],
    ['a longer one of SAs', '/3600/0', '/86400/0'],
    ['a shorter one of IKE SAs', '-life 28800', '-life 3600'],
    ['a limit in kilobytes', '/3600/0', '/3600/100000'],
  ])('%s', async (_, from, to) => {
    const folder = folderWith({ 'a.conf': records(version, addressA, addressB) });
    writeFileSync(path.join(folder, 'b.conf'), records(version, addressB, addressA).replace(from, to));
    const document = await runBoth(folder);
    expect(document.runs.map(({ verdict }) => verdict.word)).toEqual(['works', 'works']);
    for (const { traffic } of document.runs) expect(traffic).toMatchObject({ arrived: traffic.sent, unmatched: [] });
  });
});
