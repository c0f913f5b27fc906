/** The cryptographic part of judging credentials, for certificates and revocation lists that were read from files. */
import type { CryptoProvider } from '../../engine/crypto/provider.js';
import type { Certificate } from '../../engine/crypto/x509/certificate.js';
import type { Crl } from '../../engine/crypto/x509/crl.js';
import { certificateMatches } from '../../engine/crypto/x509/identity.js';
import { isSameName } from '../../engine/crypto/x509/name.js';
import { validatePath } from '../../engine/crypto/x509/path.js';
import { crlFault } from '../../engine/crypto/x509/revocation.js';
import type {
  CertificateFacts,
  CredentialJudge,
  CrlFacts,
  CrlStanding,
  PathQuestion,
  PathVerdict,
} from '../../model/credentials.js';

/** The certificates and revocation lists of a run, by the fingerprint of their facts. */
export interface CredentialStore {
  readonly certificates: ReadonlyMap<string, { readonly certificate: Certificate; readonly facts: CertificateFacts }>;
  readonly crls: ReadonlyMap<string, Crl>;
}

/** Answers for one moment (milliseconds since 1970); questions that repeat are answered from memory. */
export function credentialJudge(provider: CryptoProvider, store: CredentialStore, at: number): CredentialJudge {
  const paths = new Map<string, PathVerdict>();
  const standings = new Map<string, CrlStanding>();
  const byDer = new Map([...store.certificates.values()].map(({ certificate, facts }) => [certificate, facts]));
  const certificateOf = ({ fingerprint }: CertificateFacts): Certificate =>
    known(store.certificates, fingerprint).certificate;
  const crlOf = ({ fingerprint }: CrlFacts): Crl => known(store.crls, fingerprint);

  function answer({ certificate, intermediates, authorities, crls, use }: PathQuestion): PathVerdict {
    const result = validatePath({
      provider,
      certificate: certificateOf(certificate),
      intermediates: intermediates.map(certificateOf),
      anchors: authorities.map(certificateOf),
      crls: crls.map(crlOf),
      at,
      use,
      // Whether a list is there at all is a question of its own.
      revocation: 'if-available',
    });
    const factsOf = (one: Certificate): CertificateFacts => known(byDer, one);
    if (result.kind === 'valid') return { kind: 'valid', path: result.path.map(factsOf) };
    return {
      kind: 'invalid',
      faults: result.faults.map(({ certificate: faulty, code, text, rfc }) => ({
        certificate: factsOf(faulty),
        code,
        text,
        rfc,
      })),
    };
  }

  function standing(crl: Crl, authority: Certificate): CrlStanding {
    if (!isSameName(crl.issuer, authority.subject)) return { kind: 'foreign' };
    const key = provider.importPublicKey(authority.spki);
    const reason = key ? crlFault(crl, authority, key, at) : 'the public key of the authority cannot be used';
    return reason === undefined ? { kind: 'current' } : { kind: 'unusable', reason };
  }

  return {
    path: (question) => remembered(paths, pathKey(question), () => answer(question)),
    crlStanding: (crl, authority) =>
      remembered(standings, `${crl.fingerprint} ${authority.fingerprint}`, () =>
        standing(crlOf(crl), certificateOf(authority)),
      ),
    matches: (certificate, pattern) => certificateMatches(certificateOf(certificate), pattern),
  };
}

function pathKey({ certificate, intermediates, authorities, crls, use }: PathQuestion): string {
  const list = (all: readonly { readonly fingerprint: string }[]): string =>
    all.map(({ fingerprint }) => fingerprint).join(' ');
  return [use, certificate.fingerprint, list(intermediates), list(authorities), list(crls)].join('/');
}

function remembered<T>(memory: Map<string, T>, key: string, work: () => T): T {
  if (!memory.has(key)) memory.set(key, work());
  return memory.get(key) as T;
}

/** Facts come from the same run as the certificates; others are our bug. */
function known<K, V>(map: ReadonlyMap<K, V>, key: K): V {
  const value = map.get(key);
  if (value === undefined) throw new Error('a certificate that this run has not read');
  return value;
}
