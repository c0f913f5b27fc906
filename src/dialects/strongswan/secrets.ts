/** The sections under `secrets` (load_creds.c): which key belongs to whom. Keys never leave `Secret`. */
import type { Sourced } from '../../model/origin.js';
import { Secret } from '../../model/secret.js';
import type { IdentityPattern, SharedSecret } from '../../model/system-config.js';
import type { ReadContext } from './read-options.js';
import { effectiveSettings, findSections, innerNames, type Section, type Setting } from './settings.js';
import { readIdentity } from './values.js';

/** Beginnings of section names; the first that fits counts, as in strongSwan. */
const sharedKinds = [
  ['eap', 'EAP'],
  ['xauth', 'EAP'],
  ['ntlm', 'EAP'],
  ['ike', 'IKE'],
  ['ppk', 'PPK'],
] as const;
const otherKinds = ['private', 'rsa', 'ecdsa', 'bliss', 'pkcs8', 'pkcs12', 'token'];
const otherOptions = ['file', 'secret', 'handle', 'slot', 'module', 'pin'];

/** Reads every shared secret, and accounts for the passphrases of key files. */
export function readSecrets(root: Section, context: ReadContext): SharedSecret[] {
  const secrets: SharedSecret[] = [];
  for (const name of innerNames(findSections(root, ['secrets']))) {
    const path = `secrets.${name}`;
    const sections = findSections(root, ['secrets', name]);
    const kind = sharedKinds.find(([prefix]) => name.startsWith(prefix));
    for (const inner of innerNames(sections))
      context.report.unknown(`${path}.${inner}`, findSections(root, ['secrets', name, inner])[0]!.at);
    if (kind) {
      const secret = readShared(name, path, sections, kind[1], context);
      if (secret) secrets.push(secret);
    } else if (otherKinds.some((prefix) => name.startsWith(prefix))) {
      for (const setting of effectiveSettings(sections)) noteOther(path, setting, context);
    } else {
      context.report.unknown(path, sections[0]!.at, [...sharedKinds.map(([prefix]) => prefix), ...otherKinds]);
    }
  }
  return secrets;
}

function noteOther(path: string, setting: Setting, { report, seen }: ReadContext): void {
  if (seen.has(setting)) return;
  seen.add(setting);
  const name = `${path}.${setting.key}`;
  if (otherOptions.includes(setting.key)) report.noted(name, setting.at, 'it opens a file with a private key');
  else report.unknown(name, setting.at, otherOptions);
}

function readShared(
  name: string,
  path: string,
  sections: readonly Section[],
  use: SharedSecret['use'],
  { report, seen }: ReadContext,
): SharedSecret | undefined {
  const owners: Sourced<IdentityPattern>[] = [];
  let secret: SharedSecret['secret'] | undefined;
  const at = sections[0]!.at;
  for (const setting of effectiveSettings(sections)) {
    const { key, value } = setting;
    if (!value) continue;
    const isFirst = !seen.has(setting);
    seen.add(setting);
    const origin = { kind: 'explicit', at: value.at, argumentStart: setting.at.start } as const;
    if (key === 'secret') {
      const read = readKey(value.text);
      if (isFirst) report.supported(`${path}.secret`, setting.at);
      if (read) secret = { value: { kind: 'literal', secret: read }, origin };
      else
        report.badValue(
          `${path}.secret: it is empty, or what follows 0x is not hexadecimal, or what follows 0s not Base64`,
          setting.at,
        );
    } else if (key.startsWith('id')) {
      if (isFirst) report.supported(`${path}.${key}`, setting.at);
      owners.push({ value: readIdentity(value.text), origin });
    } else if (isFirst) report.unknown(`${path}.${key}`, setting.at, ['secret', 'id']);
  }
  if (!secret) {
    if (!sections.some((section) => section.settings.has('secret')))
      report.badValue(`${path} has no secret`, at, 'write `secret = …` into it');
    return undefined;
  }
  return { source: { record: { kind: 'secret', name }, at }, use, owners, secret };
}

/** Text, `0x` and hexadecimal digits, or `0s` and Base64. */
function readKey(text: string): Secret | undefined {
  const form = text.slice(0, 2).toLowerCase();
  const rest = text.slice(2);
  if (form === '0x') {
    const digits = rest.replaceAll(':', '');
    if (!/^[0-9a-fA-F]*$/.test(digits)) return undefined;
    const even = digits.length % 2 === 1 ? `0${digits}` : digits;
    return nonEmpty(
      Uint8Array.from({ length: even.length / 2 }, (_, at) => Number.parseInt(even.slice(at * 2, at * 2 + 2), 16)),
    );
  }
  if (form === '0s') return /^[A-Za-z0-9+/]*={0,2}$/.test(rest) ? nonEmpty(decodeBase64(rest)) : undefined;
  return nonEmpty(new TextEncoder().encode(text));
}

/** Of nothing charon says that the data is missing. */
function nonEmpty(octets: Uint8Array): Secret | undefined {
  return octets.length > 0 ? new Secret(octets) : undefined;
}

/** What is left beyond groups of four is not read (chunk_from_base64). */
function decodeBase64(text: string): Uint8Array {
  const whole = text.slice(0, text.length - (text.length % 4));
  return Uint8Array.from(atob(whole.replace(/=+$/, '')), (character) => character.charCodeAt(0));
}
