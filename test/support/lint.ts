/** Lints texts in a test as the command would lint files. */

import path from 'node:path';
import { nodeProvider } from '../../src/engine/crypto/node/provider.js';
import { type HostFacts, type LintSettings, type ObservedTraffic, systemContext } from '../../src/lint/context.js';
import { rules } from '../../src/lint/registry.js';
import type { Rule, RuleExample } from '../../src/lint/rule.js';
import { allPairs, runRules } from '../../src/lint/run.js';
import { applySuppressions } from '../../src/lint/suppress.js';
import { parseRange } from '../../src/model/address.js';
import type { StatedRequirement } from '../../src/model/assertion.js';
import { namedCredentials } from '../../src/model/credentials.js';
import type { Finding } from '../../src/model/finding.js';
import type { Dialect } from '../../src/model/language/dialect.js';
import { parsePacket } from '../../src/model/parse-packet.js';
import { buildSpdIndex } from '../../src/model/selector/spd-index.js';
import { SourceText } from '../../src/model/span.js';
import type { SystemConfig } from '../../src/model/system-config.js';
import { parseAssertions } from '../../src/parser/assertions/parse-assertions.js';
import { readCredentials } from '../../src/services/credentials/read-credentials.js';
import { type LoadedSystem, loadSystem } from '../../src/services/load-system.js';
import { allFormats } from './all-formats.js';
import { exampleFiles, exampleReader } from './example-files.js';

export interface LintTextOptions {
  readonly rules?: readonly Rule[];
  readonly dialect?: Dialect;
  readonly settings?: Partial<LintSettings>;
  readonly hosts?: readonly HostFacts[];
  /** A second file of the first system. */
  readonly more?: string;
  /** Files beside the records. */
  readonly files?: ReadonlyMap<string, Uint8Array>;
  /** Packets of captures of the first system. */
  readonly traffic?: readonly string[];
  /** An assertion file; each sentence names its system and its direction. */
  readonly assertions?: string;
}

export const testSettings: LintSettings = { asOf: '2026-11-01', profiles: [], repository: true, budget: 100_000 };

/** Findings of one or more texts, each a system of its own named `a`, `b`, … (files `a.conf`, `b.conf`, …). */
export function lintTexts(texts: readonly string[], options: LintTextOptions = {}): Finding[] {
  const settings = { ...testSettings, ...options.settings };
  const systems = texts.map((text, index) => {
    const name = String.fromCharCode(97 + index);
    const addresses = options.hosts?.find((facts) => facts.name === name)?.addresses ?? [];
    return loadSystem({
      name,
      addresses,
      sources: [
        new SourceText(`${name}.conf`, text),
        ...(index === 0 && options.more !== undefined ? [new SourceText(`${name}-more.conf`, options.more)] : []),
      ],
      ...(options.dialect ? { dialect: options.dialect } : {}),
      formats: allFormats,
    });
  });
  const credentials = options.files ? credentialsOf(systems, options.files, settings.asOf) : undefined;
  const contexts = systems.map(({ name, policies, config, sources, imported }) => {
    const named = credentials?.get(name);
    const host = options.hosts?.find((facts) => facts.name === name);
    const firstFile = sources[0]!;
    return systemContext({
      name,
      policies,
      config,
      settings,
      firstFile,
      ...(options.traffic && name === 'a' ? { traffic: trafficOf(config, options.traffic) } : {}),
      ...(imported ? { imported: true } : {}),
      ...(host ? { host } : {}),
      ...(named ? { credentials: named } : {}),
    });
  });
  const run = options.rules ?? rules;
  const findings = runRules({
    rules: run,
    repository: {
      systems: contexts,
      hosts: options.hosts ?? [],
      unownedFiles: [],
      settings,
      ...(options.assertions === undefined ? {} : { requirements: requirementsOf(options.assertions) }),
    },
    problems: systems.map(({ name, problems }) => ({ system: name, problems })),
    pairs: allPairs(contexts, settings),
  });
  const suppressions = systems.flatMap(({ files }) => files.flatMap((file) => file.directives.suppressions));
  if (suppressions.length === 0) return findings;
  const { kept, problems } = applySuppressions({
    findings,
    suppressions,
    rules: run,
    known: rules,
    asOf: settings.asOf,
  });
  const none = { systems: [], hosts: [], unownedFiles: [], settings };
  return [...kept, ...runRules({ rules: run, repository: none, problems: [{ problems }], pairs: [] })];
}

function trafficOf({ spd }: SystemConfig, packets: readonly string[]): ObservedTraffic {
  const index = buildSpdIndex(spd.map(({ selectors }) => selectors));
  const hit = packets.map((text) => {
    const packet = parsePacket(text.replace(/^outbound /, ''), 'outbound');
    if ('error' in packet) throw new Error(packet.error);
    return spd[index.classify(packet)]!;
  });
  return { packets: packets.length, hit: new Set(hit) };
}

function requirementsOf(text: string): readonly StatedRequirement[] {
  const { assertions, problems } = parseAssertions(new SourceText('a.ipsectest', text));
  if (problems[0]) throw new Error(problems[0].message);
  return assertions.map(({ at, text: sentence, system = '', direction = 'outbound', packets, requirement }) => ({
    at,
    text: sentence,
    system,
    packets: packets(direction),
    requirement,
  }));
}

function credentialsOf(systems: readonly LoadedSystem[], files: ReadonlyMap<string, Uint8Array>, asOf: string) {
  return readCredentials(nodeProvider(), {
    systems: systems.map(({ name, policies }) => ({ system: name, named: namedCredentials(policies) })),
    recordFiles: new Map(),
    root: process.cwd(),
    at: Date.parse(`${asOf}T23:59:59.999Z`),
    read: exampleReader(files),
    shown: (file) => path.relative(process.cwd(), file),
  });
}

/** Findings of one rule's example. */
export function lintExample(rule: Rule, example: string | RuleExample): Finding[] {
  const full: RuleExample = typeof example === 'string' ? { text: example } : example;
  const peers = Object.entries(full.peers ?? {}).map(([name, { address, product }]) => ({
    name,
    product,
    ranges: [parseRange(address)!],
  }));
  const settings = {
    ...(full.asOf ? { asOf: full.asOf } : {}),
    ...(full.profiles ? { profiles: full.profiles } : {}),
    ...(peers.length > 0 ? { peers } : {}),
    ...(full.peerProfile ? { peerProfile: full.peerProfile } : {}),
  };
  const facts: HostFacts = { name: 'a', addresses: [], roles: ['host'], behindNat: false, target: undefined };
  const hosts = [
    ...(full.host ? [{ ...facts, ...full.host }] : []),
    ...(full.hosts ?? []).map((host) => ({ ...facts, ...host })),
  ];
  return lintTexts(full.peer === undefined ? [full.text] : [full.text, full.peer], {
    settings,
    hosts,
    ...(full.files ? { files: exampleFiles(full.files) } : {}),
    ...(full.more === undefined ? {} : { more: full.more }),
    ...(full.traffic ? { traffic: full.traffic } : {}),
    ...(full.assertions === undefined ? {} : { assertions: full.assertions }),
  }).filter((finding) => finding.code === rule.code);
}
