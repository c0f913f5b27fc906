/** Reads swanctl.conf and strongswan.conf into a SystemConfig. */
import { closest } from '../../model/did-you-mean.js';
import type { SystemConfig } from '../../model/system-config.js';
import type { DialectInput, DialectReading } from '../dialect.js';
import { OptionReport } from '../option-report.js';
import { compileSwan, isInstalled } from './compile.js';
import { readConnections, type SwanConnection } from './connection.js';
import { readDaemonSettings, readDataPath } from './daemon-settings.js';
import { defaultSwanVersion, type SwanVersion, swanVersions } from './defaults.js';
import { authorityOptions } from './options.js';
import { readPools } from './pools.js';
import { type ReadContext, readOptions } from './read-options.js';
import { readSecrets } from './secrets.js';
import { effectiveSettings, findSections, innerNames, readSettings, type Section, type Settings } from './settings.js';

/** Where charon's own settings are, seen from swanctl.conf. */
const daemonFiles = ['strongswan.conf', '../strongswan.conf'];

/** Reads one system. Never throws on what is written. */
export function readSwan(input: DialectInput): DialectReading {
  const version = swanVersions.find((known) => known === input.version) ?? defaultSwanVersion;
  const texts = [...input.sources];
  const fileProblems = [];
  for (const name of daemonFiles) {
    const main = input.sources[0];
    if (!main || texts.some(({ path }) => baseName(path) === 'strongswan.conf')) break;
    const [found] = input.files.find(name, main);
    if (!found) continue;
    texts.push(found.source);
    fileProblems.push(...found.problems);
    break;
  }
  const settings = readSettings(texts, input.files);
  const report = new OptionReport();
  const context: ReadContext = { version, report, seen: new Set() };
  const { root } = settings;
  const connections = readConnections(root, context);
  const secrets = readSecrets(root, context);
  const pools = readPools(root, context);
  readAuthorities(root, context);
  const daemon = readDaemonSettings(root, context);
  const dataPath = readDataPath(root);
  accountForRest(settings, context);
  const config = compileSwan({
    name: input.name,
    version,
    connections,
    secrets,
    pools,
    settings: daemon,
    ...(dataPath ? { dataPath } : {}),
    ...(input.addresses ? { addresses: input.addresses } : {}),
  });
  tellKernel(connections, config, report);
  return {
    config,
    problems: [...fileProblems, ...settings.problems, ...report.problems],
    options: report.options,
    sources: settings.sources,
    product: `strongswan-${version satisfies SwanVersion}`,
  };
}

/** Where the kernel's policies are not what is written. */
function tellKernel(connections: readonly SwanConnection[], { spd }: SystemConfig, report: OptionReport): void {
  const told = new Map<string, Set<string>>();
  for (const connection of connections) {
    for (const child of connection.children) {
      const { mode, start_action: start } = child.options;
      if ((mode?.value !== 'pass' && mode?.value !== 'drop') || isInstalled(child)) continue;
      report.otherwise(
        `strongSwan installs the ${mode.value} policies of '${child.name}' only by start_action = trap, so they are left out`,
        start?.origin.kind === 'explicit' ? start.origin.at : child.at,
        'write start_action = trap',
      );
    }
  }
  for (const { source, notes = [] } of spd) {
    const { name } = source.record;
    const known = told.get(name) ?? new Set();
    told.set(name, known);
    for (const note of notes) {
      if (known.has(note) || !source.at) continue;
      known.add(note);
      report.otherwise(
        `'${name}': ${note}`,
        source.at,
        'write networks, and single ports or ranges that a mask covers (1024-2047)',
      );
    }
  }
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function readAuthorities(root: Section, context: ReadContext): void {
  for (const name of innerNames(findSections(root, ['authorities'])))
    readOptions(
      effectiveSettings(findSections(root, ['authorities', name])),
      authorityOptions,
      `authorities.${name}`,
      context,
    );
}

const topSections = ['connections', 'secrets', 'pools', 'authorities', 'charon', 'charon-systemd', 'swanctl'];

/** What nothing has looked at: settings that were replaced, and sections that nobody refers to. */
function accountForRest({ root, replaced }: Settings, context: ReadContext): void {
  const { report, seen } = context;
  for (const setting of replaced) {
    if (seen.has(setting)) continue;
    seen.add(setting);
    report.noted(setting.key, setting.at, 'a later setting of the same name replaces it');
  }
  for (const setting of root.settings.values()) {
    seen.add(setting);
    report.noted(setting.key, setting.at, 'strongSwan has no settings outside of sections');
  }
  for (const section of root.sections.values()) {
    const guess = topSections.includes(section.name) ? undefined : closest(section.name, topSections);
    const used = isUsed(section, seen);
    if (!used && guess !== undefined) report.unknown(section.name, section.at, topSections);
    noteUnused(section, section.name, context);
  }
}

function isUsed(section: Section, seen: ReadContext['seen']): boolean {
  return (
    [...section.settings.values()].some((setting) => seen.has(setting)) ||
    [...section.sections.values()].some((inner) => isUsed(inner, seen))
  );
}

/** Sections within sections are bounded by the parser. */
function noteUnused(section: Section, path: string, context: ReadContext): void {
  for (const setting of section.settings.values()) {
    if (context.seen.has(setting)) continue;
    context.seen.add(setting);
    context.report.noted(
      `${path}.${setting.key}`,
      setting.at,
      'nothing takes it: it is inherited by no section that counts',
    );
  }
  for (const inner of section.sections.values()) noteUnused(inner, `${path}.${inner.name}`, context);
}
