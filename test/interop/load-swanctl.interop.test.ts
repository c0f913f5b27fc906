/**
 * Conversions of every sample to swanctl.conf, given to the real charon: it loads each connection, and what it then lists of it
 * (`--list-conns`) is what our reader makes of the same file. strongSwan 5.9.8, Debian's.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { protocolByName, serviceByName } from '../../src/dialects/names.js';
import { formatRange, parseRange } from '../../src/model/address.js';
import type { ConfiguredSelector, SaTemplate, SystemConfig } from '../../src/model/system-config.js';
import { convertSystem, targetOf } from '../../src/services/convert/convert.js';
import { type Charon, charonMissing, startCharon } from '../support/charon.js';
import { namespacesMissing } from '../support/netns.js';
import { type OneNamespace, oneNamespace } from '../support/one-namespace.js';
import { loadSample, sampleCollections, samplesOf } from '../support/samples.js';
import { sharedMissing } from '../support/shared.js';
import { listOf, type PrettyValue, parsePretty, sectionOf } from '../support/vici-pretty.js';

const missing = charonMissing() ?? namespacesMissing();
if (missing) console.warn(`conversions to swanctl.conf are not loaded: ${missing}`);

/** Folders in which swanctl looks for credentials. */
const folders = 'x509 x509ca x509ocsp x509aa x509ac x509crl pubkey private rsa ecdsa bliss pkcs8 pkcs12'.split(' ');

/** Where the files of an option are looked for, if not in x509. */
const foldersOf: Readonly<Record<string, string>> = { cacerts: 'x509ca', pubkeys: 'pubkey' };

describe.skipIf(missing)(`conversions in charon${missing ? ` (${missing})` : ''}`, () => {
  let host: OneNamespace;
  let charon: Charon;
  let folder: string;
  /** What stands for every certificate and every public key that is named. */
  let certificate: string;
  let publicKey: string;

  beforeAll(async () => {
    host = await oneNamespace();
    charon = await startCharon(host, 'left', { swanctl: '', dataPath: 'kernel' });
    folder = mkdtempSync(path.join(tmpdir(), 'ipsec-load-'));
    certificate = path.join(folder, 'any.pem');
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'],
        ...['-subj', '/CN=any', '-keyout', path.join(folder, 'any.key'), '-out', certificate],
      ],
      { stdio: 'ignore' },
    );
    publicKey = path.join(folder, 'any.pub');
    execFileSync('openssl', ['pkey', '-in', path.join(folder, 'any.key'), '-pubout', '-out', publicKey]);
    for (const name of folders) mkdirSync(path.join(charon.folder, name), { recursive: true });
  }, 120_000);
  afterAll(async () => {
    await charon?.stop();
    host?.remove();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  for (const collection of sampleCollections) {
    const why = collection.root === undefined ? ` (${sharedMissing})` : '';
    it.skipIf(why !== '')(`of ${collection.name} load${why}`, { timeout: 900_000 }, async () => {
      const target = await targetOf('swanctl@5.9.8');
      const samples = samplesOf(collection);
      expect(samples.length).toBeGreaterThan(0);
      const faults: string[] = [];
      for (const sample of samples) {
        const { files, converted } = convertSystem(await loadSample(collection, sample), target);
        for (const { path: name, text } of files) writeFileSync(path.join(charon.folder, name), text, { mode: 0o600 });
        for (const { text } of files)
          for (const [, kind, name] of text.matchAll(/^\s*(certs|cacerts|pubkeys|file) = "?([^"\n]+?)"?$/gm))
            for (const one of name!.split(/\s*,\s*/)) {
              const where = path.join(charon.folder, foldersOf[kind!] ?? 'x509', one);
              mkdirSync(path.dirname(where), { recursive: true });
              copyFileSync(kind === 'pubkeys' ? publicKey : certificate, where);
            }
        const { ok, text } = charon.swanctl('--load-all', '--clear', '--noprompt');
        const refused = text
          .split('\n')
          .filter((line) => /failed|error|unable|invalid/i.test(line) && !/, 0 failed/.test(line));
        if (!ok || refused.length > 0) faults.push(`${sample}: ${refused.join(' | ')}`);
        else faults.push(...disagreements(converted.config).map((fault) => `${sample}: ${fault}`));
      }
      expect(faults).toEqual([]);
    });
  }

  /** What charon lists otherwise than our reader, connection by connection. */
  function disagreements({ pad, spd, forwardSpd }: SystemConfig): string[] {
    const listed = new Map<string, PrettyValue>();
    for (const event of parsePretty(charon.swanctl('--list-conns', '--pretty').text))
      for (const [name, value] of Object.entries(event)) listed.set(name, value);
    const faults: string[] = [];
    const entries = [...spd, ...forwardSpd].filter(({ action }) => action.kind === 'PROTECT');
    for (const name of new Set(pad.flatMap(({ connection }) => connection ?? []))) {
      const real = listed.get(name);
      if (!real) {
        faults.push(`${name} is not listed`);
        continue;
      }
      const peer = pad.find(({ connection }) => connection === name)!;
      const version = String(sectionOf(real).version);
      const ours = peer.ikeVersions.value.length > 1 ? 'IKEv1/2' : `IKEv${peer.ikeVersions.value[0]}`;
      if (version !== ours) faults.push(`${name} is ${version}, by our reading ${ours}`);
      const children = sectionOf(sectionOf(real).children);
      for (const { action, source } of entries) {
        const { bundle } = action as Extract<typeof action, { kind: 'PROTECT' }>;
        const template = bundle.find(({ connection }) => connection === name);
        if (!template) continue;
        const child = source.record.name.slice(name.length + 1);
        const theirs = children[child];
        const said = theirs && describeListed(theirs);
        const read = describeRead(template);
        if (said !== read) faults.push(`${name}.${child}: charon lists ${said}, we read ${read}`);
      }
    }
    return faults;
  }
});

function describeListed(child: PrettyValue): string {
  const values = sectionOf(child);
  const ts = (key: string) => listOf(values[key]).map(plainSelector).sort().join(' ');
  return `${String(values.mode)} ${ts('local-ts')} === ${ts('remote-ts')}`;
}

/** `10.1.0.0/16[tcp/telnet]` with numbers for names; codes of messages are left out, which charon shows in its own way. */
function plainSelector(text: string): string {
  const [, addresses = '', protocol, port] = /^([^[]*)(?:\[([^/\]]*)(?:\/([^\]]*))?\])?$/.exec(text) ?? [];
  const range = parseRange(addresses.replace('..', '-'));
  const number = protocol === undefined ? 0 : (protocolByName(protocol) ?? Number(protocol));
  const isMessage = number === 1 || number === 58;
  const ports = port === undefined || isMessage ? '' : `:${serviceByName(port) ?? port}`;
  return `${range ? formatRange(range) : addresses}/${number}${ports}`;
}

function describeRead({ mode, lists }: SaTemplate): string {
  const ts = (selectors: readonly ConfiguredSelector[] = []) => selectors.map(formatConfigured).sort().join(' ');
  return `${mode.toUpperCase()} ${ts(lists?.local)} === ${ts(lists?.remote)}`;
}

function formatConfigured(selector: ConfiguredSelector): string {
  const { protocol, ports } = selector;
  const isAny = ports.lo === 0 && ports.hi === 65_535;
  const isMessage = protocol === 1 || protocol === 58;
  const port = isAny || isMessage ? '' : `:${ports.lo === ports.hi ? ports.lo : `${ports.lo}-${ports.hi}`}`;
  return `${selector.kind === 'dynamic' ? 'dynamic' : formatRange(selector.range)}/${protocol}${port}`;
}
