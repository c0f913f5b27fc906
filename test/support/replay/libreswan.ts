/** Scenarios of libreswan's test suite, replayed: what its scripts tell pluto on each host, and what pluto's log then says. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { noFiles } from '../../../src/dialects/dialect.js';
import { libreswan } from '../../../src/dialects/libreswan/dialect.js';
import type { Address } from '../../../src/model/address.js';
import { SourceText } from '../../../src/model/span.js';
import type { SystemConfig } from '../../../src/model/system-config.js';
import { address, createLab, type Engines, type Lab } from './lab.js';
import { statusDifferences } from './pluto-status.js';
import { baseName, type Fact, factsOfLog, factsOfTrace } from './pluto-words.js';
import type { Replay } from './replay.js';

export interface LibreswanScenario {
  readonly id: string;
  readonly klass: string;
  readonly outcome: string;
  readonly failureReasons: readonly string[];
  /** Commands by script, in the order in which the scripts run; their names begin with the host. */
  readonly ipsecCommands: Readonly<Record<string, readonly string[]>>;
  readonly log: Readonly<Record<string, readonly string[]>>;
  readonly files: readonly string[];
}

/** Of the commit that the scenarios are of. */
const version = '5.4';

/** Addresses of the hosts: that of IKE first (testing/kvm/…), then those towards their networks. */
const addresses: Readonly<Record<string, readonly string[]>> = {
  east: ['192.1.2.23', '192.0.2.254', '192.0.20.254', '2001:db8:1:2::23', '2001:db8:0:2::254'],
  west: ['192.1.2.45', '192.0.1.254', '192.0.10.254', '2001:db8:1:2::45', '2001:db8:0:1::254'],
  north: ['192.1.3.33', '198.18.66.1', '192.0.3.254', '2001:db8:1:3::33', '2001:db8:0:3::254'],
  road: ['192.1.3.209', '192.1.3.174', '198.18.66.1', '2001:db8:1:3::209'],
  nic: ['192.1.2.254', '192.1.3.254', '2001:db8:1:2::254', '2001:db8:1:3::254'],
};

export function readLibreswanScenarios(folder: string): readonly LibreswanScenario[] {
  return JSON.parse(readFileSync(path.join(folder, 'scenarios.json'), 'utf8')) as LibreswanScenario[];
}

interface Step {
  readonly host: string;
  readonly verb: string;
  readonly name: string;
}

/** Replays one scenario. */
export function replayLibreswan(engines: Engines, folder: string, scenario: LibreswanScenario): Replay {
  const steps = stepsOf(scenario);
  const hosts = [...new Set(steps.map(({ host }) => host))];
  const configs = path.join(folder, 'configs', scenario.id.replace(/^libreswan:/, ''));
  let lab: Lab;
  try {
    lab = createLab(engines, {
      seed: scenario.id,
      hosts: hosts.map((name) => ({ name, config: readHost(configs, name, steps) })),
      network: {
        nats: hosts.filter((name) => isBehindNat(scenario, name)).map((host) => ({ host, publicAddress: nat })),
      },
    });
  } catch (error) {
    return { differences: [(error as Error).message], trace: [] };
  }
  const differences: string[] = [];
  const gone = new Set<string>();
  /** A connection, and those that it is an alias of. */
  const meant = (host: string, name: string) => [
    name,
    ...[...aliasesOf(confText(configs, host))].flatMap(([conn, aliases]) => (aliases.includes(name) ? [conn] : [])),
  ];
  for (const { host, verb, name } of steps) {
    if (verb === 'add') for (const each of meant(host, name)) gone.delete(`${host} ${each}`);
    else if (verb === 'up') {
      const there = meant(host, name).filter((each) => !gone.has(`${host} ${each}`));
      differences.push(...bringUp(lab, host, there));
    } else if (verb === 'down' || verb === 'delete') {
      for (const each of meant(host, name)) {
        takeDown(lab, host, each);
        if (verb === 'delete') gone.add(`${host} ${each}`);
      }
    }
  }
  for (const host of hosts) differences.push(...compareFacts(lab, host, scenario.log[host] ?? []));
  if (scenario.outcome === 'no-log') differences.push('the scenario has no log that tells an outcome');
  return { differences, trace: lab.trace };
}

/** Where the scripts make the host nic translate addresses, as they do where pluto's log has ESP in UDP behind a NAT. */
function isBehindNat({ log }: LibreswanScenario, host: string): boolean {
  return (host === 'road' || host === 'north') && (log[host] ?? []).some((line) => / NATD=/.test(line));
}

const nat = address('192.1.2.254');

/** The commands that make a difference here. */
function stepsOf({ ipsecCommands }: LibreswanScenario): readonly Step[] {
  return Object.entries(ipsecCommands).flatMap(([script, commands]) => {
    const host = /east|west|north|road|nic/.exec(script)?.[0];
    if (!host) return [];
    return commands.flatMap((command): Step[] => {
      const words = command.replace(/\s*[#>&].*$/, '').split(/\s+/);
      const verb = words.map((word) => word.replace(/^--/, '')).find((word) => verbs.has(word));
      const name = words.slice(2).findLast((word) => !word.startsWith('--'));
      return verb && name ? [{ host, verb, name }] : [];
    });
  });
}

const verbs: ReadonlySet<string> = new Set(['add', 'up', 'down', 'delete', 'route', 'ondemand']);

/** What pluto shows of its connections otherwise than it is read here, and how many of them it shows. */
export function compareStatus(
  folder: string,
  scenario: LibreswanScenario,
): { readonly shown: number; readonly differences: readonly string[] } {
  const steps = stepsOf(scenario);
  const configs = path.join(folder, 'configs', scenario.id.replace(/^libreswan:/, ''));
  let shown = 0;
  const differences: string[] = [];
  for (const [host, log] of Object.entries(scenario.log)) {
    if (!steps.some((step) => step.host === host) || !log.some((line) => / {3}policy: /.test(line))) continue;
    const found = statusDifferences(log, readHost(configs, host, steps));
    shown += found.shown;
    differences.push(...found.differences.map((difference) => `${scenario.id} ${host}: ${difference}`));
  }
  return { shown, differences };
}

function readHost(folder: string, host: string, steps: readonly Step[]): SystemConfig {
  const secrets = fileOf(folder, [`${host}.secrets`, 'ipsec.secrets']);
  const added = new Set(steps.filter((step) => step.host === host && step.verb === 'add').map(({ name }) => name));
  const { config } = libreswan.read!({
    name: host,
    sources: [
      new SourceText(`${host}/ipsec.conf`, onlyAdded(confText(folder, host), added)),
      ...(secrets ? [new SourceText(`${host}/ipsec.secrets`, secrets)] : []),
    ],
    files: noFiles,
    version,
    addresses: (addresses[host] ?? []).map(address),
  });
  return config;
}

function confText(folder: string, host: string): string {
  const text = fileOf(folder, [`${host}.conf`, `${host}.ipsec.conf`, 'ipsec.conf']);
  if (text === undefined) throw new Error(`${host} has no ipsec.conf`);
  return text;
}

/** The first of several files that is there. */
function fileOf(folder: string, names: readonly string[]): string | undefined {
  if (!existsSync(folder)) return undefined;
  const present = readdirSync(folder);
  const name = names.find((each) => present.includes(each));
  return name && readFileSync(path.join(folder, name), 'utf8');
}

/**
 * Connections are added by hand in the scripts, by name or alias, and auto= is for starts, of which there are none. What others build
 * upon is set apart, since a connection that is added would hand its auto= down.
 */
function onlyAdded(text: string, added: ReadonlySet<string>): string {
  const aliases = aliasesOf(text);
  const isAdded = (name: string) => added.has(name) || aliases.get(name)?.some((alias) => added.has(alias));
  const bases = new Set([...text.matchAll(/^\s+also\s*=\s*"?([^\s"#]+)/gm)].map(([, name]) => name!));
  const renamed = (name: string) => (bases.has(name) ? `${name}.base` : name);
  const conns = [...text.matchAll(/^conn\s+(\S+)/gm)].map(([, name]) => name!);
  const lines = text.split('\n').flatMap((line) => {
    if (/^\s+auto\s*=/.test(line)) return [];
    const name = /^conn\s+(\S+)/.exec(line)?.[1];
    if (name === undefined)
      return [line.replace(/^(\s+also\s*=\s*"?)([^\s"#]+)/, (_, key, base) => `${key}${renamed(base)}`)];
    return [`conn ${renamed(name)}`, ...(bases.has(name) ? [] : [`\tauto=${isAdded(name) ? 'add' : 'ignore'}`])];
  });
  const loaded = conns
    .filter((name) => bases.has(name) && isAdded(name))
    .map((name) => `conn ${name}\n\talso=${renamed(name)}\n\tauto=add`);
  return [...lines, ...loaded, ''].join('\n');
}

/** The aliases of every connection, with those that it inherits. */
function aliasesOf(text: string): ReadonlyMap<string, readonly string[]> {
  const own = new Map<string, string[]>();
  const also = new Map<string, string[]>();
  let current = '';
  for (const line of text.split('\n')) {
    current = /^conn\s+(\S+)/.exec(line)?.[1] ?? (/^\S/.test(line) && !line.startsWith('#') ? '' : current);
    const [, key, value] = /^\s+(connalias|also)\s*=\s*"?([^"#]*)/.exec(line) ?? [];
    if (key === undefined || value === undefined) continue;
    const into = key === 'also' ? also : own;
    into.set(current, [...(into.get(current) ?? []), ...value.trim().split(/[\s,]+/)]);
  }
  const found = new Map<string, readonly string[]>();
  for (const name of new Set([...own.keys(), ...also.keys()])) {
    const reached = new Set<string>();
    const walk = (each: string) => {
      if (reached.has(each)) return;
      reached.add(each);
      for (const base of also.get(each) ?? []) walk(base);
    };
    walk(name);
    found.set(
      name,
      [...reached].flatMap((each) => own.get(each) ?? []),
    );
  }
  return found;
}

function bringUp(lab: Lab, host: string, names: readonly string[]): string[] {
  const connections = [...new Set(names.flatMap((name) => namesOf(lab.config(host), name)))];
  const peer = namedPeer(lab.config(host), host);
  const differences: string[] = [];
  for (const template of connections) {
    const done = lab.initiate(host, (one) => one.source.record.name === template, peer);
    if (done !== 'done') differences.push(`${host}: ${template}: ${done}`);
  }
  return connections.length > 0 ? differences : [`${host}: no connection '${names.join("', '")}' is there`];
}

/** Names of hosts that the scenarios' hosts look up: right.libreswan.org is east, left.libreswan.org is west. */
function namedPeer({ pad }: SystemConfig, host: string): Address | undefined {
  if (!pad.some(({ remoteNames }) => remoteNames && remoteNames.length > 0)) return undefined;
  return address(addresses[host === 'east' ? 'west' : 'east']![0]!);
}

/** Every child of a connection. */
function namesOf({ spd }: SystemConfig, name: string): readonly string[] {
  // One network at an end counts as 0 there.
  const numbered = name.replace(/\/0x(\d+)$/, '/1x$1').replace(/\/(\d+)x0$/, '/$1x1');
  const names = spd.flatMap(({ action }) =>
    action.kind === 'PROTECT'
      ? action.bundle.flatMap(({ connection, source }) =>
          connection === name || source.record.name === numbered ? [source.record.name] : [],
        )
      : [],
  );
  return [...new Set(names)].sort();
}

function takeDown(lab: Lab, host: string, name: string): void {
  for (const { ike, children } of lab.sas(host)) {
    if (ike.pad.record.name === name) lab.command(host, { kind: 'delete-ike', ikeSa: ike.name });
    else
      for (const child of children)
        if (child.template.record.name === name) lab.command(host, { kind: 'delete-child', sa: child.inbound });
  }
}

/** What a log tells of connections that it tells anything of, against what the simulated host did with them. */
function compareFacts(lab: Lab, host: string, log: readonly string[]): string[] {
  const told = new Set(log.flatMap((line) => /^"([^"]+)"(?:\[\d+\])?.*? #\d+:/.exec(line)?.[1] ?? []).map(baseName));
  const texts = (facts: readonly Fact[]) =>
    facts.filter(({ connection }) => told.has(connection)).map(({ connection, text }) => `"${connection}" ${text}`);
  const real = texts(factsOfLog(log));
  const ours = texts(factsOfTrace(lab.trace, host));
  // Some scripts show the log of the responder.
  const missing = minus(minus(real, ours), texts(factsOfTrace(lab.trace, host, 'responder')));
  return [
    ...missing.map((fact) => `${host}: the log has: ${fact}`),
    ...minus(ours, real).map((fact) => `${host}: the log has not: ${fact}`),
  ];
}

/** Of two lists, what the first has more often. */
function minus(list: readonly string[], other: readonly string[]): string[] {
  const rest = [...other];
  return list.filter((item) => {
    const at = rest.indexOf(item);
    if (at < 0) return true;
    rest.splice(at, 1);
    return false;
  });
}
