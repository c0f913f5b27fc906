/** The key that an end proves itself by, and the certificates that go with it (get_private of credential_manager.c, 5.9.8). */
import type { Identity } from '../../../model/system-config.js';
import type { OwnCredential } from '../../credentials.js';
import { equalConstantTime } from '../../crypto/octets.js';
import type { KeyKind, PrivateKey } from '../../crypto/provider.js';
import type { Certificate } from '../../crypto/x509/certificate.js';
import { type Certified, isOf } from './certified.js';
import { isIssuedBy, issuerAmong, type Search } from './chain.js';

/** MAX_TRUST_PATH_LEN */
const pathLengthMax = 7;

export interface OwnRequest {
  /** What the connection names, in its order. */
  readonly configured: readonly Certified[];
  readonly identity: Identity;
  readonly kinds: readonly KeyKind[];
  /** The peer's authorities that are known here; empty: it asks for none of them. */
  readonly asked: readonly Certificate[];
}

/** The first of the configured certificates that leads to what the peer asks for, or else the first one that there is a key for. */
export function ownKey(
  search: Search,
  keys: readonly PrivateKey[],
  { configured, identity, kinds, asked }: OwnRequest,
): OwnCredential | undefined {
  const keyFor = (one: Certified): PrivateKey | undefined =>
    keys.find(({ kind, publicKey }) => {
      const spki = one.kind === 'certificate' ? one.certificate.spki : one.key.spki;
      return kinds.includes(kind) && equalConstantTime(publicKey.spki, spki);
    });
  const held = [configured, search.trusted.filter((one) => isOf(one, identity, search.provider))];
  for (const candidates of held) {
    let fallback: OwnCredential | undefined;
    for (const [place, one] of candidates.entries()) {
      const key = keyFor(one);
      if (!key) continue;
      const chain = one.kind === 'certificate' ? trustChain(search, one.certificate, asked) : undefined;
      if (chain) return { key, chain: chain.map(({ der }) => der) };
      const isFirst = candidates === configured ? place === 0 : fallback === undefined;
      if (isFirst) fallback = { key, chain: one.kind === 'certificate' ? [one.certificate.der] : [] };
    }
    if (fallback) return fallback;
  }
  return undefined;
}

/** The certificate and those between it and an authority that the peer asks for; where it asks for none, as far as is known. */
function trustChain(
  search: Search,
  subject: Certificate,
  asked: readonly Certificate[],
): readonly Certificate[] | undefined {
  const isAsked = (certificate: Certificate) => asked.some(({ der }) => equalConstantTime(der, certificate.der));
  const known = search.trusted.flatMap((one) => (one.kind === 'certificate' ? [one.certificate] : []));
  const chain: Certificate[] = [];
  let current = subject;
  for (let below = 0; below <= pathLengthMax; below += 1) {
    if (isAsked(current)) return chain;
    if (current !== subject && asked.length === 0 && isIssuedBy(search, current, current)) return chain;
    chain.push(current);
    const issuer = issuerAmong(search, current, known);
    if (!issuer) return asked.length === 0 ? chain : undefined;
    if (issuer === current) return asked.length === 0 ? chain : undefined;
    current = issuer;
  }
  return undefined;
}
