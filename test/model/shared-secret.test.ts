/** Which secret is taken where the peer has not said who it is, and only a pattern is expected (charon's lookup_shared_key of phase1.c). */
import { describe, expect, it } from 'vitest';
import { strongswan } from '../../src/dialects/strongswan/dialect.js';
import { findSharedSecret } from '../../src/model/shared-secret.js';
import { readDialect } from '../support/dialects.js';

/** The name of the secret that a responder of Main Mode finds, which expects `expected`. */
function found(expected: string, owners: readonly string[]): string | undefined {
  const secrets = owners.map(
    (owner, at) => `ike-${at} {\nsecret = "key-${at}"\n${owner === '' ? '' : `id = ${owner}\n`}}`,
  );
  const { config } = readDialect(
    strongswan,
    `connections { c {
  version = 1
  local { auth = psk
    id = here.example.org }
  remote { auth = psk
    id = ${expected} }
  children { net { } } } }
secrets {\n${secrets.join('\n')}\n}\n`,
    { path: 'swanctl.conf' },
  );
  const [pad] = config.pad;
  const secret = findSharedSecret(config.sharedSecrets!, 'IKE', pad!.localId!.value, undefined, pad);
  const value = secret?.secret.value;
  return value?.kind === 'literal' ? value.secret.reveal().toString() : undefined;
}

const text = (name: string | undefined) => name && Buffer.from(name.split(',').map(Number)).toString();

describe('a secret for whom nobody has named yet', () => {
  it.each([
    ['10.99.0.0/24', ['10.99.0.0/24', ''], 'key-0'],
    ['10.99.0.0/24', ['', '10.98.0.0/24'], 'key-0'],
    ['10.99.0.0/24', ['10.99.0.0/16', ''], 'key-1'],
    ['*@example.org', ['*@example.org', '%any'], 'key-0'],
    ['*.lab.example.org', ['*.example.org', ''], 'key-0'],
    ['*.example.org', ['*.lab.example.org', ''], 'key-1'],
    ['"C=CH, O=*"', ['"C=CH, O=*"', ''], 'key-0'],
    ['"C=CH, O=*"', ['"C=CH, O=Lab"', ''], 'key-1'],
    ['%any', ['10.99.0.0/24', ''], 'key-1'],
  ])('is, where %s is expected and the secrets are of %j, %s', (expected, owners, name) => {
    const value = found(expected, owners);
    expect(value?.startsWith('key-') ? value : text(value)).toBe(name);
  });
});
