/** Scenarios of strongSwan's integration tests, replayed: its hosts, their configurations, and what must be there in the end. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { noFiles } from '../../../src/dialects/dialect.js';
import { starter } from '../../../src/dialects/libreswan/dialect.js';
import { strongswan } from '../../../src/dialects/strongswan/dialect.js';
import type { Address } from '../../../src/model/address.js';
import { protocolNumbers } from '../../../src/model/packet.js';
import { SourceText } from '../../../src/model/span.js';
import type { SystemConfig } from '../../../src/model/system-config.js';
import { charonLog, comparedLines } from './charon-log.js';
import type { TestKeyKind } from './credentials.js';
import { address, createLab, type Engines, type Lab, packetBetween } from './lab.js';
import { natFindings, rawListing, statusListing } from './listings.js';
import type { Replay } from './replay.js';

export interface StrongswanScenario {
  readonly id: string;
  readonly klass: string;
  readonly format: 'swanctl' | 'ipsec.conf';
  readonly hosts: readonly string[];
  readonly initiators: readonly { readonly host: string; readonly child?: string; readonly ike?: string }[];
  readonly outcome: string;
  readonly expectedSas: readonly ExpectedSa[];
  readonly expectedLog: readonly { readonly host: string; readonly pattern: string; readonly expect: string }[];
}

interface ExpectedSa {
  readonly host: string;
  readonly expect: string;
  readonly pattern: string;
  readonly kind?: 'status';
}

/** The version of the commit that the scenarios are of. */
const version = '6.0.6';

/** Addresses of the hosts (testing.conf): that of IKE first, then those towards their networks. */
const addresses: Readonly<Record<string, readonly string[]>> = {
  moon: ['192.168.0.1', '10.1.0.1', 'fec0::1', 'fec1::1'],
  sun: ['192.168.0.2', '10.2.0.1', 'fec0::2', 'fec2::1'],
  carol: ['192.168.0.100', 'fec0::10'],
  dave: ['192.168.0.200', 'fec0::20'],
  alice: ['10.1.0.10', '192.168.0.50', 'fec1::10', 'fec0::5'],
  venus: ['10.1.0.20', 'fec1::20'],
  bob: ['10.2.0.10', 'fec2::10'],
  winnetou: ['192.168.0.150', 'fec0::15'],
};

/** Words of the configurations that the test harness fills in. */
const placeholders: Readonly<Record<string, string>> = {
  PH_IP_MOON1: '10.1.0.1',
  PH_IP_SUN1: '10.2.0.1',
  PH_IP_CAROL1: '10.3.0.1',
  PH_IP_DAVE1: '10.3.0.2',
  PH_IP6_CAROL1: 'fec3::1',
  PH_IP6_DAVE1: 'fec3::2',
  PH_IP6_MOON1: 'fec1::1',
  PH_IP6_SUN1: 'fec2::1',
  PH_IP_ALICE: '10.1.0.10',
  PH_IP_VENUS: '10.1.0.20',
  PH_IP_BOB: '10.2.0.10',
  ...Object.fromEntries(
    ['moon', 'sun', 'carol', 'dave', 'winnetou'].flatMap((host) => [
      [`PH_IP_${host.toUpperCase()}`, addresses[host]![0]!],
      [`PH_IP6_${host.toUpperCase()}`, addresses[host]!.find((one) => one.startsWith('fec0'))!],
    ]),
  ),
};

/** Longer words first: one may begin another. */
const placeholderPattern = new RegExp(
  Object.keys(placeholders)
    .sort((a, b) => b.length - a.length)
    .join('|'),
  'g',
);

function filledIn(text: string): string {
  return text.replaceAll(placeholderPattern, (word) => placeholders[word]!);
}

export function readScenarios(folder: string): readonly StrongswanScenario[] {
  return JSON.parse(readFileSync(path.join(folder, 'scenarios.json'), 'utf8')) as StrongswanScenario[];
}

/** What the hosts' strongswan.conf say that counts here; those files are not part of the tables. */
const daemonSettings: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'strongswan:ikev1/rw-initiator-only': { carol: 'charon { initiator_only = yes }' },
  'strongswan:ikev2/rw-initiator-only': { carol: 'charon { initiator_only = yes }' },
};

/** Reads the configuration of one host of a scenario. */
function readHost(folder: string, scenario: string, host: string): SystemConfig {
  const where = path.join(folder, host);
  const texts = readdirSync(where).map((name) => ({
    name,
    source: new SourceText(`${host}/${name}`, filledIn(readFileSync(path.join(where, name), 'utf8'))),
  }));
  const isSwan = texts.some(({ name }) => name === 'swanctl.conf');
  // The files are loaded by hand in the scenarios' scripts, so nothing that they say is left to the daemon's start.
  const daemon = daemonSettings[scenario]?.[host];
  const wanted = texts.filter(({ name }) => isSwan === (name === 'swanctl.conf'));
  const { config, problems } = (isSwan ? strongswan : starter).read!({
    name: host,
    sources: [
      ...wanted.map(({ source }) => source),
      ...(daemon ? [new SourceText(`${host}/strongswan.conf`, daemon)] : []),
    ],
    files: noFiles,
    version,
    addresses: (addresses[host] ?? []).map(address),
  });
  const [fault] = problems.filter(({ severity = 'error' }) => severity === 'error');
  if (fault) throw new Error(`${host}: ${fault.message}`);
  return config;
}

/** What did not come out as the scenario wants it, one line each; empty where all did. */
export function replayStrongswan(engines: Engines, folder: string, scenario: StrongswanScenario): Replay {
  const configs = path.join(folder, 'configs', scenario.id.replace(/^strongswan:/, ''));
  let lab: Lab;
  try {
    lab = createLab(engines, {
      seed: scenario.id,
      hosts: scenario.hosts.map((name) => ({ name, config: readHost(configs, scenario.id, name) })),
      keyKind: keyKindOf(scenario),
    });
  } catch (error) {
    return { differences: [(error as Error).message], trace: [] };
  }
  const differences: string[] = [];
  for (const { host, child, ike } of scenario.initiators) {
    const wanted = child ?? ike;
    const done = lab.initiate(
      host,
      ({ source }) => {
        const { name } = source.record;
        return name === wanted || name.endsWith(`.${wanted}`) || (child === undefined && name.startsWith(`${ike}.`));
      },
      namedPeer(lab.config(host), wanted),
    );
    if (done !== 'done') differences.push(`${host}: ${wanted}: ${done}`);
  }
  if (scenario.initiators.length === 0 && scenario.hosts.includes('moon') && scenario.hosts.includes('sun')) {
    // The ping of alice to bob that the scenarios' scripts begin with.
    const packet = packetBetween('10.1.0.10', '10.2.0.10', protocolNumbers.ICMP, { type: 8 });
    lab.send('moon', packet, 'forwarded');
  }
  for (const expected of scenario.expectedSas) differences.push(...difference(lab, expected));
  differences.push(...logDifferences(lab, scenario));
  return { differences, trace: lab.trace };
}

/** Lines that the logs must have, or must not; those that a trace says nothing of are left out. */
function logDifferences(lab: Lab, { expectedLog }: StrongswanScenario): string[] {
  return expectedLog.flatMap(({ host, pattern, expect }) => {
    if (!lab.world.hosts.has(host) || !comparedLines.some((kind) => kind.test(pattern))) return [];
    const expression = basicExpression(filledIn(pattern));
    const isThere = charonLog(lab.trace, host, lab.config(host)).some((line) => expression.test(line));
    return isThere === (expect !== 'NO')
      ? []
      : [`${host}: the log ${expect === 'NO' ? 'must not have' : 'must have'}: ${pattern}`];
  });
}

function difference(lab: Lab, { host, expect, pattern, kind }: ExpectedSa): string[] {
  if (!lab.world.hosts.has(host)) return [`${host} is no host of the scenario`];
  const sas = lab.sas(host);
  const lines =
    kind === 'status' ? statusListing(sas, lab.config(host)) : rawListing(sas, natFindings(lab.trace, host));
  const matching = lines.filter((line) => basicExpression(filledIn(pattern)).test(line)).length;
  const isRight = expect === 'NO' ? matching === 0 : matching > 0;
  if (isRight) return [];
  return [
    `${host}: ${expect === 'NO' ? 'there must not be' : 'there must be'} ${pattern}\n    there is ${lines.join('\n    ') || 'nothing'}`,
  ];
}

/** A basic regular expression of grep. */
function basicExpression(text: string): RegExp {
  return new RegExp(
    text.replaceAll(/(?<!\\)[(){}+?|]/g, (character, at: number) =>
      text[at - 1] === '[' ? character : `\\${character}`,
    ),
  );
}

/** The test's certificates are of RSA where its name does not say otherwise. */
function keyKindOf({ id }: StrongswanScenario): TestKeyKind {
  if (id.includes('ed25519')) return 'EdDSA';
  return id.includes('ecdsa') || id.includes('ecp') ? 'ECDSA' : 'RSA';
}

/** Hosts' names, which the scenarios' hosts look up. */
function namedPeer({ pad }: SystemConfig, wanted: string | undefined): Address | undefined {
  for (const { remoteNames, source } of pad) {
    const name = remoteNames?.[0]?.value.replace(/\.strongswan\.org$/, '');
    const found = name === undefined ? undefined : addresses[name]?.[0];
    if (found && (pad.length === 1 || source.record.name === wanted || wanted === undefined)) return address(found);
  }
  return undefined;
}
