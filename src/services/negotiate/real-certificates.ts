/**
 * Certificates that are at hand are judged in a dry run, although the keys that belong to them are not: the messages carry made-up
 * ones in their place, and what they are checked against is the real chain, for the peer's own authorities, at the time of the run.
 */
import path from 'node:path';
import { createCredentials } from '../../engine/credentials/store.js';
import type { Credentials, PeerKey, PeerKeyRequest } from '../../engine/credentials.js';
import type { CryptoProvider } from '../../engine/crypto/provider.js';
import type { Certificate } from '../../engine/crypto/x509/certificate.js';
import { formatDistinguishedName } from '../../engine/wire/payloads/distinguished-name.js';
import type { Sourced } from '../../model/origin.js';
import type { PadEntry } from '../../model/system-config.js';
import { decodeCredentials } from '../credentials/decode.js';
import { credentialPaths } from '../credentials/read-credentials.js';
import { readOctets } from '../credentials/read-octets.js';
import type { NegotiatingSystem } from './systems.js';

export interface RealCertificates {
  /** The chain of a PAD entry, in DER, the own certificate first; undefined where its file is not at hand. */
  chainOf(pad: PadEntry): readonly Uint8Array[] | undefined;
  /** What is wrong with the real chain that the made-up one stands for; undefined where nothing is, or nobody can tell. */
  refusal(request: PeerKeyRequest, made: PadEntry): Extract<PeerKey, { readonly kind: 'refused' }> | undefined;
}

/** Reads what the PAD entries of all systems name. Files that are absent or unreadable count as not at hand. */
export function realCertificates(systems: readonly NegotiatingSystem[], provider: CryptoProvider): RealCertificates {
  const chains = new Map<PadEntry, readonly Certificate[]>();
  const trust = new Map<PadEntry, Credentials>();
  for (const system of systems)
    for (const pad of system.config.pad) {
      const own = filesOf(system, pad.certificates);
      if (own.certificates.length > 0) chains.set(pad, own.certificates);
      const anchors = filesOf(system, [...(pad.authorities ?? []), ...(pad.remoteCertificates ?? [])]);
      if (anchors.certificates.length === 0) continue;
      const lists = filesOf(system, pad.revocationLists);
      const { credentials } = createCredentials(
        { anchors: anchors.certificates.map(({ der }) => der), crls: [...anchors.crls, ...lists.crls] },
        provider,
      );
      trust.set(pad, credentials);
    }
  return {
    chainOf: (pad) => chains.get(pad)?.map(({ der }) => der),
    refusal(request, made) {
      const [chain, judge] = [chains.get(made), trust.get(request.pad)];
      const [own] = chain ?? [];
      if (!chain || !own || !judge) return undefined;
      const found = judge.peerKey({
        ...request,
        identityOctets: subjectFor(request, own) ?? request.identityOctets,
        chain: chain.map(({ der }) => der),
      });
      return found.kind === 'refused' ? found : undefined;
    },
  };
}

/** The same name may be written with other kinds of strings: what counts is that it reads the same. */
function subjectFor({ identity, identityOctets }: PeerKeyRequest, { subject }: Certificate): Uint8Array | undefined {
  if (identity.type !== 'X500-DN') return undefined;
  const isSame = formatDistinguishedName(identityOctets) === formatDistinguishedName(subject.der);
  return isSame ? subject.der : undefined;
}

function filesOf({ files }: NegotiatingSystem, named: readonly Sourced<string>[] = []) {
  const certificates: Certificate[] = [];
  const crls: Uint8Array[] = [];
  for (const one of named) {
    // The same path on this machine would be another system's file.
    if (path.isAbsolute(one.value) && files.fileRoot === undefined) continue;
    const read = credentialPaths(one, files)
      .map(readOctets)
      .find(({ kind }) => kind !== 'absent');
    const decoded = read?.kind === 'octets' ? decodeCredentials(read.octets) : undefined;
    if (decoded?.kind !== 'decoded') continue;
    certificates.push(...decoded.certificates);
    crls.push(...decoded.crls.map(({ der }) => der));
  }
  return { certificates, crls };
}
